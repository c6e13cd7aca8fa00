/* SPDX-License-Identifier: Apache-2.0 */
/* Primes, roots and their constants against plain arithmetic. */
#include "he/words.h"
#include "he_reference.h"

static bool trial_prime(uint64_t n)
{
    for (uint64_t d = 2; d * d <= n; d++) {
        if (n % d == 0) {
            return false;
        }
    }
    return n >= 2;
}

static void check_primality(void)
{
    for (uint64_t n = 0; n < 20000; n++) {
        CHECK(pa_he_is_prime(n) == trial_prime(n));
    }
    /* Strong pseudoprimes to the bases 2; 2, 3, 5; 2 .. 17; 2 .. 37 is the first that would be missed (OEIS A014233). */
    static const uint64_t composite[] = {2047, 25326001, 341550071728321, 3825123056546413051};
    for (size_t i = 0; i < 4; i++) {
        CHECK(!pa_he_is_prime(composite[i]));
    }
    CHECK(pa_he_is_prime((UINT64_C(1) << 61) - 1) && !pa_he_is_prime((UINT64_C(1) << 61) - 3));
}

static void check_constants(uint64_t q)
{
    pa_he_modulus m;
    CHECK(pa_he_modulus_set(&m, q) && m.q == q);
    CHECK(m.bits < 64 && q >> (m.bits - 1) == 1);
    const wide ratio = (wide)m.ratio[1] << 64 | m.ratio[0]; /* 2^128 - ratio q is 0 .. q - 1 */
    CHECK((wide)0 - ratio * q < q && ratio > ~(wide)0 / q - 1);
    CHECK(m.bits > PA_HE_FAST_BITS
              ? m.ratio52 == 0
              : ((wide)1 << (52 + m.bits)) - (wide)m.ratio52 * q < q && m.ratio52 >> 53 == 0);
    CHECK(fabs(m.real - (double)q) < 1 && fabs(m.inverse * m.real - 1) < 1e-15);
    const pa_he_barrett barrett = pa_he_barrett_of(&m);
    for (unsigned i = 0; i < 2000; i++) {
        uint64_t pair[2];
        ref_pattern(pair, 2, q, 6 + i % 2);
        const uint64_t a = pair[0], b = pair[1];
        const wide x = (wide)random_word() << 64 | random_word();
        CHECK(pa_he_mul_mod(a, b, &m) == ref_mul(a, b, q) &&
              pa_he_mul(a, b, &barrett) == ref_mul(a, b, q));
        CHECK(pa_he_add(a, b, q) == (a + b) % q && pa_he_sub(a, b, q) == (a + q - b) % q &&
              pa_he_neg(a, q) == (q - a) % q);
        CHECK(pa_he_reduce128(x >> i % 128, &m) == (x >> i % 128) % q);
        CHECK(pa_he_reduce64((uint64_t)x, &m) == (uint64_t)x % q);
        const uint64_t lazy = pa_he_lazy((uint64_t)x, a, pa_he_quotient(a, q), q);
        CHECK(lazy < 2 * q && lazy % q == ref_mul((uint64_t)x % q, a, q));
        CHECK(a == 0 || ref_mul(pa_he_inv_mod(a, &m), a, q) == 1);
        CHECK(pa_he_pow_mod(a, b, &m) == ref_pow(a, b, q));
    }
    const uint64_t most[] = {UINT64_MAX, q * (UINT64_MAX / q), q * (UINT64_MAX / q) - 1};
    for (size_t i = 0; i < 3; i++) {
        const wide x = (wide)most[i] << 64 | most[(i + 1) % 3];
        CHECK(pa_he_reduce128(x, &m) == x % q && pa_he_reduce64(most[i], &m) == most[i] % q);
        CHECK(pa_he_reduce128(x / q * q, &m) == 0 && pa_he_reduce128(x / q * q - 1, &m) == q - 1);
    }
}

