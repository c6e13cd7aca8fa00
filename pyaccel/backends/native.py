# SPDX-License-Identifier: Apache-2.0
"""The CPU, through libpyaccel. cffi releases the GIL while C computes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Never

from pyaccel.backends.base import Backend, Capabilities, Declined, Inputs, Outputs, Parameters, Plan, Unavailable
from pyaccel.cpu import usable_cores
from pyaccel.errors import OverloadedError, PyaccelError, UnsupportedError
from pyaccel.poseidon2 import ELEMENTS
from pyaccel.rows import Rows

if TYPE_CHECKING:
    from pyaccel.operations import Operation

__all__ = ["MISSING", "NativeBackend", "discover", "ffi", "lib"]

MISSING: str | None = None
"""Why libpyaccel can't be used, None where it can."""

try:
    from pyaccel._core import ffi, lib
except ImportError as error:
    MISSING = (
        f"the compiled core can't be loaded ({error}); install pyaccel again: pip install --force-reinstall pyaccel"
    )
else:
    _new, _from_buffer, _gc, _NULL = ffi.new, ffi.from_buffer, ffi.gc, ffi.NULL
    _BYTES = ffi.typeof("uint8_t[]")
    _ROWS = ffi.typeof("pyaccel_rows *")
    _FLAG = ffi.typeof("uint32_t *")
    _HASHER = ffi.typeof("pyaccel_hasher **")
    _new_hasher, _free_hasher = lib.pyaccel_hasher_new, lib.pyaccel_hasher_free
    _hash_one = lib.pyaccel_hash_one
    _HASH_OPTIONS = ffi.typeof("pyaccel_hash_options *")
    _MERKLE_OPTIONS = ffi.typeof("pyaccel_merkle_options *")
    _VERIFY_OPTIONS = ffi.typeof("pyaccel_verify_options *")
    _RECOVER_OPTIONS = ffi.typeof("pyaccel_recover_options *")
    _PREPARE_OPTIONS = ffi.typeof("pyaccel_prepare_options *")

_spare_triples: list[tuple[Any, Any, Any]] = []
"""Views of a key, a message and a signature for VerifyPlan.run to use again: making them costs more than filling them.
One that is in use is not in it, whoever interrupts."""

_spare_places: list[Any] = []
"""The same for `hasher`: where C writes the handle."""

_FAMILIES = {
    "sha256": ("sha256", "sha256-lanes"),
    "sha256d": ("sha256", "sha256-lanes"),
    "sha224": ("sha256", "sha256-lanes"),
    **dict.fromkeys(("sha512", "sha384", "sha512-256"), ("sha512", "sha512-lanes")),
    "hash160": ("sha256", "sha256-lanes", "ripemd160", "ripemd160-lanes"),
    "ripemd160": ("ripemd160", "ripemd160-lanes"),
    "sm3": ("sm3", "sm3-lanes"),
    **dict.fromkeys(
        ("keccak256", "sha3-224", "sha3-256", "sha3-384", "sha3-512", "shake128", "shake256"),
        ("keccak", "keccak-lanes"),
    ),
    "blake2b-256": ("blake2b", "blake2b-lanes"),
    "blake2b-512": ("blake2b", "blake2b-lanes"),
    "blake2s-256": ("blake2s", "blake2s-lanes"),
    "blake3": ("blake3", "blake3-lanes"),
    "hmac-sha256": ("sha256", "sha256-lanes"),
    "hmac-sha512": ("sha512", "sha512-lanes"),
    "hmac-sm3": ("sm3", "sm3-lanes"),
    **{name: (f"poseidon2-{one.field}", f"poseidon2-{one.field}-lanes") for name, one in ELEMENTS.items()},
    "secp256k1-ecdsa": ("secp256k1",),
    "p256-ecdsa": ("p256",),
    "p384-ecdsa": ("p384",),
    "recovery": ("secp256k1",),
}
"""Families of variants that serve an algorithm or scheme; where it is not listed, the family of its own name."""


_LANES = {"avx512ifma": 8, "avx512ifma-emulated": 8, "avx2": 4}
"""Signatures that a variant computes together."""


def lanes(scheme: str) -> int:
    """Rows of a scheme, or of "recovery", that the bound variant computes together."""
    return _LANES.get(NativePlan(scheme).variant, 1)


