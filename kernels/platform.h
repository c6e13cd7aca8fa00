/* SPDX-License-Identifier: Apache-2.0 */
/* One kernel text, three compilers: OpenCL C 1.2, CUDA (NVRTC) and C11 (tests, sanitizers).
 *
 * Types uchar, uint, ulong are 8, 32 and 64 bits everywhere. Kernels are written as
 *     KERNEL void family_operation(GLOBAL out *..., GLOBAL const in *..., uint n)
 *     { const uint i = global_id(); if (i >= n) return; ... }
 * and keep to the 1.2 subset: no generic address space, no subgroups, no program-scope variables but CONSTANT.
 * A DEVICE_FUNCTION is put in place, by most compilers; an INLINED_FUNCTION by all. (PoCL's leaves what is long, and a field is
 * then a third slower; Intel's dies of Poseidon2 where all functions are told so; Oclgrind wants none that returns a struct.)
 * A CALLED_FUNCTION, which stands in a hundred places, stays a function: programs then build in seconds and fit a GPU's
 * instruction cache; CALLED_INLINE, defined in a build, shows what that costs. */
#ifndef PYACCEL_PLATFORM_H
#define PYACCEL_PLATFORM_H

#if defined(__OPENCL_VERSION__) || defined(__OPENCL_C_VERSION__) /* at run time; in clang alone */

#define KERNEL __kernel
#define GLOBAL __global
#define CONSTANT __constant
#define DEVICE_FUNCTION static inline
#define INLINED_FUNCTION static inline __attribute__((always_inline))
#ifdef CALLED_INLINE
#define CALLED_FUNCTION static inline
#else
#define CALLED_FUNCTION static __attribute__((noinline))
#endif
#define UNROLL _Pragma("unroll")
#define NO_UNROLL _Pragma("unroll 1")
#define global_id() ((uint)get_global_id(0))
#define rotate_right(x, k) rotate((uint)(x), 32u - (k))
#define multiply_high(a, b) mul_hi((ulong)(a), (ulong)(b))
#define atomic_set(flag) ((void)atomic_or((flag), 1u))
/* Whether an array stays in registers only as long as its indices are literals; the host says so of a GPU. */
#ifdef DEVICE_IS_GPU
#define INDICES_IN_REGISTERS 1
#else
#define INDICES_IN_REGISTERS 0
#define WORDS_OF_64_BITS 1
#endif
#ifdef __ENDIAN_LITTLE__
#define DEVICE_LITTLE_ENDIAN 1
#else
#define DEVICE_LITTLE_ENDIAN 0
#endif

#elif defined(__CUDACC__)

typedef unsigned char uchar;
typedef unsigned int uint;
typedef unsigned long long ulong;
#define KERNEL extern "C" __global__
#define GLOBAL
#define CONSTANT static __constant__ const
#define DEVICE_FUNCTION static __device__ __forceinline__
#define INLINED_FUNCTION DEVICE_FUNCTION
#define CALLED_FUNCTION static __device__ __noinline__
#define UNROLL _Pragma("unroll")
#define NO_UNROLL _Pragma("unroll 1")
#define global_id() (blockIdx.x * blockDim.x + threadIdx.x)
#define rotate_right(x, k) __funnelshift_r((x), (x), (k))
#define multiply_high(a, b) __umul64hi((a), (b))
#define atomic_set(flag) ((void)atomicOr((flag), 1u))
#define INDICES_IN_REGISTERS 1
#define DEVICE_LITTLE_ENDIAN 1

#else

#include <stdint.h>
typedef uint8_t uchar;
typedef uint32_t uint;
typedef uint64_t ulong;
typedef struct {
    uint x, y, z, w;
} uint4;
/* The harness that includes a kernel runs the work items one after the other and sets their number here. */
static uint c_global_id;
#define KERNEL
#define GLOBAL
#define CONSTANT static const
#define DEVICE_FUNCTION static inline
#define INLINED_FUNCTION DEVICE_FUNCTION
#define CALLED_FUNCTION static
#define UNROLL
#define NO_UNROLL
#define global_id() c_global_id
#define rotate_right(x, k) ((uint)(x) >> (k) | (uint)(x) << (32u - (k)))
#define multiply_high(a, b) ((ulong)((unsigned __int128)(ulong)(a) * (ulong)(b) >> 64))
#define atomic_set(flag) ((void)(*(flag) |= 1u))
#define INDICES_IN_REGISTERS 1
#define DEVICE_LITTLE_ENDIAN (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)

#endif

/* Whether a product of 64 x 64 bits is an instruction or two. */
#ifndef WORDS_OF_64_BITS
#define WORDS_OF_64_BITS 0
#endif

#define rotate_left(x, k) rotate_right(x, 32u - (k))
/* Of a 64-bit word, 0 < k < 64; compilers know the pattern. */
#define rotate_right_64(x, k) ((x) >> (k) | (x) << (64u - (k)))
#define rotate_left_64(x, k) rotate_right_64(x, 64u - (k))

/* The four bytes of a word turned round. */
DEVICE_FUNCTION uint swap_bytes(uint x)
{
    return (rotate_right(x, 24u) & 0x00ff00ffu) | (rotate_right(x, 8u) & 0xff00ff00u);
}

/* A 32-bit word between the device's order and big-endian order, either way. */
DEVICE_FUNCTION uint big_endian(uint x)
{
#if DEVICE_LITTLE_ENDIAN
    return swap_bytes(x);
#else
    return x;
#endif
}

/* A 32-bit word between the device's order and little-endian order, either way. */
DEVICE_FUNCTION uint little_endian(uint x)
{
#if DEVICE_LITTLE_ENDIAN
    return x;
#else
    return swap_bytes(x);
#endif
}

#endif
