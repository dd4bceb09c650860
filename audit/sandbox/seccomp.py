"""seccomp: the kernel answers some calls of a process, and of all that it starts, with "not permitted".

Refused are those by which a program reaches beyond itself: sockets, signals to others, reading
another's memory, mounts, namespaces, keys, modules, and the ways around a filter (io_uring, bpf).

Why so, a list of what is refused and not of what is allowed: TensorFlow calls more of the kernel than
anyone can list, and another version others. The files and the network are behind Landlock and
bubblewrap too; this is a wall beside them.
"""

from __future__ import annotations

import errno
import os

_REFUSED = (
    "socket", "io_uring_setup",
    "kill", "tkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "pidfd_send_signal",
    "ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd", "perf_event_open", "userfaultfd",
    "mount", "umount2", "pivot_root", "chroot", "setns", "unshare", "open_tree", "move_mount", "fsopen",
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
    rules.load()
    return True
