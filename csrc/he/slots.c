/* SPDX-License-Identifier: Apache-2.0 */
/* slots.h, compiled once a CPU level. The transforms are Stockham's: they sort as they go, and slots come out in order of j. Stage s,
 * 0 <= s < log2 n, takes x to y:
 *   y[2^(s+1) k + b]       = x[2^s k + b] + w_b x[2^s k + b + n/2]
 *   y[2^(s+1) k + b + 2^s] = x[2^s k + b] - w_b x[2^s k + b + n/2]     0 <= b < 2^s, 0 <= k < n / 2^(s+1), w_b = zeta^(5^b n / 2^(s+1))
 * Two stages are done at once; w_b of the second one is the square root of that of the first, and w_(b + 2^s) = +-i w_b: 5^(2^s) is
 * 1 + 2^(s+2) modulo 2^(s+4) for s = 0 and 1 + 3 2^(s+2) for s > 0. Stages by themselves, over the whole array, waited for the
 * second-level cache: three times as long at n = 4096.
 *
 * Limit: 34 operations per 4 points and two stages, 209k of them at n = 4096: 13k cycles at 4 lanes and 4 operations a cycle. */
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

/* ---- columns --------------------------------------------------------------------------------- */

/* COLUMNS numbers side by side, and a column of up to MOST_HEIGHT of them, twice. */
#define COLUMNS 8
#define MOST_HEIGHT 256
typedef struct {
    double re[COLUMNS], im[COLUMNS];
} cell;
typedef struct {
    cell a[MOST_HEIGHT], b[MOST_HEIGHT];
} columns;

/* Which stages a column goes through. */
typedef struct {
    const pa_he_roots *roots;
    unsigned log_height, first; /* stages first .. first + log_height - 1 */
    size_t
        block; /* the lowest block; those of column c are block + c + 2^first b, or all the same where first is 0 */
} column_plan;

static INLINE size_t root_of(const column_plan *plan, unsigned s, size_t b)
{
    return ((size_t)1 << (plan->first + s)) + plan->block + (b << plan->first);
}

static INLINE lanes root_lanes(const double *part, size_t index, size_t lane, bool first)
{
    return first ? every(part[index]) : read(part + index + lane);
}

/* Stages s and s + 1 of columns: x to y. `first`: from stage 0 on, where roots are the same for all columns. */
static INLINE void evaluate_two(cell *y, const cell *x, const column_plan *plan, unsigned s,
                                bool first)
{
    const size_t quarter = (size_t)1 << (plan->log_height - 2), block = (size_t)1 << s;
    const double *re = plan->roots->re, *im = plan->roots->im;
    for (size_t b = 0; b < block; b++) {
        const size_t one = root_of(plan, s, b), two = root_of(plan, s + 1, b);
        for (size_t l = 0; l < COLUMNS; l += LANES) {
            const lanes ar = root_lanes(re, one, l, first), ai = root_lanes(im, one, l, first);
            const lanes br = root_lanes(re, two, l, first), bi = root_lanes(im, two, l, first);
            for (size_t k = b; k < quarter; k += block) {
                const cell *in = x + k;
                cell *out = y + 4 * (k - b) + b;
                const lanes x0r = read(in->re + l), x0i = read(in->im + l);
                const lanes x1r = read(in[quarter].re + l), x1i = read(in[quarter].im + l);
                const lanes x2r = read(in[2 * quarter].re + l), x2i = read(in[2 * quarter].im + l);
                const lanes x3r = read(in[3 * quarter].re + l), x3i = read(in[3 * quarter].im + l);
                const lanes p2r = ar * x2r - ai * x2i, p2i = ar * x2i + ai * x2r;
                const lanes p3r = ar * x3r - ai * x3i, p3i = ar * x3i + ai * x3r;
                const lanes t0r = x0r + p2r, t0i = x0i + p2i, t1r = x0r - p2r, t1i = x0i - p2i;
                const lanes t2r = x1r + p3r, t2i = x1i + p3i, t3r = x1r - p3r, t3i = x1i - p3i;
                const lanes u2r = br * t2r - bi * t2i, u2i = br * t2i + bi * t2r;
                const lanes u3r = br * t3r - bi * t3i, u3i = br * t3i + bi * t3r;
                const bool turn = first && s == 0;
                write(out->re + l, t0r + u2r);
                write(out->im + l, t0i + u2i);
                write(out[block].re + l, turn ? t1r - u3i : t1r + u3i);
                write(out[block].im + l, turn ? t1i + u3r : t1i - u3r);
                write(out[2 * block].re + l, t0r - u2r);
                write(out[2 * block].im + l, t0i - u2i);
                write(out[3 * block].re + l, turn ? t1r + u3i : t1r - u3i);
                write(out[3 * block].im + l, turn ? t1i - u3r : t1i + u3r);
            }
        }
    }
}

