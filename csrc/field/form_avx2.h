/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers into a form of the field's own and out of it, in four lanes of AVX2; included by fields of small_limbs_avx2.h, which have
 * defined FE_UNIT and FE_SQUARE, the words of 2^FE_FORM_BITS mod p and of its square, and
 *   fe_less_p(less, t)     less = t - p, for limbs carried from below 2^FE_BITS; returned: where that is negative */
#ifndef PA_FIELD_FORM_AVX2_H
#define PA_FIELD_FORM_AVX2_H

FE_FN void fe_enter(fe *r, const fe *a)
{
    fe square;
    fe_place(&square, FE_SQUARE);
    fe_mul(r, a, &square);
}

FE_FN void fe_leave(fe *r, const fe *a)
{
    fe one;
    fe_place_int(&one, 1);
    fe_mul(r, a, &one);
}

FE_FN void fe_set_words(fe *r, FE_WORDS)
{
    fe_place(r, FE_WORDS_GIVEN);
    fe_enter(r, r);
}

FE_FN void fe_set_int(fe *r, unsigned int k)
{
    if (k == 1) {
        fe_place(r, FE_UNIT);
    } else {
        fe_place_int(r, k);
        if (k > 1) {
            fe_enter(r, r);
        }
    }
}

FE_FN mask fe_is_odd(const fe *a)
{
    __m256i w[ROW_WORDS];
    fe plain;
    fe_carry(&plain, a);
    fe_leave(&plain, &plain);
    fe_canonical(w, &plain);
    return _mm256_cmpeq_epi64(_mm256_and_si256(w[0], fe_all(1)), fe_all(1));
}

FE_FN void fe_from_rows(fe *r, const unsigned char *const rows[LANES], mask *ok)
{
    __m256i w[ROW_WORDS];
    fe plain, less;
    fe_words_from_rows(w, rows);
    fe_from_words(&plain, w);
    *ok = fe_less_p(&less, &plain);
    fe_enter(r, &plain);
}

FE_FN void fe_to_rows(unsigned char *const rows[LANES], const fe *a)
{
    __m256i w[ROW_WORDS];
    fe plain;
    fe_carry(&plain, a);
    fe_leave(&plain, &plain);
    fe_canonical(w, &plain);
    fe_words_to_rows(rows, w);
}

#endif
