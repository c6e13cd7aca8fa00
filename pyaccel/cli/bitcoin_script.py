# SPDX-License-Identifier: Apache-2.0
"""Bitcoin scripts: their operations, the kinds of outputs, and the kinds that inputs show by their shape."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pyaccel.cli.bitcoin_block import TransactionInput

OP_0 = 0x00
OP_PUSHDATA1 = 0x4C
OP_PUSHDATA4 = 0x4E
OP_1NEGATE = 0x4F
OP_1 = 0x51
OP_16 = 0x60
OP_CODESEPARATOR = 0xAB
OP_CHECKMULTISIG = 0xAE

P2PKH = "P2PKH"
P2WPKH = "P2WPKH"
UNKNOWN = "unknown script"

MAXIMUM_PUSH = 520
MAXIMUM_SCRIPT = 10_000
MAXIMUM_STACK = 1_000
_COMPRESSED, _UNCOMPRESSED = 33, 65
_SIGNATURE_OPERATIONS = range(0xAC, 0xB0)
_DISABLED = frozenset((0x7E, 0x7F, 0x80, 0x81, 0x83, 0x84, 0x85, 0x86, 0x8D, 0x8E, 0x95, 0x96, 0x97, 0x98, 0x99))
_FAILS_ANYWHERE = _DISABLED | {0x65, 0x66}
_FAILS_WHEN_RUN = _FAILS_ANYWHERE | {0x50, 0x62, 0x6A, 0x89, 0x8A} | frozenset(range(0xBA, 0x100))


@dataclass(frozen=True, slots=True)
class Step:
    """One operation of a script: its code, the bytes that it pushes (None: it does something else), where it stands."""

    operation: int
    pushed: bytes | None
    start: int
    end: int


class TruncatedPushError(ValueError):
    """A push that reaches past the end of its script: running the script fails."""


def steps(script: bytes) -> Iterator[Step]:
    """The operations of a script in order.

    Raises:
        TruncatedPushError: when the truncated operation is reached.
    """
    position = 0
    while position < len(script):
        start, operation = position, script[position]
        position += 1
        pushed: bytes | None = None
        if operation <= OP_PUSHDATA4:
            size = operation
            if operation >= OP_PUSHDATA1:
                width = 1 << operation - OP_PUSHDATA1
                if len(script) - position < width:
                    raise TruncatedPushError
                size = int.from_bytes(script[position : position + width], "little")
                position += width
            if len(script) - position < size:
                raise TruncatedPushError
            pushed = script[position : position + size]
            position += size
        elif operation == OP_1NEGATE:
            pushed = b"\x81"
        elif OP_1 <= operation <= OP_16:
            pushed = bytes((operation - OP_1 + 1,))
        yield Step(operation, pushed, start, position)


def pushes(script: bytes) -> list[bytes] | None:
    """What a script leaves on the stack where it does nothing but push, else None.

    Raises:
        TruncatedPushError: see steps.
    """
    stack = [step.pushed for step in steps(script)]
    return None if None in stack else [item for item in stack if item is not None]


def fails_surely(script: bytes) -> bool:
    """Whether running a script fails whatever its other operations do: what needs no interpreter to say."""
    if len(script) > MAXIMUM_SCRIPT:
        return True
    plain, depth = True, 0
    try:
        for step in steps(script):
            if step.pushed is not None:
                depth += plain
                if len(step.pushed) > MAXIMUM_PUSH or depth > MAXIMUM_STACK:
                    return True
                continue
            if step.operation in (_FAILS_WHEN_RUN if plain else _FAILS_ANYWHERE):
                return True
            plain = False
    except TruncatedPushError:
        return True
    return False


def push(data: bytes) -> bytes:
    """The operation that pushes bytes by their length, never OP_1 and the like: what a signature is searched for as."""
    if len(data) < OP_PUSHDATA1:
        return bytes((len(data),)) + data
    width = 1 if len(data) < 0x100 else 2 if len(data) < 0x10000 else 4
    return bytes((OP_PUSHDATA1 + width.bit_length() - 1,)) + len(data).to_bytes(width, "little") + data


def without_push(script: bytes, data: bytes) -> bytes:
    """A script less every push of data that stands at an operation's start (FindAndDelete)."""
    pattern = push(data)
    if pattern not in script:
        return script
    kept, position = bytearray(), 0
    while position < len(script):
        if script.startswith(pattern, position):
            position += len(pattern)
            continue
        try:
            end = position + next(steps(script[position:])).end
        except TruncatedPushError:
            end = len(script)
        kept += script[position:end]
        position = end
    return bytes(kept)


