/* Preloaded: the wall clock is ahead by so many seconds as MUSTER_CLOCK_AHEAD says, so that a mail's next attempt need
   not be waited for. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

int clock_gettime(clockid_t clock, struct timespec *time) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int code = real(clock, time);
    const char *ahead = getenv("MUSTER_CLOCK_AHEAD");
    if (code == 0 && clock == CLOCK_REALTIME && ahead) time->tv_sec += atol(ahead);
    return code;
}
