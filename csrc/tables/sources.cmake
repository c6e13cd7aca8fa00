# SPDX-License-Identifier: Apache-2.0
pa_sources(portable
  tables/edwards25519_comb.c
  tables/he_gaussian.c
  tables/poseidon2.c
  tables/ssz_zero_hashes.c)
pa_sources(portable
  tables/secp256k1_base.c tables/secp256k1_windows.c
  tables/p256_base.c tables/p256_windows.c
  tables/sm2_base.c tables/sm2_windows.c
  tables/p384_base.c tables/p384_windows.c)
