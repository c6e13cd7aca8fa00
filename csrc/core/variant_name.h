/* SPDX-License-Identifier: Apache-2.0 */
/* Names of what one text is compiled to for several variants. */
#ifndef PA_CORE_VARIANT_NAME_H
#define PA_CORE_VARIANT_NAME_H

#define PA_PASTE(a, b) a##b
#define PA_PASTED(a, b) PA_PASTE(a, b)
/* stem_portable, stem_avx2, stem_avx512, stem_avx512_emulated: cmake/PyaccelLevels.cmake says which */
#define PA_VARIANT(stem) PA_PASTED(stem, PYACCEL_SUFFIX)

#endif