/* The last stage of an odd number. */
static INLINE void evaluate_one(cell *y, const cell *x, const column_plan *plan, bool first)
{
    const unsigned s = plan->log_height - 1;
    const size_t half = (size_t)1 << s;
    for (size_t b = 0; b < half; b++) {
        const size_t one = root_of(plan, s, b);
        for (size_t l = 0; l < COLUMNS; l += LANES) {
            const lanes wr = root_lanes(plan->roots->re, one, l, first);
            const lanes wi = root_lanes(plan->roots->im, one, l, first);
            const lanes ur = read(x[b].re + l), ui = read(x[b].im + l);
            const lanes vr = read(x[b + half].re + l), vi = read(x[b + half].im + l);
            const lanes pr = wr * vr - wi * vi, pi = wr * vi + wi * vr;
            write(y[b].re + l, ur + pr);
            write(y[b].im + l, ui + pi);
            write(y[b + half].re + l, ur - pr);
            write(y[b + half].im + l, ui - pi);
        }
    }
}

/* All stages of columns, from c->a; returns where the result is. */
static INLINE const cell *evaluate_columns(columns *c, const column_plan *plan, bool first)
{
    cell *from = c->a, *to = c->b;
    for (unsigned s = 0; s < plan->log_height; s += 2) {
        if (s + 1 == plan->log_height) {
            evaluate_one(to, from, plan, first);
        } else {
            evaluate_two(to, from, plan, s, first);
        }
        cell *done = to;
        to = from;
        from = done;
    }
    return from;
}

/* The reverse of evaluate_two, times 4: y to x. */
static INLINE void interpolate_two(cell *x, const cell *y, const column_plan *plan, unsigned s,
                                   bool first)
{
    const size_t quarter = (size_t)1 << (plan->log_height - 2), block = (size_t)1 << s;
    const double *re = plan->roots->re, *im = plan->roots->im;
    for (size_t b = 0; b < block; b++) {
        const size_t one = root_of(plan, s, b), two = root_of(plan, s + 1, b);
        for (size_t l = 0; l < COLUMNS; l += LANES) {
            const lanes ar = root_lanes(re, one, l, first), ai = root_lanes(im, one, l, first);
            const lanes br = root_lanes(re, two, l, first), bi = root_lanes(im, two, l, first);
            for (size_t k = b; k < quarter; k += block) {
                const cell *in = y + 4 * (k - b) + b;
                cell *out = x + k;
                const lanes y0r = read(in->re + l), y0i = read(in->im + l);
                const lanes y1r = read(in[block].re + l), y1i = read(in[block].im + l);
                const lanes y2r = read(in[2 * block].re + l), y2i = read(in[2 * block].im + l);
                const lanes y3r = read(in[3 * block].re + l), y3i = read(in[3 * block].im + l);
                const lanes t0r = y0r + y2r, t0i = y0i + y2i, d2r = y0r - y2r, d2i = y0i - y2i;
                const lanes t1r = y1r + y3r, t1i = y1i + y3i, d3r = y1r - y3r, d3i = y1i - y3i;
                /* times the conjugates: of w, and of +-i w */
                const lanes t2r = br * d2r + bi * d2i, t2i = br * d2i - bi * d2r;
                const lanes u3r = br * d3r + bi * d3i, u3i = br * d3i - bi * d3r;
                const bool turn = first && s == 0;
                const lanes t3r = turn ? u3i : -u3i, t3i = turn ? -u3r : u3r;
                const lanes e2r = t0r - t1r, e2i = t0i - t1i, e3r = t2r - t3r, e3i = t2i - t3i;
                write(out->re + l, t0r + t1r);
                write(out->im + l, t0i + t1i);
                write(out[quarter].re + l, t2r + t3r);
                write(out[quarter].im + l, t2i + t3i);
                write(out[2 * quarter].re + l, ar * e2r + ai * e2i);
                write(out[2 * quarter].im + l, ar * e2i - ai * e2r);
                write(out[3 * quarter].re + l, ar * e3r + ai * e3i);
                write(out[3 * quarter].im + l, ar * e3i - ai * e3r);
            }
        }
    }
}

