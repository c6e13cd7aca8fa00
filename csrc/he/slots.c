/* SPDX-License-Identifier: Apache-2.0 */
/* slots.h, compiled once a CPU level. The transforms are Stockham's: they sort as they go, slots come out in order of j, and every
 * pass reads and writes runs of 2^s elements. Stage s, 0 <= s < log2 n, takes x to y:
 *   y[2^(s+1) k + b]       = x[2^s k + b] + w_b x[2^s k + b + n/2]
 *   y[2^(s+1) k + b + 2^s] = x[2^s k + b] - w_b x[2^s k + b + n/2]     0 <= b < 2^s, 0 <= k < n / 2^(s+1), w_b = zeta^(5^b n / 2^(s+1))
 * Two stages make a pass; w_b of the second one is the square root of that of the first, and w_(b + 2^s) = +-i w_b: 5^(2^s) is
 * 1 + 2^(s+2) modulo 2^(s+4) for s = 0 and 1 + 3 2^(s+2) for s > 0.
 *
 * Limit: 34 operations per 4 points and pass, 6 passes at n = 4096: 209k operations, 13k cycles at 4 lanes and 4 operations a cycle. */
#include <string.h>

#include "../core/variant_name.h"
#include "slots.h"

#if defined(__AVX512F__)
#include <immintrin.h>
#define LANES 8
#define FMSUB(a, b, c) _mm512_fmsub_pd(a, b, c)
#elif defined(__AVX2__)
#include <immintrin.h>
#define LANES 4
#define FMSUB(a, b, c) _mm256_fmsub_pd(a, b, c)
#else
#define LANES 2
#endif
#define INLINE inline __attribute__((always_inline))

typedef double lanes __attribute__((vector_size(8 * LANES)));
typedef uint64_t words __attribute__((vector_size(8 * LANES)));

typedef struct {
    double *restrict re, *restrict im;
} target;
typedef struct {
    const double *re, *im;
} origin;

/* ---- coefficients to slots ------------------------------------------------------------------- */

/* Stages s and s + 1 for one k; block = 2^s, quarter = n / 4; turn: whether w_(b + 2^s) = i w_b, else -i w_b. */
static INLINE void evaluate_block(target y, origin x, origin first, origin second, size_t block,
                                  size_t quarter, bool turn)
{
    for (size_t b = 0; b < block; b++) {
        const double ar = first.re[b], ai = first.im[b], br = second.re[b], bi = second.im[b];
        const double x0r = x.re[b], x0i = x.im[b];
        const double x1r = x.re[b + quarter], x1i = x.im[b + quarter];
        const double x2r = x.re[b + 2 * quarter], x2i = x.im[b + 2 * quarter];
        const double x3r = x.re[b + 3 * quarter], x3i = x.im[b + 3 * quarter];
        const double p2r = ar * x2r - ai * x2i, p2i = ar * x2i + ai * x2r;
        const double p3r = ar * x3r - ai * x3i, p3i = ar * x3i + ai * x3r;
        const double t0r = x0r + p2r, t0i = x0i + p2i, t1r = x0r - p2r, t1i = x0i - p2i;
        const double t2r = x1r + p3r, t2i = x1i + p3i, t3r = x1r - p3r, t3i = x1i - p3i;
        const double u2r = br * t2r - bi * t2i, u2i = br * t2i + bi * t2r;
        const double u3r = br * t3r - bi * t3i, u3i = br * t3i + bi * t3r;
        y.re[b] = t0r + u2r;
        y.im[b] = t0i + u2i;
        y.re[b + 2 * block] = t0r - u2r;
        y.im[b + 2 * block] = t0i - u2i;
        y.re[b + block] = turn ? t1r - u3i : t1r + u3i;
        y.im[b + block] = turn ? t1i + u3r : t1i - u3r;
        y.re[b + 3 * block] = turn ? t1r + u3i : t1r - u3i;
        y.im[b + 3 * block] = turn ? t1i - u3r : t1i + u3r;
    }
}

