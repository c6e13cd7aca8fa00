/* SPDX-License-Identifier: Apache-2.0 */
/* What the core room reads from the environment. */
#ifndef PA_CORE_ENVIRONMENT_H
#define PA_CORE_ENVIRONMENT_H

#include <stdlib.h>

/* Value of an environment variable, NULL when it is unset or empty, or when the process runs with another
 * user's rights. */
static inline const char *pa_environment(const char *name)
{
#if defined(__linux__)
    const char *value = secure_getenv(name);
#else
    const char *value = getenv(name);
#endif
    return value != NULL && *value != '\0' ? value : NULL;
}

/* NULL, or a sentence that says what is wrong with PYACCEL_THREADS. */
const char *pa_threads_complaint(void);

#endif
