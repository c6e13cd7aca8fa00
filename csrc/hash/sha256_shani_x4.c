/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 with the SHA extensions, four messages side by side: where SHA256RNDS2 goes once a cycle (Zen 3). */
#define STREAMS 4
#define KERNEL pa_sha256_lanes_shani_x4

#include "sha256_shani.h"
