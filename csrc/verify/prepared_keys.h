/* SPDX-License-Identifier: Apache-2.0 */
/* The handle of prepared keys, which verify_many.c reads. */
#ifndef PA_VERIFY_PREPARED_KEYS_H
#define PA_VERIFY_PREPARED_KEYS_H

#include "verify.h"

struct pyaccel_prepared_keys {
    /* Whose entries these are: another variant may be bound by the time of a call. */
    const struct pa_verify_kernel *kernel;
    pyaccel_rows rows; /* count original keys, in bytes and offsets below */
    uint64_t count;
    uint64_t prepared_count; /* keys 0 .. prepared_count - 1 have an entry */
    uint64_t memory;         /* bytes of all allocations */
    uint32_t key_format;     /* PYACCEL_KEY_FORMAT_*, never 0 */
    uint8_t *bytes;
    uint64_t *offsets;
    uint8_t *entries;
};

/* The kernel bound for a scheme, and the family that counts its batches; NULL where there
 * is none. */
const struct pa_verify_kernel *pa_verify_kernel_of(uint32_t scheme, pa_family *family);

/* OK for a scheme that is known, else INVALID_ARGUMENT. */
pyaccel_status pa_verify_scheme_status(uint32_t scheme);

/* The same of a format of its keys, where 0 is auto. */
pyaccel_status pa_verify_key_format_status(uint32_t scheme, uint32_t key_format);

#endif
