/* SPDX-License-Identifier: Apache-2.0 */
/* The end of a combination of BIP-340 signatures: windows joined into one sum. About 129 (3M + 4S) and an addition a window;
 * every doubling waits for the one before, so lanes are no use. */
#if defined(__ADX__) && defined(__BMI2__)
#include "../field/secp256k1_adx.h"
#else
#include "../field/secp256k1_portable.h"
#endif

#include "../core/variant_name.h"
#include "../curve/secp256k1_constants.h"
#include "../curve/weierstrass_formulas.h"
#include "bip340.h"

bool PA_VARIANT(pa_bip340_join_)(const row (*windows)[3], const int *at, int count)
{
    curve_jacobian sum, window, next;
    curve_set_infinity(&sum);
    for (int j = count - 1; j >= 0; j--) {
        const row *const x[LANES] = {&windows[j][0]}, *const y[LANES] = {&windows[j][1]},
                         *const z[LANES] = {&windows[j][2]};
        fe_gather(&window.x, x);
        fe_gather(&window.y, y);
        fe_gather(&window.z, z);
        if (mask_any(curve_add(&next, &sum, &window))) {
            curve_add_complete(&next, &sum, &window);
        }
        sum = next;
        for (int i = j > 0 ? at[j] - at[j - 1] : at[0]; i > 0; i--) {
            curve_double(&sum, &sum);
        }
    }
    return mask_any(fe_is_zero(&sum.z));
}