def discover() -> tuple[Backend, ...] | Unavailable:
    """The one native backend, or why the compiled core is missing."""
    return Unavailable(MISSING) if MISSING else (NativeBackend(),)


class NativeBackend:
    """libpyaccel on this machine's CPU."""

    def __init__(self) -> None:
        self.name = self.kind = "native"  # of the object: each batch asks for it, and a class is asked more slowly

    def probe(self) -> Capabilities | Unavailable:
        """What CPU this is and which variants are bound."""
        from pyaccel.cpu import model_name

        if lib.pyaccel_abi_version() < lib.PYACCEL_ABI_VERSION:
            return Unavailable(
                f"libpyaccel has ABI {lib.pyaccel_abi_version()}, not {lib.PYACCEL_ABI_VERSION} or later"
            )
        detail = {"cpu": text(lib.pyaccel_cpu_spec()), "threads": str(threads() or environment_threads())}
        return Capabilities(model_name(), detail)

    def prepare(self, operation: Operation, parameters: Parameters) -> Plan | Declined:
        """A plan, unless the library does not know the operation or one of its names."""
        make = _PLANS.get(operation.name)
        if make is None:
            return Declined(f"libpyaccel has no {operation.name}")
        try:
            return make(parameters)
        except (LookupError, AttributeError) as error:
            return Declined(str(error.args[0]))


class NativePlan:
    """Base of the plans: which names bound variants go by."""

    def __init__(self, serves: str) -> None:
        self._families = _FAMILIES.get(serves, (serves,))

    @property
    def variant(self) -> str:
        """The bound variants of the families that serve it: "shani", "shani+avx512"."""
        bound = [name for family, name, is_bound, _, _ in variants() if is_bound and family in self._families]
        return "+".join(dict.fromkeys(bound)) or "portable"

    def run(self, inputs: Inputs, outputs: Outputs, n: int) -> None:
        """As Plan.run."""
        raise NotImplementedError


class HashPlan(NativePlan):
    """hash_many."""

    def __init__(self, parameters: Parameters) -> None:
        super().__init__(parameters["algorithm"])
        self._call = lib.pyaccel_hash_many
        self._algorithm = _value("HASH", parameters["algorithm"])
        self._size = parameters["digest_size"]
        context = parameters["context"]
        self._context = None if context is None else ffi.from_buffer(_BYTES, context)
        self._one = self._options(threads=1)
        self._many = self._options(threads=threads())
        self._single = parameters["algorithm"] not in ELEMENTS

    def _options(self, threads: int) -> Any:
        options = _options(_HASH_OPTIONS, threads=threads, digest_size=self._size)
        if self._context is not None:
            options.context, options.context_size = self._context, len(self._context)
        return options

    def run(self, inputs: Inputs, outputs: Outputs, n: int) -> None:
        """As Plan.run."""
        rows = inputs["messages"]
        digests = _from_buffer(_BYTES, outputs["digests"])
        key = inputs["key"]
        options = self._one if n == 1 else self._many
        if key is not None:
            options = _new(_HASH_OPTIONS, options[0])
            options.key = secret = _from_buffer(_BYTES, key)  # named, so that it is held while C reads it
            options.key_size = len(secret)
        if n == 1 and self._single and rows.offsets is None:
            # The quicker call: a view of rows, and making it, cost more than hashing a short one.
            data = rows.buffer
            if type(data) is not bytes:
                data = _from_buffer(_BYTES, data)
            status = _hash_one(digests, self._size, self._algorithm, data, rows.width, options)
        else:
            status = self._call(digests, n * self._size, self._algorithm, _rows(rows), n, options)
        if status:
            raise_status("hash_many", status)


