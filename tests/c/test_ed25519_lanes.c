/* SPDX-License-Identifier: Apache-2.0 */
/* ed25519_lanes.h where groups do run in lanes: four of them, or one (ONE_LANE), against the
 * known cases and, row by row, against the bound variant. */
#define PA_DEBUG_BOUNDS 1
#ifdef ONE_LANE
#include "field/fe25519_portable.h"
#define ED25519_LANES_MIN 1
#else
#include "fe25519_quad.h"
/* Groups of one row go to the single path, so both are used. */
#define ED25519_LANES_MIN 2
#endif
#include "verify/ed25519.h"
/* What this CPU has. */
static bool single(const pa_ed25519_point *a, const pa_ed25519_point *r, const pa_ed25519_scalar *s,
                   const pa_ed25519_scalar *k, bool cofactored)
{
    pa_ed25519_single_fn *const equation =
        pa_cpu_features() & PA_CPU_ADX ? PA_ED25519_SINGLE : pa_ed25519_single_portable;
    return equation(a, r, s, k, cofactored);
}
#define ED25519_SINGLE single
#include "verify/ed25519_lanes.h"

#include "check.h"
#include "ed25519_cases.h"

static pa_ed25519_prepared prepared[CASES];

/* Rows first .. first + n of the cases, by this file's lanes and by the library's variant. */
static void check_range(uint32_t rule, uint64_t first, uint64_t n, uint64_t prepared_count)
{
    static ed25519_batch batch;
    static uint8_t verdicts[CASES], reasons[CASES], other_verdicts[CASES], other_reasons[CASES];
    make_batch(&batch, 0, case_count);
    const pa_verify_job job = {.public_keys = &batch.keys,
                               .key_count = case_count,
                               .prepared = (const uint8_t *)prepared,
                               .prepared_count = prepared_count,
                               .messages = &batch.messages,
                               .signatures = &batch.signatures,
                               .rule = rule,
                               .key_format = PYACCEL_KEY_FORMAT_AUTO,
                               .signature_format = PYACCEL_SIGNATURE_FORMAT_RAW};
    CHECK(ed25519_verify_range(verdicts, reasons, &job, first, first + n, NULL) == PYACCEL_OK);
    CHECK(pa_ed25519_portable.verify_range(other_verdicts, other_reasons, &job, first, first + n,
                                           NULL) == PYACCEL_OK);
    for (uint64_t i = first; i < first + n; i++) {
        CHECK(as_expected(&cases[i], rule, verdicts[i], reasons[i]));
        CHECK(verdicts[i] == other_verdicts[i] && reasons[i] == other_reasons[i]);
    }
}

/* Entries of the two variants are the same bytes where they decode. */
static void check_prepare(void)
{
    static pa_ed25519_prepared others[CASES];
    static ed25519_batch batch;
    make_batch(&batch, 0, case_count);
    for (uint64_t at = 0; at < case_count; at += 101) {
        const uint64_t last = at + 101 < case_count ? at + 101 : case_count;
        ed25519_prepare((uint8_t *)prepared, &batch.keys, at, last, PYACCEL_KEY_FORMAT_AUTO);
    }
    pa_ed25519_portable.prepare((uint8_t *)others, &batch.keys, 0, case_count,
                                PYACCEL_KEY_FORMAT_AUTO);
    for (uint64_t i = 0; i < case_count; i++) {
        CHECK(prepared[i].point.encoding == others[i].point.encoding);
        CHECK(others[i].point.encoding == 0 ||
              memcmp(&prepared[i], &others[i], sizeof *others) == 0);
    }
}

/* ---- scalars that no hash gives ------------------------------------------------------------- */

static pa_ed25519_point decoded(const char *hex)
{
    unsigned char bytes[32];
    const unsigned char *rows[LANES];
    pa_ed25519_point points[LANES], *out[LANES];
    from_hex(bytes, hex);
    for (int i = 0; i < LANES; i++) {
        rows[i] = bytes;
        out[i] = &points[i];
    }
    ed25519_decode(out, rows);
    CHECK((points[0].encoding & PA_ED25519_DECODES) != 0);
    return points[0];
}

static void load_all(edwards_cached *r, const pa_ed25519_point *point, bool negative)
{
    const pa_ed25519_point *points[LANES];
    edwards_point p;
    for (int i = 0; i < LANES; i++) {
        points[i] = point;
    }
    ed25519_load(&p, points);
    if (negative) {
        edwards_neg(&p, &p);
    }
    edwards_to_cached(r, &p);
}

