/* SPDX-License-Identifier: Apache-2.0 */
/* What the rooms of libpyaccel share; not installed. */
#ifndef PA_CORE_INTERNAL_H
#define PA_CORE_INTERNAL_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pyaccel/core.h"

/* ---- rows (rows.c) --------------------------------------------------------------------------- */

/* One row: size bytes at data (NULL only when size is 0). */
typedef struct {
    const uint8_t *data;
    uint64_t size;
} pa_bytes;

/* True when rows is not NULL and its shape is sound for n rows: pointers, reserved, offset_bits, fixed rows inside data_size.
 * Offsets themselves are checked row by row, when they are read. */
bool pa_rows_valid(const pyaccel_rows *rows, uint64_t n);

/* *row = row i, each offset read once and checked; false (and an empty row) when it runs backwards or past the
 * end. Before: pa_rows_valid(rows, n), i < n. */
bool pa_rows_get(pa_bytes *row, const pyaccel_rows *rows, uint64_t i);

/* out[i * apart] = row first + i for i < count, as pa_rows_get has them; false, and not all of them written, where one of the
 * offsets is bad. Before: pa_rows_valid(rows, first + count). */
bool pa_rows_take(pa_bytes *out, uint64_t apart, const pyaccel_rows *rows, uint64_t first,
                  uint64_t count);

/* The same rows without the first `first` of them. Before: pa_rows_valid(rows, first). */
pyaccel_rows pa_rows_from(const pyaccel_rows *rows, uint64_t first);

/* True when the size bytes at out (NULL: none) share one with those that n rows may reach, or with
 * their offsets. Before: pa_rows_valid(rows, n). */
bool pa_rows_overlap(const pyaccel_rows *rows, uint64_t n, const uint8_t *out, uint64_t size);

/* ---- secrets (wipe.c) ------------------------------------------------------------------------ */

/* Zeroes `size` bytes, and no compiler leaves it out because nobody reads them afterwards. */
void pa_wipe(void *memory, size_t size);

/* Zeroes 24 KiB of the stack below the caller, where frames of functions that it called may still hold secrets. */
void pa_wipe_stack(void);

/* out = `size` <= 256 bytes of the operating system (draw.c); `wait`: until its generator is ready. False: it gave none, out is
 * zeroed. */
bool pa_draw(void *out, size_t size, bool wait);

/* ---- options --------------------------------------------------------------------------------- */

/* True when options (not NULL) are of a size that this library knows and hold nothing that it does not; the
 * size is looked at first, so that nothing past a shorter struct is read. */
#define PA_OPTIONS_VALID(options)                                                                  \
    ((options)->struct_size == sizeof *(options) && (options)->reserved == 0)

/* ---- CPU (cpu.c, the only reader of CPUID) --------------------------------------------------- */

#define PA_CPU_AVX2 (1u << 0)       /* AVX2, FMA, BMI1, BMI2, ADX, and the OS saves ymm */
#define PA_CPU_AVX512 (1u << 1)     /* F, BW, DQ, VL, VBMI2, and the OS saves zmm */
#define PA_CPU_AVX512IFMA (1u << 2) /* the above and IFMA */
#define PA_CPU_SHANI (1u << 3)
#define PA_CPU_ADX (1u << 4)
#define PA_CPU_GFNI (1u << 5)
#define PA_CPU_AVX512_EMULATED (1u << 6)     /* test builds: AVX-512 kernels over pairs of ymm */
#define PA_CPU_AVX512IFMA_EMULATED (1u << 7) /* likewise */

/* Bits that this CPU and operating system have (the emulated ones: never). Read once. */
uint32_t pa_cpu_features(void);

/* ---- variants (variants.c, the only binder) -------------------------------------------------- */

/* A family is one job that has a variant per CPU class. Each variant file exports one constant table of the
 * family's own struct type; variants.c lists them, best first. */
