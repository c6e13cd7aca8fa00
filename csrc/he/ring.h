/* SPDX-License-Identifier: Apache-2.0 */
/* The ring of an HE context: its primes by level and digit, what operations need precomputed, and memory for rows. */
#ifndef PA_HE_RING_H
#define PA_HE_RING_H

#include <pthread.h>

#include "../core/internal.h"
#include "kernels.h"
#include "pyaccel/he.h"

/* What lies ahead of a block of memory, which is `size` bytes long; blocks fill their chunk without gaps. */
typedef struct pa_he_block {
    size_t size;
    struct pa_he_block *below, *above;   /* neighbours in the chunk; NULL: none */
    struct pa_he_block *previous, *next; /* free blocks of the pool */
    bool is_free, is_single;             /* single: of the system, not of a chunk */
    char reserved[22];
} pa_he_block;

/* Blocks of rows, kept for the next call: page faults would cost more than a small operation. A block that held a secret is wiped
 * by whoever gives it back. */
typedef struct {
    pthread_mutex_t lock;
    pa_he_block *first;          /* free one */
    size_t kept;                 /* bytes of chunks that are free as a whole */
    _Atomic(pa_he_block *) late; /* given back while the pool was busy, by `next`; without lock */
    _Atomic bool stuck; /* somebody has waited for the lock in vain, and nobody had it since */
} pa_he_pool;

/* bytes, aligned to 64, content undefined; NULL: out of memory. Thread-safe. */
void *pa_he_take(pa_he_pool *pool, size_t bytes);
void pa_he_give(pa_he_pool *pool, void *block);
/* Frees what is kept, once every block is given back. */
void pa_he_pool_clear(pa_he_pool *pool);

/* Primes are numbered 0 .. q_count - 1 (Q; the last go first) and q_count .. q_count + p_count - 1 (special, P).
 * Level l, 0 <= l < level_count, has the primes 0 .. level_end[l] - 1: moduli that were asked for with more than
 * PA_HE_FAST_BITS bits are several primes, which come and go together. Digit d of key switching has the primes
 * digit_end[d - 1] .. digit_end[d] - 1, cut where a level ends inside it. */
struct pyaccel_he_context {
    pyaccel_he_parameters parameters; /* resolved: equal for equal contexts (parameters.h) */
    uint32_t scheme;                  /* PYACCEL_HE_* */
    unsigned log_degree;
    size_t degree; /* N */
    size_t
        stride; /* words from row to row of a polynomial: N + 8 and the like, so that rows differ modulo 4096 bytes */
    const pa_he_kernels *kernels;
    const char *variant; /* its name */
    uint32_t q_count, p_count;
    pa_he_ntt ntt[PA_HE_MAX_PRIMES];
    uint32_t level_count, level_end[PA_HE_MAX_PRIMES];
    uint32_t digit_count, digit_end[PA_HE_MAX_PRIMES];
    uint64_t plain_modulus; /* t; 0: CKKS */
    double scale;           /* CKKS: the default one */
    uint32_t security;      /* bits; 0: none claimed */
    uint32_t standard;      /* PYACCEL_HE_STANDARD_* */
    uint64_t id
        [4]; /* SHA-256 of the canonical parameters: what keys and ciphertexts are checked against */
    uint32_t *order;                   /* position[j] of the canonical NTT order, N entries */
    void *memory;                      /* tables, of the pool */
    struct pa_he_constants *constants; /* per level: rescaling, mod-up, mod-down, BFV (rns.h) */
    struct pa_he_encoder *encoder;     /* slots: FFT or plain NTT tables (encode.h) */
    pa_he_pool pool;
    _Atomic uint32_t references; /* handles that live on it, and the caller's own */
};

/* One reference more; pyaccel_he_context_free gives it back. */
pyaccel_he_context *pa_he_hold(const pyaccel_he_context *context);

/* table (permute_words words) = the kernels' form of X -> X^element on rows in NTT form; source: N entries of scratch. */
void pa_he_permutation(pa_he_word *table, uint32_t *source, const pyaccel_he_context *context,
                       uint32_t element);

/* 1 / element modulo 2N; element odd. */
uint32_t pa_he_element_inverse(uint32_t element, unsigned log_degree);

/* A polynomial in RNS form: row r, of prime primes(r), begins at words + r * stride. Rows of level l in order of the primes; with
 * special primes these follow the Q rows of the level. */
typedef struct {
    pa_he_word *words;
    uint32_t rows;
} pa_he_poly;

/* Batches. One block of memory from the pool: polynomial j of item i begins at words + (i * size + j) * rows * stride. */
struct pyaccel_he_plaintexts {
    pyaccel_he_context *context;
    uint64_t count;
    uint32_t level, rows; /* rows = level_end[level]; BFV and BGV plaintexts: see form */
    uint32_t form;        /* PA_HE_PLAIN_* */
    double scale;         /* CKKS */
    pa_he_word *words;
};
#define PA_HE_PLAIN_NTT                                                                            \
    1u /* `rows` rows of Q in NTT form: CKKS always, and operands of multiply_plain */
#define PA_HE_PLAIN_MOD_T 2u /* one row of N canonical words below t, coefficients: BFV, BGV */

struct pyaccel_he_ciphertexts {
    pyaccel_he_context *context;
    uint64_t count;
    uint32_t size, level,
        rows;        /* size polynomials each (2; 3 after a product), always in NTT form */
    double scale;    /* CKKS: that of the encoded values; else 1 */
    uint64_t factor; /* BGV: what the plaintext is multiplied by, modulo t; else 1 */
    double
        noise; /* estimate: log2 of the noise's standard deviation (BFV, BGV: of the phase's error) */
    uint8_t seed[32]; /* of the second polynomials, where seeded */
    bool seeded;
    pa_he_word *words;
};

/* Secret: one polynomial over all Q and P rows, NTT form, wiped when freed. */
struct pyaccel_he_secret_key {
    pyaccel_he_context *context;
    pa_he_word *words;
};

/* (b, a) over all Q and P rows, b = -a s + e. */
struct pyaccel_he_public_key {
    pyaccel_he_context *context;
    uint8_t seed[32];  /* of a */
    pa_he_word *words; /* b then a */
};

/* One switching key: for each digit d a pair (b_d, a_d) over all Q and P rows, NTT form,
 *   b_d = -a_d s_to + e_d + g_d s_from (BGV: t e_d), g_d = P modulo the primes of digit d and 0 modulo all others.
 * Relinearization: from s^2 to s. Galois element g: from s to s(X^h), h = 1 / g modulo 2N, so that the inner product takes
 * digits as they are, for every element the same, and the automorphism X -> X^g comes last, on two polynomials alone:
 * u0 + u1 s(X^h) = P c1 s gives u0(X^g) + u1(X^g) s = P c1(X^g) s(X^g). */
typedef struct {
    uint32_t element; /* 0: relinearization; g: of the automorphism X -> X^g */
    pa_he_word
        *words; /* digit d: b at d * 2 * rows * stride, a behind it; rows = q_count + p_count */
    pa_he_word *permute; /* of a Galois element g: the kernels' table of X -> X^g; else NULL */
} pa_he_switching_key;

struct pyaccel_he_evaluation_keys {
    pyaccel_he_context *context;
    uint8_t seed[32];
    uint32_t count;
    pa_he_switching_key *keys; /* ascending by element */
};

#endif
