/* SPDX-License-Identifier: Apache-2.0 */
/* One inversion for all lanes of secp256k1's field (four lanes of the portable one, that one
 * itself, or the one that FIELD names, of the prime MODULUS): a lane times its inverse is 1. */
#ifdef REFERENCE_P384
#define ROW_WORDS 6
#endif
#include "check.h"
#ifdef FIELD
#include FIELD
#else
#include "field/secp256k1_portable.h"
#ifndef ONE_LANE
#include "quad.h"
#endif
#endif
#ifdef MODULUS
#define FE_MODULUS MODULUS
#else
#define FE_MODULUS pa_secp256k1_prime
#endif
#include "core/internal.h"
#include "field/inverse_lanes.h"
#include "reference256.h"

static void check_lanes(const number a[LANES])
{
    const unsigned char *in[LANES];
    unsigned char *out[LANES], bytes[LANES][NUMBER_BYTES];
    const number zero = {{0}}, one = number_of(1);
    bool some_zero = false;
    fe x;
    mask below;
    for (int i = 0; i < LANES; i++) {
        number_to_bytes(bytes[i], &a[i]);
        in[i] = out[i] = bytes[i];
        some_zero |= number_equal(&a[i], &zero);
    }
    fe_from_rows(&x, in, &below);
    fe_inv_lanes(&x, &x);
    fe_to_rows(out, &x);
    for (int i = 0; i < LANES; i++) {
        const number inverse = number_from_bytes(bytes[i]);
        const number product = mod_mul(&a[i], &inverse, &prime);
        CHECK(number_equal(some_zero ? &inverse : &product, some_zero ? &zero : &one));
    }
}

int main(void)
{
#ifdef FIELD
    if ((pa_cpu_features() & NEEDS) != NEEDS) {
        puts("not on this CPU");
        return SKIPPED;
    }
#endif
    const fe_state state = fe_begin();
    const number one = number_of(1), zero = {{0}}, largest = number_sub(&prime, &one);
    number a[LANES];
    for (int round = 0; round < 500; round++) {
        for (int i = 0; i < LANES; i++) {
            const uint64_t kind = random_word() % 8;
            a[i] = kind == 0 ? one : kind == 1 ? largest : random_number(&prime);
        }
        check_lanes(a);
    }
    for (int i = 0; i < LANES; i++) {
        a[i] = zero;
        check_lanes(a);
        a[i] = one;
    }
    check_lanes(a);
    fe_end(state);
    return finish();
}
