/* SPDX-License-Identifier: Apache-2.0 */
/* Transforms of every HE variant against evaluation at the roots, and automorphisms against their definition. */
#include "he_reference.h"

#define MOST_LOG_DEGREE 14u
#define ROWS 5u
#define POINTS 24u /* of a large transform */

/* Canonical position j <-> exponent 2 bitrev(j) + 1 of psi. */
static uint32_t exponent_of(uint32_t j, unsigned log_degree)
{
    return 2 * ref_bitrev(j, log_degree) + 1;
}

static uint32_t position_of(uint32_t exponent, unsigned log_degree)
{
    return ref_bitrev(exponent / 2, log_degree);
}

static uint32_t *order_of(const pa_he_kernels *kernels, unsigned log_degree)
{
    const uint32_t n = UINT32_C(1) << log_degree;
    uint32_t *order = ref_memory(n * sizeof *order);
    bool *met = ref_memory(n);
    memset(met, 0, n);
    kernels->ntt_order(order, log_degree);
    bool permutation = true;
    for (uint32_t j = 0; j < n; j++) {
        permutation = permutation && order[j] < n && !met[order[j]];
        if (order[j] < n) {
            met[order[j]] = true;
        }
    }
    CHECK(permutation);
    free(met);
    return order;
}

/* coefficients of ROWS rows: forward is their values at the roots, inverse leads back, both for any number of rows and from
 * any representative. */
static void check_transform(const pa_he_kernels *kernels, const pa_he_ntt *ring, unsigned pattern)
{
    const size_t n = (size_t)1 << ring->log_degree;
    const pa_he_modulus *m = &ring->modulus;
    const uint64_t q = m->q;
    uint32_t *order = order_of(kernels, ring->log_degree);
    uint64_t *in[ROWS], *values = REF_ROW(n), *resident = REF_ROW(n);
    pa_he_word *rows[ROWS];
    for (size_t r = 0; r < ROWS; r++) {
        in[r] = REF_ROW(n);
        rows[r] = REF_ROW(n + 8 * r); /* the heads of rows then differ */
        ref_pattern(in[r], n, q, r == 0 ? pattern : 5 + (unsigned)r % 4);
    }
    for (size_t count = 1; count <= ROWS; count += n > 256 ? 2 : 1) {
        for (size_t r = 0; r < count; r++) {
            ref_import(kernels, rows[r], in[r], n, m, (unsigned)(r + count + pattern) % FORMS);
        }
        kernels->forward(rows, count, ring);
        for (size_t r = 0; r < count; r++) {
            kernels->export(resident, rows[r], n, m);
            CHECK(ref_is(kernels, rows[r], resident, n, m));
            const bool all = n <= 256;
            for (size_t i = 0; i < (all ? n : POINTS); i++) {
                const uint32_t j = (uint32_t)(all ? i : random_word() >> (64 - ring->log_degree));
                const uint64_t root = ref_pow(ring->psi, exponent_of(j, ring->log_degree), q);
                CHECK(resident[order[j]] == ref_evaluate(in[r], n, root, q));
            }
            /* From another representative of what came out. */
            ref_import(kernels, rows[r], resident, n, m, (unsigned)(r + pattern) % FORMS);
        }
        kernels->inverse(rows, count, ring);
        for (size_t r = 0; r < count; r++) {
            CHECK(ref_is(kernels, rows[r], in[r], n, m));
        }
    }
    free(order);
    free(values);
    free(resident);
    for (size_t r = 0; r < ROWS; r++) {
        free(in[r]);
        free(rows[r]);
    }
}

/* a(X^g), from coefficients, and from the NTT form by permute. */
static void check_automorphism(const pa_he_kernels *kernels, const pa_he_ntt *ring, uint32_t g)
{
    const uint32_t n = UINT32_C(1) << ring->log_degree;
    const pa_he_modulus *m = &ring->modulus;
    uint32_t *order = order_of(kernels, ring->log_degree), *source = ref_memory(n * sizeof *source);
    uint64_t *a = REF_ROW(n), *b = REF_ROW(n);
    ref_pattern(a, n, m->q, 7);
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t e = (uint32_t)((uint64_t)i * g % (2 * n)); /* X^(n + k) = -X^k */
        b[e % n] = e < n ? a[i] : (m->q - a[i]) % m->q;
    }
    for (uint32_t j = 0; j < n; j++) {
        const uint32_t e = exponent_of(j, ring->log_degree);
        const uint32_t from = (uint32_t)((uint64_t)e * g % (2 * n));
        source[order[j]] = order[position_of(from, ring->log_degree)];
    }
    const size_t words = kernels->permute_words(ring->log_degree);
    pa_he_word *table = REF_ROW(words), *row = REF_ROW(n), *moved = REF_ROW(n);
    kernels->permute_fill(table, source, ring->log_degree);
    ref_import(kernels, row, a, n, m, 0);
    kernels->forward(&row, 1, ring);
    kernels->permute(moved, row, table, n);
    kernels->inverse(&moved, 1, ring);
    CHECK(ref_is(kernels, moved, b, n, m));
    free(order);
    free(source);
    free(a);
    free(b);
    free(table);
    free(row);
    free(moved);
}

