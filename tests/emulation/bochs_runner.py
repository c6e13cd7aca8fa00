# SPDX-License-Identifier: Apache-2.0
"""Runs a static x86-64 Linux program on the Bochs CPU core, which has AVX-512 whatever this machine has.

    python bochs_runner.py PROGRAM [ARGUMENT...]

The machine code that ships is executed as it is: register use, masks and alignment included. The exit status is the
program's; 77 when the emulator is not installed (with PYACCEL_EMULATOR=required, as CI sets it, that is a failure), 99
when the emulated CPU raised an exception. Its model is Tiger Lake (AVX-512 F BW DQ VL CD IFMA VBMI VBMI2, GFNI, SHA);
an opcode outside of it is exception 6.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from pathlib import Path
from typing import Any, NoReturn

SKIPPED, FAULT = 77, 99
PAGE = 4096

# Where things lie in the program's address space, and from which physical address on pages are handed out.
MAPPINGS, MAPPINGS_SIZE = 0x7F << 40, 8 << 20
STACK_TOP, STACK_SIZE = 0x7FFD << 32, 512 << 10
SYSCALL_STUB = 0x7FFE << 32
HEAP_SIZE = 4 << 20
PAGE_TABLES, FIRST_FRAME = 1 << 28, 1 << 24

# Auxiliary vector entries that glibc's start-up reads (getauxval(3)).
AT_NULL, AT_PHDR, AT_PHENT, AT_PHNUM, AT_PAGESZ, AT_ENTRY, AT_SECURE, AT_RANDOM = 0, 3, 4, 5, 6, 9, 23, 25

# System calls that a static program without files makes (x86-64 numbers).
WRITE, MMAP, MPROTECT, MUNMAP, BRK, EXIT, ARCH_PRCTL, FUTEX = 1, 9, 10, 11, 12, 60, 158, 202
EXIT_GROUP, GETRANDOM = 231, 318
ARCH_SET_FS = 0x1002
ENOSYS = 38

# CR0: PE MP ET NE WP AM PG. CR4: PAE OSFXSR OSXMMEXCPT FSGSBASE OSXSAVE. EFER: SCE LME LMA NXE.
# XCR0: x87, xmm, ymm, masks, zmm. MXCSR: its value at reset, its bits. STAR: kernel segments from selector 0x10 on.
CR0, CR4, EFER, XCR0, MXCSR, MXCSR_MASK = 0x80050033, 0x50620, 0xD01, 0xE7, 0x1F80, 0xFFFF
STAR = 0x10 << 48 | 0x10 << 32
CODE_SEGMENT, DATA_SEGMENT = 0xA09B, 0xC093


def leave(status: int, message: str = "") -> NoReturn:
    """Ends the process at once: the emulator's globals do not survive an orderly shutdown."""
    sys.stdout.flush()
    if message:
        print(message, file=sys.stderr, flush=True)
    os._exit(status)


class Memory:
    """Pages of the emulated machine, each a page of this process."""

    def __init__(self, bochs: Any) -> None:
        self.bochs = bochs
        self.tables = bochs.memory.PageMapLevel4Table()
        self.pages: dict[int, int] = {}

    def map(self, begin: int, end: int) -> None:
        for page in range(begin & -PAGE, end, PAGE):
            if page in self.pages:
                continue
            host = self.pages[page] = self.bochs.memory.allocate_host_page()
            frame = FIRST_FRAME + PAGE * len(self.pages)
            self.bochs.memory.page_insert(frame, host)
            self.tables.insert(page, frame, 1)  # 1: readable and writable, in this binding

    def host_runs(self, address: int, size: int) -> list[tuple[int, int]]:
        """(host address, bytes) of each page that [address, address + size) touches."""
        runs = []
        while size > 0:
            inside = address % PAGE
            take = min(size, PAGE - inside)
            runs.append((self.pages[address - inside] + inside, take))
            address, size = address + take, size - take
        return runs

    def write(self, address: int, data: bytes) -> None:
        for host, size in self.host_runs(address, len(data)):
            ctypes.memmove(host, data[:size], size)
            data = data[size:]

    def read(self, address: int, size: int) -> bytes:
        return b"".join(ctypes.string_at(host, part) for host, part in self.host_runs(address, size))

    def commit(self) -> None:
        """Writes the page tables themselves into physical memory."""
        for host, frame in self.tables.commit(PAGE_TABLES):
            self.bochs.memory.page_insert(frame, host)


