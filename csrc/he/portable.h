/* SPDX-License-Identifier: Apache-2.0 */
/* What the portable kernels' files share: declarations for the one table. */
#ifndef PA_HE_PORTABLE_H
#define PA_HE_PORTABLE_H

#include "kernels.h"

size_t pa_he_ntt_words_portable(unsigned log_degree);
void pa_he_ntt_fill_portable(pa_he_word *table, const pa_he_modulus *modulus, uint64_t psi,
                             unsigned log_degree);
void pa_he_ntt_order_portable(uint32_t *position, unsigned log_degree);
void pa_he_forward_portable(pa_he_word *const *rows, size_t count, const pa_he_ntt *ntt);
void pa_he_forward_within_portable(pa_he_word *const *rows, size_t count,
                                   const pa_he_around *around, const pa_he_ntt *ntt);
void pa_he_inverse_portable(pa_he_word *const *rows, size_t count, const pa_he_ntt *ntt);

/* Elements of any representation. */
size_t pa_he_permute_words_portable(unsigned log_degree);
void pa_he_permute_fill_portable(pa_he_word *table, const uint32_t *source, unsigned log_degree);
void pa_he_permute_portable(pa_he_word *out, const pa_he_word *in, const pa_he_word *table,
                            size_t n);

size_t pa_he_conversion_bytes_portable(const pa_he_conversion *conversion);
void pa_he_conversion_fill_portable(const pa_he_conversion *conversion);
void pa_he_convert_portable(pa_he_word *const *out, const pa_he_word *const *in,
                            const pa_he_word *const *own, const pa_he_conversion *conversion,
                            size_t n);
void pa_he_lift_begin_portable(pa_he_word *const *rows, pa_he_word *excess,
                               const pa_he_conversion *lift, size_t n);
void pa_he_lift_row_portable(pa_he_word *out, const pa_he_lift *lift, size_t n);

#endif
