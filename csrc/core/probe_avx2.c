/* SPDX-License-Identifier: Apache-2.0 */
/* 32-bit additions on twelve independent ymm registers: the port limit of plain vector work. */
#include <immintrin.h>

#include "probe.h"

static void run(uint64_t rounds)
{
    __m256i x[12];
    for (int j = 0; j < 12; j++) {
        x[j] = _mm256_set1_epi32(j + 1);
    }
    for (uint64_t i = 0; i < rounds; i++) {
        __asm__ volatile(".rept 4\n\t"
                         "vpaddd %0, %0, %0\n\tvpaddd %1, %1, %1\n\tvpaddd %2, %2, %2\n\t"
                         "vpaddd %3, %3, %3\n\tvpaddd %4, %4, %4\n\tvpaddd %5, %5, %5\n\t"
                         "vpaddd %6, %6, %6\n\tvpaddd %7, %7, %7\n\tvpaddd %8, %8, %8\n\t"
                         "vpaddd %9, %9, %9\n\tvpaddd %10, %10, %10\n\tvpaddd %11, %11, %11\n\t"
                         ".endr"
                         : "+x"(x[0]), "+x"(x[1]), "+x"(x[2]), "+x"(x[3]), "+x"(x[4]), "+x"(x[5]),
                           "+x"(x[6]), "+x"(x[7]), "+x"(x[8]), "+x"(x[9]), "+x"(x[10]),
                           "+x"(x[11]));
    }
    _mm256_zeroupper();
}

const struct pa_probe pa_probe_avx2 = {run};
