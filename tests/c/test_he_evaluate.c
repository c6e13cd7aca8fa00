/* SPDX-License-Identifier: Apache-2.0 */
/* Operations on ciphertexts, row for row as their definitions have it, in every scheme and variant. */
#include "he_reference_operations.h"

static pyaccel_he_context *context;
static poly secret;
static reference_key references[4];
static uint32_t elements[4];
static pyaccel_he_evaluation_keys *keys;

#define BATCH 2
static cipher random_cipher(uint32_t size, uint32_t level)
{
    cipher out = {.size = size, .level = level, .factor = 1};
    for (uint32_t k = 0; k < size; k++) {
        out.part[k] = poly_random(context);
    }
    return out;
}

/* ---- sums ------------------------------------------------------------------------------------------ */

static cipher sum_of(const cipher *a, const cipher *b, integer sign)
{
    const uint64_t t = bgv_modulus(context);
    cipher out = *a;
    out.size = a->size > b->size ? a->size : b->size;
    const integer ratio =
        t == 0 ? 1 : centre((integer)mulmod(a->factor, invmod(b->factor, t), t), t);
    for (uint32_t k = 0; k < out.size; k++) {
        out.part[k] = poly_add(context, &a->part[k], &b->part[k], sign * ratio);
    }
    return out;
}

static void check_sums(const cipher *a, const cipher *b)
{
    pyaccel_he_ciphertexts *x = batch_of(context, a, BATCH), *y = batch_of(context, b, BATCH),
                           *one = batch_of(context, b, 1), *out;
    for (int minus = 0; minus < 2; minus++) {
        CHECK((minus ? pyaccel_he_sub : pyaccel_he_add)(&out, x, y, NULL) == PYACCEL_OK);
        for (int i = 0; i < BATCH; i++) {
            const cipher expected = sum_of(&a[i], &b[i], minus ? -1 : 1);
            CHECK(batch_is(out, (uint64_t)i, &expected));
        }
        pyaccel_he_ciphertexts_free(out);
        CHECK((minus ? pyaccel_he_sub : pyaccel_he_add)(&out, one, x, NULL) == PYACCEL_OK);
        for (int i = 0; i < BATCH; i++) {
            const cipher expected = sum_of(&b[0], &a[i], minus ? -1 : 1);
            CHECK(batch_is(out, (uint64_t)i, &expected));
        }
        pyaccel_he_ciphertexts_free(out);
    }
    pyaccel_he_ciphertexts_free(x);
    pyaccel_he_ciphertexts_free(y);
    pyaccel_he_ciphertexts_free(one);
}

static void test_sums(void)
{
    for (uint32_t level = 0; level < context->level_count; level++) {
        cipher a[BATCH], b[BATCH];
        for (uint32_t sizes = 0; sizes < 3; sizes++) {
            for (int i = 0; i < BATCH; i++) {
                a[i] = random_cipher(sizes == 1 ? 3 : 2, level);
                b[i] = random_cipher(sizes == 2 ? 3 : 2, level);
                a[i].factor = bgv_modulus(context) == 0 ? 1 : 3;
                b[i].factor = sizes == 0 ? a[i].factor : 1;
            }
            check_sums(a, b);
        }
        pyaccel_he_ciphertexts *x = batch_of(context, a, BATCH), *out;
        CHECK(pyaccel_he_negate(&out, x, NULL) == PYACCEL_OK);
        for (int i = 0; i < BATCH; i++) {
            cipher expected = a[i];
            for (uint32_t k = 0; k < 2; k++) {
                expected.part[k] = poly_add(context, &(poly){0}, &a[i].part[k], -1);
            }
            CHECK(batch_is(out, (uint64_t)i, &expected));
        }
        pyaccel_he_ciphertexts_free(out);
        CHECK(pyaccel_he_sum_batch(&out, x, NULL) == PYACCEL_OK);
        const cipher total = sum_of(&a[0], &a[1], 1);
        CHECK(out->count == 1 && batch_is(out, 0, &total));
        pyaccel_he_ciphertexts_free(out);
        pyaccel_he_ciphertexts_free(x);
    }
}

/* ---- levels ---------------------------------------------------------------------------------------- */

