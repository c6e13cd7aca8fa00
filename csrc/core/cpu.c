/* SPDX-License-Identifier: Apache-2.0 */
/* What this CPU and its operating system can run: the only reader of CPUID. */
#include "internal.h"

#if defined(__x86_64__)
#include <cpuid.h>

/* Bits of CPUID leaves 1 and 7 (Intel SDM volume 2A, CPUID) and of XCR0 (volume 1, 13.1). */
#define LEAF1_ECX_SSSE3 (1u << 9)
#define LEAF1_ECX_FMA (1u << 12)
#define LEAF1_ECX_SSE41 (1u << 19)
#define LEAF1_ECX_OSXSAVE (1u << 27)
#define LEAF7_EBX_BMI1 (1u << 3)
#define LEAF7_EBX_AVX2 (1u << 5)
#define LEAF7_EBX_BMI2 (1u << 8)
#define LEAF7_EBX_AVX512F (1u << 16)
#define LEAF7_EBX_AVX512DQ (1u << 17)
#define LEAF7_EBX_ADX (1u << 19)
#define LEAF7_EBX_AVX512IFMA (1u << 21)
#define LEAF7_EBX_SHA (1u << 29)
#define LEAF7_EBX_AVX512BW (1u << 30)
#define LEAF7_EBX_AVX512VL (1u << 31)
#define LEAF7_ECX_AVX512VBMI2 (1u << 6)
#define LEAF7_ECX_GFNI (1u << 8)
/* What the level avx2 wants of leaf 7; valgrind has all of it but ADX. */
#ifdef PYACCEL_MEMCHECK
#define LEAF7_EBX_LEVEL_AVX2 (LEAF7_EBX_AVX2 | LEAF7_EBX_BMI1 | LEAF7_EBX_BMI2)
#else
#define LEAF7_EBX_LEVEL_AVX2 (LEAF7_EBX_AVX2 | LEAF7_EBX_BMI1 | LEAF7_EBX_BMI2 | LEAF7_EBX_ADX)
#endif
#define XCR0_YMM 0x06u /* xmm and upper halves of ymm                          */
#define XCR0_ZMM 0xe6u /* those, mask registers, upper halves of zmm, zmm16-31 */

static bool has(uint32_t word, uint32_t bits)
{
    return (word & bits) == bits;
}

static uint32_t saved_registers(void)
{
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    (void)high;
    return low;
}

uint32_t pa_cpu_features(void)
{
    uint32_t a, b1, c1, d, b7, c7;
    if (!__get_cpuid(1, &a, &b1, &c1, &d) || !__get_cpuid_count(7, 0, &a, &b7, &c7, &d)) {
        return 0;
    }
    uint32_t saved = has(c1, LEAF1_ECX_OSXSAVE) ? saved_registers() : 0;
    uint32_t features = 0;
    if (has(b7, LEAF7_EBX_SHA) && has(c1, LEAF1_ECX_SSSE3 | LEAF1_ECX_SSE41)) {
        features |= PA_CPU_SHANI;
    }
    if (has(b7, LEAF7_EBX_ADX | LEAF7_EBX_BMI2)) {
        features |= PA_CPU_ADX;
    }
    if (has(c7, LEAF7_ECX_GFNI)) {
        features |= PA_CPU_GFNI;
    }
    if (has(saved, XCR0_YMM) && has(c1, LEAF1_ECX_FMA) && has(b7, LEAF7_EBX_LEVEL_AVX2)) {
        features |= PA_CPU_AVX2;
    }
    if (has(features, PA_CPU_AVX2) && has(saved, XCR0_ZMM) && has(c7, LEAF7_ECX_AVX512VBMI2) &&
        has(b7, LEAF7_EBX_AVX512F | LEAF7_EBX_AVX512BW | LEAF7_EBX_AVX512DQ | LEAF7_EBX_AVX512VL)) {
        features |= PA_CPU_AVX512;
    }
    if (has(features, PA_CPU_AVX512) && has(b7, LEAF7_EBX_AVX512IFMA)) {
        features |= PA_CPU_AVX512IFMA;
    }
    return features;
}

#else

uint32_t pa_cpu_features(void)
{
    return 0;
}

#endif
