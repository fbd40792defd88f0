/* Stands between a program and the C library where files below one directory are changed.
 *
 * LD_PRELOAD. The environment says what it does:
 *   TORTURE_ROOT    the directory, absolute; relative paths are taken as below it
 *   TORTURE_RECORD  a file to which each change is appended, once it is done, as
 *                     kind (1), flags (1: the write is durable when it returns), length of path (2), offset (8),
 *                     length of data (8), all little-endian; path; data
 *                   kinds: c created  w written  t length set  f flushed  d directory flushed  m directory made
 *                          r renamed (data: new path)  u removed  R directory removed  a told on standard output
 *   TORTURE_COUNT   a file to which the kind of each call that TORTURE_FAULT knows is appended, a line each
 *   TORTURE_FAULT   KIND:N:ERRNO:HOW: the n-th call of a kind fails, and with HOW
 *                     once   only this call, and nothing of it is done
 *                     on     this one and all later ones
 *                     after  only this call, and all of it is done
 *                     half   only this call; it writes half of its first part and says so (ERRNO does not matter)
 *                     kill   the process is killed before this call (ERRNO does not matter)
 *                   kinds: open create write sync truncate room rename mkdir remove map read lock tell
 *
 * The lock file of LMDB is written through a map, and what is in it is not recorded.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>
#include <sys/syscall.h>

enum { FILES = 4096 };
static struct { char *path; int is_durable, is_directory; } files[FILES];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char *root, *fault_kind;
static int record = -1, count = -1, fault_errno, fault_on, fault_after, fault_half, fault_kills;
static long fault_at, fault_seen;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static void put(int file, const void *bytes, size_t length) {
    while (length > 0) {
        long done = syscall(SYS_write, file, bytes, length);
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0) abort();
        bytes = (const char *)bytes + done;
        length -= (size_t)done;
    }
}

__attribute__((constructor)) static void begin(void) {
    root = getenv("TORTURE_ROOT");
    if (!root) return;
    int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC;
    const char *name = getenv("TORTURE_RECORD");
    if (name) record = (int)syscall(SYS_openat, AT_FDCWD, name, flags, 0644);
    if ((name = getenv("TORTURE_COUNT"))) count = (int)syscall(SYS_openat, AT_FDCWD, name, flags, 0644);
    const char *fault = getenv("TORTURE_FAULT");
    if (!fault) return;
    static char kind[32], how[32];
    if (sscanf(fault, "%31[a-z]:%ld:%d:%31[a-z]", kind, &fault_at, &fault_errno, how) != 4) abort();
    fault_kind = kind;
    fault_on = !strcmp(how, "on");
    fault_after = !strcmp(how, "after");
    fault_half = !strcmp(how, "half");
    fault_kills = !strcmp(how, "kill");
}

/* The path below the root, in memory of its own; null where it is elsewhere. */
static char *below(const char *path) {
    if (!root || !path) return NULL;
    while (!strncmp(path, "./", 2)) path += 2;
    if (path[0] != '/') return strdup(strcmp(path, ".") ? path : "");
    size_t length = strlen(root);
    if (strncmp(path, root, length) || (path[length] != '/' && path[length])) return NULL;
    return strdup(path[length] ? path + length + 1 : "");
}

static void note(char kind, int is_durable, const char *path, uint64_t offset, const void *data, uint64_t length) {
    if (record < 0) return;
    uint16_t path_length = (uint16_t)strlen(path);
    char *row = malloc(20 + path_length + length);
    row[0] = kind;
    row[1] = (char)is_durable;
    memcpy(row + 2, &path_length, 2);
    memcpy(row + 4, &offset, 8);
    memcpy(row + 12, &length, 8);
    memcpy(row + 20, path, path_length);
    memcpy(row + 20 + path_length, data, length);
    put(record, row, 20 + path_length + length);
    free(row);
}

/* Whether this call is to fail. */
static int fails(const char *kind) {
    if (count >= 0) {
        char line[40];
        put(count, line, (size_t)snprintf(line, sizeof line, "%s\n", kind));
    }
    if (!fault_kind || strcmp(kind, fault_kind)) return 0;
    fault_seen += 1;
    if (fault_kills && fault_seen == fault_at) {
        kill(getpid(), SIGKILL);
        pause();
    }
    return fault_seen == fault_at || (fault_on && fault_seen > fault_at);
}

#define BEGIN int was_cancellable; pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &was_cancellable); \
    pthread_mutex_lock(&lock)
#define END int saved = errno; pthread_mutex_unlock(&lock); \
    pthread_setcancelstate(was_cancellable, NULL); errno = saved

static int known(int file) { return file >= 0 && file < FILES && files[file].path; }

/* ---- opening and closing */

