/* SPDX-License-Identifier: Apache-2.0 */
/* What libFuzzer calls; driver.c calls it where libFuzzer is not there. */
#ifndef PA_TESTS_FUZZ_H
#define PA_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