class Program:
    """A static ELF file in memory, with its stack as the System V ABI wants it at entry."""

    def __init__(self, memory: Memory, path: str, arguments: list[str]) -> None:
        image = Path(path).read_bytes()
        self.entry, headers = struct.unpack_from("<QQ", image, 24)
        entry_size, count = struct.unpack_from("<HH", image, 54)
        headers_address = end = 0
        for i in range(count):
            kind, _, offset, address, _, file_size, size, _ = struct.unpack_from(
                "<IIQQQQQQ", image, headers + entry_size * i
            )
            if kind != 1:  # PT_LOAD
                continue
            memory.map(address, address + size)
            memory.write(address, image[offset : offset + file_size])
            end = max(end, address + size)
            if offset <= headers < offset + file_size:
                headers_address = address + headers - offset
        self.heap = self.heap_start = (end + PAGE - 1) & -PAGE
        memory.map(self.heap, self.heap + HEAP_SIZE)
        memory.map(MAPPINGS, MAPPINGS + MAPPINGS_SIZE)
        self.mappings = MAPPINGS
        memory.map(STACK_TOP - STACK_SIZE, STACK_TOP)
        memory.map(SYSCALL_STUB, SYSCALL_STUB + 1)
        memory.write(SYSCALL_STUB, b"\xf4")  # hlt: a system call stops the emulator there

        strings, pointers = STACK_TOP - 0x1000, []
        for argument in [path, *arguments]:
            text = os.fsencode(argument) + b"\0"
            memory.write(strings, text)
            pointers.append(strings)
            strings += len(text)
        auxiliary = [AT_PHDR, headers_address, AT_PHENT, entry_size, AT_PHNUM, count, AT_PAGESZ, PAGE]
        auxiliary += [AT_ENTRY, self.entry, AT_RANDOM, STACK_TOP - 0x200, AT_SECURE, 0, AT_NULL, 0]
        words = [len(pointers), *pointers, 0, 0, *auxiliary]
        self.stack = STACK_TOP - 0x4000
        memory.write(self.stack, struct.pack(f"<{len(words)}Q", *words))

    def system_call(self, memory: Memory, state: Any) -> int:
        """Answers one; what is not known is ENOSYS, which glibc takes well."""
        number, a, b, c = state.rax, state.rdi, state.rsi, state.rdx
        if number in (EXIT, EXIT_GROUP):
            leave(a & 255)
        if number == WRITE:
            sys.stdout.buffer.write(memory.read(b, c))
            return c
        if number == BRK:
            if self.heap_start <= a <= self.heap_start + HEAP_SIZE:
                self.heap = a
            return self.heap
        if number == MMAP:
            given = self.mappings
            self.mappings += (b + PAGE - 1) & -PAGE
            if self.mappings > MAPPINGS + MAPPINGS_SIZE:
                leave(FAULT, "the program maps more memory than the runner has")
            return given
        if number in (MPROTECT, MUNMAP, FUTEX):  # one thread: it wakes nobody
            return 0
        if number == GETRANDOM:
            memory.write(a, os.urandom(b))
            return b
        return (1 << 64) - ENOSYS


def segment(bochs: Any, selector: int, attributes: int, base: int = 0) -> Any:
    made = bochs.Segment()
    made.present = True
    made.selector, made.attr, made.base, made.limit = selector, attributes, base, 0xFFFFFFFF
    return made


def start_state(bochs: Any, program: Program) -> Any:
    state = bochs.State()
    state.cr0, state.cr3, state.cr4, state.efer = CR0, PAGE_TABLES, CR4, EFER
    state.xcr0, state.mxcsr, state.mxcsr_mask, state.rflags = XCR0, MXCSR, MXCSR_MASK, 2
    state.star, state.lstar = STAR, SYSCALL_STUB
    state.cs = segment(bochs, 0x10, CODE_SEGMENT)
    state.ss = state.ds = state.es = segment(bochs, 0x18, DATA_SEGMENT)
    state.fs = state.gs = segment(bochs, 0, DATA_SEGMENT)
    state.rip, state.rsp = program.entry, program.stack
    return state


def main() -> None:
    """Runs the program of the command line and leaves with its status."""
    try:
        from bochscpu import _bochscpu as bochs
    except ImportError as error:
        required = os.environ.get("PYACCEL_EMULATOR") == "required"
        why = f"the Bochs CPU core is not installed ({error}): pip install bochscpu-python==0.3.1"
        leave(FAULT if required else SKIPPED, f"{'FAILED' if required else 'SKIPPED'}: {why}")
    memory = Memory(bochs)
    program = Program(memory, sys.argv[1], sys.argv[2:])
    memory.commit()
    session = bochs.Session()
    session.missing_page_handler = lambda frame: leave(FAULT, f"no memory at physical address {frame:#x}")
    exceptions: list[int] = []

    def on_exception(stopped: Any, _cpu: int, vector: int, _error: int) -> None:
        exceptions.append(vector)
        stopped.stop()

    hook = bochs.Hook()
    hook.exception = on_exception
    hook.hlt = lambda stopped, _cpu: stopped.stop()
    session.cpu.state = start_state(bochs, program)
    while True:
        session.run([hook])
        state = session.cpu.state
        if exceptions:
            known = "6: unknown opcode, 13: misaligned, 14: no such page"
            leave(FAULT, f"CPU exception {exceptions[0]} at {state.rip:#x} ({known})")
        result = program.system_call(memory, state)
        if state.rax == ARCH_PRCTL and state.rdi == ARCH_SET_FS:
            state.fs = segment(bochs, 0, DATA_SEGMENT, state.rsi)
            result = 0
        # What the SYSRET instruction would do.
        state.rax, state.rip, state.rflags = result, state.rcx, state.r11 | 2
        session.cpu.state = state


if __name__ == "__main__":
    main()
