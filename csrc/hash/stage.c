/* SPDX-License-Identifier: Apache-2.0 */
/* The ends of messages by masked loads: no branch and no byte by byte, whatever their sizes. */
#include <immintrin.h>

#include "../core/variant_name.h"
#include "kernel.h"

#define PIECE 64u

/* As pa_hash_stage_fn says. */
void PA_VARIANT(pa_hash_stage_)(uint8_t *to, uint64_t apart, const uint8_t *const *from,
                                const uint32_t *rests, uint32_t count, uint64_t room)
{
    for (uint32_t l = 0; l < count; l++, to += apart) {
        for (uint32_t at = 0; at < room; at += PIECE) {
            const uint32_t left = rests[l] > at ? rests[l] - at : 0;
            const __mmask64 mask = _bzhi_u64(UINT64_MAX, left < PIECE ? left : PIECE);
            /* A number, since there may be nothing at a pointer to an empty rest. */
            const void *piece = (const void *)((uintptr_t)from[l] + at);
            _mm512_storeu_si512(to + at, _mm512_maskz_loadu_epi8(mask, piece));
        }
    }
}
