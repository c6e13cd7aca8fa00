# SPDX-License-Identifier: Apache-2.0
pa_sources(portable
  hash/algorithms.c
  hash/blake2.c
  hash/blake2_batch.c
  hash/blake2b_portable.c
  hash/blake2s_portable.c
  hash/blake3.c
  hash/blake3_batch.c
  hash/blake3_portable.c
  hash/hash_many.c
  hash/hasher.c
  hash/hmac.c
  hash/keccak_portable.c
  hash/lanes.c
  hash/menu.c
  hash/mixed.c
  hash/pairs.c
  hash/plan.c
  hash/poseidon2.c
  hash/poseidon2_babybear.c
  hash/poseidon2_goldilocks.c
  hash/ripemd160_portable.c
  hash/segments.c
  hash/sha256_portable.c
  hash/sha512_portable.c
  hash/sm3_portable.c
  hash/stream_blake2.c
  hash/stream_blake3.c
  hash/stream_blocks.c
  hash/subtrees.c
  hash/uniform.c)
pa_sources(shani hash/sha256_shani_x1.c hash/sha256_shani_x2.c hash/sha256_shani_x3.c
  hash/sha256_shani_x4.c hash/sha256_shani_lanes.c hash/sha256_shani_lanes_avx512.c)
set_source_files_properties("${PROJECT_SOURCE_DIR}/csrc/hash/sha256_shani_lanes.c" PROPERTIES
  COMPILE_OPTIONS -mavx2)
set_source_files_properties("${PROJECT_SOURCE_DIR}/csrc/hash/sha256_shani_lanes_avx512.c" PROPERTIES
  COMPILE_OPTIONS "-mavx512f;-mavx512vl")
# One text, compiled once a level: adx brings mulx and two carry chains. Without vector registers: gcc copies elements by
# them, and reading what was written word by word a whole vector at a time waits for the store.
set(wide_fields hash/poseidon2_bls12_381.c hash/poseidon2_bn254.c hash/poseidon2_pallas.c hash/poseidon2_vesta.c)
foreach(level portable adx)
  pa_sources(${level} ${wide_fields})
endforeach()
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  list(TRANSFORM wide_fields PREPEND "${PROJECT_SOURCE_DIR}/csrc/")
  set_source_files_properties(${wide_fields} PROPERTIES COMPILE_OPTIONS -mgeneral-regs-only)
endif()
pa_sources(avx2 hash/keccak_avx2.c)
# One text, compiled once a level: vector.h takes the width from it.
set(hash_lanes
  hash/keccak_lanes.c hash/ripemd160_lanes.c hash/sha256_lanes.c hash/sha512_lanes.c hash/sm3_lanes.c)
foreach(level avx2 avx512)
  pa_sources(${level} ${hash_lanes})
  pa_sources(${level} hash/blake2b_lanes.c hash/blake2s_lanes.c hash/blake3_lanes.c)
  pa_sources(${level} hash/poseidon2_babybear_lanes.c hash/poseidon2_goldilocks_lanes.c)
endforeach()
pa_sources(avx2 hash/sha512_avx2.c hash/sm3_avx2.c)
# No instruction of 512 bits: not among those that are emulated. The order of the text: 1 to 3 % on Zen 4.
set(sha512_flags "$<$<C_COMPILER_ID:GNU>:-fno-tree-ter;-fno-schedule-insns2>")
set_source_files_properties("${PROJECT_SOURCE_DIR}/csrc/hash/sha512_avx2.c" PROPERTIES COMPILE_OPTIONS
  "${sha512_flags}")
if(PYACCEL_WITH_AVX512)
  pa_sources(avx2 hash/sha512_avx512.c)
  set_source_files_properties("${PROJECT_SOURCE_DIR}/csrc/hash/sha512_avx512.c" PROPERTIES COMPILE_OPTIONS
    "-mavx512f;-mavx512vl;${sha512_flags}")
endif()
set_source_files_properties("${PROJECT_SOURCE_DIR}/csrc/hash/sm3_avx2.c" PROPERTIES COMPILE_OPTIONS
  "$<$<C_COMPILER_ID:GNU>:-fno-tree-reassoc>") # 6 % on Zen 4: as below
set(more_streams
  hash/ripemd160_lanes_x32.c hash/sha256_lanes_x32.c hash/sha512_lanes_x16.c hash/sm3_lanes_x32.c
  hash/sm3_lanes_x48.c)
pa_sources(avx512 hash/stage.c ${more_streams})
# gcc keeps the order and the grouping of operations that the text has: 4 to 20 % on Zen 3, where its own order makes the
# longest path of a round longer and registers fewer.
list(APPEND hash_lanes ${more_streams})
list(TRANSFORM hash_lanes PREPEND "${PROJECT_SOURCE_DIR}/csrc/")
set_source_files_properties(${hash_lanes} PROPERTIES COMPILE_OPTIONS
  "$<$<C_COMPILER_ID:GNU>:-fno-tree-reassoc;-fno-tree-ter;-falign-functions=64>")
# Nor does it move them once registers are given: 1 to 3 % on Zen 5, 40 % of two blocks of RIPEMD-160.
set(chains ${hash_lanes})
list(FILTER chains INCLUDE REGEX "/(ripemd160|sha256|sha512|sm3)_")
set_source_files_properties(${chains} PROPERTIES COMPILE_OPTIONS
  "$<$<C_COMPILER_ID:GNU>:-fno-tree-reassoc;-fno-tree-ter;-fno-schedule-insns2;-falign-functions=64>")
pa_sources(avx2 hash/blake2b_avx2.c hash/blake2s_avx2.c hash/blake3_avx2.c)
pa_sources(avx512 hash/blake2b_two.c hash/blake2s_two.c hash/blake3_two.c)
