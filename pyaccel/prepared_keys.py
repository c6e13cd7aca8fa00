# SPDX-License-Identifier: Apache-2.0
"""Public keys that are used again and again."""

from __future__ import annotations

from typing import Any, Never, Self

from pyaccel.backends import native
from pyaccel.numbers import whole_number
from pyaccel.rows import Rows, as_rows, check_width
from pyaccel.scheme import SCHEMES, parameters


class PreparedKeys:
    """Decoded public keys, kept with their bytes and their validity under each rule. Immutable and thread-safe.

    Passed as public_keys of verify_many, together with key_index. An invalid key makes its rows False (reason length
    or key). Preparing a key takes at most as long as verifying five signatures one by one, by scheme and CPU class.

    Args:
        scheme: one of `pyaccel.schemes()`.
        public_keys: the keys, as rows.
        memory: bytes that points and tables may take; None: 64 MiB. A key takes 24,896 under ed25519, 26,752 under
            secp256k1-ecdsa, 53,376 under p256-ecdsa and sm2, 118,464 under p384-ecdsa, 128 under bip340. Keys that do
            not fit are kept as bytes and take the unprepared path.
        key_format: as in verify_many, which then needs none.

    Raises:
        TypeError, ValueError: an argument is wrong, or an array has rows of a width that no key has.

    Attributes:
        scheme: the scheme that the keys are for.
        key_format: their format.
        rows: a copy of the keys, byte for byte.
        native: the native backend's handle, None where that backend is missing.
    """

    __slots__ = ("key_format", "native", "rows", "scheme")

    scheme: str
    key_format: str
    rows: Rows
    native: Any

    def __init__(self, scheme: str, public_keys: Any, *, memory: int | None = None, key_format: str = "auto") -> None:
        parameters(scheme, key_format=key_format)
        most = 0 if memory is None else whole_number("memory", memory, least=1)
        self.scheme = scheme
        self.key_format = key_format
        rows = as_rows("public_keys", public_keys)
        check_key_width(scheme, key_format, public_keys, rows)
        self.rows = rows.copy()
        self.native = None if native.MISSING else native.prepared_keys(scheme, key_format, self.rows, most)

    def __len__(self) -> int:
        """Number of keys."""
        return len(self.rows)

    @property
    def memory(self) -> int:
        """Bytes that the prepared form holds: bytes of the keys, points and tables."""
        return native.prepared_memory(self.native) if self.native is not None else self.rows.nbytes(len(self))

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def __reduce__(self) -> Never:
        raise TypeError("prepared keys hold pointers of this process: send the keys and prepare them there")

    def __repr__(self) -> str:
        return f"PreparedKeys({self.scheme!r}, {len(self)} keys, {self.memory} bytes)"


def check_key_width(scheme: str, key_format: str, public_keys: Any, rows: Rows) -> None:
    """Raises ValueError where an array has keys of a width that no key of the format has; names one that does."""
    row = SCHEMES[scheme]
    mend = "key_format='spki' takes such. " if rows.width in row.spki_widths else ""
    check_width("public_keys", public_keys, rows, row.widths(key_format), mend)
