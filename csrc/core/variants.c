/* SPDX-License-Identifier: Apache-2.0 */
/* The only binder of variants: which implementation serves a family on this CPU, or within a spec. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../hash/blake2.h"
#include "../hash/blake3.h"
#include "../hash/kernel.h"
#include "../hash/poseidon2.h"
#include "../verify/verify.h"
#include "environment.h"
#include "internal.h"
#include "probe.h"

/* ---- the table ------------------------------------------------------------------------------- */

typedef struct {
    pa_family family;
    const char *variant;
    uint32_t needs; /* PA_CPU_*; an emulated row names its EMULATED bit, which no CPU has */
    const void *table;
} candidate;

/* A portable hash and its lanes, which are one text compiled once a level. */
/* clang-format off */
#if PYACCEL_WITH_AVX512
#define LANES_AVX512(family, stem) , {family##_LANES, "avx512", PA_CPU_AVX512, &pa_##stem##_lanes_avx512}
#else
#define LANES_AVX512(family, stem)
#endif
#if PYACCEL_EMULATED
#define LANES_EMULATED(family, stem)                                                                         \
    , {family##_LANES, "avx512-emulated", PA_CPU_AVX512_EMULATED, &pa_##stem##_lanes_avx512_emulated}
#else
#define LANES_EMULATED(family, stem)
#endif
#if PYACCEL_WITH_AVX2
#define LANES_AVX2(family, stem) , {family##_LANES, "avx2", PA_CPU_AVX2, &pa_##stem##_lanes_avx2}
#else
#define LANES_AVX2(family, stem)
#endif
#if PYACCEL_WITH_ADX
#define WITH_ADX(family, stem)                                                                               \
    {family, "adx", PA_CPU_ADX, &pa_##stem##_adx}, {family, "portable", 0, &pa_##stem##_portable}
#else
#define WITH_ADX(family, stem) {family, "portable", 0, &pa_##stem##_portable}
#endif
#define WITH_LANES(family, stem)                                                                             \
    {family, "portable", 0, &pa_##stem##_portable}                                                           \
    LANES_AVX512(family, stem) LANES_EMULATED(family, stem) LANES_AVX2(family, stem)
/* clang-format on */

/* Within a family the best comes first: the first whose needs are met is bound. */
static const candidate candidates[] = {
/* probe */
#if PYACCEL_WITH_AVX2
    {PA_FAMILY_PROBE, "avx2", PA_CPU_AVX2, &pa_probe_avx2},
#endif
    {PA_FAMILY_PROBE, "portable", 0, &pa_probe_portable},

/* hash */
#if PYACCEL_WITH_SHANI
    {PA_FAMILY_SHA256, "shani", PA_CPU_SHANI, &pa_sha256_shani},
#endif
    WITH_LANES(PA_FAMILY_SHA256, sha256),
    WITH_LANES(PA_FAMILY_SHA512, sha512),
    WITH_LANES(PA_FAMILY_KECCAK, keccak),
    WITH_LANES(PA_FAMILY_RIPEMD160, ripemd160),
    WITH_LANES(PA_FAMILY_SM3, sm3),
    {PA_FAMILY_BLAKE2B, "portable", 0, &pa_blake2b_portable},
    {PA_FAMILY_BLAKE2S, "portable", 0, &pa_blake2s_portable},
    {PA_FAMILY_BLAKE3, "portable", 0, &pa_blake3_portable},
    WITH_ADX(PA_FAMILY_POSEIDON2_BN254, poseidon2_bn254),
    WITH_ADX(PA_FAMILY_POSEIDON2_BLS12_381, poseidon2_bls12_381),
    WITH_ADX(PA_FAMILY_POSEIDON2_PALLAS, poseidon2_pallas),
    WITH_ADX(PA_FAMILY_POSEIDON2_VESTA, poseidon2_vesta),
    WITH_LANES(PA_FAMILY_POSEIDON2_GOLDILOCKS, poseidon2_goldilocks),
    WITH_LANES(PA_FAMILY_POSEIDON2_BABYBEAR, poseidon2_babybear),

    /* ed25519 */
    {PA_FAMILY_ED25519, "portable", 0, &pa_ed25519_portable},

    /* secp256k1 */
    {PA_FAMILY_SECP256K1, "portable", 0, &pa_secp256k1_portable},
};
#define CANDIDATES (sizeof candidates / sizeof *candidates)

static const char *const family_names[PA_FAMILY_COUNT] = {
    [PA_FAMILY_SHA256] = "sha256",
    [PA_FAMILY_SHA256_LANES] = "sha256-lanes",
    [PA_FAMILY_SHA512] = "sha512",
    [PA_FAMILY_SHA512_LANES] = "sha512-lanes",
    [PA_FAMILY_KECCAK] = "keccak",
    [PA_FAMILY_KECCAK_LANES] = "keccak-lanes",
    [PA_FAMILY_RIPEMD160] = "ripemd160",
    [PA_FAMILY_RIPEMD160_LANES] = "ripemd160-lanes",
    [PA_FAMILY_SM3] = "sm3",
    [PA_FAMILY_SM3_LANES] = "sm3-lanes",
    [PA_FAMILY_BLAKE2B] = "blake2b",
    [PA_FAMILY_BLAKE2S] = "blake2s",
    [PA_FAMILY_BLAKE3] = "blake3",
    [PA_FAMILY_POSEIDON2_BN254] = "poseidon2-bn254",
    [PA_FAMILY_POSEIDON2_BLS12_381] = "poseidon2-bls12-381",
    [PA_FAMILY_POSEIDON2_PALLAS] = "poseidon2-pallas",
    [PA_FAMILY_POSEIDON2_VESTA] = "poseidon2-vesta",
    [PA_FAMILY_POSEIDON2_GOLDILOCKS] = "poseidon2-goldilocks",
    [PA_FAMILY_POSEIDON2_GOLDILOCKS_LANES] = "poseidon2-goldilocks-lanes",
    [PA_FAMILY_POSEIDON2_BABYBEAR] = "poseidon2-babybear",
    [PA_FAMILY_POSEIDON2_BABYBEAR_LANES] = "poseidon2-babybear-lanes",
    [PA_FAMILY_ED25519] = "ed25519",
    [PA_FAMILY_SECP256K1] = "secp256k1",
    [PA_FAMILY_PROBE] = "probe",
};

/* ---- names ----------------------------------------------------------------------------------- */

typedef struct {
    const char *name;
    uint32_t bits; /* what a level turns on, what -feature turns off */
} cpu_name;

#define AVX512_BITS (PA_CPU_AVX2 | PA_CPU_AVX512)
#define EMULATED_BITS (PA_CPU_AVX2 | PA_CPU_AVX512_EMULATED)

/* Lowest first; the emulated ones are never chosen but by name. */
static const cpu_name levels[] = {
    {"portable", 0},
    {"avx2", PA_CPU_AVX2},
    {"avx512", AVX512_BITS},
    {"avx512ifma", AVX512_BITS | PA_CPU_AVX512IFMA},
    {"avx512-emulated", EMULATED_BITS},
    {"avx512ifma-emulated", EMULATED_BITS | PA_CPU_AVX512IFMA_EMULATED},
};
#define LEVELS (sizeof levels / sizeof *levels)
#define REAL_LEVELS 4

static const cpu_name features[] = {
    {"shani", PA_CPU_SHANI},
    {"adx", PA_CPU_ADX},
    {"gfni", PA_CPU_GFNI},
};
#define FEATURES (sizeof features / sizeof *features)
#define FEATURE_BITS (PA_CPU_SHANI | PA_CPU_ADX | PA_CPU_GFNI)

/* Bits whose variants were left out of this build. gfni has no build option: it is a detail of a variant. */
#define LEFT_OUT                                                                                   \
    ((PYACCEL_WITH_AVX2 ? 0u : PA_CPU_AVX2) | (PYACCEL_WITH_AVX512 ? 0u : PA_CPU_AVX512) |         \
     (PYACCEL_WITH_AVX512IFMA ? 0u : PA_CPU_AVX512IFMA) |                                          \
     (PYACCEL_WITH_SHANI ? 0u : PA_CPU_SHANI) | (PYACCEL_WITH_ADX ? 0u : PA_CPU_ADX))

/* ---- state ----------------------------------------------------------------------------------- */

#define NAMES_SIZE 128
#define TEXT_SIZE 320

static pthread_once_t bind_once = PTHREAD_ONCE_INIT;
static uint32_t available; /* bits that CPU and build have, emulated ones included */
static const candidate *bound[PA_FAMILY_COUNT];
static char names[NAMES_SIZE]; /* what pyaccel_cpu_names answers */
static char spec_in_force[NAMES_SIZE];
static char complaint[TEXT_SIZE]; /* about PYACCEL_CPU; empty when there is none */
static _Atomic uint64_t calls[CANDIDATES];

static void append(char text[NAMES_SIZE], const char *separator, const char *word)
{
    size_t used = strlen(text);
    snprintf(text + used, NAMES_SIZE - used, "%s%s", used == 0 ? "" : separator, word);
}

static const cpu_name *find(const cpu_name *table, size_t count, const char *word, size_t size)
{
    for (size_t i = 0; i < count; i++) {
        if (strlen(table[i].name) == size && memcmp(table[i].name, word, size) == 0) {
            return &table[i];
        }
    }
    return NULL;
}

static bool runnable(uint32_t needs)
{
    return (needs & ~available) == 0;
}

static const cpu_name *best_level(void)
{
    const cpu_name *best = &levels[0];
    for (size_t i = 1; i < REAL_LEVELS; i++) {
        if (runnable(levels[i].bits)) {
            best = &levels[i];
        }
    }
    return best;
}

static void bind_within(const cpu_name *level, uint32_t removed)
{
    uint32_t mask = level->bits == 0 ? 0 : (level->bits | (available & FEATURE_BITS & ~removed));
    for (size_t family = 0; family < PA_FAMILY_COUNT; family++) {
        bound[family] = NULL;
    }
    for (size_t i = 0; i < CANDIDATES; i++) {
        const candidate *row = &candidates[i];
        if (bound[row->family] == NULL && (row->needs & ~mask) == 0) {
            bound[row->family] = row;
        }
    }
    spec_in_force[0] = '\0';
    append(spec_in_force, "", level->name);
    for (size_t i = 0; level->bits != 0 && i < FEATURES; i++) {
        if (removed & available & features[i].bits) {
            append(spec_in_force, ",-", features[i].name);
        }
    }
}

/* spec = level[,-feature...]; a known feature may be removed whether this CPU has it or not, so that one
 * spec serves many machines. */
static pyaccel_status select_spec(const char *spec)
{
    if (spec == NULL || *spec == '\0') {
        bind_within(best_level(), 0);
        return PYACCEL_OK;
    }
    size_t size = strcspn(spec, ",");
    const cpu_name *level = find(levels, LEVELS, spec, size);
    if (level == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    uint32_t removed = 0;
    for (const char *rest = spec + size; *rest == ',';) {
        if (*++rest != '-') {
            return PYACCEL_INVALID_ARGUMENT;
        }
        size = strcspn(++rest, ",");
        const cpu_name *feature = find(features, FEATURES, rest, size);
        if (feature == NULL) {
            return PYACCEL_INVALID_ARGUMENT;
        }
        removed |= feature->bits;
        rest += size;
    }
    if (!runnable(level->bits)) {
        return PYACCEL_UNSUPPORTED;
    }
    bind_within(level, removed);
    return PYACCEL_OK;
}

static void bind_at_start(void)
{
    available = pa_cpu_features() & ~LEFT_OUT;
    if (PYACCEL_EMULATED && (available & PA_CPU_AVX2)) {
        available |= PA_CPU_AVX512_EMULATED | PA_CPU_AVX512IFMA_EMULATED;
    }
    names[0] = '\0'; /* a fork in the midst of the parent's first call leaves a part of it here */
    for (size_t i = 0; i < LEVELS; i++) {
        if (runnable(levels[i].bits)) {
            append(names, " ", levels[i].name);
        }
    }
    for (size_t i = 0; i < FEATURES; i++) {
        if (runnable(features[i].bits)) {
            append(names, " ", features[i].name);
        }
    }
    const char *spec = pa_environment("PYACCEL_CPU");
    pyaccel_status status = select_spec(spec);
    if (status != PYACCEL_OK) {
        snprintf(complaint, TEXT_SIZE, "PYACCEL_CPU=%.80s: %s; level[,-feature...] of: %s", spec,
                 status == PYACCEL_UNSUPPORTED ? "this CPU or this build lacks it" : "unknown name",
                 names);
    }
}

/* ---- what others call ------------------------------------------------------------------------ */

pyaccel_status pa_bind(void)
{
    pthread_once(&bind_once, bind_at_start);
    return complaint[0] == '\0' && pa_threads_complaint() == NULL ? PYACCEL_OK
                                                                  : PYACCEL_BAD_ENVIRONMENT;
}

const void *pa_bound(pa_family family)
{
    return bound[family] == NULL ? NULL : bound[family]->table;
}

void pa_count(pa_family family)
{
    if (bound[family] != NULL) {
        atomic_fetch_add_explicit(&calls[bound[family] - candidates], 1, memory_order_relaxed);
    }
}

pyaccel_status pyaccel_cpu_select(const char *spec)
{
    pthread_once(&bind_once, bind_at_start);
    pyaccel_status status = select_spec(spec);
    if (status == PYACCEL_OK) {
        complaint[0] = '\0';
    }
    return status;
}

const char *pyaccel_cpu_names(void)
{
    pthread_once(&bind_once, bind_at_start);
    return names;
}

const char *pyaccel_cpu_spec(void)
{
    static _Thread_local char text[TEXT_SIZE];
    pthread_once(&bind_once, bind_at_start);
    const char *answer = pa_threads_complaint();
    if (answer == NULL) {
        answer = spec_in_force;
    }
    snprintf(text, TEXT_SIZE, "%s", complaint[0] != '\0' ? complaint : answer);
    return text;
}

uint32_t pyaccel_variant_count(void)
{
    return CANDIDATES;
}

pyaccel_status pyaccel_variant_get(pyaccel_variant *out, uint32_t index)
{
    if (out == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    memset(out, 0, sizeof *out);
    if (index >= CANDIDATES) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    pthread_once(&bind_once, bind_at_start);
    const candidate *row = &candidates[index];
    *out = (pyaccel_variant){
        .family = family_names[row->family],
        .variant = row->variant,
        .bound = bound[row->family] == row,
        .runnable = runnable(row->needs),
        .calls = atomic_load_explicit(&calls[index], memory_order_relaxed),
    };
    return PYACCEL_OK;
}
