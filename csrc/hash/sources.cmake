# SPDX-License-Identifier: Apache-2.0
pa_sources(portable
  hash/algorithms.c
  hash/hash_many.c
  hash/keccak_portable.c
  hash/lanes.c
  hash/ripemd160_portable.c
  hash/segments.c
  hash/sha256_portable.c
  hash/sha512_portable.c
  hash/sm3_portable.c)
pa_sources(shani hash/sha256_shani.c)
pa_sources(avx512 hash/sha256_avx512.c)