static void check_search(unsigned bits, unsigned log_degree)
{
    enum { COUNT = 6 };
    const uint64_t step = UINT64_C(2) << log_degree, centre = UINT64_C(1) << bits;
    uint64_t below[COUNT], near[COUNT], rest[COUNT];
    const size_t found = pa_he_primes_below(below, COUNT, bits, log_degree, NULL, 0);
    size_t k = 0;
    for (uint64_t q = centre + 1 - step; k < found && q > centre / 2; q -= step) {
        if (pa_he_is_prime(q)) {
            CHECK(below[k++] == q);
        }
    }
    CHECK(k == found);
    const uint64_t taken[] = {below[1], below[0], 5};
    if (found > 3) {
        CHECK(pa_he_primes_below(rest, 2, bits, log_degree, taken, 3) == 2);
        CHECK(rest[0] == below[2] && rest[1] == below[3]);
    }
    const size_t close = pa_he_primes_near(near, COUNT, bits, log_degree, taken, 3);
    uint64_t distance = 0;
    for (size_t i = 0; i < close; i++) {
        const uint64_t far = near[i] > centre ? near[i] - centre : centre - near[i];
        CHECK(near[i] % step == 1 && pa_he_is_prime(near[i]) && far >= distance);
        CHECK(near[i] != taken[0] && near[i] != taken[1]);
        distance = far;
    }
    size_t between = 0; /* as many primes as that lie no further away */
    for (uint64_t q = centre + 1, i = 0; i * step <= distance + 1; i++) {
        const uint64_t up = q + i * step, down = q - i * step;
        between += up - centre <= distance && pa_he_is_prime(up) && up != taken[0] &&
                   up >> PA_HE_MAX_BITS == 0;
        between += i > 0 && centre - down <= distance && pa_he_is_prime(down) && down != taken[0] &&
                   down != taken[1];
    }
    CHECK(between == close);
}

static void check_roots(uint64_t q, unsigned log_degree)
{
    pa_he_modulus m;
    CHECK(pa_he_modulus_set(&m, q));
    const uint64_t root = pa_he_root(&m, log_degree), degree = UINT64_C(1) << log_degree;
    CHECK(ref_pow(root, degree, q) == q - 1);
    uint64_t power = root;
    for (uint64_t e = 1; e < 2 * degree; e += 2) {
        CHECK(power >= root);
        power = ref_mul(power, ref_mul(root, root, q), q);
    }
}

int main(void)
{
    check_primality();
    static const uint64_t primes[] = {5, 7, 17, 97, 12289, (UINT64_C(1) << 61) - 1};
    for (size_t i = 0; i < 6; i++) {
        check_constants(primes[i]);
    }
    for (size_t i = 0; i < REF_SIZES; i++) {
        check_constants(ref_prime(ref_sizes[i], 10));
        check_search(ref_sizes[i], 3);
        check_search(ref_sizes[i], ref_sizes[i] < 30 ? 10 : 15);
        check_roots(ref_prime(ref_sizes[i], 11), 11);
        check_roots(ref_prime(ref_sizes[i], 11), 3);
    }
    check_search(9, 5);
    check_roots(17, 3);
    pa_he_modulus m;
    CHECK(!pa_he_modulus_set(&m, 3) && !pa_he_modulus_set(&m, 2) && !pa_he_modulus_set(&m, 0) &&
          !pa_he_modulus_set(&m, 15) && !pa_he_modulus_set(&m, UINT64_C(2305843009213693967)));
    CHECK(pa_he_modulus_set(&m, 97) && pa_he_root(&m, 3) != 0 && pa_he_root(&m, 5) == 0);
    uint64_t none;
    CHECK(pa_he_primes_below(&none, 1, 12, 11, NULL, 0) == 0);
    CHECK(pa_he_primes_below(&none, 1, 62, 11, NULL, 0) == 0);
    return finish();
}