class MerklePlan(NativePlan):
    """Base of the Merkle plans: the function, form and options."""

    function: str

    def __init__(self, parameters: Parameters) -> None:
        super().__init__(parameters["algorithm"])
        self._call = getattr(lib, self.function)
        self._form = _value("MERKLE", parameters["form"])
        algorithm = _value("HASH", parameters["algorithm"])
        mixed = lib.PYACCEL_MERKLE_MIX_IN_SIZE if parameters.get("mix_in_length") else 0
        self._fields = {
            "threads": threads(),
            "algorithm": algorithm,
            "limit": parameters.get("limit") or 0,
            "mix_in_length": mixed,
            "unsorted": int(parameters.get("sort_leaves") is False),
        }
        self._options = _options(_MERKLE_OPTIONS, **self._fields)

    def options(self, inputs: Inputs) -> Any:
        """The options, with the length that is mixed in where it is not the number of leaves."""
        length: Any = inputs.get("length")
        if length is None:
            return self._options
        fields = self._fields | {"mix_in_length": lib.PYACCEL_MERKLE_MIX_IN_LENGTH, "length": int(length[0])}
        return _options(_MERKLE_OPTIONS, **fields)


class RootPlan(MerklePlan):
    """merkle.root."""

    function = "pyaccel_merkle_root"

    def run(self, inputs: Inputs, outputs: Outputs, n: int) -> None:
        """As Plan.run."""
        root = outputs["root"]
        flag = _new(_FLAG) if self._form == lib.PYACCEL_MERKLE_BITCOIN else _NULL  # no other tree is ever mutated
        leaves = _rows(inputs["leaves"])
        status = self._call(_out(root), root.nbytes, flag, self._form, leaves, n, self.options(inputs))
        if status:
            raise_status("merkle.root", status)
        outputs["mutated"][0] = flag[0] if flag else 0


class LayersPlan(MerklePlan):
    """merkle.layers."""

    function = "pyaccel_merkle_layers"

    def run(self, inputs: Inputs, outputs: Outputs, n: int) -> None:
        """As Plan.run."""
        nodes: Any = outputs["nodes"]
        leaves = _rows(inputs["leaves"])
        positions: Any = outputs.get("positions")
        options = self._options
        if positions is not None:
            options = _options(_MERKLE_OPTIONS, **self._fields)
            options.positions = place = ffi.from_buffer("uint64_t[]", positions, require_writable=True)
            assert len(place) >= n
        status = self._call(_out(nodes), nodes.nbytes, self._form, leaves, n, options)
        if status:
            raise_status("merkle.layers", status)


class ProofsPlan(MerklePlan):
    """merkle.proofs: a tree is made, read and freed."""

    function = "pyaccel_merkle_tree_proofs"

    def __init__(self, parameters: Parameters) -> None:
        super().__init__(parameters)
        self._name = parameters["form"]

    def run(self, inputs: Inputs, outputs: Outputs, n: int) -> None:
        """As Plan.run."""
        from pyaccel.backends import native_tree

        tree = native_tree.new(self._name, inputs["leaves"], n, self.options(inputs))
        outputs["root"][0] = memoryview(native_tree.root(tree))
        native_tree.write_proofs(outputs["proofs"], outputs["offsets"], tree, inputs["indices"], None)


class MerkleVerifyPlan(MerklePlan):
    """merkle.verify_many."""

    function = "pyaccel_merkle_verify_many"

    def run(self, inputs: Inputs, outputs: Outputs, n: int) -> None:
        """As Plan.run."""
        verdicts: Any = outputs["verdicts"]
        sizes: Any = inputs["sizes"]
        status = self._call(
            _out(verdicts),
            verdicts.nbytes,
            self._form,
            _rows(inputs["roots"]),
            _rows(inputs["leaves"]),
            _numbers(inputs["indices"]),
            _rows(inputs["proofs"]),
            _numbers(sizes),
            0 if sizes is None else len(sizes),
            n,
            self.options(inputs),
        )
        if status:
            raise_status("merkle.verify_many", status)


class ConsistencyPlan(MerklePlan):
    """merkle.verify_consistency."""

    function = "pyaccel_merkle_verify_consistency"

    def run(self, inputs: Inputs, outputs: Outputs, n: int) -> None:  # noqa: ARG002 - always 1
        """As Plan.run."""
        old_size, new_size = (int(size) for size in inputs["sizes"])
        old_root, new_root, proof = (inputs[name][0] for name in ("old_root", "new_root", "proof"))
        verdict = ffi.from_buffer(_BYTES, outputs["verdicts"], require_writable=True)
        status = self._call(
            verdict, self._form, old_root, new_root, old_size, new_size, proof, len(proof), self._options
        )
        if status:
            raise_status("merkle.verify_consistency", status)


