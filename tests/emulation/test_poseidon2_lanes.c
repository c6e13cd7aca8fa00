/* SPDX-License-Identifier: Apache-2.0 */
/* The lanes of Poseidon2 against one state at a time, every set of each field.
 *   test_poseidon2_lanes_... [rounds]   exits 77 when this CPU can't run it */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "hash/poseidon2.h"
#include "random.h"

#define CONCATENATE(a, b) a##b
#define NAME(stem, suffix) CONCATENATE(stem, suffix)
#define BABYBEAR NAME(pa_poseidon2_babybear_lanes_, PYACCEL_SUFFIX)
#define GOLDILOCKS NAME(pa_poseidon2_goldilocks_lanes_, PYACCEL_SUFFIX)

#define BABYBEAR_P 0x78000001u
#define GOLDILOCKS_P 0xffffffff00000001u

/* Numbers at the ends of the field and of words come up now and then. */
static uint64_t element(uint64_t p)
{
    const uint64_t edges[] = {0, 1, p - 1, p - 2, p >> 1, 0xffffffff % p, (uint64_t)1 << 32};
    const uint64_t x = random_word();
    return (x & 7) < 7 && (x & 8) ? edges[x & 7] % p : (x >> 3) % p;
}

static void check_babybear(const pa_poseidon2_set *set)
{
    _Alignas(64) uint32_t lanes[24 * 16], single[16][24];
    const uint32_t n = BABYBEAR.lanes;
    for (uint32_t i = 0; i < set->t; i++) {
        for (uint32_t l = 0; l < n; l++) {
            lanes[i * n + l] = single[l][i] = (uint32_t)element(BABYBEAR_P);
        }
    }
    BABYBEAR.permute(lanes, set);
    for (uint32_t l = 0; l < n; l++) {
        pa_poseidon2_babybear_portable.permute(single[l], set);
        for (uint32_t i = 0; i < set->t; i++) {
            CHECK(lanes[i * n + l] == single[l][i] && single[l][i] < BABYBEAR_P);
        }
    }
}

static void check_goldilocks(const pa_poseidon2_set *set)
{
    _Alignas(64) uint64_t lanes[12 * 8], single[8][12];
    const uint32_t n = GOLDILOCKS.lanes;
    for (uint32_t i = 0; i < set->t; i++) {
        for (uint32_t l = 0; l < n; l++) {
            lanes[i * n + l] = single[l][i] = element(GOLDILOCKS_P);
        }
    }
    GOLDILOCKS.permute(lanes, set);
    for (uint32_t l = 0; l < n; l++) {
        pa_poseidon2_goldilocks_portable.permute(single[l], set);
        for (uint32_t i = 0; i < set->t; i++) {
            CHECK(lanes[i * n + l] == single[l][i] && single[l][i] < GOLDILOCKS_P);
        }
    }
}

static int can_run(void)
{
#ifdef EMULATED
    return __builtin_cpu_supports("avx2");
#else
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq");
#endif
}

int main(int argc, char **argv)
{
    const long rounds = argc > 1 ? atol(argv[1]) : 20;
    __builtin_cpu_init();
    if (!can_run()) {
        puts("this CPU has no AVX-512");
        return SKIPPED;
    }
    CHECK(BABYBEAR.lanes == 16 && GOLDILOCKS.lanes == 8);
    for (long r = 0; r < rounds; r++) {
        for (int set = 0; set < PA_POSEIDON2_SETS; set++) {
            if (set >= PA_POSEIDON2_BABYBEAR_T16_HORIZENLABS) {
                check_babybear(&pa_poseidon2_sets[set]);
            } else if (set >= PA_POSEIDON2_GOLDILOCKS_T8_HORIZENLABS) {
                check_goldilocks(&pa_poseidon2_sets[set]);
            }
        }
    }
    return finish();
}