/* At a level: by division, or by leaving out primes. */
static cipher lowered(const cipher *a, uint32_t level)
{
    cipher out = *a;
    while (context->scheme != PYACCEL_HE_CKKS && out.level > level) {
        out = rescaled(context, &out);
    }
    out.level = level;
    return out;
}

static void test_levels(void)
{
    const uint32_t top = context->level_count - 1;
    cipher a[BATCH] = {random_cipher(2, top), random_cipher(2, top)};
    const cipher three = random_cipher(3, top);
    pyaccel_he_ciphertexts *x = batch_of(context, a, BATCH), *z = batch_of(context, &three, 1),
                           *out;
    for (uint32_t level = 0; level <= top; level++) {
        CHECK(pyaccel_he_mod_switch(&out, x, level, NULL) == PYACCEL_OK);
        for (int i = 0; i < BATCH; i++) {
            const cipher expected = lowered(&a[i], level);
            CHECK(batch_is(out, (uint64_t)i, &expected));
        }
        if (level > 0) {
            pyaccel_he_ciphertexts *divided_one;
            CHECK(pyaccel_he_rescale(&divided_one, out, NULL) == PYACCEL_OK);
            cipher at = lowered(&a[1], level);
            const cipher expected = rescaled(context, &at);
            CHECK(batch_is(divided_one, 1, &expected));
            CHECK(context->scheme != PYACCEL_HE_CKKS || divided_one->scale < out->scale);
            pyaccel_he_ciphertexts_free(divided_one);
        }
        /* sums of batches of different levels */
        pyaccel_he_ciphertexts *sum;
        const cipher low = random_cipher(2, level), high = lowered(&a[0], level),
                     expected = sum_of(&high, &low, 1);
        pyaccel_he_ciphertexts *y = batch_of(context, &low, 1);
        CHECK(pyaccel_he_add(&sum, x, y, NULL) == PYACCEL_OK && batch_is(sum, 0, &expected));
        pyaccel_he_ciphertexts_free(sum);
        pyaccel_he_ciphertexts_free(y);
        pyaccel_he_ciphertexts_free(out);
    }
    if (top > 0) {
        const cipher expected = rescaled(context, &three);
        CHECK(pyaccel_he_rescale(&out, z, NULL) == PYACCEL_OK && batch_is(out, 0, &expected));
        pyaccel_he_ciphertexts_free(out);
    }
    pyaccel_he_ciphertexts_free(x);
    pyaccel_he_ciphertexts_free(z);
}

/* ---- products -------------------------------------------------------------------------------------- */

static void check_product(const cipher *a, const cipher *b, bool square)
{
    pyaccel_he_ciphertexts *x = batch_of(context, a, BATCH),
                           *y = square ? x : batch_of(context, b, BATCH), *three, *out;
    CHECK(pyaccel_he_multiply(&three, x, y, NULL, 0, NULL) == PYACCEL_OK);
    CHECK(pyaccel_he_multiply(&out, x, y, keys, 0, NULL) == PYACCEL_OK);
    pyaccel_he_ciphertexts *later, *rescaled_too = NULL;
    CHECK(pyaccel_he_relinearize(&later, three, keys, NULL) == PYACCEL_OK);
    const bool rescale = context->scheme == PYACCEL_HE_CKKS && a[0].level > 0;
    if (rescale) {
        CHECK(pyaccel_he_multiply(&rescaled_too, x, y, keys, 1, NULL) == PYACCEL_OK);
    }
    for (int i = 0; i < BATCH; i++) {
        const cipher expected = product(context, &a[i], square ? &a[i] : &b[i]);
        CHECK(batch_is(three, (uint64_t)i, &expected));
        cipher two = with_switched(context, &expected.part[0], &expected.part[1], &expected.part[2],
                                   expected.level, &references[0], false);
        two.factor = expected.factor;
        CHECK(batch_is(out, (uint64_t)i, &two));
        CHECK(batch_is(later, (uint64_t)i, &two));
        if (rescale) {
            two = with_switched(context, &expected.part[0], &expected.part[1], &expected.part[2],
                                expected.level, &references[0], true);
            CHECK(batch_is(rescaled_too, (uint64_t)i, &two));
        }
    }
    pyaccel_he_ciphertexts_free(three);
    pyaccel_he_ciphertexts_free(out);
    pyaccel_he_ciphertexts_free(later);
    pyaccel_he_ciphertexts_free(rescaled_too);
    pyaccel_he_ciphertexts_free(x);
    if (!square) {
        pyaccel_he_ciphertexts_free(y);
    }
}

