# SPDX-License-Identifier: Apache-2.0
pa_sources(portable
  he/convert_portable.c
  he/modulus.c
  he/ntt_portable.c
  he/pack.c
  he/parameters.c
  he/rows_portable.c)