/* The first two stages: each k is a block of one. */
static INLINE void evaluate_first(target y, origin x, const pa_he_roots *roots)
{
    const size_t quarter = roots->n / 4;
    const double ar = roots->re[1], ai = roots->im[1], br = roots->re[2], bi = roots->im[2];
    for (size_t k = 0; k < quarter; k++) {
        const double x0r = x.re[k], x0i = x.im[k];
        const double x1r = x.re[k + quarter], x1i = x.im[k + quarter];
        const double x2r = x.re[k + 2 * quarter], x2i = x.im[k + 2 * quarter];
        const double x3r = x.re[k + 3 * quarter], x3i = x.im[k + 3 * quarter];
        const double p2r = ar * x2r - ai * x2i, p2i = ar * x2i + ai * x2r;
        const double p3r = ar * x3r - ai * x3i, p3i = ar * x3i + ai * x3r;
        const double t0r = x0r + p2r, t0i = x0i + p2i, t1r = x0r - p2r, t1i = x0i - p2i;
        const double t2r = x1r + p3r, t2i = x1i + p3i, t3r = x1r - p3r, t3i = x1i - p3i;
        const double u2r = br * t2r - bi * t2i, u2i = br * t2i + bi * t2r;
        const double u3r = br * t3r - bi * t3i, u3i = br * t3i + bi * t3r;
        y.re[4 * k] = t0r + u2r;
        y.re[4 * k + 1] = t1r - u3i;
        y.re[4 * k + 2] = t0r - u2r;
        y.re[4 * k + 3] = t1r + u3i;
        y.im[4 * k] = t0i + u2i;
        y.im[4 * k + 1] = t1i + u3r;
        y.im[4 * k + 2] = t0i - u2i;
        y.im[4 * k + 3] = t1i - u3r;
    }
}

static INLINE void evaluate_pass(target y, origin x, const pa_he_roots *roots, size_t block)
{
    const size_t quarter = roots->n / 4;
    const origin first = {roots->re + block, roots->im + block};
    const origin second = {roots->re + 2 * block, roots->im + 2 * block};
    for (size_t k = 0; k < quarter; k += block) {
        evaluate_block((target){y.re + 4 * k, y.im + 4 * k}, (origin){x.re + k, x.im + k}, first,
                       second, block, quarter, false);
    }
}

static INLINE void evaluate_last(target y, origin x, const pa_he_roots *roots)
{
    const size_t half = roots->n / 2;
    for (size_t b = 0; b < half; b++) {
        const double wr = roots->re[half + b], wi = roots->im[half + b];
        const double pr = wr * x.re[b + half] - wi * x.im[b + half];
        const double pi = wr * x.im[b + half] + wi * x.re[b + half];
        y.re[b] = x.re[b] + pr;
        y.im[b] = x.im[b] + pi;
        y.re[b + half] = x.re[b] - pr;
        y.im[b + half] = x.im[b] - pi;
    }
}

static double *evaluate(double *m, double *scratch, const pa_he_roots *roots)
{
    const size_t n = roots->n;
    double *from = m, *to = scratch;
    for (unsigned s = 0; s < roots->log_n; s += 2) {
        const target y = {to, to + n};
        const origin x = {from, from + n};
        if (s + 1 == roots->log_n) {
            evaluate_last(y, x, roots);
        } else if (s == 0) {
            evaluate_first(y, x, roots);
        } else if (s == 2) { /* a known length makes one vector of each run */
            evaluate_pass(y, x, roots, 4);
        } else {
            evaluate_pass(y, x, roots, (size_t)1 << s);
        }
        to = from;
        from = y.re;
    }
    return from;
}

/* ---- slots to coefficients, times n ---------------------------------------------------------- */