static void test_products(void)
{
    for (uint32_t level = 0; level < context->level_count; level++) {
        cipher a[BATCH], b[BATCH];
        for (int i = 0; i < BATCH; i++) {
            a[i] = random_cipher(2, level);
            b[i] = random_cipher(2, level);
            b[i].factor = bgv_modulus(context) == 0 ? 1 : 3;
        }
        check_product(a, b, false);
        check_product(a, a, true);
    }
}

/* ---- plaintexts ------------------------------------------------------------------------------------ */

/* Coefficient k of a small polynomial. */
static integer small_integer(const poly *m, size_t k)
{
    uint32_t primes[MOST_PRIMES];
    return integer_of(context, m, k, primes, range(primes, 0, context->q_count));
}

static pyaccel_he_plaintexts *plain_of(const poly *m, uint64_t count, uint32_t level)
{
    const bool ckks = context->scheme == PYACCEL_HE_CKKS;
    pyaccel_he_plaintexts *plain =
        pa_he_plaintexts_make(context, count, ckks ? PA_HE_PLAIN_NTT : PA_HE_PLAIN_MOD_T, level);
    plain->scale = ckks ? context->scale : 1;
    for (uint64_t i = 0; i < count; i++) {
        pa_he_word *words = plain->words + i * plain->rows * context->stride;
        if (ckks) {
            put_rows(context, words, &m[i], 0, plain->rows, true);
        } else {
            for (size_t k = 0; k < context->degree; k++) {
                words[k] = residue(small_integer(&m[i], k), context->plain_modulus);
            }
        }
    }
    return plain;
}

/* What is added for m: itself, [factor m]_t, or round(Q m / t). */
static poly message_of(const poly *m, uint32_t level, uint64_t factor)
{
    poly out = *m;
    const integer t = (integer)context->plain_modulus;
    for (size_t k = 0; t != 0 && k < context->degree; k++) {
        const integer value = small_integer(m, k);
        for (uint32_t p = 0; p < context->level_end[level]; p++) {
            const uint64_t q = prime_of(context, p);
            if (context->scheme == PYACCEL_HE_BGV) {
                out.r[p][k] = residue(centre(value * (integer)factor, t), q);
            } else {
                const integer whole = (integer)product_of(context, 0, context->level_end[level]),
                              words = (value % t + t) % t;
                out.r[p][k] = residue((whole * words + t / 2) / t, q);
            }
        }
    }
    return out;
}

static void test_plaintexts(void)
{
    const uint32_t top = context->level_count - 1;
    const int64_t bound =
        context->plain_modulus == 0 ? 1000 : ((int64_t)context->plain_modulus - 1) / 2;
    for (uint32_t level = 0; level <= top; level++) {
        cipher a[BATCH];
        poly m[BATCH];
        for (int i = 0; i < BATCH; i++) {
            a[i] = random_cipher(2, level);
            a[i].factor = bgv_modulus(context) == 0 ? 1 : 3;
            m[i] = small_poly(context, bound);
        }
        for (uint64_t count = 1; count <= BATCH; count++) {
            pyaccel_he_ciphertexts *x = batch_of(context, a, BATCH), *out;
            pyaccel_he_plaintexts *plain = plain_of(m, count, top);
            CHECK(pyaccel_he_multiply_plain(&out, x, plain, NULL) == PYACCEL_OK);
            for (uint64_t i = 0; i < BATCH; i++) {
                cipher expected = a[i];
                for (int k = 0; k < 2; k++) { /* of the representative near 0 */
                    expected.part[k] = poly_mul(context, &a[i].part[k], &m[count == 1 ? 0 : i]);
                }
                CHECK(batch_is(out, i, &expected));
            }
            pyaccel_he_ciphertexts_free(out);
            for (int minus = 0; minus < 2; minus++) {
                CHECK((minus ? pyaccel_he_sub_plain : pyaccel_he_add_plain)(&out, x, plain, NULL) ==
                      PYACCEL_OK);
                for (uint64_t i = 0; i < BATCH; i++) {
                    cipher expected = a[i];
                    const poly added = message_of(&m[count == 1 ? 0 : i], level, a[i].factor);
                    expected.part[0] = poly_add(context, &a[i].part[0], &added, minus ? -1 : 1);
                    CHECK(batch_is(out, i, &expected));
                }
                pyaccel_he_ciphertexts_free(out);
            }
            pyaccel_he_plaintexts_free(plain);
            pyaccel_he_ciphertexts_free(x);
        }
    }
}