class MultiproofPlan(MerklePlan):
    """merkle.verify_multiproof."""

    function = "pyaccel_merkle_verify_multiproof"

    def run(self, inputs: Inputs, outputs: Outputs, n: int) -> None:
        """As Plan.run."""
        proof: Any = inputs["proof"]
        nodes = proof[0]
        flags: Any = inputs["flags"]
        status = self._call(
            _out(outputs["verdicts"]),
            self._form,
            inputs["root"][0],
            _rows(inputs["leaves"]),
            _numbers(inputs["indices"]),
            n,
            nodes,
            len(nodes),
            ffi.NULL if flags is None else ffi.from_buffer(_BYTES, flags),
            0 if flags is None else len(flags),
            self._options,
        )
        if status:
            raise_status("merkle.verify_multiproof", status)


class VerifyPlan(NativePlan):
    """verify_many."""

    def __init__(self, parameters: Parameters) -> None:
        super().__init__(parameters["scheme"])
        message_hash = parameters["message_hash"]
        self._call = lib.pyaccel_verify_many
        self.scheme = _value("SCHEME", parameters["scheme"])
        fields = {
            "rule": _value("RULE", parameters["rule"]),
            "message_hash": _value("MESSAGE_HASH", message_hash) if message_hash else 0,
            "key_format": _value("KEY_FORMAT", parameters["key_format"]),
            "signature_format": _value("SIGNATURE_FORMAT", parameters["signature_format"]),
        }
        self._one = _options(_VERIFY_OPTIONS, threads=1, **fields)
        self._many = _options(_VERIFY_OPTIONS, threads=threads(), **fields)

    def run(self, inputs: Inputs, outputs: Outputs, n: int) -> None:
        """As Plan.run."""
        keys: Any = inputs["public_keys"]
        index = inputs["key_index"]
        reasons = outputs["reasons"]
        options = self._one if n == 1 else self._many
        if index is None and reasons is None and type(keys) is Rows and inputs["identity"] is None:
            status = self._run_plain(keys, inputs, outputs, n, options)
        else:
            status = self._run_any(inputs, outputs, n)
        if status:
            raise_status("verify_many", status)

    def _run_plain(self, keys: Rows, inputs: Inputs, outputs: Outputs, n: int, options: Any) -> int:
        """Of a key a row, with nothing to be told but verdicts."""
        verdicts, messages, signatures = _out(outputs["verdicts"]), inputs["messages"], inputs["signatures"]
        if n != 1 or keys.offsets is not None or messages.offsets is not None or signatures.offsets is not None:
            rows = _rows(keys), _rows(messages), _rows(signatures)
            return int(self._call(verdicts, self.scheme, *rows, n, options))
        # With the stride of 0, which fits any row.
        try:
            views = _spare_triples.pop()
        except IndexError:
            views = ffi.new(_ROWS), ffi.new(_ROWS), ffi.new(_ROWS)
        key, message, signature = views
        held = _fill(key, keys), _fill(message, messages), _fill(signature, signatures)
        status = self._call(verdicts, self.scheme, key, message, signature, 1, options)
        _spare_triples.append(views)
        del held
        return int(status)

    def _run_any(self, inputs: Inputs, outputs: Outputs, n: int) -> int:
        options, keys, pinned = self.arguments(inputs, n)
        reasons: Any = outputs["reasons"]
        if reasons is not None:
            pinned.append(_out(reasons))
            options.reasons = pinned[-1]
        return int(self._call(_out(outputs["verdicts"]), self.scheme, keys, *self.signed(inputs), n, options))

    def arguments(self, inputs: Inputs, n: int) -> tuple[Any, Any, list[Any]]:
        """The options of a call of n rows without reasons, its keys, and what is to be held while C reads them."""
        keys: Any = inputs["public_keys"]
        index: Any = inputs["key_index"]
        identity: Any = inputs["identity"]
        options = ffi.new(_VERIFY_OPTIONS, (self._one if n == 1 else self._many)[0])
        pinned = []
        if identity is not None:
            pinned.append(_rows(identity))  # another thread's view may take its place in the Rows
            options.identity = pinned[-1]
        if index is not None:
            pinned.append(ffi.from_buffer("uint32_t[]", index))
            options.key_index = pinned[-1]
        if isinstance(keys, Rows):
            options.key_count = 0 if index is None else len(keys)
            return options, _rows(keys), pinned
        options.prepared = keys.native
        return options, ffi.NULL, pinned

    @staticmethod
    def signed(inputs: Inputs) -> tuple[Any, Any]:
        """Messages and signatures."""
        return _rows(inputs["messages"]), _rows(inputs["signatures"])


