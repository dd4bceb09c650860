/* Writes down what a process does to the files of one folder, in the order in which it does it:
 * preloaded into the process whose disk is to lose its power.
 *
 * From the moment that $PLAINSPOKEN_RECORD names a file, each call that succeeded on the folder
 * $PLAINSPOKEN_WATCHED, or on a name in it, is added to it: four 64-bit numbers (what, where, and the lengths of two byte
 * strings), then the two strings: the name, and the data or the new name. What is written through a
 * mapping is not seen; of SQLite that is the index beside the write-ahead log, which it makes anew.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum { WRITE, TRUNCATE, SYNC, SYNC_NAMES, LINK, UNLINK, RENAME }; /* the numbers of power_loss.py */

static int watched(const char *name) {
    const char *folder = getenv("PLAINSPOKEN_WATCHED");
    size_t n = folder ? strlen(folder) : 0;
    return n && getenv("PLAINSPOKEN_RECORD") && !strncmp(name, folder, n) && (!name[n] || name[n] == '/');
}

static void record(int64_t what, int64_t at, const char *name, const void *data, size_t n) {
    static int file = -1;
    int kept = errno;
    if (file < 0) file = syscall(SYS_openat, AT_FDCWD, getenv("PLAINSPOKEN_RECORD"),
                                 O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    int64_t head[4] = {what, at, (int64_t)strlen(name), (int64_t)n};
    struct iovec all[3] = {{head, sizeof head}, {(void *)name, strlen(name)}, {(void *)data, n}};
    if (syscall(SYS_writev, file, all, 3) != (long)(sizeof head + strlen(name) + n)) abort();
    errno = kept;
}

/* The name under which a file is open, where it is watched. */
static const char *name_of(int file, char *name) {
    char link[64];
    if (!getenv("PLAINSPOKEN_RECORD")) return NULL;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t n = readlink(link, name, PATH_MAX - 1);
    if (n < 0) return NULL;
    name[n] = 0;
    return watched(name) ? name : NULL;
}

static int64_t position(int file) { /* before a write without one */
    struct stat of;
    if (fcntl(file, F_GETFL) & O_APPEND) return fstat(file, &of) ? -1 : of.st_size;
    return lseek(file, 0, SEEK_CUR);
}

#define NEXT(name) static __typeof__(&name) next; if (!next) next = dlsym(RTLD_NEXT, #name)
#define WRITTEN(file, data, done, at) do { char name[PATH_MAX]; \
    if ((done) > 0 && name_of(file, name)) record(WRITE, at, name, data, (size_t)(done)); } while (0)
#define DONE(what, file, at, done) do { char name[PATH_MAX]; \
    if ((done) == 0 && name_of(file, name)) record(what, at, name, NULL, 0); } while (0)
#define NAMED(what, from, to, done) do { \
    if ((done) == 0 && watched(from)) record(what, 0, from, to, strlen(to)); } while (0)

ssize_t write(int file, const void *data, size_t n) {
    NEXT(write);
    int64_t at = getenv("PLAINSPOKEN_RECORD") ? position(file) : 0;
    ssize_t done = next(file, data, n);
    WRITTEN(file, data, done, at);
    return done;
}
ssize_t pwrite(int file, const void *data, size_t n, off_t at) {
    NEXT(pwrite);
    ssize_t done = next(file, data, n, at);
    WRITTEN(file, data, done, at);
    return done;
}
ssize_t pwrite64(int file, const void *data, size_t n, off64_t at) {
    NEXT(pwrite64);
    ssize_t done = next(file, data, n, at);
    WRITTEN(file, data, done, at);
    return done;
}
int ftruncate(int file, off_t n) {
    NEXT(ftruncate);
    int done = next(file, n);
    DONE(TRUNCATE, file, n, done);
    return done;
}
int ftruncate64(int file, off64_t n) {
    NEXT(ftruncate64);
    int done = next(file, n);
    DONE(TRUNCATE, file, n, done);
    return done;
}
static int64_t kind(int file) {
    struct stat of;
    return !fstat(file, &of) && S_ISDIR(of.st_mode) ? SYNC_NAMES : SYNC;
}
int fsync(int file) {
    NEXT(fsync);
    int done = next(file);
    DONE(kind(file), file, 0, done);
    return done;
}
int fdatasync(int file) {
    NEXT(fdatasync);
    int done = next(file);
    DONE(kind(file), file, 0, done);
    return done;
}
int link(const char *from, const char *to) {
    NEXT(link);
    int done = next(from, to);
    NAMED(LINK, from, to, done);
    return done;
}
int unlink(const char *name) {
    NEXT(unlink);
    int done = next(name);
    NAMED(UNLINK, name, "", done);
    return done;
}
int rename(const char *from, const char *to) {
    NEXT(rename);
    int done = next(from, to);
    NAMED(RENAME, from, to, done);
    return done;
}