/* ---- rotations ------------------------------------------------------------------------------------- */

static cipher rotated(const cipher *a, uint32_t e)
{
    const poly nothing = {0};
    cipher out =
        with_switched(context, &a->part[0], &nothing, &a->part[1], a->level, &references[e], false);
    for (int k = 0; k < 2; k++) {
        out.part[k] = poly_turn(context, &out.part[k], elements[e]);
    }
    out.factor = a->factor;
    return out;
}

static void test_rotations(void)
{
    for (uint32_t level = 0; level < context->level_count; level++) {
        const cipher a[BATCH] = {random_cipher(2, level), random_cipher(2, level)};
        pyaccel_he_ciphertexts *x = batch_of(context, a, BATCH), *out;
        uint32_t missing = 9;
        const uint32_t order[4] = {elements[2], 1, elements[1], elements[3]};
        const uint32_t which[4] = {2, 0, 1, 3};
        CHECK(pyaccel_he_rotate(&out, &missing, x, order, 4, keys, NULL) == PYACCEL_OK);
        CHECK(missing == 0 && out->count == 4 * BATCH);
        for (uint64_t e = 0; e < 4; e++) {
            for (uint64_t i = 0; i < BATCH; i++) {
                const cipher expected = order[e] == 1 ? a[i] : rotated(&a[i], which[e]);
                CHECK(batch_is(out, e * BATCH + i, &expected));
            }
        }
        pyaccel_he_ciphertexts_free(out);
        CHECK(pyaccel_he_rotate(&out, NULL, x, order, 1, keys, NULL) == PYACCEL_OK);
        const cipher expected = rotated(&a[1], 2);
        CHECK(batch_is(out, 1, &expected));
        pyaccel_he_ciphertexts_free(out);
        pyaccel_he_ciphertexts_free(x);
    }
}

/* ---- batches ----------------------------------------------------------------------------------------- */

static void test_batches(void)
{
    const cipher a[3] = {random_cipher(2, 0), random_cipher(2, 0), random_cipher(2, 0)};
    pyaccel_he_ciphertexts *x = batch_of(context, a, 3), *y, *z;
    const uint64_t indices[] = {2, 0, 2};
    CHECK(pyaccel_he_ciphertexts_take(&y, x, indices, 3) == PYACCEL_OK && y->count == 3);
    CHECK(batch_is(y, 0, &a[2]) && batch_is(y, 1, &a[0]) && batch_is(y, 2, &a[2]));
    const pyaccel_he_ciphertexts *const both[2] = {x, y};
    CHECK(pyaccel_he_ciphertexts_concatenate(&z, both, 2) == PYACCEL_OK && z->count == 6);
    CHECK(batch_is(z, 1, &a[1]) && batch_is(z, 4, &a[0]) && batch_is(z, 5, &a[2]));
    pyaccel_he_ciphertexts_free(z);
    pyaccel_he_ciphertexts_free(y);
    /* an empty batch is a batch */
    CHECK(pyaccel_he_ciphertexts_take(&y, x, NULL, 0) == PYACCEL_OK && y->count == 0);
    CHECK(pyaccel_he_negate(&z, y, NULL) == PYACCEL_OK && z->count == 0);
    pyaccel_he_ciphertexts_free(z);
    CHECK(pyaccel_he_multiply(&z, y, y, keys, 0, NULL) == PYACCEL_OK && z->count == 0);
    pyaccel_he_ciphertexts_free(z);
    pyaccel_he_ciphertexts_free(y);
    pyaccel_he_ciphertexts_free(x);
}