static INLINE void interpolate_block(target x, origin y, origin first, origin second, size_t block,
                                     size_t quarter)
{
    for (size_t b = 0; b < block; b++) {
        const double ar = first.re[b], ai = first.im[b], br = second.re[b], bi = second.im[b];
        const double y0r = y.re[b], y0i = y.im[b];
        const double y1r = y.re[b + block], y1i = y.im[b + block];
        const double y2r = y.re[b + 2 * block], y2i = y.im[b + 2 * block];
        const double y3r = y.re[b + 3 * block], y3i = y.im[b + 3 * block];
        const double t0r = y0r + y2r, t0i = y0i + y2i, d2r = y0r - y2r, d2i = y0i - y2i;
        const double t1r = y1r + y3r, t1i = y1i + y3i, d3r = y1r - y3r, d3i = y1i - y3i;
        /* times the conjugates: of w, and of -i w */
        const double t2r = br * d2r + bi * d2i, t2i = br * d2i - bi * d2r;
        const double u3r = br * d3r + bi * d3i, u3i = br * d3i - bi * d3r;
        const double t3r = -u3i, t3i = u3r;
        const double e2r = t0r - t1r, e2i = t0i - t1i, e3r = t2r - t3r, e3i = t2i - t3i;
        x.re[b] = t0r + t1r;
        x.im[b] = t0i + t1i;
        x.re[b + quarter] = t2r + t3r;
        x.im[b + quarter] = t2i + t3i;
        x.re[b + 2 * quarter] = ar * e2r + ai * e2i;
        x.im[b + 2 * quarter] = ar * e2i - ai * e2r;
        x.re[b + 3 * quarter] = ar * e3r + ai * e3i;
        x.im[b + 3 * quarter] = ar * e3i - ai * e3r;
    }
}

static INLINE void interpolate_first(target x, origin y, const pa_he_roots *roots)
{
    const size_t quarter = roots->n / 4;
    const double ar = roots->re[1], ai = roots->im[1], br = roots->re[2], bi = roots->im[2];
    for (size_t k = 0; k < quarter; k++) {
        const double y0r = y.re[4 * k], y0i = y.im[4 * k];
        const double y1r = y.re[4 * k + 1], y1i = y.im[4 * k + 1];
        const double y2r = y.re[4 * k + 2], y2i = y.im[4 * k + 2];
        const double y3r = y.re[4 * k + 3], y3i = y.im[4 * k + 3];
        const double t0r = y0r + y2r, t0i = y0i + y2i, d2r = y0r - y2r, d2i = y0i - y2i;
        const double t1r = y1r + y3r, t1i = y1i + y3i, d3r = y1r - y3r, d3i = y1i - y3i;
        const double t2r = br * d2r + bi * d2i, t2i = br * d2i - bi * d2r;
        const double u3r = br * d3r + bi * d3i, u3i = br * d3i - bi * d3r;
        const double t3r = u3i, t3i = -u3r;
        const double e2r = t0r - t1r, e2i = t0i - t1i, e3r = t2r - t3r, e3i = t2i - t3i;
        x.re[k] = t0r + t1r;
        x.im[k] = t0i + t1i;
        x.re[k + quarter] = t2r + t3r;
        x.im[k + quarter] = t2i + t3i;
        x.re[k + 2 * quarter] = ar * e2r + ai * e2i;
        x.im[k + 2 * quarter] = ar * e2i - ai * e2r;
        x.re[k + 3 * quarter] = ar * e3r + ai * e3i;
        x.im[k + 3 * quarter] = ar * e3i - ai * e3r;
    }
}

static INLINE void interpolate_pass(target x, origin y, const pa_he_roots *roots, size_t block)
{
    const size_t quarter = roots->n / 4;
    const origin first = {roots->re + block, roots->im + block};
    const origin second = {roots->re + 2 * block, roots->im + 2 * block};
    for (size_t k = 0; k < quarter; k += block) {
        interpolate_block((target){x.re + k, x.im + k}, (origin){y.re + 4 * k, y.im + 4 * k}, first,
                          second, block, quarter);
    }
}

