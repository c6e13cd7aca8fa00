/* SPDX-License-Identifier: Apache-2.0 */
/* The whole test framework: CHECK counts failures and goes on, finish() is what main returns. */
#ifndef PA_TEST_CHECK_H
#define PA_TEST_CHECK_H

#include <stdio.h>

static _Atomic unsigned checks_done, checks_failed;

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        checks_done++;                                                                             \
        if (!(condition)) {                                                                        \
            checks_failed++;                                                                       \
            fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, #condition);                \
        }                                                                                          \
    } while (0)

/* Exit status of a test that can't run here. */
#define SKIPPED 77

static inline int finish(void)
{
    printf("%u checks, %u failed\n", checks_done, checks_failed);
    return checks_failed != 0 || checks_done == 0;
}

#endif