/* [s]B - [k]A + T, bit by bit. */
static pa_ed25519_point combination(const pa_ed25519_scalar *s, const pa_ed25519_point *base,
                                    const pa_ed25519_scalar *k, const pa_ed25519_point *a,
                                    const pa_ed25519_point *t)
{
    edwards_point sum;
    edwards_cached b, minus_a, last;
    pa_ed25519_point points[LANES], *out[LANES];
    fe inverse;
    load_all(&b, base, false);
    load_all(&minus_a, a, true);
    load_all(&last, t, false);
    edwards_identity(&sum);
    for (int bit = 255; bit >= 0; bit--) {
        edwards_double(&sum, &sum, 1);
        if (s->word[bit / 64] >> bit % 64 & 1) {
            edwards_add(&sum, &sum, &b, 1);
        }
        if (k->word[bit / 64] >> bit % 64 & 1) {
            edwards_add(&sum, &sum, &minus_a, 1);
        }
    }
    edwards_add(&sum, &sum, &last, 1);
    fe_inv(&inverse, &sum.z);
    fe_mul(&sum.x, &sum.x, &inverse);
    fe_mul(&sum.y, &sum.y, &inverse);
    fe_mul(&sum.t, &sum.x, &sum.y);
    for (int i = 0; i < LANES; i++) {
        out[i] = &points[i];
    }
    ed25519_store(out, &sum);
    points[0].encoding = PA_ED25519_DECODES | PA_ED25519_CANONICAL;
    return points[0];
}

#define SCALARS 12

/* Halves of k as short and as long as they get, A and R with parts of small order, all in one group
 * and one by one: R = [s]B - [k]A holds under both equations, R + T under that with the factor 8,
 * and R for another s under none. */
static void check_scalars(void)
{
    static const pa_ed25519_scalar scalars[SCALARS] = {
        {{0}},
        {{1}},
        {{8}},
        {{UINT64_MAX, UINT64_MAX, 0, 0}},
        {{0, 0, 1, 0}},
        {{0, 0, 3, 0}},
        {{0, 0, 0, UINT64_C(1) << 60}},
        {{0x5812631a5cf5d3ec, 0x14def9dea2f79cd6, 0, UINT64_C(1) << 60}}, /* l - 1 */
        {{0x2c09318d2e7ae9f6, 0x0a6f7cef517bce6b, 0, UINT64_C(1) << 59}}, /* (l - 1) / 2 */
        {{0x1571ae9151c4b01c, 0x12885a59ce3a5142, 0x8e38e38e38e38e39,
          0x0e38e38e38e38e38}}, /* near 8 l / 9 */
        {{0x123456789abcdef1, 0xfedcba9876543210, 0x0f1e2d3c4b5a6978, 0x0123456789abcdef}},
        {{0x6666666666666666, 0x6666666666666666, 0x6666666666666666, 0x0666666666666666}},
    };
    static pa_ed25519_chunk chunk;
    const pa_ed25519_point base =
        decoded("5866666666666666666666666666666666666666666666666666666666666666");
    const pa_ed25519_point t =
        decoded("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05");
    const pa_ed25519_point zero =
        decoded("0100000000000000000000000000000000000000000000000000000000000000");
    const pa_ed25519_scalar s = {{0xfeedfacecafebeef, 3, 0, UINT64_C(1) << 57}};
    for (int wrong = 0; wrong < 3; wrong++) {
        for (unsigned int first = 0; first < SCALARS; first++) {
            unsigned int rows[LANES];
            for (unsigned int i = 0; i < LANES; i++) {
                static pa_ed25519_point a;
                a = decoded(torsion_cases[(first + 9 * (unsigned int)wrong) % 64].key);
                chunk.key[i] = &a;
                chunk.k[i] = scalars[(first + i) % SCALARS];
                chunk.s[i] = s;
                chunk.r[i] = combination(&s, &base, &chunk.k[i], &a, wrong == 1 ? &t : &zero);
                chunk.s[i].word[0] += wrong == 2;
                rows[i] = i;
            }
            for (int cofactored = 0; cofactored < 2; cofactored++) {
                const bool want = wrong == 0 || (wrong == 1 && cofactored);
                const unsigned int all = mask_bits(mask_not(mask_from_bits(0)));
                CHECK(mask_bits(ed25519_group(&chunk, rows, cofactored)) == (want ? all : 0));
                CHECK(pa_ed25519_single_portable(chunk.key[0], &chunk.r[0], &chunk.s[0],
                                                 &chunk.k[0], cofactored) == want);
                CHECK(single(chunk.key[0], &chunk.r[0], &chunk.s[0], &chunk.k[0], cofactored) ==
                      want);
            }
        }
    }
}

int main(void)
{
    CHECK(pa_bind() == PYACCEL_OK);
    make_cases();
    check_scalars();
    check_prepare();
    for (size_t i = 0; i < RULES; i++) {
        uint32_t rule = rules[i];
        check_range(rule, 0, case_count, 0);
        check_range(rule, 0, case_count, case_count);
        check_range(rule, case_count - 133, 133, case_count - 60);
        for (uint64_t n = 1; n < 6; n++) {
            check_range(rule, 17 * n, n, 0);
            check_range(rule, 17 * n, n, case_count);
        }
    }
    return finish();
}
