/* SPDX-License-Identifier: Apache-2.0 */
/* Poseidon2's algorithms: rows of field elements in, elements out; permutations and 2-to-1 compressions. */
#include "poseidon2.h"

#include "../core/bytes.h"

typedef struct {
    uint64_t modulus[4]; /* least significant first */
    uint32_t size;       /* bytes of an element */
    pa_family single;
    pa_family lanes; /* PA_FAMILY_COUNT: none */
} field;

static const field bn254 = {
    {0x43e1f593f0000001, 0x2833e84879b97091, 0xb85045b68181585d, 0x30644e72e131a029},
    32,
    PA_FAMILY_POSEIDON2_BN254,
    PA_FAMILY_COUNT,
};
static const field bls12_381 = {
    {0xffffffff00000001, 0x53bda402fffe5bfe, 0x3339d80809a1d805, 0x73eda753299d7d48},
    32,
    PA_FAMILY_POSEIDON2_BLS12_381,
    PA_FAMILY_COUNT,
};
static const field pallas = {
    {0x992d30ed00000001, 0x224698fc094cf91b, 0, 0x4000000000000000},
    32,
    PA_FAMILY_POSEIDON2_PALLAS,
    PA_FAMILY_COUNT,
};
static const field vesta = {
    {0x8c46eb2100000001, 0x224698fc0994a8dd, 0, 0x4000000000000000},
    32,
    PA_FAMILY_POSEIDON2_VESTA,
    PA_FAMILY_COUNT,
};
static const field goldilocks = {
    {0xffffffff00000001},
    8,
    PA_FAMILY_POSEIDON2_GOLDILOCKS,
    PA_FAMILY_POSEIDON2_GOLDILOCKS_LANES,
};
static const field babybear = {
    {0x78000001},
    4,
    PA_FAMILY_POSEIDON2_BABYBEAR,
    PA_FAMILY_POSEIDON2_BABYBEAR_LANES,
};

typedef struct pa_poseidon2_algorithm {
    pa_hash_algorithm base;
    const field *field;
    const pa_poseidon2_set *set;
    uint32_t absorbed;  /* elements of a row; those of the state after them are 0 */
    uint32_t first_out; /* of the digest's elements in the state */
    uint32_t outputs;   /* elements of a digest */
    bool feed_forward;  /* the row's own elements are added to those that come out */
} poseidon2_algorithm;

static bool options_valid(const pa_hash_algorithm *algorithm, const pyaccel_hash_options *options)
{
    (void)algorithm;
    return options->key == NULL && options->key_size == 0 && options->context == NULL &&
           options->context_size == 0;
}

static void begin(void *room, const pa_hash_algorithm *algorithm,
                  const pyaccel_hash_options *options, uint64_t digest_size)
{
    pa_poseidon2_job *job = room;
    const field *over = ((const poseidon2_algorithm *)algorithm)->field;
    (void)options;
    (void)digest_size;
    *job = (pa_poseidon2_job){
        .algorithm = (const poseidon2_algorithm *)algorithm,
        .single = pa_bound(over->single),
        .lanes = over->lanes < PA_FAMILY_COUNT ? pa_bound(over->lanes) : NULL,
    };
}

typedef union {
    _Alignas(64) uint32_t word[PA_POSEIDON2_MAX_STATE / 4];
    uint64_t wide[PA_POSEIDON2_MAX_STATE / 8];
} states;

static bool below(const uint64_t value[4], const uint64_t modulus[4])
{
    for (int i = 3; i > 0; i--) {
        if (value[i] != modulus[i]) {
            return value[i] < modulus[i];
        }
    }
    return value[0] < modulus[0];
}

/* Lane l of lanes = the elements of a row, then zeros. False when an element is not below the modulus. */
static bool load_row(states *x, const poseidon2_algorithm *algorithm, uint32_t l, uint32_t lanes,
                     const uint8_t *row)
{
    const field *over = algorithm->field;
    bool canonical = true;
    for (uint32_t i = 0; i < algorithm->set->t; i++) {
        const uint32_t at = i * lanes + l;
        const bool given = i < algorithm->absorbed;
        if (over->size == 4) {
            x->word[at] = given ? pa_load_le32(row + 4 * i) : 0;
            canonical &= x->word[at] < over->modulus[0];
        } else if (over->size == 8) {
            x->wide[at] = given ? pa_load_le64(row + 8 * i) : 0;
            canonical &= x->wide[at] < over->modulus[0];
        } else {
            for (uint32_t w = 0; w < 4; w++) {
                x->wide[4 * at + w] = given ? pa_load_le64(row + 32 * i + 8 * w) : 0;
            }
            canonical &= below(x->wide + 4 * at, over->modulus);
        }
    }
    return canonical;
}

