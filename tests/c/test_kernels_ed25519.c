/* SPDX-License-Identifier: Apache-2.0 */
/* kernels/verify as C, with the limbs that WORDS_OF_64_BITS chooses and their bounds asserted: every known case under
 * every rule. */
#define PA_DEBUG_BOUNDS 1
#include "kernels.h"

#include "ed25519_cases.h"
#include "ed25519_reference.h"

#include "../../kernels/verify/ed25519.cl"
#include "../../kernels/verify/ed25519_scalars.cl"

#define BASE_POINTS ((1 << (BASE_WINDOW - 1)) + 1)

/* What is asked of A and R, and the cofactor: pyaccel/backends/device_ed25519.py. */
static const struct {
    uint32_t rule;
    uint key, r, cofactored;
} asked[] = {
    {PYACCEL_RULE_ZIP215, DECODES, DECODES, 1},
    {PYACCEL_RULE_RFC8032, CANONICAL, CANONICAL, 0},
    {PYACCEL_RULE_OPENSSL, DECODES, CANONICAL, 0},
    {PYACCEL_RULE_DALEK_STRICT, DECODES | LARGE_ORDER, CANONICAL | LARGE_ORDER, 0},
    {PYACCEL_RULE_LIBSODIUM, CANONICAL | LARGE_ORDER, CANONICAL | LARGE_ORDER, 0},
};

static void store_number(row *to, const number *a)
{
    uint word[8];
    for (size_t i = 0; i < 8; i++) {
        word[i] = (uint)(a->word[i / 2] >> 32 * (i % 2));
    }
    store_words(to, word);
}

/* Of each k B: y + x, y - x, 2 d x y. */
static row *base_rows(void)
{
    row *rows = exactly(3 * BASE_POINTS * sizeof *rows);
    const point base = point_base();
    const number d = residue_d(), twice_d = residue_add(&d, &d);
    point multiple = point_identity();
    for (size_t k = 0; k < BASE_POINTS; k++) {
        const number inverse = residue_inverse(&multiple.z);
        const number x = residue_mul(&multiple.x, &inverse);
        const number y = residue_mul(&multiple.y, &inverse);
        const number plus = residue_add(&y, &x), minus = residue_sub(&y, &x);
        number t2d = residue_mul(&x, &y);
        t2d = residue_mul(&t2d, &twice_d);
        store_number(&rows[3 * k], &plus);
        store_number(&rows[3 * k + 1], &minus);
        store_number(&rows[3 * k + 2], &t2d);
        multiple = point_add(&multiple, &base);
    }
    return rows;
}

/* R, A and S of each case, zeros where a length is wrong, as the host lays them out. */
static uchar *encodings(void)
{
    uchar *encoded = exactly(case_count * 96);
    for (uint64_t i = 0; i < case_count; i++) {
        const ed25519_case *c = &cases[i];
        if (c->key_size == 32 && c->signature_size == 64) {
            memcpy(encoded + 96 * i, c->signature, 32);
            memcpy(encoded + 96 * i + 32, c->key, 32);
            memcpy(encoded + 96 * i + 64, c->signature + 32, 32);
        }
    }
    return encoded;
}

int main(void)
{
    static ed25519_batch batch;
    make_cases();
    make_batch(&batch, 0, case_count);
    const uint n = (uint)case_count;
    uchar *encoded = encodings(), *reasons = exactly(n), *what = exactly(2 * (size_t)n);
    uint *scalars = exactly((size_t)n * 64);
    row *base = base_rows(), *points = exactly((size_t)n * 192);
    row *tables = exactly((size_t)n * EDWARDS_TABLE_ROWS * sizeof *tables);
    /* Words of the messages, the last one whole. */
    const ulong *offsets = batch.offsets[1], size = (offsets[n] + 3) / 4 * 4;
    uint *messages = exactly(size);
    memcpy(messages, batch.bytes[1], offsets[n]);
    for (size_t r = 0; r < sizeof asked / sizeof *asked; r++) {
        LAUNCH(n, ed25519_scalars(scalars, reasons, (const uint *)(const void *)encoded, messages,
                                  size, 0, offsets, VARIED, 0, 0, n));
        LAUNCH(2 * n, ed25519_decode(points, what, encoded, asked[r].key & LARGE_ORDER, 2 * n));
        LAUNCH(n, ed25519_equations(reasons, tables, points, what, scalars, base, asked[r].key,
                                    asked[r].r, asked[r].cofactored, n));
        for (uint i = 0; i < n; i++) {
            const uint8_t reason = reasons[i];
            const bool whole = cases[i].key_size == 32 && cases[i].signature_size == 64;
            const bool good = !whole || as_expected(&cases[i], asked[r].rule,
                                                    reason == PYACCEL_REASON_NONE, reason);
            CHECK(good);
            if (!good) {
                fprintf(stderr, "rule %u, case %u: reason %u\n", asked[r].rule, i, reason);
            }
        }
    }
    free(messages);
    free(tables);
    free(points);
    free(base);
    free(scalars);
    free(what);
    free(reasons);
    free(encoded);
    return finish();
}
