/* SPDX-License-Identifier: Apache-2.0 */
/* The throughput probe's variants: count operations of the widest kind, dependency-free. */
#ifndef PA_CORE_PROBE_H
#define PA_CORE_PROBE_H

#include <stdint.h>

/* Runs `rounds` rounds of PA_PROBE_OPERATIONS operations each that do not wait for one another. */
#define PA_PROBE_OPERATIONS 48
struct pa_probe {
    void (*run)(uint64_t rounds);
};

extern const struct pa_probe pa_probe_portable;
extern const struct pa_probe pa_probe_avx2;

#endif
