/* SPDX-License-Identifier: Apache-2.0 */
/* Saved contexts: the canonical parameters, which everything follows from. */
#include <string.h>

#include "../core/bytes.h"
#include "parameters.h"
#include "saved.h"

pyaccel_status pyaccel_he_parameters_get(pyaccel_he_parameters *parameters,
                                         const pyaccel_he_context *context)
{
    if (parameters == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    memset(parameters, 0, sizeof *parameters);
    if (context == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    *parameters = context->parameters;
    return PYACCEL_OK;
}

pyaccel_status pyaccel_he_context_save(uint8_t *out, uint64_t *size,
                                       const pyaccel_he_context *context)
{
    if (context == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    uint8_t body[PA_HE_PARAMETERS_MOST];
    pyaccel_status status;
    const size_t bytes = pa_he_parameters_bytes(body, &context->parameters);
    if (!pa_he_saved_room(&status, out, size, PA_HE_SAVED_HEAD + bytes)) {
        return status;
    }
    memcpy(out + PA_HE_SAVED_HEAD, body, bytes);
    return pa_he_saved_finish(out, PA_HE_SAVED_HEAD + bytes, PYACCEL_HE_SAVED_PARAMETERS, 0,
                              context, PYACCEL_OK);
}

pyaccel_status pyaccel_he_context_load(pyaccel_he_context **context, pyaccel_he_problem *problem,
                                       const uint8_t *data, uint64_t size)
{
    pa_he_saved saved;
    if (context == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    *context = NULL;
    pyaccel_status status =
        pa_he_saved_open(&saved, problem, PYACCEL_HE_SAVED_PARAMETERS, NULL, data, size);
    if (status != PYACCEL_OK) {
        return status;
    }
    if (saved.size < PA_HE_PARAMETERS_LEAST || saved.size > PA_HE_PARAMETERS_MOST) {
        return pa_he_blame(problem, PYACCEL_HE_PROBLEM_CUT, size, saved.size,
                           PA_HE_PARAMETERS_LEAST);
    }
    pyaccel_he_parameters parameters = {
        .struct_size = sizeof parameters,
        .scheme = pa_load_le32(saved.body),
        .degree = pa_load_le32(saved.body + 4),
        .standard = pa_load_le32(saved.body + 8),
        .security = pa_load_le32(saved.body + 12),
        .special_bits = pa_load_le32(saved.body + 16),
        .digits = pa_load_le32(saved.body + 20),
        .moduli_count = pa_load_le32(saved.body + 24),
        .plain_modulus = pa_load_le64(saved.body + 32),
    };
    const uint64_t scale = pa_load_le64(saved.body + 40);
    memcpy(&parameters.scale, &scale, sizeof scale);
    const uint64_t moduli = (saved.size - PA_HE_PARAMETERS_LEAST) / 4;
    if (parameters.moduli_count != moduli || (saved.size - PA_HE_PARAMETERS_LEAST) % 4 != 0) {
        return pa_he_blame(problem, PYACCEL_HE_PROBLEM_FIELD, PA_HE_SAVED_HEAD + 24,
                           parameters.moduli_count, moduli);
    }
    for (uint32_t i = 0; i < parameters.moduli_count; i++) {
        parameters.moduli_bits[i] = pa_load_le32(saved.body + PA_HE_PARAMETERS_LEAST + 4 * i);
    }
    status = pyaccel_he_context_new(context, &parameters);
    if (status == PYACCEL_INVALID_ARGUMENT) {
        return pa_he_blame(problem, PYACCEL_HE_PROBLEM_FIELD, PA_HE_SAVED_HEAD, 0, 0);
    }
    if (status != PYACCEL_OK) {
        return status;
    }
    uint8_t canonical[PA_HE_PARAMETERS_MOST];
    const size_t bytes = pa_he_parameters_bytes(canonical, &(*context)->parameters);
    if (bytes != saved.size || memcmp(canonical, saved.body, bytes) != 0) {
        status = pa_he_blame(problem, PYACCEL_HE_PROBLEM_FIELD, PA_HE_SAVED_HEAD, 0, 0);
    } else if (memcmp((*context)->id, saved.id, sizeof saved.id) != 0) {
        status = pa_he_blame(problem, PYACCEL_HE_PROBLEM_CONTEXT, PA_HE_SAVED_ID, 0, 0);
    }
    if (status != PYACCEL_OK) {
        pyaccel_he_context_free(*context);
        *context = NULL;
    }
    return status;
}
