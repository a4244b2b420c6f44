/* A wall clock that a test sets, preloaded into a server. The file CLOCK contains milliseconds: after an @, those since
 * 1970, at which time stands still; else those that are added to the real time. Unlike libfaketime, it calls no function of
 * libdl, which would allocate before jemalloc is ready. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static void set(struct timespec *now) {
    char text[24] = {0};
    const char *name = getenv("CLOCK");
    int file = name ? open(name, O_RDONLY) : -1;
    if (file < 0) {
        return;
    }
    ssize_t length = read(file, text, sizeof text - 1);
    close(file);
    if (length > 0 && text[0] == '@') {
        long millis = atol(text + 1);
        now->tv_sec = millis / 1000;
        now->tv_nsec = millis % 1000 * 1000000;
    } else if (length > 0) {
        now->tv_sec += atol(text) / 1000;
    }
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    int failed = (int)syscall(SYS_clock_gettime, clock, now);
    if (!failed && clock == CLOCK_REALTIME) {
        set(now);
    }
    return failed;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    struct timespec time;
    (void)zone;
    int failed = clock_gettime(CLOCK_REALTIME, &time);
    now->tv_sec = time.tv_sec;
    now->tv_usec = time.tv_nsec / 1000;
    return failed;
}

time_t time(time_t *result) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (result) {
        *result = now.tv_sec;
    }
    return now.tv_sec;
}