static INLINE void interpolate_last(target x, origin y, const pa_he_roots *roots)
{
    const size_t half = roots->n / 2;
    for (size_t b = 0; b < half; b++) {
        const double wr = roots->re[half + b], wi = roots->im[half + b];
        const double dr = y.re[b] - y.re[b + half], di = y.im[b] - y.im[b + half];
        x.re[b] = y.re[b] + y.re[b + half];
        x.im[b] = y.im[b] + y.im[b + half];
        x.re[b + half] = wr * dr + wi * di;
        x.im[b + half] = wr * di - wi * dr;
    }
}

static double *interpolate(double *m, double *scratch, const pa_he_roots *roots)
{
    const size_t n = roots->n;
    double *from = m, *to = scratch;
    for (unsigned s = roots->log_n & 1 ? roots->log_n + 1 : roots->log_n; s > 0;) {
        s -= 2;
        const target x = {to, to + n};
        const origin y = {from, from + n};
        if (s + 1 == roots->log_n) {
            interpolate_last(x, y, roots);
        } else if (s == 0) {
            interpolate_first(x, y, roots);
        } else if (s == 2) {
            interpolate_pass(x, y, roots, 4);
        } else {
            interpolate_pass(x, y, roots, (size_t)1 << s);
        }
        to = from;
        from = x.re;
    }
    return from;
}

/* ---- the caller's numbers -------------------------------------------------------------------- */

static bool load(double *m, size_t n, const double *values, size_t width, bool real)
{
    double *restrict re = m, *restrict im = m + n;
    double odd[4] = {0}; /* stays 0, or becomes NaN: 0 times what is not finite */
    if (real) {
        size_t j = 0;
        for (; j + 4 <= width; j += 4) {
            for (size_t k = 0; k < 4; k++) {
                re[j + k] = values[j + k];
                odd[k] += values[j + k] * 0.0;
            }
        }
        for (; j < width; j++) {
            re[j] = values[j];
            odd[0] += values[j] * 0.0;
        }
        memset(im, 0, width * sizeof *im);
    } else {
        for (size_t j = 0; j < width; j++) {
            re[j] = values[2 * j];
            im[j] = values[2 * j + 1];
        }
        size_t j = 0;
        for (; j + 4 <= 2 * width; j += 4) {
            for (size_t k = 0; k < 4; k++) {
                odd[k] += values[j + k] * 0.0;
            }
        }
        for (; j < 2 * width; j++) {
            odd[0] += values[j] * 0.0;
        }
    }
    memset(re + width, 0, (n - width) * sizeof *re);
    memset(im + width, 0, (n - width) * sizeof *im);
    return odd[0] + odd[1] + odd[2] + odd[3] == 0;
}

static void store(double *values, size_t width, bool real, const double *m, size_t n)
{
    const double *re = m, *im = m + n;
    if (real) {
        memcpy(values, re, width * sizeof *re);
        return;
    }
    for (size_t j = 0; j < width; j++) {
        values[2 * j] = re[j];
        values[2 * j + 1] = im[j];
    }
}

/* ---- integers -------------------------------------------------------------------------------- */

static INLINE lanes read(const double *x)
{
    lanes v;
    memcpy(&v, x, sizeof v);
    return v;
}

static INLINE void write(double *x, lanes v)
{
    memcpy(x, &v, sizeof v);
}

static INLINE lanes every(double x)
{
    return x - (lanes){0};
}

/* Comparisons of lanes give all ones or 0. */
static INLINE lanes choose(words mask, lanes yes, lanes no)
{
    return (lanes)((mask & (words)yes) | (~mask & (words)no));
}

static INLINE lanes size_of(lanes x)
{
    return (lanes)((words)x & (INT64_MAX - (words){0}));
}

