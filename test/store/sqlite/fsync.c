/*
 * What reaches the disk, for tests on Linux: preloaded into a process, it counts fsyncs and writes their number to
 * $FSYNC_COUNT at the end; while the file $FSYNC_FAILS exists, every fsync fails as on a full or broken disk.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static atomic_long calls;

static int sync_with(const char *name, int file) {
  const char *fails = getenv("FSYNC_FAILS");
  atomic_fetch_add(&calls, 1);
  if (fails && access(fails, F_OK) == 0) {
    errno = ENOSPC;
    return -1;
  }
  return ((int (*)(int))dlsym(RTLD_NEXT, name))(file);
}

int fsync(int file) { return sync_with("fsync", file); }

int fdatasync(int file) { return sync_with("fdatasync", file); }

__attribute__((destructor)) static void tell(void) {
  const char *path = getenv("FSYNC_COUNT");
  FILE *file = path ? fopen(path, "w") : NULL;
  if (!file) return;
  fprintf(file, "%ld\n", atomic_load(&calls));
  fclose(file);
}
