// One call of the daemon to its state directory fails with EIO: the FAIL_AT-th that changes anything there once the file
// FAIL_WHEN is there, and all after it where FAIL_ALL is set. FAIL_TOLD is made when it has.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int calls;

static int fails(const char *path) {
    const char *dir = getenv("FAIL_DIR"), *at = getenv("FAIL_AT"), *told = getenv("FAIL_TOLD");
    if (!dir || !at || strncmp(path, dir, strlen(dir)) != 0 || access(getenv("FAIL_WHEN"), F_OK) != 0) return 0;
    int call = __atomic_add_fetch(&calls, 1, __ATOMIC_SEQ_CST), wanted = atoi(at);
    if (call != wanted && !(getenv("FAIL_ALL") && call > wanted)) return 0;
    long made = syscall(SYS_openat, AT_FDCWD, told, O_CREAT | O_WRONLY, 0600);
    if (made >= 0) syscall(SYS_close, made);
    errno = EIO;
    return 1;
}

static int fails_at(int fd) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    int before = errno, failed = fails(path);
    if (!failed) errno = before;
    return failed;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t write(int fd, const void *from, size_t length) { return fails_at(fd) ? -1 : REAL(write)(fd, from, length); }
ssize_t pwrite(int fd, const void *from, size_t length, off_t at) { return fails_at(fd) ? -1 : REAL(pwrite)(fd, from, length, at); }
ssize_t pwrite64(int fd, const void *from, size_t length, off64_t at) { return fails_at(fd) ? -1 : REAL(pwrite64)(fd, from, length, at); }
int fsync(int fd) { return fails_at(fd) ? -1 : REAL(fsync)(fd); }
int fdatasync(int fd) { return fails_at(fd) ? -1 : REAL(fdatasync)(fd); }
int sync_file_range(int fd, off64_t at, off64_t length, unsigned flags) { return fails_at(fd) ? -1 : REAL(sync_file_range)(fd, at, length, flags); }
int ftruncate64(int fd, off64_t length) { return fails_at(fd) ? -1 : REAL(ftruncate64)(fd, length); }
int rename(const char *from, const char *to) { return fails(to) ? -1 : REAL(rename)(from, to); }