def p2pkh_script(key_hash: bytes) -> bytes:
    """The script of a P2PKH output; also the script code of a P2WPKH input (BIP-143)."""
    return b"\x76\xa9\x14" + key_hash + b"\x88\xac"


def key_hash_of(script: bytes) -> bytes | None:
    """The 20-byte hash in a P2PKH or P2WPKH script, else None."""
    if len(script) == 25 and script == p2pkh_script(script[3:23]):
        return script[3:23]
    if len(script) == 22 and script.startswith(b"\x00\x14"):
        return script[2:]
    return None


def output_kind(script: bytes) -> str:
    """The kind of a spent output by its script, exactly."""
    size = len(script)
    if key_hash_of(script) is not None:
        return P2PKH if size == 25 else P2WPKH
    if size == 23 and script[:2] == b"\xa9\x14" and script[22] == 0x87:
        return "P2SH"
    if size in (35, 67) and script[0] == size - 2 and script[-1] == 0xAC:
        return "P2PK"
    if 4 <= size <= 42 and (script[0] == OP_0 or OP_1 <= script[0] <= OP_16) and script[1] == size - 2:
        if script[0] == OP_0:
            return "P2WSH" if size == 34 else "witness version 0, odd length"
        return "P2TR" if script[0] == OP_1 and size == 34 else f"witness version {script[0] - OP_1 + 1}"
    if size > 3 and script[-1] == OP_CHECKMULTISIG and OP_1 <= script[0] <= OP_16:
        return "bare multisig"
    return "other script"


def nested_kind(kind: str, item: TransactionInput) -> str:
    """P2SH told apart by what its input script nests."""
    if kind == "P2SH" and item.witness:
        return {23: "P2SH-P2WPKH", 35: "P2SH-P2WSH"}.get(len(item.script), kind)
    return kind


def _is_key(data: bytes) -> bool:
    prefixes = {_COMPRESSED: b"\x02\x03", _UNCOMPRESSED: b"\x04\x06\x07"}.get(len(data), b"")
    return data[:1] in (prefixes[i : i + 1] for i in range(len(prefixes)))


def _checks_signature(script: bytes) -> bool:
    """Whether bytes parse as a script that checks a signature: what a P2SH redeem script must, to want one."""
    try:
        return any(step.operation in _SIGNATURE_OPERATIONS for step in list(steps(script)))
    except TruncatedPushError:
        return False


def _looks_p2pkh(stack: list[bytes]) -> bool:
    """Whether two pushes are a signature and a key; damage to one of the two does not hide the other."""
    if len(stack) != 2 or len(stack[1]) not in (_COMPRESSED, _UNCOMPRESSED) or not 9 <= len(stack[0]) <= 80:
        return False
    return _is_key(stack[1]) or (stack[0][0] == 0x30 and not _checks_signature(stack[1]))


def input_kind(item: TransactionInput) -> str:
    """The kind of an input by its shape alone, where the output that it spends is not known."""
    if item.witness:
        return _witness_kind(item)
    try:
        stack = pushes(item.script)
    except TruncatedPushError:
        stack = None
    if stack is None:
        return UNKNOWN
    if _looks_p2pkh(stack):
        return P2PKH
    if len(stack) == 1 and stack[0][:1] == b"\x30":
        return "P2PK"
    if len(stack) > 1 and stack[0] == b"" and all(part[:1] == b"\x30" for part in stack[1:]):
        return "bare multisig"
    return "P2SH" if stack and _checks_signature(stack[-1]) else UNKNOWN


def _witness_kind(item: TransactionInput) -> str:
    nested = {23: "P2SH-P2WPKH", 35: "P2SH-P2WSH"}.get(len(item.script), "")
    if item.script:
        return nested if nested and item.script[0] == len(item.script) - 1 and item.script[1] == OP_0 else UNKNOWN
    if len(item.witness) == 2 and _is_key(item.witness[1]) and item.witness[0][:1] in (b"", b"\x30"):
        return P2WPKH
    annexed = len(item.witness) > 1 and item.witness[-1][:1] == b"\x50"
    stack = item.witness[:-1] if annexed else item.witness
    last = stack[-1]
    key_path = len(stack) == 1 and len(last) in (64, 65)
    script_path = len(stack) > 1 and len(last) >= 33 and len(last) % 32 == 1 and last[0] >= 0xC0
    return "P2TR" if key_path or script_path else "P2WSH"