static int opened(int at, const char *path, int flags, mode_t mode) {
    char *name = below(path);
    if (!name) return (int)syscall(SYS_openat, at, path, flags, mode);
    BEGIN;
    int result;
    int was_there = syscall(SYS_faccessat, at, path, F_OK) == 0;
    int creates = (flags & O_CREAT) && !was_there;
    int failing = fails(creates ? "create" : "open");
    if (failing && !fault_after) {
        errno = fault_errno;
        result = -1;
        free(name);
    } else {
        result = (int)syscall(SYS_openat, at, path, flags, mode);
        if (result >= 0) {
            if (creates) note('c', 0, name, 0, "", 0);
            if ((flags & O_TRUNC) && was_there) note('t', 0, name, 0, "", 0);
            if (failing) {
                syscall(SYS_close, result);
                errno = fault_errno;
                result = -1;
                free(name);
            } else if (result < FILES) {
                struct stat status;
                free(files[result].path);
                files[result].path = name;
                files[result].is_durable = (flags & O_DSYNC) != 0;
                files[result].is_directory = fstat(result, &status) == 0 && S_ISDIR(status.st_mode);
            }
        } else free(name);
    }
    END;
    return result;
}

#define MODE mode_t mode = 0; \
    if (flags & (O_CREAT | O_TMPFILE)) { va_list rest; va_start(rest, flags); mode = va_arg(rest, mode_t); va_end(rest); }