static INLINE void interpolate_one(cell *x, const cell *y, const column_plan *plan, bool first)
{
    const unsigned s = plan->log_height - 1;
    const size_t half = (size_t)1 << s;
    for (size_t b = 0; b < half; b++) {
        const size_t one = root_of(plan, s, b);
        for (size_t l = 0; l < COLUMNS; l += LANES) {
            const lanes wr = root_lanes(plan->roots->re, one, l, first);
            const lanes wi = root_lanes(plan->roots->im, one, l, first);
            const lanes ur = read(y[b].re + l), ui = read(y[b].im + l);
            const lanes vr = read(y[b + half].re + l), vi = read(y[b + half].im + l);
            const lanes dr = ur - vr, di = ui - vi;
            write(x[b].re + l, ur + vr);
            write(x[b].im + l, ui + vi);
            write(x[b + half].re + l, wr * dr + wi * di);
            write(x[b + half].im + l, wr * di - wi * dr);
        }
    }
}

static INLINE const cell *interpolate_columns(columns *c, const column_plan *plan, bool first)
{
    cell *from = c->a, *to = c->b;
    unsigned s = plan->log_height;
    if (s % 2 == 1) {
        interpolate_one(to, from, plan, first);
        s--;
        from = c->b;
        to = c->a;
    }
    while (s > 0) {
        s -= 2;
        interpolate_two(to, from, plan, s, first);
        cell *done = to;
        to = from;
        from = done;
    }
    return from;
}

/* Rows of COLUMNS numbers, `stride` apart, to a column and back. */
static INLINE void gather_rows(cell *column, const double *re, const double *im, size_t stride,
                               size_t height)
{
    for (size_t i = 0; i < height; i++) {
        memcpy(column[i].re, re + i * stride, sizeof column[i].re);
        memcpy(column[i].im, im + i * stride, sizeof column[i].im);
    }
}

static INLINE void scatter_rows(double *re, double *im, const cell *column, size_t stride,
                                size_t height)
{
    for (size_t i = 0; i < height; i++) {
        memcpy(re + i * stride, column[i].re, sizeof column[i].re);
        memcpy(im + i * stride, column[i].im, sizeof column[i].im);
    }
}

/* ---- transforms ------------------------------------------------------------------------------ */

/* n = 2^low 2^high. The first `low` stages work on columns of coefficients 2^high apart, the others on columns of blocks 2^low apart:
 * each half of them within the first-level cache, and the array goes through the caches twice. Where n has no COLUMNS on
 * both sides, a column stands alone, its other places unused. */
#define LEAST_LOG 6

