/* SPDX-License-Identifier: Apache-2.0 */
/* 2^255 - 19 in four lanes. */
#ifndef PA_TEST_FE25519_QUAD_H
#define PA_TEST_FE25519_QUAD_H

#include "field/fe25519_portable.h"
#include "quad.h"

#define fe25519_chain quad_chain
#undef PA_FE25519_CHAINS_H
#include "field/fe25519_chains.h"

#endif