static void store_row(uint8_t *digest, const poseidon2_algorithm *algorithm, const states *x,
                      uint32_t l, uint32_t lanes, const uint8_t *row)
{
    const field *over = algorithm->field;
    for (uint32_t i = 0; i < algorithm->outputs; i++) {
        const uint32_t from = algorithm->first_out + i;
        const uint32_t at = from * lanes + l;
        if (over->size == 4) {
            uint32_t value = x->word[at];
            if (algorithm->feed_forward) {
                value += pa_load_le32(row + 4 * from);
                value -= value < over->modulus[0] ? 0 : (uint32_t)over->modulus[0];
            }
            pa_store_le32(digest + 4 * i, value);
        } else if (over->size == 8) {
            pa_store_le64(digest + 8 * i, x->wide[at]);
        } else {
            for (uint32_t w = 0; w < 4; w++) {
                pa_store_le64(digest + 32 * i + 8 * w, x->wide[4 * at + w]);
            }
        }
    }
}

/* Digests of count <= lanes rows; the lanes without a row permute zeros. */
static pyaccel_status hash_group(const pa_poseidon2_job *job, const struct pa_poseidon2 *kernel,
                                 uint8_t *digests, const pyaccel_rows *messages, uint64_t first,
                                 uint32_t count)
{
    const poseidon2_algorithm *algorithm = job->algorithm;
    const uint32_t lanes = kernel->lanes;
    const uint64_t width = (uint64_t)algorithm->absorbed * algorithm->field->size;
    const uint8_t *rows[PA_HASH_MAX_LANES];
    states x;
    bool canonical = true;
    for (uint32_t l = 0; l < lanes; l++) {
        static const uint8_t zeros[4 * 32];
        pa_bytes row = {zeros, width};
        if (l < count && (!pa_rows_get(&row, messages, first + l) || row.size != width)) {
            return PYACCEL_INVALID_ARGUMENT;
        }
        rows[l] = row.data;
        canonical &= load_row(&x, algorithm, l, lanes, row.data);
    }
    if (!canonical) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    kernel->permute(&x, algorithm->set);
    for (uint32_t l = 0; l < count; l++) {
        store_row(digests + l * algorithm->base.digest_size, algorithm, &x, l, lanes, rows[l]);
    }
    return PYACCEL_OK;
}

static pyaccel_status hash_rows(const void *room, uint8_t *digests, const pyaccel_rows *messages,
                                uint64_t first, uint64_t n)
{
    const pa_poseidon2_job *job = room;
    const field *over = job->algorithm->field;
    bool in_lanes = false, one_by_one = false;
    pyaccel_status status = PYACCEL_OK;
    for (uint64_t done = 0; done < n && status == PYACCEL_OK;) {
        const struct pa_poseidon2 *kernel = job->lanes;
        if (kernel == NULL || (n - done < kernel->lanes && (n - done) * job->single->cost <
                                                               kernel->cost * job->single->lanes)) {
            kernel = job->single;
            one_by_one = true;
        } else {
            in_lanes = true;
        }
        const uint32_t count = (uint32_t)(n - done < kernel->lanes ? n - done : kernel->lanes);
        status = hash_group(job, kernel, digests + done * job->algorithm->base.digest_size,
                            messages, first + done, count);
        done += count;
    }
    if (one_by_one) {
        pa_count(over->single);
    }
    if (in_lanes) {
        pa_count(over->lanes);
    }
    return status;
}

static const struct pa_hash_engine engine = {
    .options_valid = options_valid, .begin = begin, .rows = hash_rows};

#define BASE(bytes)                                                                                \
    {.single = PA_FAMILY_COUNT, .lanes = PA_FAMILY_COUNT, .digest_size = (bytes), .engine = &engine}
#define SET(name) &pa_poseidon2_sets[PA_POSEIDON2_##name]

/* The state in, the state out. */
#define PERMUTATION(name, over, t, size)                                                           \
    {BASE((t) * (size)), &(over), SET(name), (t), 0, (t), false}
/* HorizenLabs, zkhash's MerkleTreeHash: the first element of the permutation of (left, right, 0). */
#define OF_THREE(name, over) {BASE(32), &(over), SET(name), 2, 0, 1, false}
/* Plonky3's TruncatedPermutation: the first 8 elements. */
#define TRUNCATED(name) {BASE(32), &babybear, SET(name), 16, 0, 8, false}
/* gnark-crypto's Permutation.Compress: the last 8 elements, and the right node added. */
#define FED_FORWARD(name) {BASE(32), &babybear, SET(name), 16, 8, 8, true}

