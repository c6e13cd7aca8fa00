/* SPDX-License-Identifier: Apache-2.0 */
/* What kernels say of rows, as csrc/include/pyaccel/verify.h numbers it. */
#ifndef PYACCEL_KERNEL_REASONS_H
#define PYACCEL_KERNEL_REASONS_H

#define REASON_NONE 0
#define REASON_KEY 2
#define REASON_ENCODING 3
#define REASON_RANGE 4
#define REASON_EQUATION 5
/* In between: an addition met infinity or equal abscissas, so that nothing is known. */
#define REASON_UNKNOWN 255

#endif
