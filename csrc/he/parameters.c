/* SPDX-License-Identifier: Apache-2.0 */
#include "parameters.h"

#include <string.h>

#include "../core/bytes.h"

size_t pa_he_parameters_bytes(uint8_t out[PA_HE_PARAMETERS_MOST],
                              const pyaccel_he_parameters *parameters)
{
    const uint32_t head[8] = {parameters->scheme,       parameters->degree,
                              parameters->standard,     parameters->security,
                              parameters->special_bits, parameters->digits,
                              parameters->moduli_count, 0};
    uint64_t scale;
    memcpy(&scale, &parameters->scale, sizeof scale);
    uint8_t *at = out;
    for (int i = 0; i < 8; i++, at += 4) {
        pa_store_le32(at, head[i]);
    }
    pa_store_le64(at, parameters->plain_modulus);
    pa_store_le64(at + 8, scale);
    at += 16;
    for (uint32_t i = 0; i < parameters->moduli_count; i++, at += 4) {
        pa_store_le32(at, parameters->moduli_bits[i]);
    }
    return (size_t)(at - out);
}
