/* SPDX-License-Identifier: Apache-2.0 */
/* HMAC: its engine. RFC 2104, FIPS 198-1. */
#ifndef PA_HASH_HMAC_H
#define PA_HASH_HMAC_H

#include "algorithm.h"

/* One call's job. What the key made stands in it alone. */
typedef struct {
    const pa_hash_algorithm *hash;
    uint32_t hash_id;
    pa_midstate inner; /* after the block K0 xor ipad */
    pa_midstate outer; /* after the block K0 xor opad */
} pa_hmac_job;

/* Its job is a pa_hmac_job. */
extern const struct pa_hash_engine pa_hmac_engine;

#endif
