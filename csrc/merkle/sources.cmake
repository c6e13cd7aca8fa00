# SPDX-License-Identifier: Apache-2.0
pa_sources(portable
  merkle/layers.c
  merkle/nodes.c
  merkle/proofs.c
  merkle/root.c
  merkle/tree.c
  merkle/verify.c)
