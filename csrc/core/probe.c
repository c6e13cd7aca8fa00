/* SPDX-License-Identifier: Apache-2.0 */
/* pyaccel_probe: the core's clock and its throughput, so that a figure can say what machine moment it is from. */
#include <time.h>

#include "internal.h"
#include "probe.h"

#define BURSTS 7
#define CHAIN_ROUNDS 4000u
#define PROBE_ROUNDS 8000u

/* A chain of 16 dependent multiplications a round: 3 cycles each on every x86-64 core since 2010. */
#define MULTIPLY_LATENCY 3u
#define MULTIPLIES 16u

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void portable_run(uint64_t rounds)
{
    uint64_t x[6] = {1, 3, 5, 7, 9, 11};
    for (uint64_t i = 0; i < rounds * (PA_PROBE_OPERATIONS / 6); i++) {
        for (int j = 0; j < 6; j++) {
            x[j] *= 0x9e3779b97f4a7c15u;
        }
        __asm__ volatile(""
                         : "+r"(x[0]), "+r"(x[1]), "+r"(x[2]), "+r"(x[3]), "+r"(x[4]), "+r"(x[5]));
    }
}

const struct pa_probe pa_probe_portable = {portable_run};

/* Shortest of some bursts: whatever else runs on the machine only adds. */
static double best_seconds(void (*run)(uint64_t), uint64_t rounds)
{
    double best = 1e9;
    for (int burst = 0; burst < BURSTS; burst++) {
        const double start = seconds_now();
        run(rounds);
        const double seconds = seconds_now() - start;
        best = seconds < best ? seconds : best;
    }
    return best > 0 ? best : 1e-9;
}

#if defined(__x86_64__)
static void chain(uint64_t rounds)
{
    uint64_t x = rounds | 1;
    for (uint64_t i = 0; i < rounds; i++) {
        __asm__ volatile(".rept 16\n\timulq %0, %0\n\t.endr" : "+r"(x));
    }
}

static double clock_rate(void)
{
    return CHAIN_ROUNDS * MULTIPLIES * MULTIPLY_LATENCY / best_seconds(chain, CHAIN_ROUNDS);
}
#else
static double clock_rate(void)
{
    return 0;
}
#endif

pyaccel_status pyaccel_probe(double *clock_hz, double *vector_rate)
{
    if (clock_hz == NULL || vector_rate == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    *clock_hz = *vector_rate = 0;
    const pyaccel_status status = pa_bind();
    if (status != PYACCEL_OK) {
        return status;
    }
    const struct pa_probe *probe = pa_bound(PA_FAMILY_PROBE);
    pa_count(PA_FAMILY_PROBE);
    *clock_hz = clock_rate();
    *vector_rate =
        (double)PROBE_ROUNDS * PA_PROBE_OPERATIONS / best_seconds(probe->run, PROBE_ROUNDS);
    return PYACCEL_OK;
}
