"""seccomp: the kernel answers some calls of a process, and of all that it starts, with "not permitted".

Refused are those by which a program reaches beyond itself: sockets, signals to others, reading
another's memory, mounts, namespaces, keys, modules, sessions of its own, what only root may do to a
machine (an audit may run as root), and the ways around a filter (io_uring, bpf).

Why so, a list of what is refused and not of what is allowed: TensorFlow calls more of the kernel than
anyone can list, and another version others. The files and the network are behind Landlock and
bubblewrap too; this is a wall beside them.
"""

from __future__ import annotations

import errno
import os

from audit.sandbox.limits import DIES_WITH_PARENT

_REFUSED = (
    "socket", "io_uring_setup",
    "kill", "tkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "pidfd_send_signal",
    "ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd", "perf_event_open", "userfaultfd",
    "mount", "umount2", "pivot_root", "chroot", "setns", "unshare", "open_tree", "move_mount", "fsopen",
    "setsid", "setpgid",  # so that what a model starts can be ended with it
    "mknod", "mknodat", "open_by_handle_at", "quotactl", "acct",
    "reboot", "swapon", "swapoff", "settimeofday", "clock_settime", "clock_adjtime", "adjtimex",
    "sethostname", "setdomainname", "iopl", "ioperm", "syslog",
    "add_key", "request_key", "keyctl", "bpf", "kexec_load", "kexec_file_load",
    "init_module", "finit_module", "delete_module",
)  # fmt: skip


def usable() -> bool:
    """Return whether the library that writes the filter is there."""
    try:
        import pyseccomp  # noqa: F401
    except (ImportError, RuntimeError, OSError):  # RuntimeError: libseccomp.so.2 is missing
        return False
    return True


def confine() -> bool:
    """Put the filter in force, for good; return False where this machine cannot.

    Raises
    ------
    OSError
        Where the kernel refuses the filter.
    """
    if not usable():
        return False
    import pyseccomp

    rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    refused = pyseccomp.ERRNO(errno.EPERM)
    for name in _REFUSED:
        rules.add_rule(refused, name)
    # A process may signal itself (abort does); the call names the process first.
    rules.add_rule(refused, "tgkill", pyseccomp.Arg(0, pyseccomp.NE, os.getpid()))
    # It ends with its parent (limits.die_with), and may not unsay that.
    rules.add_rule(refused, "prctl", pyseccomp.Arg(0, pyseccomp.EQ, DIES_WITH_PARENT))
    rules.load()
    return True
