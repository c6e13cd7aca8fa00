# SPDX-License-Identifier: Apache-2.0
pa_sources(portable
  verify/der.c
  verify/ed25519_coefficients.c
  verify/ed25519_portable.c
  verify/ed25519_rows.c
  verify/ed25519_scalar.c
  verify/ed25519_single.c
  verify/prepared_keys.c
  verify/secp256k1_portable.c
  verify/secp256k1_rows.c
  verify/secp256k1_scalar.c
  verify/secp256k1_single.c
  verify/verify_many.c)
