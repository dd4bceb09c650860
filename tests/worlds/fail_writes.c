/* Makes the disk full, or broken, at a chosen write: preloaded into the process that is tried.
 *
 * $PLAINSPOKEN_FAULTS names a file of four 64-bit numbers, mapped by every process: how many calls
 * still succeed (negative: all), how many were counted, the error to give, and which calls count
 * (0: writes, 1: syncs). Once it has failed it goes on failing, as a full disk does, until the
 * first number is set anew. Only regular files past standard error are looked at.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static volatile int64_t *fault;

__attribute__((constructor)) static void open_faults(void) {
    const char *name = getenv("PLAINSPOKEN_FAULTS");
    int file = name ? open(name, O_RDWR | O_CLOEXEC) : -1;
    if (file < 0) return;
    void *at = mmap(NULL, 32, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (at != MAP_FAILED) fault = at;
    close(file);
}

static int fails(int file, int64_t kind) {
    struct stat of;
    if (!fault || fault[0] < 0 || file <= 2 || fault[3] != kind) return 0;
    if (fstat(file, &of) || !S_ISREG(of.st_mode)) return 0;
    if (__sync_fetch_and_add(&fault[1], 1) < fault[0]) return 0;
    errno = (int)fault[2];
    return 1;
}

#define NEXT(name) static __typeof__(&name) next; if (!next) next = dlsym(RTLD_NEXT, #name)

ssize_t write(int file, const void *data, size_t n) {
    NEXT(write);
    return fails(file, 0) ? -1 : next(file, data, n);
}
ssize_t writev(int file, const struct iovec *data, int n) {
    NEXT(writev);
    return fails(file, 0) ? -1 : next(file, data, n);
}
ssize_t pwrite(int file, const void *data, size_t n, off_t at) {
    NEXT(pwrite);
    return fails(file, 0) ? -1 : next(file, data, n, at);
}
ssize_t pwrite64(int file, const void *data, size_t n, off64_t at) {
    NEXT(pwrite64);
    return fails(file, 0) ? -1 : next(file, data, n, at);
}
ssize_t pwritev(int file, const struct iovec *data, int n, off_t at) {
    NEXT(pwritev);
    return fails(file, 0) ? -1 : next(file, data, n, at);
}
ssize_t pwritev64(int file, const struct iovec *data, int n, off64_t at) {
    NEXT(pwritev64);
    return fails(file, 0) ? -1 : next(file, data, n, at);
}
int posix_fallocate(int file, off_t at, off_t n) {
    NEXT(posix_fallocate);
    return fails(file, 0) ? (int)fault[2] : next(file, at, n);
}
int posix_fallocate64(int file, off64_t at, off64_t n) {
    NEXT(posix_fallocate64);
    return fails(file, 0) ? (int)fault[2] : next(file, at, n);
}
int fsync(int file) {
    NEXT(fsync);
    return fails(file, 1) ? -1 : next(file);
}
int fdatasync(int file) {
    NEXT(fdatasync);
    return fails(file, 1) ? -1 : next(file);
}