class RecoverPlan(NativePlan):
    """recover_many."""

    def __init__(self, parameters: Parameters) -> None:
        super().__init__("recovery")
        self._call = lib.pyaccel_recover_many
        fields = {"rule": _value("RECOVER", parameters["rule"]), "addresses": int(parameters["addresses"])}
        self._one = _options(_RECOVER_OPTIONS, threads=1, **fields)
        self._many = _options(_RECOVER_OPTIONS, threads=threads(), **fields)

    def run(self, inputs: Inputs, outputs: Outputs, n: int) -> None:
        """As Plan.run."""
        keys: Any = outputs["keys"]
        ids: Any = inputs["recovery_ids"]
        status = self._call(
            _out(keys),
            keys.nbytes,
            _out(outputs["verdicts"]),
            _rows(inputs["digests"]),
            _rows(inputs["signatures"]),
            ffi.NULL if ids is None else ffi.from_buffer(_BYTES, ids),
            n,
            self._one if n == 1 else self._many,
        )
        if status:
            raise_status("recover_many", status)


_PLANS: dict[str, Callable[[Parameters], Plan]] = {
    "hash_many": HashPlan,
    "merkle.root": RootPlan,
    "merkle.layers": LayersPlan,
    "merkle.proofs": ProofsPlan,
    "merkle.verify_many": MerkleVerifyPlan,
    "merkle.verify_consistency": ConsistencyPlan,
    "merkle.verify_multiproof": MultiproofPlan,
    "verify_many": VerifyPlan,
    "recover_many": RecoverPlan,
}


def prepared_keys(scheme: str, key_format: str, keys: Rows, memory: int) -> Any:
    """The handle of prepared keys, freed with its Python object; memory in bytes, 0: the library's default."""
    options = _options(_PREPARE_OPTIONS, memory=memory, threads=threads(), key_format=_value("KEY_FORMAT", key_format))
    handle = ffi.new("pyaccel_prepared_keys **")
    status = lib.pyaccel_prepared_keys_new(handle, _value("SCHEME", scheme), _rows(keys), len(keys), options)
    if status:
        raise_status("PreparedKeys", status)
    return ffi.gc(handle[0], lib.pyaccel_prepared_keys_free)


def prepared_memory(handle: Any) -> int:
    """Bytes that the handle of prepared keys holds."""
    return int(lib.pyaccel_prepared_keys_memory(handle))


def hash_number(algorithm: str) -> int:
    """PYACCEL_HASH_* of an algorithm."""
    return _value("HASH", algorithm)


def hasher(number: int, key: bytes | None = None, context: bytes | None = None) -> Any:
    """The handle of an empty message, freed with its Python object."""
    options = _NULL
    if key is not None or context is not None:
        options = _options(_HASH_OPTIONS)
    if key is not None:
        options.key = key_bytes = ffi.from_buffer(_BYTES, key)  # named, so that it is held while C reads it
        options.key_size = len(key_bytes)
    if context is not None:
        options.context = context_bytes = ffi.from_buffer(_BYTES, context)
        options.context_size = len(context_bytes)
    try:
        place = _spare_places.pop()
    except IndexError:
        place = _new(_HASHER)
    status = _new_hasher(place, number, options)
    if status:
        raise_status("new", status)
    handle = _gc(place[0], _free_hasher)
    _spare_places.append(place)
    return handle


def hasher_copy(handle: Any) -> Any:
    """Another handle of the same message."""
    copy = _new(_HASHER)
    status = lib.pyaccel_hasher_copy(copy, handle)
    if status:
        raise_status("copy", status)
    return _gc(copy[0], _free_hasher)