static const poseidon2_algorithm permutations[PA_POSEIDON2_SETS] = {
    [PA_POSEIDON2_BN254_T3] = PERMUTATION(BN254_T3, bn254, 3, 32),
    [PA_POSEIDON2_BLS12_381_T2] = PERMUTATION(BLS12_381_T2, bls12_381, 2, 32),
    [PA_POSEIDON2_BLS12_381_T3] = PERMUTATION(BLS12_381_T3, bls12_381, 3, 32),
    [PA_POSEIDON2_BLS12_381_T4] = PERMUTATION(BLS12_381_T4, bls12_381, 4, 32),
    [PA_POSEIDON2_PALLAS_T3] = PERMUTATION(PALLAS_T3, pallas, 3, 32),
    [PA_POSEIDON2_VESTA_T3] = PERMUTATION(VESTA_T3, vesta, 3, 32),
    [PA_POSEIDON2_GOLDILOCKS_T8_HORIZENLABS] =
        PERMUTATION(GOLDILOCKS_T8_HORIZENLABS, goldilocks, 8, 8),
    [PA_POSEIDON2_GOLDILOCKS_T12_HORIZENLABS] =
        PERMUTATION(GOLDILOCKS_T12_HORIZENLABS, goldilocks, 12, 8),
    [PA_POSEIDON2_BABYBEAR_T16_HORIZENLABS] =
        PERMUTATION(BABYBEAR_T16_HORIZENLABS, babybear, 16, 4),
    [PA_POSEIDON2_BABYBEAR_T16_PLONKY3] = PERMUTATION(BABYBEAR_T16_PLONKY3, babybear, 16, 4),
    [PA_POSEIDON2_BABYBEAR_T16_PLONKY3_SEED1] =
        PERMUTATION(BABYBEAR_T16_PLONKY3_SEED1, babybear, 16, 4),
    [PA_POSEIDON2_BABYBEAR_T16_GNARK] = PERMUTATION(BABYBEAR_T16_GNARK, babybear, 16, 4),
    [PA_POSEIDON2_BABYBEAR_T24_HORIZENLABS] =
        PERMUTATION(BABYBEAR_T24_HORIZENLABS, babybear, 24, 4),
    [PA_POSEIDON2_BABYBEAR_T24_PLONKY3] = PERMUTATION(BABYBEAR_T24_PLONKY3, babybear, 24, 4),
    [PA_POSEIDON2_BABYBEAR_T24_PLONKY3_SEED1] =
        PERMUTATION(BABYBEAR_T24_PLONKY3_SEED1, babybear, 24, 4),
    [PA_POSEIDON2_BABYBEAR_T24_GNARK] = PERMUTATION(BABYBEAR_T24_GNARK, babybear, 24, 4),
};

/* Those whose source publishes one. */
static const poseidon2_algorithm compressions[PA_POSEIDON2_SETS] = {
    [PA_POSEIDON2_BN254_T3] = OF_THREE(BN254_T3, bn254),
    [PA_POSEIDON2_BLS12_381_T3] = OF_THREE(BLS12_381_T3, bls12_381),
    [PA_POSEIDON2_PALLAS_T3] = OF_THREE(PALLAS_T3, pallas),
    [PA_POSEIDON2_VESTA_T3] = OF_THREE(VESTA_T3, vesta),
    [PA_POSEIDON2_BABYBEAR_T16_PLONKY3] = TRUNCATED(BABYBEAR_T16_PLONKY3),
    [PA_POSEIDON2_BABYBEAR_T16_PLONKY3_SEED1] = TRUNCATED(BABYBEAR_T16_PLONKY3_SEED1),
    [PA_POSEIDON2_BABYBEAR_T16_GNARK] = FED_FORWARD(BABYBEAR_T16_GNARK),
};

const pa_hash_algorithm *pa_poseidon2_algorithm(uint32_t id)
{
    const uint32_t permutation = id - PYACCEL_HASH_POSEIDON2_BN254_T3;
    const uint32_t compression = id - PYACCEL_HASH_POSEIDON2_BN254_T3_COMPRESS;
    const poseidon2_algorithm *found = NULL;
    if (permutation < PA_POSEIDON2_SETS) {
        found = &permutations[permutation];
    } else if (compression < PA_POSEIDON2_SETS) {
        found = &compressions[compression];
    }
    return found != NULL && found->set != NULL ? &found->base : NULL;
}
