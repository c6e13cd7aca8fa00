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
#include "../hash/plan.h"
#include "../hash/poseidon2.h"
#include "../he/chacha20.h"
#include "../he/kernels.h"
#include "../he/sampler.h"
#include "../he/slots.h"
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
#define STREAMS_AVX512(family, stem, lanes)                                                                  \
    , {family##_LANES, "avx512-" #lanes, PA_CPU_AVX512, &pa_##stem##_lanes_##lanes##_avx512}
#else
#define LANES_AVX512(family, stem)
#define STREAMS_AVX512(family, stem, lanes)
#endif
#if PYACCEL_EMULATED
#define LANES_EMULATED(family, stem)                                                                         \
    , {family##_LANES, "avx512-emulated", PA_CPU_AVX512_EMULATED, &pa_##stem##_lanes_avx512_emulated}
#define STREAMS_EMULATED(family, stem, lanes)                                                                \
    , {family##_LANES, "avx512-" #lanes "-emulated", PA_CPU_AVX512_EMULATED,                                 \
       &pa_##stem##_lanes_##lanes##_avx512_emulated}
#else
#define LANES_EMULATED(family, stem)
#define STREAMS_EMULATED(family, stem, lanes)
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
/* Before WITH_ADX: kernels of signatures in lanes. */
#if PYACCEL_WITH_AVX512IFMA
#define VERIFY_AVX512IFMA(family, stem)                                                                      \
    {family, "avx512ifma", PA_CPU_AVX512 | PA_CPU_AVX512IFMA, &pa_##stem##_avx512ifma},
#else
#define VERIFY_AVX512IFMA(family, stem)
#endif
#if PYACCEL_EMULATED
#define VERIFY_EMULATED(family, stem)                                                                        \
    {family, "avx512ifma-emulated", PA_CPU_AVX512IFMA_EMULATED, &pa_##stem##_avx512ifma_emulated},
#else
#define VERIFY_EMULATED(family, stem)
#endif
#if PYACCEL_WITH_AVX2
#define VERIFY_AVX2(family, stem) {family, "avx2", PA_CPU_AVX2, &pa_##stem##_avx2},
#else
#define VERIFY_AVX2(family, stem)
#endif
#define VERIFY_LANES(family, stem)                                                                           \
    VERIFY_AVX512IFMA(family, stem) VERIFY_EMULATED(family, stem) VERIFY_AVX2(family, stem)
/* After those: AVX-512 streams side by side. */
#define MORE_STREAMS(family, stem, lanes)                                                                     \
    STREAMS_AVX512(family, stem, lanes) STREAMS_EMULATED(family, stem, lanes)
/* clang-format on */

/* Within a family the best comes first: the first whose needs are met is bound; of a menu (internal.h) all whose are. */
static const candidate candidates[] = {
/* probe */
#if PYACCEL_WITH_AVX2
    {PA_FAMILY_PROBE, "avx2", PA_CPU_AVX2, &pa_probe_avx2},
#endif
    {PA_FAMILY_PROBE, "portable", 0, &pa_probe_portable},

/* hash */
#if PYACCEL_WITH_SHANI
    {PA_FAMILY_SHA256, "shani", PA_CPU_SHANI | PA_CPU_AVX2, &pa_sha256_shani},
#if PYACCEL_WITH_AVX512
    {PA_FAMILY_SHA256_LANES, "shani-avx512-x32", PA_CPU_SHANI | PA_CPU_AVX2 | PA_CPU_AVX512,
     &pa_sha256_lanes_shani_avx512_x32},
#endif
    {PA_FAMILY_SHA256_LANES, "shani-x32", PA_CPU_SHANI | PA_CPU_AVX2, &pa_sha256_lanes_shani_x32},
    {PA_FAMILY_SHA256_LANES, "shani-x4", PA_CPU_SHANI | PA_CPU_AVX2, &pa_sha256_lanes_shani_x4},
    {PA_FAMILY_SHA256_LANES, "shani-x3", PA_CPU_SHANI | PA_CPU_AVX2, &pa_sha256_lanes_shani_x3},
    {PA_FAMILY_SHA256_LANES, "shani-x2", PA_CPU_SHANI | PA_CPU_AVX2, &pa_sha256_lanes_shani_x2},
    {PA_FAMILY_SHA256_LANES, "shani-x1", PA_CPU_SHANI | PA_CPU_AVX2, &pa_sha256_lanes_shani_x1},
#endif
    WITH_LANES(PA_FAMILY_SHA256, sha256) MORE_STREAMS(PA_FAMILY_SHA256, sha256, x32),
#if PYACCEL_WITH_AVX2
#if PYACCEL_WITH_AVX512
    {PA_FAMILY_SHA512, "avx512", PA_CPU_AVX2 | PA_CPU_AVX512, &pa_sha512_avx512},
#endif
    {PA_FAMILY_SHA512, "avx2", PA_CPU_AVX2, &pa_sha512_avx2},
#endif
    WITH_LANES(PA_FAMILY_SHA512, sha512) MORE_STREAMS(PA_FAMILY_SHA512, sha512, x16),
#if PYACCEL_WITH_AVX2
    {PA_FAMILY_KECCAK, "avx2", PA_CPU_AVX2, &pa_keccak_avx2},
#endif
    WITH_LANES(PA_FAMILY_KECCAK, keccak),
    WITH_LANES(PA_FAMILY_RIPEMD160, ripemd160) MORE_STREAMS(PA_FAMILY_RIPEMD160, ripemd160, x32),
#if PYACCEL_WITH_AVX2
    {PA_FAMILY_SM3, "avx2", PA_CPU_AVX2, &pa_sm3_avx2},
#endif
    WITH_LANES(PA_FAMILY_SM3, sm3) MORE_STREAMS(PA_FAMILY_SM3, sm3, x32)
        MORE_STREAMS(PA_FAMILY_SM3, sm3, x48),
#if PYACCEL_WITH_AVX2
    {PA_FAMILY_BLAKE2B, "avx2", PA_CPU_AVX2, &pa_blake2b_avx2},
    {PA_FAMILY_BLAKE2S, "avx2", PA_CPU_AVX2, &pa_blake2s_avx2},
    {PA_FAMILY_BLAKE3, "avx2", PA_CPU_AVX2, &pa_blake3_avx2},
#endif
    WITH_LANES(PA_FAMILY_BLAKE2B, blake2b),
    WITH_LANES(PA_FAMILY_BLAKE2S, blake2s),
    WITH_LANES(PA_FAMILY_BLAKE3, blake3),
    WITH_ADX(PA_FAMILY_POSEIDON2_BN254, poseidon2_bn254),
    WITH_ADX(PA_FAMILY_POSEIDON2_BLS12_381, poseidon2_bls12_381),
    WITH_ADX(PA_FAMILY_POSEIDON2_PALLAS, poseidon2_pallas),
    WITH_ADX(PA_FAMILY_POSEIDON2_VESTA, poseidon2_vesta),
    WITH_LANES(PA_FAMILY_POSEIDON2_GOLDILOCKS, poseidon2_goldilocks),
    WITH_LANES(PA_FAMILY_POSEIDON2_BABYBEAR, poseidon2_babybear),

    /* ed25519 */
    VERIFY_LANES(PA_FAMILY_ED25519, ed25519) WITH_ADX(PA_FAMILY_ED25519, ed25519),

    /* secp256k1 */
    VERIFY_LANES(PA_FAMILY_SECP256K1, secp256k1) WITH_ADX(PA_FAMILY_SECP256K1, secp256k1),

    /* bip340 */
    VERIFY_LANES(PA_FAMILY_BIP340, bip340) WITH_ADX(PA_FAMILY_BIP340, bip340),

    /* p256, p384, sm2 */
    VERIFY_LANES(PA_FAMILY_P256, p256) WITH_ADX(PA_FAMILY_P256, p256),
    VERIFY_LANES(PA_FAMILY_P384, p384){PA_FAMILY_P384, "portable", 0, &pa_p384_portable},
    VERIFY_LANES(PA_FAMILY_SM2, sm2) WITH_ADX(PA_FAMILY_SM2, sm2),

/* he */
#if PYACCEL_WITH_AVX512IFMA
    {PA_FAMILY_HE, "avx512ifma", PA_CPU_AVX512 | PA_CPU_AVX512IFMA, &pa_he_avx512ifma},
#endif
#if PYACCEL_EMULATED
    {PA_FAMILY_HE, "avx512ifma-emulated", PA_CPU_AVX512IFMA_EMULATED, &pa_he_avx512ifma_emulated},
#endif
#if PYACCEL_WITH_AVX2
    {PA_FAMILY_HE, "avx2", PA_CPU_AVX2, &pa_he_avx2},
#endif
    {PA_FAMILY_HE, "portable", 0, &pa_he_portable},
#if PYACCEL_WITH_AVX512
    {PA_FAMILY_HE_SLOTS, "avx512", PA_CPU_AVX512, &pa_he_slots_avx512},
#endif
#if PYACCEL_EMULATED
    {PA_FAMILY_HE_SLOTS, "avx512-emulated", PA_CPU_AVX512_EMULATED, &pa_he_slots_avx512_emulated},
#endif
#if PYACCEL_WITH_AVX2
    {PA_FAMILY_HE_SLOTS, "avx2", PA_CPU_AVX2, &pa_he_slots_avx2},
#endif
    {PA_FAMILY_HE_SLOTS, "portable", 0, &pa_he_slots_portable},
#if PYACCEL_WITH_AVX512
    {PA_FAMILY_CHACHA20, "avx512", PA_CPU_AVX512, &pa_chacha20_avx512},
#endif
#if PYACCEL_EMULATED
    {PA_FAMILY_CHACHA20, "avx512-emulated", PA_CPU_AVX512_EMULATED, &pa_chacha20_avx512_emulated},
#endif
#if PYACCEL_WITH_AVX2
    {PA_FAMILY_CHACHA20, "avx2", PA_CPU_AVX2, &pa_chacha20_avx2},
    {PA_FAMILY_HE_SAMPLER, "avx2", PA_CPU_AVX2, &pa_he_sampler_avx2},
#endif
    {PA_FAMILY_CHACHA20, "portable", 0, &pa_chacha20_portable},
    {PA_FAMILY_HE_SAMPLER, "portable", 0, &pa_he_sampler_portable},
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
    [PA_FAMILY_BLAKE2B_LANES] = "blake2b-lanes",
    [PA_FAMILY_BLAKE2S] = "blake2s",
    [PA_FAMILY_BLAKE2S_LANES] = "blake2s-lanes",
    [PA_FAMILY_BLAKE3] = "blake3",
    [PA_FAMILY_BLAKE3_LANES] = "blake3-lanes",
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
    [PA_FAMILY_BIP340] = "bip340",
    [PA_FAMILY_P256] = "p256",
    [PA_FAMILY_P384] = "p384",
    [PA_FAMILY_SM2] = "sm2",
    [PA_FAMILY_HE] = "he",
    [PA_FAMILY_HE_SLOTS] = "he-slots",
    [PA_FAMILY_CHACHA20] = "chacha20",
    [PA_FAMILY_HE_SAMPLER] = "he-sampler",
    [PA_FAMILY_PROBE] = "probe",
};

static bool is_menu(pa_family family)
{
    return family == PA_FAMILY_SHA256_LANES || family == PA_FAMILY_SHA512_LANES ||
           family == PA_FAMILY_KECCAK_LANES || family == PA_FAMILY_RIPEMD160_LANES ||
           family == PA_FAMILY_SM3_LANES || family == PA_FAMILY_BLAKE2B_LANES ||
           family == PA_FAMILY_BLAKE2S_LANES || family == PA_FAMILY_BLAKE3_LANES;
}

/* Families of which a core decides what is best: a vector operation of two cycles (Zen 5) makes rows of vectors slower than the
 * words one by one, and one of a cycle (Zen 4, Intel) as fast or faster. */
static const struct {
    pa_family family;
    void (*again)(const void *table, void *state);
} measured[] = {
    {PA_FAMILY_BLAKE2B, pa_blake2_again},
    {PA_FAMILY_BLAKE2S, pa_blake2_again},
    {PA_FAMILY_BLAKE3, pa_blake3_again},
};
#define MEASURED (sizeof measured / sizeof *measured)

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

#define NAMES_SIZE 1024 /* a spec may name every family */
#define TEXT_SIZE (NAMES_SIZE + 192)

static pthread_once_t bind_once = PTHREAD_ONCE_INIT;
static uint32_t available; /* bits that CPU and build have, emulated ones included */
static const candidate *bound[PA_FAMILY_COUNT]; /* the best of a menu */
static bool serves[CANDIDATES];                 /* bound, or on a bound menu */
static bool forced[PA_FAMILY_COUNT];            /* by name */
static _Atomic uint32_t binding;
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

/* What a spec says: bits, and what it says of single families. */
typedef struct {
    const cpu_name *level;
    uint32_t removed;                       /* bits of features */
    const candidate *only[PA_FAMILY_COUNT]; /* family=variant   */
    bool without[PA_FAMILY_COUNT];          /* -family          */
} selection;

static uint32_t mask_of(const selection *chosen)
{
    const uint32_t bits = chosen->level->bits;
    return bits == 0 ? 0 : (bits | (available & FEATURE_BITS & ~chosen->removed));
}

static void write_spec(const selection *chosen)
{
    spec_in_force[0] = '\0';
    append(spec_in_force, "", chosen->level->name);
    for (size_t i = 0; chosen->level->bits != 0 && i < FEATURES; i++) {
        if (chosen->removed & available & features[i].bits) {
            append(spec_in_force, ",-", features[i].name);
        }
    }
    for (size_t family = 0; family < PA_FAMILY_COUNT; family++) {
        if (chosen->without[family]) {
            append(spec_in_force, ",-", family_names[family]);
        } else if (chosen->only[family] != NULL) {
            append(spec_in_force, ",", family_names[family]);
            append(spec_in_force, "=", chosen->only[family]->variant);
        }
    }
}

typedef struct {
    void (*again)(const void *table, void *state);
    const candidate *items[PA_PLAN_ITEMS];
    _Alignas(8) uint8_t state[64];
} trial;

static void try_item(void *context, uint32_t item)
{
    trial *t = context;
    t->again(t->items[item]->table, t->state);
}

/* The quickest variant under `mask` of a family that is measured; where it is not by a tenth quicker, the one bound. */
static const candidate *quickest(size_t of, uint32_t mask)
{
    const candidate *best = bound[measured[of].family];
    trial t = {.again = measured[of].again};
    uint32_t count = 0, ticks[PA_PLAN_ITEMS];
    for (size_t i = 0; i < CANDIDATES && count < PA_PLAN_ITEMS; i++) {
        if (candidates[i].family == measured[of].family && (candidates[i].needs & ~mask) == 0) {
            t.items[count++] = &candidates[i];
        }
    }
    if (count < 2 || !pa_plan_measure(ticks, count, try_item, &t)) {
        return best;
    }
    /* The one bound is the first of them. */
    uint64_t least = ticks[0] - ticks[0] / 10;
    for (uint32_t i = 1; i < count; i++) {
        if (ticks[i] < least) {
            least = ticks[i];
            best = t.items[i];
        }
    }
    return best;
}

#define EMULATED_ALONE (PA_CPU_AVX512_EMULATED | PA_CPU_AVX512IFMA_EMULATED)

static void bind_selection(const selection *chosen)
{
    const uint32_t mask = mask_of(chosen);
    bool emulated[PA_FAMILY_COUNT] = {false};
    for (size_t family = 0; family < PA_FAMILY_COUNT; family++) {
        bound[family] = NULL;
        forced[family] = chosen->only[family] != NULL;
    }
    for (size_t i = 0; i < CANDIDATES; i++) {
        const uint32_t needs = candidates[i].needs;
        if ((needs & ~mask) == 0 && (needs & EMULATED_ALONE) != 0) {
            emulated[candidates[i].family] = true;
        }
    }
    for (size_t i = 0; i < CANDIDATES; i++) {
        const candidate *row = &candidates[i];
        const pa_family family = row->family;
        serves[i] = false;
        if ((row->needs & ~mask) != 0 || chosen->without[family] ||
            (forced[family]
                 ? chosen->only[family] != row
                 : is_menu(family) && emulated[family] && (row->needs & EMULATED_ALONE) == 0)) {
            continue;
        }
        serves[i] = bound[family] == NULL || is_menu(family);
        if (bound[family] == NULL) {
            bound[family] = row;
        }
    }
    for (size_t i = 0; i < MEASURED; i++) {
        const pa_family family = measured[i].family;
        if (bound[family] != NULL && !forced[family]) {
            serves[bound[family] - candidates] = false;
            bound[family] = quickest(i, mask);
            serves[bound[family] - candidates] = true;
        }
    }
    write_spec(chosen);
    atomic_fetch_add_explicit(&binding, 1, memory_order_release);
}

/* PA_FAMILY_COUNT where no family has this name. */
static pa_family find_family(const char *word, size_t size)
{
    pa_family family = 0;
    while (family < PA_FAMILY_COUNT && (strlen(family_names[family]) != size ||
                                        memcmp(family_names[family], word, size) != 0)) {
        family++;
    }
    return family;
}

/* family=variant, size characters at word. */
static bool select_variant(selection *chosen, const char *word, size_t size)
{
    const size_t name = (size_t)((const char *)memchr(word, '=', size) - word);
    const pa_family family = find_family(word, name);
    if (family == PA_FAMILY_COUNT || chosen->only[family] != NULL || chosen->without[family]) {
        return false;
    }
    for (size_t i = 0; i < CANDIDATES; i++) {
        const candidate *row = &candidates[i];
        if (row->family == family && strlen(row->variant) == size - name - 1 &&
            memcmp(row->variant, word + name + 1, size - name - 1) == 0) {
            chosen->only[family] = row;
        }
    }
    return chosen->only[family] != NULL;
}

static bool is_lanes(pa_family family)
{
    const char *name = family_names[family];
    return strlen(name) > 6 && strcmp(name + strlen(name) - 6, "-lanes") == 0;
}

/* -feature or -family, the latter one of lanes: every row is then served one by one. */
static bool select_without(selection *chosen, const char *word, size_t size)
{
    const cpu_name *feature = find(features, FEATURES, word, size);
    if (feature != NULL) {
        chosen->removed |= feature->bits;
        return true;
    }
    const pa_family family = find_family(word, size);
    if (family == PA_FAMILY_COUNT || !is_lanes(family) || chosen->only[family] != NULL) {
        return false;
    }
    chosen->without[family] = true;
    return true;
}

/* spec = level[,-feature|,-family|,family=variant...]; a known feature may be removed whether this CPU has it or not, so
 * that one spec serves many machines. */
static pyaccel_status select_spec(const char *spec)
{
    selection chosen = {.level = best_level()};
    if (spec == NULL || *spec == '\0') {
        bind_selection(&chosen);
        return PYACCEL_OK;
    }
    size_t size = strcspn(spec, ",");
    chosen.level = find(levels, LEVELS, spec, size);
    if (chosen.level == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    for (const char *rest = spec + size; *rest == ','; rest += size) {
        size = strcspn(++rest, ",");
        const bool known = *rest == '-' ? select_without(&chosen, rest + 1, size - 1)
                           : memchr(rest, '=', size) != NULL ? select_variant(&chosen, rest, size)
                                                             : false;
        if (!known) {
            return PYACCEL_INVALID_ARGUMENT;
        }
    }
    if (!runnable(chosen.level->bits)) {
        return PYACCEL_UNSUPPORTED;
    }
    for (size_t family = 0; family < PA_FAMILY_COUNT; family++) {
        if (chosen.only[family] != NULL && (chosen.only[family]->needs & ~mask_of(&chosen)) != 0) {
            return PYACCEL_UNSUPPORTED;
        }
    }
    bind_selection(&chosen);
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
        snprintf(complaint, TEXT_SIZE,
                 "PYACCEL_CPU=%.80s: %s; level[,-feature|,-family|,family=variant...] of: %s", spec,
                 status == PYACCEL_UNSUPPORTED ? "this CPU or this build lacks it" : "unknown name",
                 names);
    }
}

/* ---- what others call ------------------------------------------------------------------------ */

/* A small call takes a fraction of a microsecond: it finds one flag here. */
pyaccel_status pa_bind(void)
{
    static _Atomic bool sound; /* stays so: complaints only go */
    if (atomic_load_explicit(&sound, memory_order_acquire)) {
        return PYACCEL_OK;
    }
    pthread_once(&bind_once, bind_at_start);
    if (complaint[0] != '\0' || pa_threads_complaint() != NULL) {
        return PYACCEL_BAD_ENVIRONMENT;
    }
    atomic_store_explicit(&sound, true, memory_order_release);
    return PYACCEL_OK;
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

void pa_count_variant(uint32_t variant)
{
    atomic_fetch_add_explicit(&calls[variant], 1, memory_order_relaxed);
}

uint32_t pa_menu(pa_family family, pa_menu_row rows[PA_MENU_SIZE], bool *by_name)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < CANDIDATES && count < PA_MENU_SIZE; i++) {
        if (candidates[i].family == family && serves[i]) {
            rows[count++] = (pa_menu_row){
                .table = candidates[i].table,
                .variant = i,
                .measure = (candidates[i].needs & EMULATED_ALONE) == 0,
            };
        }
    }
    *by_name = forced[family];
    return count;
}

uint32_t pa_binding(void)
{
    return atomic_load_explicit(&binding, memory_order_acquire);
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
        .bound = serves[index],
        .runnable = runnable(row->needs),
        .calls = atomic_load_explicit(&calls[index], memory_order_relaxed),
    };
    return PYACCEL_OK;
}
