# SPDX-License-Identifier: Apache-2.0
"""Runs a kernel with one fault, so that a silent oclgrind can't be taken for a clean kernel. Argument: the fault."""

from __future__ import annotations

import sys

import numpy as np
import pyopencl as cl

FAULTS = {
    "none": "out[get_global_id(0)] = 1;",
    "past-the-end": "out[get_global_id(0) + 1] = 1;",
    "race": "out[0] = (uint)get_global_id(0);",
    "uninitialized": "uint x[2]; x[0] = 1; if (x[get_global_id(0) & 1]) out[get_global_id(0)] = 1;",
}

context = cl.create_some_context(interactive=False)
queue = cl.CommandQueue(context)
source = f"__kernel void faulty(__global uint *out) {{ {FAULTS[sys.argv[1]]} }}"
kernel = cl.Kernel(cl.Program(context, source).build(), "faulty")
buffer = cl.Buffer(context, cl.mem_flags.READ_WRITE, 8 * np.dtype(np.uint32).itemsize)
kernel.set_args(buffer)
cl.enqueue_nd_range_kernel(queue, kernel, (8,), (4,))
queue.finish()