/* Published values, in canonical order. HEXL, test/test-ntt.cpp: N = 32 modulo 769, where the values are 1 .. 32, and N = 4 modulo
 * 113; SEAL, native/tests/seal/util/ntt.cpp: 1 + X, N = 2. The small ones hold our root and order to theirs. */
static void check_published(const pa_he_kernels *kernels)
{
    static const uint64_t hexl[32] = {401, 203, 221, 352, 487, 151, 405, 356, 343, 424, 635,
                                      757, 457, 280, 624, 353, 496, 353, 624, 280, 457, 757,
                                      635, 424, 343, 356, 405, 151, 487, 352, 221, 203};
    uint64_t values[32];
    uint32_t order[32];
    pa_he_ntt *ring = ring_new(kernels, 769, 5);
    pa_he_word *row = REF_ROW(32);
    kernels->ntt_order(order, 5);
    ref_import(kernels, row, hexl, 32, &ring->modulus, 0);
    kernels->forward(&row, 1, ring);
    kernels->export(values, row, 32, &ring->modulus);
    for (uint32_t j = 0; j < 32; j++) {
        CHECK(values[order[j]] == j + 1);
    }
    free(row);
    ring_free(ring);
    static const struct {
        uint64_t q;
        unsigned log_degree;
        uint64_t in[4], out[4];
    } small[] = {
        {113, 2, {94, 109, 11, 18}, {82, 2, 81, 98}},
        {0xffffffffffc0001, 1, {1, 1}, {288794978602139553, 864126526004445282}},
    };
    for (size_t i = 0; i < sizeof small / sizeof *small; i++) {
        pa_he_modulus m;
        CHECK(pa_he_modulus_set(&m, small[i].q));
        const unsigned bits = small[i].log_degree;
        for (uint32_t j = 0; j < UINT32_C(1) << bits; j++) {
            const uint64_t at = ref_pow(pa_he_root(&m, bits), exponent_of(j, bits), m.q);
            CHECK(ref_evaluate(small[i].in, (size_t)1 << bits, at, m.q) == small[i].out[j]);
        }
    }
}

/* The least prime of that size: what is left where a reduction looks at the upper bits alone is then most, in q's. */
static uint64_t least_prime(unsigned bits, unsigned log_degree)
{
    uint64_t q = (UINT64_C(1) << (bits - 1)) + 1;
    while (!pa_he_is_prime(q)) {
        q += UINT64_C(2) << log_degree;
    }
    return q;
}

static void check_variant(const pa_he_kernels *kernels)
{
    check_published(kernels);
    for (unsigned bits = 46; bits <= PA_HE_FAST_BITS; bits++) {
        for (unsigned log_degree = 7; log_degree <= 13; log_degree += 3) {
            pa_he_ntt *ring = ring_new(kernels, least_prime(bits, log_degree), log_degree);
            for (unsigned pattern = 0; pattern < PATTERNS; pattern++) {
                check_transform(kernels, ring, pattern);
            }
            ring_free(ring);
        }
    }
    for (unsigned log_degree = PA_HE_MIN_LOG_DEGREE; log_degree <= MOST_LOG_DEGREE; log_degree++) {
        for (size_t i = 0; i < REF_SIZES && ref_sizes[i] <= kernels->max_bits; i++) {
            pa_he_ntt *ring = ring_new(kernels, ref_prime(ref_sizes[i], log_degree), log_degree);
            for (unsigned pattern = 0; pattern < PATTERNS; pattern += log_degree < 10 ? 1 : 3) {
                check_transform(kernels, ring, pattern);
            }
            check_automorphism(kernels, ring, 5);
            check_automorphism(kernels, ring, (UINT32_C(2) << log_degree) - 1);
            check_automorphism(kernels, ring, (uint32_t)(random_word() >> (63 - log_degree)) | 1);
            ring_free(ring);
        }
    }
    /* Where values grow most, in two sizes that are reduced each in its own way. */
    const unsigned sizes[] = {kernels->max_bits, 49};
    for (unsigned log_degree = MOST_LOG_DEGREE + 1; log_degree <= PA_HE_MAX_LOG_DEGREE;
         log_degree++) {
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            pa_he_ntt *ring = ring_new(kernels, ref_prime(sizes[i], log_degree), log_degree);
            check_transform(kernels, ring, (log_degree + i) % 2 != 0 ? 2 : 6);
            check_automorphism(kernels, ring, 5);
            ring_free(ring);
        }
    }
    /* Of primes this small no variant need reduce on the way. */
    pa_he_ntt *longest =
        ring_new(kernels, ref_prime(47, PA_HE_MAX_LOG_DEGREE), PA_HE_MAX_LOG_DEGREE);
    check_transform(kernels, longest, 2);
    ring_free(longest);
    pa_he_ntt *least = ring_new(kernels, 17, 3);
    for (unsigned pattern = 0; pattern < PATTERNS; pattern++) {
        check_transform(kernels, least, pattern);
    }
    ring_free(least);
}

int main(void)
{
    ref_each_variant(check_variant);
    return finish();
}
