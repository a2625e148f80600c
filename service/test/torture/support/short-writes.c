/*
 * A disk that takes a part of what it is given. Preloaded into a server by short-writes.ts: of a write of two bytes or
 * more, to a file below SHORT_WRITES_BELOW, only the first half may be written, and that is what the caller is told, as
 * write(2) allows. What comes after it is said by the file that SHORT_WRITES names, which is shared with the test.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum fate { WHOLE, GOES_ON, FAILS_WITH_EIO, FAILS_WITH_ENOSPC, KILLED };

/* The layout that short-writes.ts has too. */
struct control {
  _Atomic int fate;
  _Atomic int when; /* Which write is cut short, from 1; 0: each. */
  _Atomic int seen;
  _Atomic int cut;
  _Atomic int cut_of_records; /* Those of them that were to a file of the database. */
  _Atomic int failed;
  _Atomic int failing; /* The descriptor of the file that fails since one of its writes was cut short; -1: none. */
};

static struct control *control;
static const char *below;

static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static ssize_t (*real_writev)(int, const struct iovec *, int);
static ssize_t (*real_pwritev)(int, const struct iovec *, int, off_t);

__attribute__((constructor)) static void start(void) {
  real_write = dlsym(RTLD_NEXT, "write");
  real_pwrite = dlsym(RTLD_NEXT, "pwrite64");
  real_writev = dlsym(RTLD_NEXT, "writev");
  real_pwritev = dlsym(RTLD_NEXT, "pwritev64");
  const char *name = getenv("SHORT_WRITES");
  below = getenv("SHORT_WRITES_BELOW");
  int fd = name && below ? open(name, O_RDWR | O_CLOEXEC) : -1;
  if (fd < 0) return;
  void *shared = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (shared != MAP_FAILED) control = shared;
  close(fd);
}

enum kind { NOT_WATCHED, OF_BYTES, OF_RECORDS };

static enum kind kind_of(int fd) {
  if (!control || control->fate == WHOLE) return NOT_WATCHED;
  char link[32], path[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return NOT_WATCHED;
  path[length] = 0;
  struct stat found;
  if (strncmp(path, below, strlen(below)) != 0) return NOT_WATCHED;
  if (fstat(fd, &found) != 0 || !S_ISREG(found.st_mode)) return NOT_WATCHED;
  return strstr(path, "/index.db") ? OF_RECORDS : OF_BYTES;
}

/* How many of the bytes are to be written; -1, with errno, where none can be. */
static ssize_t allowed(int fd, size_t length) {
  enum kind kind = kind_of(fd);
  if (kind == NOT_WATCHED) return length;
  if (control->failing == fd) {
    control->failed++;
    errno = control->fate == FAILS_WITH_ENOSPC ? ENOSPC : EIO;
    return -1;
  }
  if (length < 2) return length;
  int number = ++control->seen;
  if (control->when != 0 && control->when != number) return length;
  control->cut++;
  if (kind == OF_RECORDS) control->cut_of_records++;
  return length / 2;
}

static ssize_t told(int fd, size_t length, ssize_t written) {
  if (written < 0 || (size_t)written == length || kind_of(fd) == NOT_WATCHED) return written;
  if (control->fate == KILLED) raise(SIGKILL);
  if (control->fate != GOES_ON) control->failing = fd;
  return written;
}

ssize_t write(int fd, const void *bytes, size_t length) {
  ssize_t may = allowed(fd, length);
  return may < 0 ? may : told(fd, length, real_write(fd, bytes, may));
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off_t offset) {
  ssize_t may = allowed(fd, length);
  return may < 0 ? may : told(fd, length, real_pwrite(fd, bytes, may, offset));
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) {
  return pwrite64(fd, bytes, length, offset);
}

static size_t total(const struct iovec *pieces, int count) {
  size_t sum = 0;
  for (int at = 0; at < count; at++) sum += pieces[at].iov_len;
  return sum;
}

/* The pieces with the last of them shortened to what may be written. */
static int shorten(struct iovec *to, const struct iovec *pieces, int count, size_t may) {
  int used = 0;
  for (; used < count && may > 0; used++) {
    to[used] = pieces[used];
    if (to[used].iov_len > may) to[used].iov_len = may;
    may -= to[used].iov_len;
  }
  return used;
}

ssize_t writev(int fd, const struct iovec *pieces, int count) {
  size_t length = total(pieces, count);
  ssize_t may = allowed(fd, length);
  if (may < 0 || (size_t)may == length) return may < 0 ? may : real_writev(fd, pieces, count);
  struct iovec shorter[IOV_MAX];
  return told(fd, length, real_writev(fd, shorter, shorten(shorter, pieces, count, may)));
}

ssize_t pwritev64(int fd, const struct iovec *pieces, int count, off_t offset) {
  size_t length = total(pieces, count);
  ssize_t may = allowed(fd, length);
  if (may < 0 || (size_t)may == length) return may < 0 ? may : real_pwritev(fd, pieces, count, offset);
  struct iovec shorter[IOV_MAX];
  return told(fd, length, real_pwritev(fd, shorter, shorten(shorter, pieces, count, may), offset));
}

ssize_t pwritev(int fd, const struct iovec *pieces, int count, off_t offset) {
  return pwritev64(fd, pieces, count, offset);
}
