# SPDX-License-Identifier: Apache-2.0
pa_sources(portable
  merkle/nodes.c
  merkle/root.c)
