# SPDX-License-Identifier: Apache-2.0
pa_sources(portable
  core/cpu.c
  core/draw.c
  core/probe.c
  core/rows.c
  core/status.c
  core/threads.c
  core/variants.c
  core/wipe.c)
pa_sources(avx2 core/probe_avx2.c)
