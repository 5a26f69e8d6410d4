// SPDX-License-Identifier: Apache-2.0

// Preloaded into a program, writes down what it does to the files below $CRASH_ROOT: one record for
// each call that changes a file or a directory, or makes a change durable, to the file $CRASH_TRACE.
//
// A record is a line, `KIND INODE NUMBER NUMBER PATH` with tabs between; of a write the bytes follow.
// Kinds: create, open, truncate, write, sync, rename (the second path is a line of its own), unlink,
// mkdir, rmdir.
//
// With $CRASH_FULL = n, the disk is full from the n-th call on that needs room, counted from 1: making
// a file or directory, writing, growing, renaming.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int trace = -1;
static const char *root;
static char tracked[65536];  // by descriptor
static long long room_left = -1;

#define REAL(name) ((typeof(&name))real(#name))

static void *real(const char *name) { return dlsym(RTLD_NEXT, name); }

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("CRASH_TRACE");
    root = getenv("CRASH_ROOT");
    const char *full = getenv("CRASH_FULL");
    if (full) room_left = atoll(full);
    if (path && root) trace = REAL(open)(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

// Whether the call that is about to be made finds no room; under the lock.
static int is_full(void) {
    if (room_left < 0) return 0;
    if (room_left > 1) {
        room_left -= 1;
        return 0;
    }
    errno = ENOSPC;
    return 1;
}

static void put(const void *bytes, size_t count) {
    while (count > 0) {
        ssize_t step = REAL(write)(trace, bytes, count);
        if (step <= 0) abort();
        bytes = (const char *)bytes + step;
        count -= (size_t)step;
    }
}

static void record(const char *kind, ino_t inode, long long first, long long second, const char *path) {
    char line[8192];
    int count = snprintf(line, sizeof line, "%s\t%llu\t%lld\t%lld\t%s\n", kind,
                         (unsigned long long)inode, first, second, path);
    put(line, (size_t)count);
}

// The absolute path of a name, when it is below the root; NULL otherwise.
static const char *below(int directory, const char *path, char *room) {
    if (trace < 0) return NULL;
    if (path[0] == '/') {
        snprintf(room, 4096, "%s", path);
    } else if (directory == AT_FDCWD) {
        char here[2048];
        if (!getcwd(here, sizeof here)) return NULL;
        snprintf(room, 4096, "%s/%s", here, path);
    } else {
        char link[64], base[2048];
        snprintf(link, sizeof link, "/proc/self/fd/%d", directory);
        ssize_t count = readlink(link, base, sizeof base - 1);
        if (count < 0) return NULL;
        base[count] = 0;
        snprintf(room, 4096, "%s/%s", base, path);
    }
    size_t count = strlen(root);
    return strncmp(room, root, count) == 0 && room[count] == '/' ? room : NULL;
}

static ino_t inode_of(int descriptor) {
    struct stat status;
    return fstat(descriptor, &status) == 0 ? status.st_ino : 0;
}

static int opened(int directory, const char *path, int flags, mode_t mode) {
    char room[4096];
    const char *place = below(directory, path, room);
    int saved;
    if (!place) return REAL(openat)(directory, path, flags, mode);
    pthread_mutex_lock(&lock);
    struct stat status;
    int existed = fstatat(directory, path, &status, AT_SYMLINK_NOFOLLOW) == 0;
    int descriptor = !existed && (flags & O_CREAT) && is_full() ? -1 : REAL(openat)(directory, path, flags, mode);
    saved = errno;
    if (descriptor >= 0 && descriptor < (int)sizeof tracked) {
        tracked[descriptor] = 1;
        if (!existed && (flags & O_CREAT)) record("create", inode_of(descriptor), 0, 0, place);
        else record("open", inode_of(descriptor), 0, 0, place);
        if (existed && (flags & O_TRUNC)) record("truncate", inode_of(descriptor), 0, 0, place);
    }
    pthread_mutex_unlock(&lock);
    errno = saved;
    return descriptor;
}

#define MODE mode_t mode = 0; if (flags & (O_CREAT | O_TMPFILE)) { va_list list; va_start(list, flags); mode = va_arg(list, mode_t); va_end(list); }
int open(const char *path, int flags, ...) { MODE return opened(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE return opened(AT_FDCWD, path, flags, mode); }
int openat(int directory, const char *path, int flags, ...) { MODE return opened(directory, path, flags, mode); }
int openat64(int directory, const char *path, int flags, ...) { MODE return opened(directory, path, flags, mode); }
int creat(const char *path, mode_t mode) { return opened(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, mode); }

static int is_tracked(int descriptor) {
    return trace >= 0 && descriptor >= 0 && descriptor < (int)sizeof tracked && tracked[descriptor];
}

int close(int descriptor) {
    if (is_tracked(descriptor)) tracked[descriptor] = 0;
    return REAL(close)(descriptor);
}

static void wrote(int descriptor, const void *bytes, ssize_t count, off_t offset) {
    if (count <= 0) return;
    record("write", inode_of(descriptor), offset, count, "");
    put(bytes, (size_t)count);
}

ssize_t write(int descriptor, const void *bytes, size_t count) {
    if (!is_tracked(descriptor)) return REAL(write)(descriptor, bytes, count);
    pthread_mutex_lock(&lock);
    ssize_t done = is_full() ? -1 : REAL(write)(descriptor, bytes, count);
    int saved = errno;
    if (done > 0) wrote(descriptor, bytes, done, lseek(descriptor, 0, SEEK_CUR) - done);
    pthread_mutex_unlock(&lock);
    errno = saved;
    return done;
}

static ssize_t pwrote(int descriptor, const void *bytes, size_t count, off_t offset) {
    if (!is_tracked(descriptor)) return REAL(pwrite)(descriptor, bytes, count, offset);
    pthread_mutex_lock(&lock);
    ssize_t done = is_full() ? -1 : REAL(pwrite)(descriptor, bytes, count, offset);
    int saved = errno;
    wrote(descriptor, bytes, done, offset);
    pthread_mutex_unlock(&lock);
    errno = saved;
    return done;
}

ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t offset) { return pwrote(descriptor, bytes, count, offset); }
ssize_t pwrite64(int descriptor, const void *bytes, size_t count, off64_t offset) { return pwrote(descriptor, bytes, count, offset); }

ssize_t writev(int descriptor, const struct iovec *parts, int count) {
    if (!is_tracked(descriptor)) return REAL(writev)(descriptor, parts, count);
    ssize_t total = 0;
    for (int index = 0; index < count; index++) {
        ssize_t done = write(descriptor, parts[index].iov_base, parts[index].iov_len);
        if (done < 0) return total > 0 ? total : done;
        total += done;
        if ((size_t)done < parts[index].iov_len) break;
    }
    return total;
}

// Nothing that the programs do with these can be written down: whoever uses them must be told.
static void unknown(const char *name) { fprintf(stderr, "crash_trace: %s is not followed\n", name); abort(); }
ssize_t copy_file_range(int from, off64_t *start, int to, off64_t *place, size_t count, unsigned flags) {
    if (is_tracked(to)) unknown("copy_file_range");
    return REAL(copy_file_range)(from, start, to, place, count, flags);
}
int link(const char *from, const char *to) {
    char room[4096];
    if (below(AT_FDCWD, to, room)) unknown("link");
    return REAL(link)(from, to);
}

static int truncated(int descriptor, off_t size) {
    if (!is_tracked(descriptor)) return REAL(ftruncate)(descriptor, size);
    pthread_mutex_lock(&lock);
    struct stat before;
    int grows = fstat(descriptor, &before) == 0 && size > before.st_size;
    int status = grows && is_full() ? -1 : REAL(ftruncate)(descriptor, size);
    int saved = errno;
    if (status == 0) record("truncate", inode_of(descriptor), size, 0, "");
    pthread_mutex_unlock(&lock);
    errno = saved;
    return status;
}
int ftruncate(int descriptor, off_t size) { return truncated(descriptor, size); }
int ftruncate64(int descriptor, off64_t size) { return truncated(descriptor, size); }

static int synced(int descriptor, int status) {
    int saved = errno;
    if (is_tracked(descriptor) && status == 0) {
        pthread_mutex_lock(&lock);
        record("sync", inode_of(descriptor), 0, 0, "");
        pthread_mutex_unlock(&lock);
    }
    errno = saved;
    return status;
}
// Nothing need reach the disk: what would be lost is computed.
int fsync(int descriptor) { return synced(descriptor, is_tracked(descriptor) ? 0 : REAL(fsync)(descriptor)); }
int fdatasync(int descriptor) { return synced(descriptor, is_tracked(descriptor) ? 0 : REAL(fdatasync)(descriptor)); }

static int renamed(int from, const char *source, int to, const char *target) {
    char one[4096], two[4096];
    const char *first = below(from, source, one), *second = below(to, target, two);
    if (!first && !second) return REAL(renameat)(from, source, to, target);
    pthread_mutex_lock(&lock);
    int status = is_full() ? -1 : REAL(renameat)(from, source, to, target);
    int saved = errno;
    if (status == 0) {
        record("rename", 0, 0, 0, first ? first : source);
        put(two, strlen(two));
        put("\n", 1);
    }
    pthread_mutex_unlock(&lock);
    errno = saved;
    return status;
}
int rename(const char *source, const char *target) { return renamed(AT_FDCWD, source, AT_FDCWD, target); }
int renameat(int from, const char *source, int to, const char *target) { return renamed(from, source, to, target); }
int renameat2(int from, const char *source, int to, const char *target, unsigned flags) {
    if (flags) unknown("renameat2 with flags");
    return renamed(from, source, to, target);
}

static int changed(const char *kind, int directory, const char *path, int status) {
    char room[4096];
    int saved = errno;
    const char *place = below(directory, path, room);
    if (status == 0 && place) {
        pthread_mutex_lock(&lock);
        record(kind, 0, 0, 0, place);
        pthread_mutex_unlock(&lock);
    }
    errno = saved;
    return status;
}
int unlink(const char *path) { return changed("unlink", AT_FDCWD, path, REAL(unlink)(path)); }
int unlinkat(int directory, const char *path, int flags) {
    return changed(flags & AT_REMOVEDIR ? "rmdir" : "unlink", directory, path, REAL(unlinkat)(directory, path, flags));
}
int rmdir(const char *path) { return changed("rmdir", AT_FDCWD, path, REAL(rmdir)(path)); }
int mkdirat(int directory, const char *path, mode_t mode) {
    char room[4096];
    int full = 0;
    if (below(directory, path, room)) {
        pthread_mutex_lock(&lock);
        full = is_full();
        pthread_mutex_unlock(&lock);
    }
    return full ? -1 : changed("mkdir", directory, path, REAL(mkdirat)(directory, path, mode));
}
int mkdir(const char *path, mode_t mode) { return mkdirat(AT_FDCWD, path, mode); }
