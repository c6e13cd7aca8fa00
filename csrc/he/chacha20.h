/* SPDX-License-Identifier: Apache-2.0 */
/* ChaCha20, the stream that keys and noise are drawn from: RFC 8439, 2.3. */
#ifndef PA_HE_CHACHA20_H
#define PA_HE_CHACHA20_H

#include <stddef.h>
#include <stdint.h>

#define PA_CHACHA20_BLOCK 64u /* bytes */

/* The state before the first round: four constants, eight words of the key, the counter, three words of the nonce. */
#define PA_CHACHA20_COUNTER 12
typedef struct {
    uint32_t word[16];
} pa_chacha20_state;

/* Family PA_FAMILY_CHACHA20. Constant-time in everything but count. */
struct pa_chacha20 {
    /* out[64 i .. 64 i + 64) = block of counter + i (modulo 2^32), 0 <= i < count. */
    void (*blocks)(uint8_t *out, const pa_chacha20_state *state, size_t count);
};

extern const struct pa_chacha20 pa_chacha20_portable, pa_chacha20_avx2, pa_chacha20_avx512,
    pa_chacha20_avx512_emulated;

/* Little-endian words of 32 bytes of key and of the nonce, counter 0. */
void pa_chacha20_begin(pa_chacha20_state *state, const uint8_t key[32], const uint32_t nonce[3]);

#endif