typedef enum {
    PA_FAMILY_SHA256,       /* struct pa_hash_single: portable, shani */
    PA_FAMILY_SHA256_LANES, /* struct pa_hash_lanes, several bound at once (a menu), or none */
    PA_FAMILY_SHA512,       /* struct pa_hash_single: portable, avx2, avx512 */
    PA_FAMILY_SHA512_LANES, /* likewise */
    PA_FAMILY_KECCAK,       /* struct pa_hash_single: portable, avx2 */
    PA_FAMILY_KECCAK_LANES, /* as SHA256_LANES */
    PA_FAMILY_RIPEMD160,
    PA_FAMILY_RIPEMD160_LANES,
    PA_FAMILY_SM3,
    PA_FAMILY_SM3_LANES,
    PA_FAMILY_BLAKE2B,       /* struct pa_blake2: portable, avx2 */
    PA_FAMILY_BLAKE2B_LANES, /* struct pa_blake2, a menu or none */
    PA_FAMILY_BLAKE2S,       /* struct pa_blake2 */
    PA_FAMILY_BLAKE2S_LANES,
    PA_FAMILY_BLAKE3, /* struct pa_blake3 */
    PA_FAMILY_BLAKE3_LANES,
    PA_FAMILY_POSEIDON2_BN254, /* struct pa_poseidon2: portable, adx */
    PA_FAMILY_POSEIDON2_BLS12_381,
    PA_FAMILY_POSEIDON2_PALLAS,
    PA_FAMILY_POSEIDON2_VESTA,
    PA_FAMILY_POSEIDON2_GOLDILOCKS,       /* portable */
    PA_FAMILY_POSEIDON2_GOLDILOCKS_LANES, /* avx2, avx512, avx512-emulated; may be unbound */
    PA_FAMILY_POSEIDON2_BABYBEAR,
    PA_FAMILY_POSEIDON2_BABYBEAR_LANES,
    PA_FAMILY_ED25519,    /* struct pa_verify_kernel */
    PA_FAMILY_SECP256K1,  /* struct pa_verify_kernel */
    PA_FAMILY_BIP340,     /* struct pa_verify_kernel */
    PA_FAMILY_P256,       /* struct pa_verify_kernel */
    PA_FAMILY_P384,       /* struct pa_verify_kernel */
    PA_FAMILY_SM2,        /* struct pa_verify_kernel */
    PA_FAMILY_HE,         /* pa_he_kernels */
    PA_FAMILY_CHACHA20,   /* struct pa_chacha20 */
    PA_FAMILY_HE_SAMPLER, /* struct pa_he_sampler */
    PA_FAMILY_HE_SLOTS,   /* struct pa_he_slots */
    PA_FAMILY_PROBE,      /* struct pa_probe */
    PA_FAMILY_COUNT
} pa_family;

/* Binds at first use (PYACCEL_CPU). OK, or BAD_ENVIRONMENT: every public call starts with it. */
pyaccel_status pa_bind(void);

/* The bound table of a family, NULL when it has none for this CPU. Before: pa_bind() said OK. */
const void *pa_bound(pa_family family);

/* Counts one batch run by the bound variant of family (relaxed atomic). */
void pa_count(pa_family family);

/* A family of ..._LANES, but those of Poseidon2, binds every variant that can run, a menu to choose from batch by batch;
 * under an emulated level only the emulated ones, where it has any. */
#define PA_MENU_SIZE 16
typedef struct {
    const void *table;
    uint32_t variant; /* its index, as pyaccel_variant_get has it */
    bool measure;     /* false: emulated, its time says nothing   */
} pa_menu_row;

/* Fills rows with what is bound, best first; returns how many, at most PA_MENU_SIZE. *forced: the spec names the one that
 * there is, so that it has to serve every row. */
uint32_t pa_menu(pa_family family, pa_menu_row rows[PA_MENU_SIZE], bool *forced);

/* Counts one batch run by a variant of a menu. */
void pa_count_variant(uint32_t variant);

/* Raised whenever variants are bound anew: what was made of a binding is stale then. */
uint32_t pa_binding(void);

/* ---- threads (threads.c) --------------------------------------------------------------------- */

/* Works on rows [first, last) of a batch. */
typedef pyaccel_status pa_range_fn(void *context, uint64_t first, uint64_t last);

/* A multiple of most lane counts: ranges of as many rows, or of multiples, leave no lane idle. */
#define PA_RANGE_UNIT 64u

/* Runs fn over [0, n) in ranges of grain > 0 rows (the last one shorter) on `threads` threads (0: PYACCEL_THREADS,
 * else 1; the caller's is one of them); with one thread, no thread is made. progress, when given, is called from the
 * calling thread only. Workers block all signals and are made anew after a fork. Returns the first status that is not
 * OK; remaining ranges are then skipped. */
pyaccel_status pa_parallel(uint32_t threads, uint64_t n, uint64_t grain, pa_range_fn *fn,
                           void *context, pyaccel_progress progress, void *user);

/* Starts a thread that blocks all signals and has a stack of 2 MiB; false when there is none to be had. */
bool pa_thread_start(pthread_t *thread, void *(*fn)(void *), void *argument);

/* How many threads pa_parallel takes at most where `threads` are asked for. Before: pa_bind() said OK. */
uint32_t pa_thread_count(uint32_t threads);

#endif
