/* SPDX-License-Identifier: Apache-2.0 */
#include "modulus.h"

#include <string.h>

#include "words.h"

static uint64_t mul_mod(uint64_t a, uint64_t b, uint64_t n)
{
    return (uint64_t)((pa_u128)a * b % n);
}

static uint64_t pow_mod(uint64_t a, uint64_t e, uint64_t n)
{
    uint64_t r = 1 % n;
    for (; e != 0; e >>= 1) {
        if (e & 1) {
            r = mul_mod(r, a, n);
        }
        a = mul_mod(a, a, n);
    }
    return r;
}

/* The first twelve primes as bases decide every n < 3.1e23 (Sorenson and Webster, 2017). */
bool pa_he_is_prime(uint64_t n)
{
    static const uint8_t bases[] = {2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37};
    if (n < 2) {
        return false;
    }
    for (size_t i = 0; i < sizeof bases; i++) {
        if (n % bases[i] == 0) {
            return n == bases[i];
        }
    }
    uint64_t odd = n - 1;
    unsigned twos = 0;
    for (; odd % 2 == 0; odd /= 2) {
        twos++;
    }
    for (size_t i = 0; i < sizeof bases; i++) {
        uint64_t x = pow_mod(bases[i], odd, n);
        bool witness = x != 1 && x != n - 1;
        for (unsigned k = 1; witness && k < twos; k++) {
            x = mul_mod(x, x, n);
            witness = x != n - 1;
        }
        if (witness) {
            return false;
        }
    }
    return true;
}

bool pa_he_modulus_set(pa_he_modulus *modulus, uint64_t q)
{
    memset(modulus, 0, sizeof *modulus);
    if (q < 5 || q >> PA_HE_MAX_BITS != 0 || !pa_he_is_prime(q)) {
        return false;
    }
    modulus->q = q;
    const pa_u128 ratio = ~(pa_u128)0 / q; /* floor(2^128 / q): q is no power of two */
    modulus->ratio[0] = (uint64_t)ratio;
    modulus->ratio[1] = (uint64_t)(ratio >> 64);
    modulus->real = (double)q;
    modulus->inverse = 1 / (double)q;
    while (q >> modulus->bits != 0) {
        modulus->bits++;
    }
    if (modulus->bits <= PA_HE_FAST_BITS) {
        modulus->ratio52 = (uint64_t)(((pa_u128)1 << (52 + modulus->bits)) / q);
    }
    return true;
}

uint64_t pa_he_mul_mod(uint64_t a, uint64_t b, const pa_he_modulus *modulus)
{
    return mul_mod(a, b, modulus->q);
}

uint64_t pa_he_pow_mod(uint64_t a, uint64_t e, const pa_he_modulus *modulus)
{
    return pow_mod(a, e, modulus->q);
}

uint64_t pa_he_inv_mod(uint64_t a, const pa_he_modulus *modulus)
{
    return pow_mod(a, modulus->q - 2, modulus->q);
}

/* ---- primes ---------------------------------------------------------------------------------- */

typedef struct {
    uint64_t *primes;
    size_t found, count;
    const uint64_t *taken;
    size_t taken_count;
} search;

static void offer(search *s, uint64_t candidate)
{
    if (s->found == s->count || candidate >> PA_HE_MAX_BITS != 0) {
        return;
    }
    for (size_t i = 0; i < s->taken_count; i++) {
        if (s->taken[i] == candidate) {
            return;
        }
    }
    if (pa_he_is_prime(candidate)) {
        s->primes[s->found++] = candidate;
    }
}

/* Candidates are 2^bits + 1 plus or minus multiples of 2N, no further than 2^(bits - 1) away; nearest first is below before
 * above. */
static size_t find_primes(search *s, unsigned bits, unsigned log_degree, bool above)
{
    if (bits < 3 || bits > PA_HE_MAX_BITS || log_degree + 1 >= bits) {
        return 0;
    }
    const uint64_t centre = (UINT64_C(1) << bits) + 1, half = UINT64_C(1) << (bits - 1);
    const uint64_t step = UINT64_C(2) << log_degree;
    if (above) {
        offer(s, centre);
    }
    for (uint64_t far = step; s->found < s->count && far <= half; far += step) {
        offer(s, centre - far);
        if (above) {
            offer(s, centre + far);
        }
    }
    return s->found;
}

size_t pa_he_primes_below(uint64_t *primes, size_t count, unsigned bits, unsigned log_degree,
                          const uint64_t *taken, size_t taken_count)
{
    search s = {primes, 0, count, taken, taken_count};
    return find_primes(&s, bits, log_degree, false);
}

size_t pa_he_primes_near(uint64_t *primes, size_t count, unsigned bits, unsigned log_degree,
                         const uint64_t *taken, size_t taken_count)
{
    search s = {primes, 0, count, taken, taken_count};
    return find_primes(&s, bits, log_degree, true);
}

uint64_t pa_he_root(const pa_he_modulus *modulus, unsigned log_degree)
{
    const uint64_t q = modulus->q, order = UINT64_C(2) << log_degree;
    if ((q - 1) % order != 0) {
        return 0;
    }
    uint64_t root = 0;
    for (uint64_t base = 2; root == 0; base++) {
        const uint64_t candidate = pow_mod(base, (q - 1) / order, q);
        if (pow_mod(candidate, order / 2, q) == q - 1) {
            root = candidate;
        }
    }
    /* The others are its odd powers. */
    const uint64_t square = mul_mod(root, root, q);
    uint64_t least = root;
    for (uint64_t i = 1; i < order / 2; i++) {
        root = mul_mod(root, square, q);
        least = root < least ? root : least;
    }
    return least;
}