def variants() -> list[tuple[str, str, bool, bool, int]]:
    """Every variant of this build: family, name, whether it is bound, whether this CPU runs it, batches it ran."""
    count = lib.pyaccel_variant_count()
    table = ffi.new("pyaccel_variant[]", count)
    for i in range(count):
        lib.pyaccel_variant_get(table + i, i)
    return [(text(v.family), text(v.variant), bool(v.bound), bool(v.runnable), int(v.calls)) for v in table]


_asked: ContextVar[int] = ContextVar("pyaccel.native.threads", default=0)


@contextmanager
def on_threads(count: int) -> Iterator[None]:
    """Within it, in this thread or task, plans are made for so many threads; 0: for what `threads` says otherwise."""
    token = _asked.set(count)
    try:
        yield
    finally:
        _asked.reset(token)


def threads() -> int:
    """What options.threads asks for: the cores that this process may use, or 0 where PYACCEL_THREADS says it."""
    if asked := _asked.get():
        return asked
    return 0 if os.environ.get("PYACCEL_THREADS") else usable_cores()


def environment_threads() -> int:
    """What PYACCEL_THREADS asks for, 0 where it is not a number, or an endless one (C then answers BAD_ENVIRONMENT)."""
    value = os.environ.get("PYACCEL_THREADS", "")
    return int(value) if value.isdecimal() and len(value) < 80 else 0


def text(value: Any) -> str:
    """A C string."""
    result: str = ffi.string(value).decode()
    return result


def _options(kind: Any, **fields: int) -> Any:
    options = ffi.new(kind, fields)
    options.struct_size = ffi.sizeof(kind.item)
    return options


def _out(array: Any) -> Any:
    return _from_buffer(_BYTES, array, True)  # require_writable, which by its name takes twice the time


def _fill(view: Any, rows: Rows) -> Any:
    """Makes a view that of one row of fixed width; returns what is to be held while C reads it."""
    view.data = data = _from_buffer(_BYTES, rows.buffer)
    view.data_size = view.width = rows.width
    return data


def _numbers(array: Any) -> Any:
    """Positions or sizes, NULL where the form has none."""
    return ffi.NULL if array is None else ffi.from_buffer("uint64_t[]", array)


def _rows(rows: Any) -> Any:
    """The pyaccel_rows of some Rows, made once and kept with them, as is what it points at."""
    native = rows.native
    if native is None:
        view = _new(_ROWS)
        view.data = data = _from_buffer(_BYTES, rows.buffer)
        view.data_size = len(data)
        offsets = rows.offsets
        if offsets is None:
            view.width = rows.width
            view.stride = rows.stride
        else:
            view.offset_bits = 8 * offsets.itemsize
            view.offsets = offsets = ffi.from_buffer(offsets)
        rows.native = native = (view, data, offsets)
    return native[0]


def _value(kind: str, name: str) -> int:
    """The enumeration that a name has in C: of "RULE" and "low-s", PYACCEL_RULE_LOW_S."""
    constant = f"PYACCEL_{kind}_{name.upper().replace('-', '_')}"
    value = getattr(lib, constant, None)
    if value is None:
        raise LookupError(f"libpyaccel has no {constant}")
    return int(value)


def raise_status(operation: str, status: int) -> Never:
    """The exception of a status that is not OK."""
    reason = f"{operation}: {text(lib.pyaccel_status_text(status))}"
    if status == lib.PYACCEL_INVALID_ARGUMENT:
        raise ValueError(reason)
    if status == lib.PYACCEL_UNSUPPORTED:
        raise UnsupportedError(reason)
    if status == lib.PYACCEL_OUT_OF_MEMORY:
        raise MemoryError(reason)
    if status == lib.PYACCEL_OVERLOADED:
        raise OverloadedError(reason)
    if status == lib.PYACCEL_BAD_ENVIRONMENT:
        raise PyaccelError(f"{reason}: {text(lib.pyaccel_cpu_spec())}")
    raise PyaccelError(reason)


def require_environment(operation: str) -> None:
    """Raises PyaccelError where PYACCEL_CPU or PYACCEL_THREADS is impossible, so that batches would be refused."""
    if MISSING is None:
        status = lib.pyaccel_probe(ffi.new("double *"), ffi.new("double *"))
        if status:
            raise_status(operation, status)


constant, rows_view = _value, _rows
