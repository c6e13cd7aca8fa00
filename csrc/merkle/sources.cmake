# SPDX-License-Identifier: Apache-2.0
pa_sources(portable
  merkle/climb.c
  merkle/consistency.c
  merkle/forms.c
  merkle/heap.c
  merkle/layers.c
  merkle/multiproof.c
  merkle/nodes.c
  merkle/pages.c
  merkle/proofs.c
  merkle/root.c
  merkle/sort.c
  merkle/tree.c
  merkle/verify.c
  merkle/verify_multiproof.c
  merkle/view.c)
