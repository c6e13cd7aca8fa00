/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures for tests, any number of them: keys a, a + 1, ... and nonces r, r + 1, ..., so that
 * each new point is one addition; with a part of small order where asked for. Nothing here is
 * secret, and nothing is safe. Before: a field, edwards25519_formulas.h and the scheme. */
#ifndef PA_TEST_ED25519_SIGNER_H
#define PA_TEST_ED25519_SIGNER_H

#include <string.h>

#include "hex.h"
#include "pyaccel/hash.h"

typedef struct {
    uint8_t key[32], signature[64], message[16];
} signed_row;

typedef struct {
    edwards_cached base, torsion;
    edwards_point key, nonce; /* the multiples of B */
    pa_ed25519_coefficient a, r;
} signer;

static void signer_decode(edwards_point *p, const char *hex)
{
    uint8_t encoding[32];
    const unsigned char *rows[LANES];
    mask decodes, canonical;
    from_hex(encoding, hex);
    for (int i = 0; i < LANES; i++) {
        rows[i] = encoding;
    }
    edwards_decode(p, rows, &decodes, &canonical);
}

static void signer_encode(uint8_t out[32], const edwards_point *p)
{
    unsigned char all[LANES][32], *rows[LANES];
    for (int i = 0; i < LANES; i++) {
        rows[i] = all[i];
    }
    edwards_encode(rows, p);
    memcpy(out, all[0], 32);
}

static void signer_multiple(edwards_point *p, const signer *s, const pa_ed25519_coefficient *z)
{
    edwards_identity(p);
    for (int bit = 127; bit >= 0; bit--) {
        edwards_double(p, p, 1);
        if (z->word[bit / 64] >> bit % 64 & 1) {
            edwards_add(p, p, &s->base, 1);
        }
    }
}

static void signer_start(signer *s)
{
    edwards_point p;
    signer_decode(&p, "5866666666666666666666666666666666666666666666666666666666666666");
    edwards_to_cached(&s->base, &p);
    signer_decode(&p, "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a");
    edwards_to_cached(&s->torsion, &p);
    s->a = (pa_ed25519_coefficient){{0x0123456789abcdef, 0x3edcba9876543210}};
    s->r = (pa_ed25519_coefficient){{0x5a5a5a5a0f0f0f0f, 0x1337133713371337}};
    signer_multiple(&s->key, s, &s->a);
    signer_multiple(&s->nonce, s, &s->r);
}

static void signer_next(edwards_point *p, pa_ed25519_coefficient *z, const signer *s)
{
    edwards_add(p, p, &s->base, 1);
    z->word[0]++;
}

/* The next row, of the same key unless `new_key`; A and R have `a_torsion` and `r_torsion` times
 * the point of order 8 added. S = r + H(R || A || M) a, which 8 (S B - k A - R) = 0 takes. */
static void signer_sign(signed_row *out, signer *s, int new_key, int a_torsion, int r_torsion)
{
    edwards_point a, r;
    uint8_t text[80], digest[64];
    pa_ed25519_scalar k, total;
    if (new_key) {
        signer_next(&s->key, &s->a, s);
    }
    signer_next(&s->nonce, &s->r, s);
    a = s->key;
    r = s->nonce;
    for (int i = 0; i < a_torsion; i++) {
        edwards_add(&a, &a, &s->torsion, 1);
    }
    for (int i = 0; i < r_torsion; i++) {
        edwards_add(&r, &r, &s->torsion, 1);
    }
    signer_encode(out->key, &a);
    signer_encode(out->signature, &r);
    memset(out->message, (int)(s->r.word[0] & 0xff), sizeof out->message);
    memcpy(text, out->signature, 32);
    memcpy(text + 32, out->key, 32);
    memcpy(text + 64, out->message, 16);
    pyaccel_hash_one(digest, 64, PYACCEL_HASH_SHA512, text, sizeof text, NULL);
    pa_ed25519_scalar_reduce(&k, digest);
    pa_ed25519_scalar_weigh(&total, &s->a, &k);
    pa_ed25519_scalar_weigh(&k, &s->r, &(pa_ed25519_scalar){{1}});
    pa_ed25519_scalar_add(&total, &total, &k);
    for (int i = 0; i < 32; i++) {
        out->signature[32 + i] = (uint8_t)(total.word[i / 8] >> (8 * (i % 8)));
    }
}

#endif