int open(const char *path, int flags, ...) { MODE return opened(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE return opened(AT_FDCWD, path, flags, mode); }
int openat(int at, const char *path, int flags, ...) { MODE return opened(at, path, flags, mode); }
int openat64(int at, const char *path, int flags, ...) { MODE return opened(at, path, flags, mode); }
int creat(const char *path, mode_t mode) { return opened(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, mode); }

int close(int file) {
    BEGIN;
    if (known(file)) {
        free(files[file].path);
        files[file].path = NULL;
    }
    int result = (int)syscall(SYS_close, file);
    END;
    return result;
}

/* ---- writing */

static ssize_t written(int file, const struct iovec *parts, int number, off_t offset, int is_at) {
    static const int parts_max = 1024;
    int tells = file == 1 && root && !known(file);
    if (!known(file) && !tells)
        return is_at ? syscall(SYS_pwritev, file, parts, number, offset, 0) : syscall(SYS_writev, file, parts, number);
    BEGIN;
    ssize_t result = -1;
    size_t length = 0;
    for (int part = 0; part < number && part < parts_max; part++) length += parts[part].iov_len;
    char *bytes = malloc(length + 1);
    size_t filled = 0;
    for (int part = 0; part < number && part < parts_max; part++) {
        memcpy(bytes + filled, parts[part].iov_base, parts[part].iov_len);
        filled += parts[part].iov_len;
    }
    int failing = fails(tells ? "tell" : "write");
    if (failing && !fault_after && !fault_half) errno = fault_errno;
    else {
        int halves = failing && fault_half;
        size_t half = number ? parts[0].iov_len / 2 : 0;
        /* A file that is written past the cache takes whole pages alone. */
        struct iovec first = {number ? parts[0].iov_base : NULL, half > 4096 ? half / 4096 * 4096 : half};
        if (!is_at && !tells) {
            if (fcntl(file, F_GETFL) & O_APPEND) {
                struct stat status;
                fstat(file, &status);
                offset = status.st_size;
            } else offset = lseek(file, 0, SEEK_CUR);
        }
        const struct iovec *given = halves ? &first : parts;
        int given_number = halves ? 1 : number;
        result = is_at ? syscall(SYS_pwritev, file, given, given_number, offset, 0)
                       : syscall(SYS_writev, file, given, given_number);
        if (result >= 0)
            note(tells ? 'a' : 'w', !tells && files[file].is_durable, tells ? "" : files[file].path,
                 (uint64_t)offset, bytes, (uint64_t)result);
        if (result >= 0 && failing && fault_after) {
            errno = fault_errno;
            result = -1;
        }
    }
    int code = errno;
    free(bytes);
    errno = code;
    END;
    return result;
}

static ssize_t one(int file, const void *bytes, size_t length, off_t offset, int is_at) {
    struct iovec part = {(void *)bytes, length};
    return written(file, &part, 1, offset, is_at);
}
ssize_t write(int file, const void *bytes, size_t length) { return one(file, bytes, length, 0, 0); }
ssize_t pwrite(int file, const void *bytes, size_t length, off_t at) { return one(file, bytes, length, at, 1); }
ssize_t pwrite64(int file, const void *bytes, size_t length, off_t at) { return one(file, bytes, length, at, 1); }
ssize_t writev(int file, const struct iovec *parts, int number) { return written(file, parts, number, 0, 0); }
ssize_t pwritev(int file, const struct iovec *parts, int number, off_t at) { return written(file, parts, number, at, 1); }
ssize_t pwritev64(int file, const struct iovec *parts, int number, off_t at) {
    return written(file, parts, number, at, 1);
}

static int resized(int file, off_t length) {
    if (!known(file)) return (int)syscall(SYS_ftruncate, file, length);
    BEGIN;
    int result = -1, failing = fails("truncate");
    if (failing && !fault_after) errno = fault_errno;
    else {
        result = (int)syscall(SYS_ftruncate, file, length);
        if (result == 0) note('t', 0, files[file].path, (uint64_t)length, "", 0);
        if (failing) { errno = fault_errno; result = -1; }
    }
    END;
    return result;
}
int ftruncate(int file, off_t length) { return resized(file, length); }
int ftruncate64(int file, off_t length) { return resized(file, length); }

static int reserved(int file, off_t offset, off_t length, int (*real)(int, off_t, off_t)) {
    if (!known(file)) return real(file, offset, length);
    BEGIN;
    int result = fault_errno, failing = fails("room");
    if (!failing || fault_after) {
        result = real(file, offset, length);
        struct stat status;
        if (result == 0 && fstat(file, &status) == 0)
            note('t', 0, files[file].path, (uint64_t)status.st_size, "", 0);
        if (failing) result = fault_errno;
    }
    END;
    return result;
}
int posix_fallocate(int file, off_t offset, off_t length) {
    return reserved(file, offset, length, REAL(posix_fallocate));
}
int posix_fallocate64(int file, off_t offset, off_t length) {
    return reserved(file, offset, length, REAL(posix_fallocate));
}

/* ---- flushing */

static int flushed(int file, long call) {
    if (!known(file)) return (int)syscall(call, file);
    BEGIN;
    int result = -1, failing = fails("sync");
    if (failing && !fault_after) errno = fault_errno;
    else {
        result = (int)syscall(call, file);
        if (result == 0) note(files[file].is_directory ? 'd' : 'f', 0, files[file].path, 0, "", 0);
        if (failing) { errno = fault_errno; result = -1; }
    }
    END;
    return result;
}
int fsync(int file) { return flushed(file, SYS_fsync); }
int fdatasync(int file) { return flushed(file, SYS_fdatasync); }

/* ---- names */

static int named(const char *kind, char mark, const char *path, const char *other, long call, mode_t mode) {
    char *name = below(path), *new_name = other ? below(other) : NULL;
    BEGIN;
    int result = -1, failing = name ? fails(kind) : 0;
    if (failing && !fault_after) errno = fault_errno;
    else {
        result = (int)(other ? syscall(call, path, other) : call == SYS_mkdir ? syscall(call, path, mode)
                                                                               : syscall(call, path));
        int code = errno;
        if (result == 0 && name) note(mark, 0, name, 0, new_name ? new_name : "", new_name ? strlen(new_name) : 0);
        errno = code;
        if (failing) { errno = fault_errno; result = -1; }
    }
    int code = errno;
    free(name);
    free(new_name);
    errno = code;
    END;
    return result;
}
int rename(const char *path, const char *other) { return named("rename", 'r', path, other, SYS_rename, 0); }
int mkdir(const char *path, mode_t mode) { return named("mkdir", 'm', path, NULL, SYS_mkdir, mode); }
int unlink(const char *path) { return named("remove", 'u', path, NULL, SYS_unlink, 0); }
int rmdir(const char *path) { return named("remove", 'R', path, NULL, SYS_rmdir, 0); }

/* ---- what can fail without changing anything */

void *mmap(void *place, size_t length, int protection, int flags, int file, off_t offset) {
    if (known(file)) {
        BEGIN;
        int failing = fails("map");
        END;
        if (failing) {
            errno = fault_errno;
            return MAP_FAILED;
        }
    }
    return (void *)syscall(SYS_mmap, place, length, protection, flags, file, offset);
}
void *mmap64(void *place, size_t length, int protection, int flags, int file, off_t offset) {
    return mmap(place, length, protection, flags, file, offset);
}

static int cannot(int file, const char *kind) {
    if (!known(file)) return 0;
    BEGIN;
    int failing = fails(kind);
    END;
    if (failing) errno = fault_errno;
    return failing;
}
ssize_t read(int file, void *bytes, size_t length) {
    return cannot(file, "read") ? -1 : syscall(SYS_read, file, bytes, length);
}
ssize_t pread(int file, void *bytes, size_t length, off_t at) {
    return cannot(file, "read") ? -1 : syscall(SYS_pread64, file, bytes, length, at);
}
ssize_t pread64(int file, void *bytes, size_t length, off_t at) {
    return cannot(file, "read") ? -1 : syscall(SYS_pread64, file, bytes, length, at);
}
int flock(int file, int operation) { return cannot(file, "lock") ? -1 : (int)syscall(SYS_flock, file, operation); }
