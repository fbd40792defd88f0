/* Runs a program and says what it cost.

   A launcher of its own, because a child's peak of memory begins with what its parent held when it
   forked, and because what a process wrote to the disk can only be read while it is not yet reaped.

   usage: measure FIGURES PROGRAM [ARGUMENT…]
   FIGURES gets one JSON object: wall, user and system seconds; the peak resident set with mapped
   pages and, sampled every 10 ms, without them (bytes); bytes read from and written to the disk.
   The exit status is the program's. */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* The number behind a word in a file of /proc, or 0. */
static long long number(pid_t child, const char *file, const char *word) {
    char path[64], text[8192];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)child, file);
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return 0;
    ssize_t length = read(descriptor, text, sizeof text - 1);
    close(descriptor);
    if (length <= 0) return 0;
    text[length] = 0;
    const char *found = strstr(text, word);
    return found ? atoll(found + strlen(word)) : 0;
}

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec + now.tv_nsec * 1e-9;
}

int main(int count, char **words) {
    if (count < 3) return fputs("usage: measure FIGURES PROGRAM [ARGUMENT...]\n", stderr), 64;
    sigset_t children, before;
    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);
    sigprocmask(SIG_BLOCK, &children, &before);
    double begun = seconds();
    pid_t child = fork();
    if (child < 0) return perror("measure: fork"), 71;
    if (child == 0) {
        sigprocmask(SIG_SETMASK, &before, NULL);
        execvp(words[2], words + 2);
        perror(words[2]);
        _exit(127);
    }
    long long anonymous = 0;
    siginfo_t ended;
    for (;;) {
        memset(&ended, 0, sizeof ended);
        waitid(P_PID, child, &ended, WEXITED | WNOHANG | WNOWAIT);
        if (ended.si_pid == child) break;
        long long now = number(child, "status", "RssAnon:") * 1024;
        if (now > anonymous) anonymous = now;
        struct timespec pause = {0, 10000000};
        sigtimedwait(&children, NULL, &pause);
    }
    double wall = seconds() - begun;
    long long read_bytes = number(child, "io", "\nread_bytes:");
    long long write_bytes = number(child, "io", "\nwrite_bytes:");
    int status;
    struct rusage used;
    if (wait4(child, &status, 0, &used) != child) return perror("measure: wait4"), 71;
    FILE *figures = fopen(words[1], "w");
    if (!figures) return perror(words[1]), 73;
    fprintf(figures,
            "{\"wall\":%.6f,\"user\":%ld.%06ld,\"system\":%ld.%06ld,\"peak\":%lld,"
            "\"anonymous\":%lld,\"read\":%lld,\"written\":%lld}\n",
            wall, (long)used.ru_utime.tv_sec, (long)used.ru_utime.tv_usec,
            (long)used.ru_stime.tv_sec, (long)used.ru_stime.tv_usec, used.ru_maxrss * 1024LL,
            anonymous, read_bytes, write_bytes);
    if (fclose(figures)) return perror(words[1]), 74;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