/* Added to and taken from |x| < 2^51, the sum rounds x to an integer, ties to even. */
#define ROUNDER 0x1.8p52

static INLINE lanes rounded(lanes x)
{
    return (x + ROUNDER) - ROUNDER;
}

static double round_row(double *x, double factor, size_t n)
{
    lanes most = {0}, odd = {0};
    for (size_t i = 0; i < n; i += LANES) {
        const lanes value = read(x + i) * factor, size = size_of(value);
        /* From 2^52 on all are integers. */
        const lanes whole = choose((words)(size < 0x1p52), (size + 0x1p52) - 0x1p52, size);
        write(x + i, (lanes)((words)whole | ((words)value ^ (words)size)));
        most = choose((words)(whole > most), whole, most);
        odd += whole * 0.0;
    }
    for (size_t k = 1; k < LANES; k++) {
        most[0] = most[k] > most[0] ? most[k] : most[0];
        odd[0] += odd[k];
    }
    return odd[0] == 0 ? most[0] : __builtin_inf();
}

static void cut(double *out, double *x, double unit, size_t n)
{
    const double inverse = 1 / unit;
    for (size_t i = 0; i < n; i += LANES) {
        const lanes value = read(x + i), part = rounded(value * inverse);
        write(out + i, part);
        write(x + i, value - part * unit);
    }
}

/* The bits of 2^52 + x, 0 <= x < 2^52, are those of 2^52 plus x. */
#define WORD_BITS 0x4330000000000000u

static INLINE lanes from_words(const uint64_t *x)
{
    words v;
    memcpy(&v, x, sizeof v);
    return (lanes)(v | WORD_BITS) - 0x1p52;
}

static INLINE void to_words(uint64_t *out, lanes x)
{
    const words v = (words)(x + 0x1p52) ^ WORD_BITS;
    memcpy(out, &v, sizeof v);
}

/* x modulo q, |.| <= q (1/2 + 2^-50): |x| <= 2^51, and the quotient's product is below 2^53: all is exact. */
static INLINE lanes reduced(lanes x, double q, double inverse)
{
    return x - rounded(x * inverse) * q;
}

static void residues(uint64_t *out, const double *x, size_t n, const pa_he_modulus *modulus)
{
    const double q = modulus->real, inverse = modulus->inverse;
    for (size_t i = 0; i < n; i += LANES) {
        const lanes r = reduced(read(x + i), q, inverse);
        to_words(out + i, choose((words)(r < 0), r + q, r));
    }
}

/* ---- from residues to doubles ---------------------------------------------------------------- */

/* high + low = a b exactly; |a b| < 2^102. Without a fused multiply-subtract by Veltkamp's splitting (Dekker 1971). */
static INLINE lanes product(lanes *low, lanes a, lanes b)
{
    const lanes high = a * b;
#ifdef FMSUB
    *low = FMSUB(a, b, high);
#else
    const lanes ta = a * 0x1.0000002p27, tb = b * 0x1.0000002p27;
    const lanes a1 = ta - (ta - a), a0 = a - a1, b1 = tb - (tb - b), b0 = b - b1;
    *low = a0 * b0 - (((high - a1 * b1) - a0 * b1) - a1 * b0);
#endif
    return high;
}

/* a b modulo q, |.| < 3/2 q; |a| <= 2^51, |b| <= q / 2, q < 2^50: the quotient is below 2^50 and at most one off; both parts of both
 * products are integers, and so small that their differences are exact. */
static INLINE lanes multiplied(lanes a, double b, double q, double inverse)
{
    lanes low, low_back;
    const lanes high = product(&low, a, every(b));
    const lanes back = product(&low_back, rounded(high * inverse), every(q));
    return (high - back) + (low - low_back);
}

/* y modulo q to |.| < q / 2; |y| < 2q. */
static INLINE lanes centred(lanes y, double q, double inverse)
{
    const lanes r = reduced(y, q, inverse);
    return choose((words)(r > q * 0.5), r - q, choose((words)(r < q * -0.5), r + q, r));
}

