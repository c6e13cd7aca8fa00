# SPDX-License-Identifier: Apache-2.0
pa_sources(portable
  core/cpu.c
  core/entropy.c
  core/rows.c
  core/status.c
  core/threads.c
  core/variants.c)
