# SPDX-License-Identifier: Apache-2.0
pa_sources(portable
  verify/der.c
  verify/ed25519_halves.c
  verify/ed25519_portable.c
  verify/ed25519_rows.c
  verify/ed25519_scalar.c
  verify/ed25519_single.c
  verify/p256_portable.c
  verify/prepared_keys.c
  verify/prime_order.c
  verify/repeated_keys.c
  verify/secp256k1_portable.c
  verify/secp256k1_rows.c
  verify/secp256k1_scalar.c
  verify/secp256k1_single.c
  verify/sm2_portable.c
  verify/sm2_rows.c
  verify/verify_many.c
  verify/weierstrass_rows.c)
pa_sources(portable verify/cache.c verify/cache_tags.c verify/verify_cached.c)
pa_sources(portable verify/bip340_join.c verify/bip340_rows.c verify/coefficients.c)
pa_sources(portable verify/p256_single.c verify/p384_portable.c verify/p384_single.c verify/sm2_single.c)
pa_sources(portable
  verify/recover_many.c
  verify/secp256k1_recover_rows.c
  verify/verify_run.c)
pa_sources(adx
  verify/ed25519_adx.c
  verify/ed25519_single.c)
# As poseidon2's (hash/sources.cmake): no element is read by vectors after it was written by words.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  set_source_files_properties(
    "${PROJECT_SOURCE_DIR}/csrc/verify/ed25519_adx.c" "${PROJECT_SOURCE_DIR}/csrc/verify/ed25519_single.c"
    PROPERTIES COMPILE_OPTIONS -mgeneral-regs-only)
endif()
pa_sources(avx2 verify/ed25519_avx2.c)
# Its products are exact because of how each of their operations rounds.
set_source_files_properties("${PROJECT_SOURCE_DIR}/csrc/verify/ed25519_avx2.c"
  PROPERTIES COMPILE_OPTIONS -ffp-contract=off)
pa_sources(avx512ifma verify/ed25519_avx512ifma.c verify/ed25519_decode_avx512ifma.c)
pa_sources(avx512ifma verify/p256_avx512ifma.c verify/p384_avx512ifma.c verify/secp256k1_avx512ifma.c verify/sm2_avx512ifma.c)
pa_sources(avx512ifma verify/secp256k1_scalars_avx512ifma.c)
pa_sources(adx verify/p256_single.c verify/sm2_single.c)
pa_sources(adx verify/bip340_join.c verify/secp256k1_adx.c verify/secp256k1_single.c)
pa_sources(adx verify/p256_adx.c verify/sm2_adx.c)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  set_source_files_properties(
    "${PROJECT_SOURCE_DIR}/csrc/verify/bip340_join.c"
    "${PROJECT_SOURCE_DIR}/csrc/verify/p256_single.c" "${PROJECT_SOURCE_DIR}/csrc/verify/sm2_single.c"
    "${PROJECT_SOURCE_DIR}/csrc/verify/p256_adx.c" "${PROJECT_SOURCE_DIR}/csrc/verify/sm2_adx.c"
    "${PROJECT_SOURCE_DIR}/csrc/verify/secp256k1_adx.c" "${PROJECT_SOURCE_DIR}/csrc/verify/secp256k1_single.c"
    PROPERTIES COMPILE_OPTIONS -mgeneral-regs-only)
endif()
pa_sources(avx2 verify/secp256k1_avx2.c verify/secp256k1_scalars_avx2.c)
pa_sources(avx2 verify/p256_avx2.c verify/p384_avx2.c verify/sm2_avx2.c)
# Words in lanes are exact because of how each of their operations rounds. gcc's own order of the products of nine limbs takes half
# as much time again, sums that it orders anew 1.2 times, and elements that it copies by rep movs 1.05 times.
include(CheckCCompilerFlag)
check_c_compiler_flag("-mmove-max=256 -mstore-max=256" PA_HAS_MOVE_MAX)
set(nine_limbs_flags "-ffp-contract=off;$<$<C_COMPILER_ID:GNU>:-fschedule-insns;-fsched-pressure;-fno-tree-reassoc>")
if(PA_HAS_MOVE_MAX)
  list(APPEND nine_limbs_flags -mmove-max=256 -mstore-max=256)
endif()
set_source_files_properties(
  "${PROJECT_SOURCE_DIR}/csrc/verify/p256_avx2.c" "${PROJECT_SOURCE_DIR}/csrc/verify/sm2_avx2.c"
  "${PROJECT_SOURCE_DIR}/csrc/verify/p384_avx2.c"
  "${PROJECT_SOURCE_DIR}/csrc/verify/secp256k1_avx2.c" "${PROJECT_SOURCE_DIR}/csrc/verify/secp256k1_scalars_avx2.c"
  PROPERTIES COMPILE_OPTIONS "${nine_limbs_flags}")
pa_sources(avx512ifma verify/secp256k1_decode_avx512ifma.c)
pa_sources(avx512ifma verify/secp256k1_ladder_avx512ifma.c)
