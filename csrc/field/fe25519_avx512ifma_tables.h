/* SPDX-License-Identifier: Apache-2.0 */
/* Tables that all lanes look into, over fe25519_avx512ifma.h, which includes this: the eight entries
 * of a limb side by side in a vector, of which a lane takes its own by one shuffle. */
#ifndef PA_FE25519_AVX512IFMA_TABLES_H
#define PA_FE25519_AVX512IFMA_TABLES_H

#define FE_HAS_TABLES

/* rows[i] = word i of each of the 8 vectors. */
FE_INLINE void fe_transpose_eight(__m512i rows[8])
{
    __m512i a[8], b[8];
    FE_UNROLL for (int i = 0; i < 8; i += 2)
    {
        a[i] = _mm512_unpacklo_epi64(rows[i], rows[i + 1]);
        a[i + 1] = _mm512_unpackhi_epi64(rows[i], rows[i + 1]);
    }
    /* a[i + k]: words k, k + 2, k + 4, k + 6 of rows i and i + 1 in turn */
    FE_UNROLL for (int k = 0; k < 2; k++)
    {
        FE_UNROLL for (int i = 0; i < 8; i += 4)
        {
            b[i + k] = _mm512_shuffle_i64x2(a[i + k], a[i + 2 + k], 0x88);
            b[i + k + 2] = _mm512_shuffle_i64x2(a[i + k], a[i + 2 + k], 0xdd);
        }
    }
    /* b[i + k]: words k and k + 4 of rows i .. i + 3; b[i + k + 2]: k + 2 and k + 6 */
    FE_UNROLL for (int k = 0; k < 4; k++)
    {
        rows[k] = _mm512_shuffle_i64x2(b[k], b[k + 4], 0x88);
        rows[k + 4] = _mm512_shuffle_i64x2(b[k], b[k + 4], 0xdd);
    }
}

FE_FN void fe_table_four(uint64_t *const tables[LANES], const fe entries[8][4])
{
    FE_UNROLL for (int k = 0; k < 20; k++)
    {
        __m512i rows[8];
        FE_UNROLL for (int i = 0; i < 8; i++)
        {
            rows[i] = entries[i][k / 5].group[0].limb[k % 5];
        }
        fe_transpose_eight(rows);
        FE_UNROLL for (int i = 0; i < 8; i++)
        {
            _mm512_store_si512(tables[i] + 8 * k, rows[i]);
        }
    }
}

FE_INLINE void fe_pick_four(fe *a, fe *b, fe *c, fe *d, const uint64_t *table,
                            const uint8_t index[LANES], const unsigned int zero[4])
{
    fe *const to[4] = {a, b, c, d};
    const __m512i entry = _mm512_cvtepu8_epi64(_mm_loadl_epi64((const void *)index));
    const __mmask8 any = _mm512_test_epi64_mask(entry, entry);
    const __m512i from = fe_word_sub(entry, fe_word_all(1));
    FE_UNROLL for (int k = 0; k < 4; k++)
    {
        FE_EACH_LIMB
        {
            const __m512i entries = _mm512_load_si512(table + 8 * (5 * k + i));
            to[k]->group[0].limb[i] =
                i == 0 ? _mm512_mask_permutexvar_epi64(fe_word_all(zero[k]), any, from, entries)
                       : _mm512_maskz_permutexvar_epi64(any, from, entries);
        }
    }
}

#endif
