/* SPDX-License-Identifier: Apache-2.0 */
/* Runs checks in a child process: each sees an environment, and a library, of its own. */
#ifndef PA_TEST_CHILD_H
#define PA_TEST_CHILD_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

/* False where forks amid threads that allocate are no test: the address sanitizer's allocator stays locked in the child. */
#if defined(__SANITIZE_ADDRESS__)
#define BUSY_FORKS false
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define BUSY_FORKS false
#endif
#endif
#ifndef BUSY_FORKS
#define BUSY_FORKS true
#endif

/* The child sets name=value (NULL: nothing), runs body, and its failed checks become the parent's. */
static inline void in_child(const char *name, const char *value, void (*body)(void))
{
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        if (name != NULL) {
            setenv(name, value, 1);
        }
        checks_done = checks_failed = 0;
        alarm(60); /* a deadlock ends as a failure */
        body();
        fflush(NULL);
        _exit(checks_failed != 0 || checks_done == 0);
    }
    int status = -1;
    CHECK(child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
          WEXITSTATUS(status) == 0);
}

/* Checks of forks, first of all; the argument "without-forks" leaves them out. busy: amid threads that work. */
static inline void check_forks_unless_told(int argc, char **argv, void (*idle)(void),
                                           void (*busy)(void))
{
    if (argc > 1 && strcmp(argv[1], "without-forks") == 0) {
        puts("left out: forks with threads alive");
        return;
    }
    idle();
    if (BUSY_FORKS) {
        busy();
    }
}

#endif