static double *small(double *m, const pa_he_roots *roots, bool inverse)
{
    const size_t n = roots->n;
    const column_plan plan = {roots, roots->log_n, 0, 0};
    columns c;
    memset(&c, 0, sizeof c);
    for (size_t i = 0; i < n; i++) {
        c.a[i].re[0] = m[i];
        c.a[i].im[0] = m[n + i];
    }
    const cell *done =
        inverse ? interpolate_columns(&c, &plan, true) : evaluate_columns(&c, &plan, true);
    for (size_t i = 0; i < n; i++) {
        m[i] = done[i].re[0];
        m[n + i] = done[i].im[0];
    }
    return m;
}

static double *evaluate(double *m, double *scratch, const pa_he_roots *roots)
{
    if (roots->log_n < LEAST_LOG) {
        return small(m, roots, false);
    }
    const size_t n = roots->n;
    const unsigned low = roots->log_n / 2, high = roots->log_n - low;
    const size_t width = (size_t)1 << low, height = (size_t)1 << high;
    columns c;
    const column_plan first = {roots, low, 0, 0};
    for (size_t j = 0; j < height; j += COLUMNS) {
        gather_rows(c.a, m + j, m + n + j, height, width);
        const cell *done = evaluate_columns(&c, &first, true);
        for (size_t l = 0; l < COLUMNS; l++) {
            double *re = scratch + (j + l) * width, *im = re + n;
            for (size_t b = 0; b < width; b++) {
                re[b] = done[b].re[l];
                im[b] = done[b].im[l];
            }
        }
    }
    for (size_t b = 0; b < width; b += COLUMNS) {
        const column_plan second = {roots, high, low, b};
        gather_rows(c.a, scratch + b, scratch + n + b, width, height);
        scatter_rows(scratch + b, scratch + n + b, evaluate_columns(&c, &second, false), width,
                     height);
    }
    return scratch;
}

static double *interpolate(double *m, double *scratch, const pa_he_roots *roots)
{
    if (roots->log_n < LEAST_LOG) {
        return small(m, roots, true);
    }
    const size_t n = roots->n;
    const unsigned low = roots->log_n / 2, high = roots->log_n - low;
    const size_t width = (size_t)1 << low, height = (size_t)1 << high;
    columns c;
    for (size_t b = 0; b < width; b += COLUMNS) {
        const column_plan second = {roots, high, low, b};
        gather_rows(c.a, m + b, m + n + b, width, height);
        scatter_rows(m + b, m + n + b, interpolate_columns(&c, &second, false), width, height);
    }
    const column_plan first = {roots, low, 0, 0};
    for (size_t j = 0; j < height; j += COLUMNS) {
        for (size_t l = 0; l < COLUMNS; l++) {
            const double *re = m + (j + l) * width, *im = re + n;
            for (size_t b = 0; b < width; b++) {
                c.a[b].re[l] = re[b];
                c.a[b].im[l] = im[b];
            }
        }
        scatter_rows(scratch + j, scratch + n + j, interpolate_columns(&c, &first, true), height,
                     width);
    }
    return scratch;
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

/* x modulo q: |x| <= 2^51, and the quotient's product is below 2^53: all is exact. |.| <= q (1/2 + 2^-50); where |x| < 3/2 q, as q is
 * odd and below 2^50, x / q is farther from a half, 1 / (2 q), than x inverse from it: |.| < q / 2. */
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

/* a b modulo q, |.| < 7/8 q; |a| <= 2^51, |b| <= q / 2, q < 2^50: the quotient is below 2^50 and 3/8 off before it is rounded; both parts of both
 * products are integers, and so small that their differences are exact. */
static INLINE lanes multiplied(lanes a, double b, double q, double inverse)
{
    lanes low, low_back;
    const lanes high = product(&low, a, every(b));
    const lanes back = product(&low_back, rounded(high * inverse), every(q));
    return (high - back) + (low - low_back);
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
            differs |= (words)r; /* 0 is +0 here */
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
            y = reduced(y, q, inverse);
            write(digit[d] + k, y);
            const lanes sum = read(x + k) + y * unit;
            write(x + k, sum);
            large |= (words)(size_of(sum) > 0x1p50);
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
