/* SPDX-License-Identifier: Apache-2.0 */
/* Versions, and a text for every status. */
#include <string.h>

#include "check.h"
#include "pyaccel.h"

int main(void)
{
    CHECK(pyaccel_abi_version() == PYACCEL_ABI_VERSION);
    CHECK(strcmp(pyaccel_version(), PYACCEL_VERSION) == 0);
    for (pyaccel_status a = PYACCEL_OK; a <= PYACCEL_CLOSED; a++) {
        CHECK(strcmp(pyaccel_status_text(a), pyaccel_status_text(UINT32_MAX)) != 0);
        for (pyaccel_status b = 0; b < a; b++) {
            CHECK(strcmp(pyaccel_status_text(a), pyaccel_status_text(b)) != 0);
        }
    }
    CHECK(strcmp(pyaccel_status_text(PYACCEL_CLOSED + 1), "unknown status") == 0);
    return finish();
}
