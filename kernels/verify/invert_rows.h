/* SPDX-License-Identifier: Apache-2.0 */
/* Inverses of many numbers, one inversion for a group of them (Montgomery's trick), modulo whatever the includer says; to be
 * included once for each modulus.
 *
 * Defined by the includer: INVERT_ROWS, the function's name; NUMBER, a type; NUMBER_LOAD(r, row), NUMBER_STORE(row, a),
 * NUMBER_ONE(r), NUMBER_MUL(r, a, b) and NUMBER_INV(r, a), of pointers to it. All of them are gone afterwards. */
#include "../field/row.h"

/* Values behind one inversion: with 16 of them it costs each what 20 products cost, and of 2^16 values there are still work
 * items enough to fill a device. */
#define INVERT_GROUP 16u

/* values[j] = 1 / values[j] for j = first, first + step, .. below n; none of them 0. running: scratch, a row for each.
 * Rows are a stride apart, so that work items side by side read what lies side by side. */
DEVICE_FUNCTION void INVERT_ROWS(GLOBAL row *values, GLOBAL row *running, uint first, uint step, uint n)
{
    NUMBER product, value, inverse;
    uint j;
    NUMBER_ONE(&product);
    for (j = first; j < n; j += step) {
        NUMBER_STORE(running + j, &product);
        NUMBER_LOAD(&value, values + j);
        NUMBER_MUL(&product, &product, &value);
    }
    NUMBER_INV(&product, &product);
    while (j != first) {
        j -= step;
        NUMBER_LOAD(&inverse, running + j);
        NUMBER_LOAD(&value, values + j);
        NUMBER_MUL(&inverse, &inverse, &product);
        NUMBER_MUL(&product, &product, &value);
        NUMBER_STORE(values + j, &inverse);
    }
}

#undef INVERT_ROWS
#undef NUMBER
#undef NUMBER_LOAD
#undef NUMBER_STORE
#undef NUMBER_ONE
#undef NUMBER_MUL
#undef NUMBER_INV
