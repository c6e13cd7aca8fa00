/* SPDX-License-Identifier: Apache-2.0 */
/* The Poseidon2 permutation over any field (2023/323), one state a work item.
 *
 * Defined by the includer: el, ELEMENT_WORDS (32-bit words of an element in rows and tables), MAX_T (elements that a state
 * has at most); el_add, el_power, el_dot(sum, d, x) = sum + d x, el_table (an element of a table), el_load, el_store
 * (words of a row, canonical) and row_words_below (whether those are below the modulus); LAYER_UNROLL, before loops over
 * elements. */
#ifndef PYACCEL_POSEIDON2_H
#define PYACCEL_POSEIDON2_H

#include "../platform.h"
#include "poseidon2_sets.h"

#if defined(__OPENCL_VERSION__) || defined(__OPENCL_C_VERSION__)
#define TABLE __constant const uint *
#else
#define TABLE const uint *
#endif

/* How a row becomes a digest: elements of the row, those after them being 0; the digest's elements, from `first` on; whether
 * the row's own elements are added to them. */
typedef struct {
    uint absorbed, first, outputs, feed_forward;
} poseidon2_mode;

DEVICE_FUNCTION void multiply_m4(el *x, uint circulant)
{
    const el low = el_add(x[0], x[1]);
    const el high = el_add(x[2], x[3]);
    if (circulant) {
        const el all = el_add(low, high);
        const el one = el_add(all, x[1]);
        const el three = el_add(all, x[3]);
        x[3] = el_add(el_add(x[0], x[0]), three);
        x[1] = el_add(el_add(x[2], x[2]), one);
        x[0] = el_add(low, one);
        x[2] = el_add(high, three);
    } else {
        const el a = el_add(el_add(x[1], x[1]), high);
        const el b = el_add(el_add(x[3], x[3]), low);
        const el high2 = el_add(high, high);
        const el low2 = el_add(low, low);
        x[3] = el_add(el_add(high2, high2), b);
        x[1] = el_add(el_add(low2, low2), a);
        x[0] = el_add(b, x[1]);
        x[2] = el_add(a, x[3]);
    }
}

DEVICE_FUNCTION el el_sum(const el *x, uint t)
{
    el sum = x[0];
    LAYER_UNROLL
    for (uint i = 1; i < MAX_T; i++) {
        if (i < t) {
            sum = el_add(sum, x[i]);
        }
    }
    return sum;
}

DEVICE_FUNCTION void external_layer(el *x, uint t, uint circulant)
{
    if (t < 4) {
        const el sum = el_sum(x, t);
        for (uint i = 0; i < t; i++) {
            x[i] = el_add(x[i], sum);
        }
        return;
    }
    LAYER_UNROLL
    for (uint i = 0; i < MAX_T; i += 4) {
        if (i < t) {
            multiply_m4(x + i, circulant);
        }
    }
    if (t == 4) {
        return;
    }
    LAYER_UNROLL
    for (uint j = 0; j < 4; j++) {
        el sum = x[j];
        LAYER_UNROLL
        for (uint i = j + 4; i < MAX_T; i += 4) {
            if (i < t) {
                sum = el_add(sum, x[i]);
            }
        }
        LAYER_UNROLL
        for (uint i = j; i < MAX_T; i += 4) {
            if (i < t) {
                x[i] = el_add(x[i], sum);
            }
        }
    }
}

DEVICE_FUNCTION void external_rounds(el *x, TABLE constants, uint t, uint circulant)
{
    for (uint r = 0; r < 4; r++) {
        LAYER_UNROLL
        for (uint i = 0; i < MAX_T; i++) {
            if (i < t) {
                x[i] = el_power(el_add(x[i], el_table(constants + (r * t + i) * ELEMENT_WORDS)));
            }
        }
        external_layer(x, t, circulant);
    }
}

/* set: t, internal rounds, whether M4 is circulant; round constants; diagonal. */
DEVICE_FUNCTION void poseidon2_permute(el *x, TABLE set, uint t)
{
    const uint internal = set[1];
    const uint circulant = set[2];
    TABLE constants = set + 3;
    TABLE diagonal = constants + (8 * t + internal) * ELEMENT_WORDS;
    external_layer(x, t, circulant);
    external_rounds(x, constants, t, circulant);
    constants += 4 * t * ELEMENT_WORDS;
    for (uint r = 0; r < internal; r++, constants += ELEMENT_WORDS) {
        x[0] = el_power(el_add(x[0], el_table(constants)));
        const el sum = el_sum(x, t);
        LAYER_UNROLL
        for (uint i = 0; i < MAX_T; i++) {
            if (i < t) {
                x[i] = el_dot(sum, el_table(diagonal + i * ELEMENT_WORDS), x[i]);
            }
        }
    }
    external_rounds(x, constants, t, circulant);
}

/* Digest i of row i under a set of width t; *refused is set where an element is not below the modulus. */
DEVICE_FUNCTION void poseidon2_row(GLOBAL uint *digests, GLOBAL uint *refused,
                                   GLOBAL const uint *data, TABLE set, uint t, poseidon2_mode mode,
                                   uint i)
{
    GLOBAL const uint *row = data + (ulong)i * mode.absorbed * ELEMENT_WORDS;
    GLOBAL uint *digest = digests + (ulong)i * mode.outputs * ELEMENT_WORDS;
    el x[MAX_T];
    uint canonical = 1;
    LAYER_UNROLL
    for (uint j = 0; j < MAX_T; j++) {
        if (j < mode.absorbed) {
            canonical &= row_words_below(row + j * ELEMENT_WORDS);
        }
        x[j] = el_load(row + (j < mode.absorbed ? j : 0) * ELEMENT_WORDS, j < mode.absorbed);
    }
    if (!canonical) {
        atomic_set(refused);
        return;
    }
    poseidon2_permute(x, set, t);
    LAYER_UNROLL
    for (uint j = 0; j < MAX_T; j++) {
        if (j >= mode.first && j - mode.first < mode.outputs) {
            if (mode.feed_forward) {
                x[j] = el_add(x[j], el_load(row + j * ELEMENT_WORDS, 1));
            }
            el_store(digest + (j - mode.first) * ELEMENT_WORDS, x[j]);
        }
    }
}

#endif