static INLINE bool any(words mask)
{
    uint64_t all = 0;
    for (size_t l = 0; l < LANES; l++) {
        all |= mask[l];
    }
    return all != 0;
}

#define BLOCK 128

/* Whether x, exact and below 2^51, has all residues of the rows from `first` on. */
static bool agree(const double *x, const uint64_t *const *rows, uint32_t first,
                  const pa_he_join *join)
{
    for (uint32_t i = first; i < join->count; i++) {
        const double q = join->primes[i].modulus.real;
        const double inverse = join->primes[i].modulus.inverse;
        words differs = {0};
        for (size_t k = 0; k < BLOCK; k += LANES) {
            const lanes r = reduced(from_words(rows[i] + k) - read(x + k), q, inverse);
            differs |= (words)(r != 0);
        }
        if (any(differs)) {
            return false;
        }
    }
    return true;
}

/* A digit at a time. Once the number so far has all residues, it is the result: blocks of small numbers, which decrypted ones are, end
 * after one digit or two. Higher digits are then 0 for each, and with them their terms, so that the sum is the same. */
static void join_block(double *out, const uint64_t *const *rows, const pa_he_join *join)
{
    double digit[PA_HE_MAX_PRIMES][BLOCK], x[BLOCK] = {0};
    uint32_t digits = 0;
    double unit = 1; /* q_0 ... q_{d-1}, while numbers so far are exact */
    while (digits < join->count) {
        const uint32_t d = digits++;
        const double q = join->primes[d].modulus.real;
        const double inverse = join->primes[d].modulus.inverse;
        words large = {0};
        for (size_t k = 0; k < BLOCK; k += LANES) {
            lanes y = from_words(rows[d] + k);
            for (uint32_t j = 0; j < d; j++) {
                y = multiplied(y - read(digit[j] + k), join->inverse[d * PA_HE_MAX_PRIMES + j], q,
                               inverse);
            }
            y = centred(y, q, inverse);
            write(digit[d] + k, y);
            const lanes sum = read(x + k) + y * unit;
            write(x + k, sum);
            large |= (words)(size_of(sum) > 0x1p50) | (words)(size_of(y * unit) > 0x1p51);
        }
        if (!any(large) && agree(x, rows, digits, join)) {
            break;
        }
        unit *= q;
    }
    for (size_t k = 0; k < BLOCK; k += LANES) {
        lanes sum = {0};
        for (uint32_t d = digits; d-- > 0;) {
            /* A weight that no double holds is infinite. */
            const lanes y = read(digit[d] + k), term = y * join->weight[d];
            sum += choose((words)(y == 0), y, term);
        }
        write(out + k, sum);
    }
}

static void join(double *out, const uint64_t *const *rows, const pa_he_join *join_of, size_t n)
{
    const uint64_t *part[PA_HE_MAX_PRIMES];
    uint64_t padded[PA_HE_MAX_PRIMES][BLOCK];
    double result[BLOCK];
    for (size_t first = 0; first < n; first += BLOCK) {
        const size_t size = n - first < BLOCK ? n - first : BLOCK;
        for (uint32_t i = 0; i < join_of->count; i++) {
            part[i] = rows[i] + first;
            if (size < BLOCK) { /* of a ring that is smaller than a block */
                memset(padded[i], 0, sizeof padded[i]);
                memcpy(padded[i], part[i], size * sizeof **padded);
                part[i] = padded[i];
            }
        }
        join_block(result, part, join_of);
        memcpy(out + first, result, size * sizeof *out);
    }
}

const pa_he_slots PA_VARIANT(pa_he_slots_) = {
    .evaluate = evaluate,
    .interpolate = interpolate,
    .load = load,
    .store = store,
    .round = round_row,
    .cut = cut,
    .residues = residues,
    .join = join,
};
