/* SPDX-License-Identifier: Apache-2.0 */
/* The toy field over all pairs of elements, held against the remainder operator. */
#define PA_DEBUG_BOUNDS 1
#ifndef TOY_P
#define TOY_P 61
#endif

#include "check.h"
#include "field/fe_toy.h"

/* Lane i of element pair number k + i: a and b as numbers, and as elements of magnitude 1. */
typedef struct {
    unsigned int a[LANES], b[LANES];
    fe x, y;
} pairs;

static void load(fe *r, const unsigned int number[LANES])
{
    unsigned char bytes[LANES];
    const unsigned char *rows[LANES];
    mask ok;
    for (int i = 0; i < LANES; i++) {
        bytes[i] = (unsigned char)number[i];
        rows[i] = &bytes[i];
    }
    fe_from_rows(r, rows, &ok);
    CHECK(mask_bits(ok) == mask_bits(mask_from_bits(~0u)));
}

static void pairs_at(pairs *p, unsigned int k)
{
    for (unsigned int i = 0; i < LANES; i++) {
        p->a[i] = (k + i) / TOY_P % TOY_P;
        p->b[i] = (k + i) % TOY_P;
    }
    load(&p->x, p->a);
    load(&p->y, p->b);
}

/* True when every lane of r is number[i] mod TOY_P. */
static int is(const fe *r, const unsigned int number[LANES])
{
    unsigned char bytes[LANES];
    unsigned char *rows[LANES];
    int same = 1;
    for (int i = 0; i < LANES; i++) {
        rows[i] = &bytes[i];
    }
    fe_to_rows(rows, r);
    for (int i = 0; i < LANES; i++) {
        same &= bytes[i] == number[i] % TOY_P;
    }
    return same;
}

#define EACH(expression)                                                                           \
    for (int i = 0; i < LANES; i++) {                                                              \
        unsigned int a = p->a[i], b = p->b[i];                                                     \
        want[i] = (expression) % TOY_P;                                                            \
        (void)a;                                                                                   \
        (void)b;                                                                                   \
    }

static void check_arithmetic(const pairs *p)
{
    unsigned int want[LANES];
    fe r, t;
    fe_add(&r, &p->x, &p->y);
    EACH(a + b)
    CHECK(is(&r, want));
    fe_sub(&r, &p->x, &p->y, 1);
    EACH(a + TOY_P - b)
    CHECK(is(&r, want));
    fe_neg(&t, &r, 3);
    EACH(b + TOY_P - a)
    CHECK(is(&t, want));
    fe_carry(&t, &t);
    CHECK(is(&t, want));
    fe_mul(&r, &p->x, &p->y);
    EACH(a * b)
    CHECK(is(&r, want));
    fe_mul(&r, &t, &p->y);
    EACH((b + TOY_P - a) * b)
    CHECK(is(&r, want));
    fe_sqr_n(&r, &p->x, 2);
    EACH(a * a % TOY_P * a % TOY_P * a)
    CHECK(is(&r, want));
    fe_mul_small(&r, &p->x, 21);
    EACH(21 * a)
    CHECK(is(&r, want));
}

static void check_masks(const pairs *p)
{
    unsigned int want[LANES];
    unsigned int equal = 0, zero = 0, odd = 0,
                 choice = (p->a[0] * 7 + p->b[0]) & ((1u << LANES) - 1);
    fe r, t;
    for (int i = 0; i < LANES; i++) {
        equal |= (unsigned int)(p->a[i] == p->b[i]) << i;
        zero |= (unsigned int)((p->a[i] + p->b[i]) % TOY_P == 0) << i;
        odd |= ((p->a[i] + p->b[i]) % TOY_P & 1u) << i;
        want[i] = choice >> i & 1u ? p->a[i] : p->b[i];
    }
    fe_neg(&t, &p->y, 1);
    fe_neg(&t, &t, 2);
    CHECK(mask_bits(fe_equal(&p->x, &t)) == equal);
    fe_add(&r, &p->x, &p->y);
    CHECK(mask_bits(fe_is_zero(&r)) == zero);
    CHECK(mask_bits(fe_is_odd(&r)) == odd);
    fe_select(&r, mask_from_bits(choice), &p->x, &p->y);
    CHECK(is(&r, want));
    CHECK(mask_bits(mask_and(mask_from_bits(choice), mask_from_bits(equal))) == (choice & equal));
    CHECK(mask_bits(mask_or(mask_from_bits(choice), mask_from_bits(equal))) == (choice | equal));
    CHECK(mask_bits(mask_not(mask_from_bits(choice))) == (choice ^ ((1u << LANES) - 1)));
    CHECK(!mask_any(mask_from_bits(choice)) == (choice == 0));
}

/* r = a^-1 and the root power, by what they must satisfy; a runs over all elements. */
static void check_powers(const pairs *p)
{
    unsigned int want[LANES];
    fe r, t;
    fe_inv(&r, &p->x);
    fe_mul(&t, &r, &p->x);
    EACH((unsigned int)(a != 0))
    CHECK(is(&t, want));
    fe_mul(&t, &t, &r);
    CHECK(mask_bits(fe_equal(&t, &r)) == mask_bits(mask_from_bits(~0u)));
    unsigned int exponent = TOY_P % 8 == 5 ? (TOY_P - 5) / 8 : (TOY_P + 1) / 4;
    for (int i = 0; i < LANES; i++) {
        want[i] = 1;
        for (unsigned int e = 0; e < exponent; e++) {
            want[i] = want[i] * p->a[i] % TOY_P;
        }
    }
    fe_root_power(&r, &p->x);
    CHECK(is(&r, want));
}

static void check_memory(const pairs *p)
{
    unsigned int want[LANES];
    row memory[LANES];
    row *to[LANES];
    const row *from[LANES];
    fe r;
    for (int i = 0; i < LANES; i++) {
        to[i] = &memory[LANES - 1 - i];
        from[i] = &memory[i];
        want[i] = p->a[LANES - 1 - i];
    }
    fe_scatter(to, &p->x);
    fe_gather(&r, from);
    CHECK(is(&r, want));
}

static void check_bytes(void)
{
    for (unsigned int k = 0; k < 256; k++) {
        unsigned char bytes[LANES];
        const unsigned char *rows[LANES];
        unsigned int want[LANES], below = 0, top = 0;
        mask ok;
        fe r;
        for (unsigned int i = 0; i < LANES; i++) {
            bytes[i] = (unsigned char)(k + i);
            rows[i] = &bytes[i];
            want[i] = bytes[i] & ((1u << TOY_BITS) - 1);
            below |= (unsigned int)(want[i] < TOY_P) << i;
            top |= (unsigned int)(bytes[i] >= 128) << i;
        }
        fe_from_rows(&r, rows, &ok);
        CHECK(mask_bits(ok) == below && is(&r, want));
        CHECK(mask_bits(mask_row_bit(rows, 0, 7)) == top);
    }
}

int main(void)
{
    fe_state state = fe_begin();
    for (unsigned int k = 0; k < TOY_P * TOY_P; k++) {
        pairs p;
        pairs_at(&p, k);
        check_arithmetic(&p);
        check_masks(&p);
        check_memory(&p);
        if (k % TOY_P == 0) {
            check_powers(&p);
        }
    }
    check_bytes();
    fe_end(state);
    return finish();
}
