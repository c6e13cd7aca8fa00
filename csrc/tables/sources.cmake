# SPDX-License-Identifier: Apache-2.0
pa_sources(portable
  tables/edwards25519_comb.c
  tables/he_gaussian.c
  tables/poseidon2.c
  tables/ssz_zero_hashes.c)
