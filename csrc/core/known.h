/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes that follow from a secret and may be known all the same: what a sampler rejected, what is handed out. Of builds with
 * PYACCEL_MEMCHECK, where memcheck watches secrets as undefined memory (tests/c/test_he_constant_time.c); else nothing. */
#ifndef PA_CORE_KNOWN_H
#define PA_CORE_KNOWN_H

#ifdef PYACCEL_MEMCHECK
#include <valgrind/memcheck.h>
#define PA_KNOWN(memory, size) ((void)VALGRIND_MAKE_MEM_DEFINED(memory, size))
#else
#define PA_KNOWN(memory, size) ((void)(memory), (void)(size))
#endif

#endif
