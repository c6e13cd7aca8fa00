# SPDX-License-Identifier: Apache-2.0
pa_sources(portable
  he/chacha20_portable.c
  he/choose.c
  he/ciphertexts.c
  he/context.c
  he/convert_portable.c
  he/divide.c
  he/decrypt.c
  he/encode_integers.c
  he/encode_numbers.c
  he/encode_words.c
  he/encoder.c
  he/encrypt.c
  he/evaluate_levels.c
  he/evaluate_sums.c
  he/evaluation_keys.c
  he/keys.c
  he/keyswitch.c
  he/matrix.c
  he/message.c
  he/modulus.c
  he/multiply.c
  he/multiply_bfv.c
  he/ntt_portable.c
  he/noise_budget.c
  he/pack.c
  he/parameters.c
  he/plain.c
  he/plaintexts.c
  he/polynomial.c
  he/pool.c
  he/rns.c
  he/roots.c
  he/rotate.c
  he/rows_portable.c
  he/sampler_portable.c
  he/sampling.c
  he/save_batches.c
  he/save_context.c
  he/save_keys.c
  he/saved.c
  he/security.c
  he/slots.c)
pa_sources(avx2
  he/chacha20_lanes.c
  he/convert_avx2.c
  he/ntt_avx2.c
  he/rows_avx2.c
  he/sampler_avx2.c
  he/slots.c)
pa_sources(avx512 he/chacha20_lanes.c he/slots.c)
pa_sources(avx512ifma
  he/convert_avx512ifma.c
  he/ntt_forward_avx512ifma.c
  he/ntt_inverse_avx512ifma.c
  he/ntt_table_avx512ifma.c
  he/rows_avx512ifma.c)
# Every variant rounds alike: no product is fused with a sum but by name.
foreach(stem encode_numbers encode_words encoder roots slots)
  set_source_files_properties("${PROJECT_SOURCE_DIR}/csrc/he/${stem}.c" PROPERTIES COMPILE_OPTIONS -ffp-contract=off)
endforeach()
pa_sources(portable he/residues.c he/seal.c he/seal_he.c he/seal_keys.c he/seal_multiply.c)
# Their products are exact because of how each of their operations rounds.
set_source_files_properties(
  "${PROJECT_SOURCE_DIR}/csrc/he/convert_avx2.c" "${PROJECT_SOURCE_DIR}/csrc/he/ntt_avx2.c"
  "${PROJECT_SOURCE_DIR}/csrc/he/rows_avx2.c"
  PROPERTIES COMPILE_OPTIONS -ffp-contract=off)