/* Frees both. */
static void check_same(pyaccel_he_ciphertexts *one, pyaccel_he_ciphertexts *many)
{
    bool same = one->count == many->count && one->size == many->size && one->rows == many->rows;
    for (uint64_t i = 0; same && i < one->count; i++) {
        for (uint32_t k = 0; k < one->size; k++) {
            const poly u = get_rows(context, pa_he_part(one, i, k), 0, one->rows, true),
                       v = get_rows(context, pa_he_part(many, i, k), 0, one->rows, true);
            same = same && same_rows(context, &u, &v, 0, one->rows);
        }
    }
    CHECK(same);
    pyaccel_he_ciphertexts_free(one);
    pyaccel_he_ciphertexts_free(many);
}

/* Several threads give the same. */
static void test_threads(void)
{
    cipher a[8];
    for (int i = 0; i < 8; i++) {
        a[i] = random_cipher(2, context->level_count - 1);
    }
    pyaccel_he_ciphertexts *x = batch_of(context, a, 8), *y = batch_of(context, a, 1), *one, *many;
    const pyaccel_he_options options = {.struct_size = sizeof options, .threads = 3};
    CHECK(pyaccel_he_multiply(&one, x, x, keys, 0, NULL) == PYACCEL_OK);
    CHECK(pyaccel_he_multiply(&many, x, x, keys, 0, &options) == PYACCEL_OK);
    check_same(one, many);
    CHECK(pyaccel_he_rotate(&one, NULL, y, elements + 1, 3, keys, NULL) == PYACCEL_OK);
    CHECK(pyaccel_he_rotate(&many, NULL, y, elements + 1, 3, keys, &options) == PYACCEL_OK);
    check_same(one, many);
    CHECK(pyaccel_he_sum_batch(&one, x, NULL) == PYACCEL_OK);
    CHECK(pyaccel_he_sum_batch(&many, x, &options) == PYACCEL_OK);
    check_same(one, many);
    pyaccel_he_ciphertexts_free(x);
    pyaccel_he_ciphertexts_free(y);
}

/* ---- all of it ----------------------------------------------------------------------------------- */

static void in_context(pyaccel_he_parameters parameters)
{
    context = context_of(parameters);
    secret = small_poly(context, 1);
    const uint32_t degree = parameters.degree;
    elements[0] = 0;
    elements[1] = 5;
    elements[2] = degree + 3;
    elements[3] = 2 * degree - 1;
    keys = keys_of(context, &secret, elements, 4, references);
    test_sums();
    test_levels();
    test_products();
    test_plaintexts();
    test_rotations();
    test_batches();
    test_threads();
    keys_free(keys);
    pyaccel_he_context_free(context);
}

static void all_contexts(void)
{
    in_context((pyaccel_he_parameters){
        .scheme = PYACCEL_HE_CKKS, .degree = 16, WITH_MODULI(50, 40, 30), .special_bits = 50});
    in_context((pyaccel_he_parameters){.scheme = PYACCEL_HE_CKKS,
                                       .degree = 8,
                                       WITH_MODULI(58, 30, 30),
                                       .digits = 2,
                                       .special_bits = 60});
    in_context((pyaccel_he_parameters){
        .scheme = PYACCEL_HE_BFV, .degree = 8, WITH_MODULI(30, 29), .plain_modulus = 17});
    in_context((pyaccel_he_parameters){.scheme = PYACCEL_HE_BFV,
                                       .degree = 16,
                                       WITH_MODULI(28, 30),
                                       .digits = 1,
                                       .plain_modulus = 65537});
    in_context((pyaccel_he_parameters){
        .scheme = PYACCEL_HE_BFV, .degree = 16, WITH_MODULI(48), .plain_modulus = 1024});
    in_context((pyaccel_he_parameters){.scheme = PYACCEL_HE_BGV,
                                       .degree = 16,
                                       WITH_MODULI(30, 40, 25),
                                       .special_bits = 40,
                                       .plain_modulus = 97});
    in_context((pyaccel_he_parameters){.scheme = PYACCEL_HE_BGV,
                                       .degree = 8,
                                       WITH_MODULI(28, 54),
                                       .digits = 2,
                                       .plain_modulus = ((uint64_t)1 << 34) - 41});
}

int main(void)
{
    each_variant(all_contexts);
    return finish();
}
