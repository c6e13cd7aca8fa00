/* SPDX-License-Identifier: Apache-2.0 */
/* What the bytes of a key on a short Weierstrass curve are: pyaccel/backends/device_keys.py has the same numbers. 0: of no key. */
#ifndef PYACCEL_KERNEL_KEY_KINDS_H
#define PYACCEL_KERNEL_KEY_KINDS_H

#define KEY_WHOLE 1u /* x and y */
#define KEY_EVEN 2u  /* x, and y is even */
#define KEY_ODD 3u   /* x, and y is odd */

#endif
