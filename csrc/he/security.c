/* SPDX-License-Identifier: Apache-2.0 */
/* How large a modulus may be for a ring degree and a level of security. */
#include "pyaccel/he.h"

#define FIRST_LOG_DEGREE 10u
#define DEGREES 8u

typedef struct {
    uint32_t standard, security;
    uint16_t bits[DEGREES]; /* of Q P at most, for N = 2^10 .. 2^17; 0: not in the table */
} security_row;

/* Ternary secret, classical adversary. 2018: M. Albrecht et al., "Homomorphic Encryption Security Standard",
 * HomomorphicEncryption.org, as SEAL 4 has it. 2024: J.-P. Bossuat et al., ePrint 2024/463, table 5.2, sigma = 3.19. */
static const security_row table[] = {
    {PYACCEL_HE_STANDARD_2018, 128, {27, 54, 109, 218, 438, 881, 0, 0}},
    {PYACCEL_HE_STANDARD_2018, 192, {19, 37, 75, 152, 305, 611, 0, 0}},
    {PYACCEL_HE_STANDARD_2018, 256, {14, 29, 58, 118, 237, 476, 0, 0}},
    {PYACCEL_HE_STANDARD_2024, 128, {26, 53, 106, 214, 430, 868, 1747, 3523}},
    {PYACCEL_HE_STANDARD_2024, 192, {0, 36, 73, 147, 297, 597, 1199, 2411}},
    {PYACCEL_HE_STANDARD_2024, 256, {0, 27, 56, 114, 230, 462, 929, 1866}},
};

uint32_t pyaccel_he_bound(uint32_t standard, uint32_t security, uint32_t degree)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (table[i].standard == standard && table[i].security == security) {
            for (uint32_t d = 0; d < DEGREES; d++) {
                if (degree == 1u << (FIRST_LOG_DEGREE + d)) {
                    return table[i].bits[d];
                }
            }
        }
    }
    return 0;
}
