# SPDX-License-Identifier: Apache-2.0
"""What a machine with a device for kernels/ is asked once: self-test, the device's tests, and a bench of every kernel.

    python -m bench.device_check --match NVIDIA --folder bench/results
    python -m bench.device_check --match cuda                              # the same card through CUDA

Every line holds the device end to end (rows from pageable host memory, digests back to it) beside the native backend
on all cores in the same run, the seconds that the kernels themselves took (profiling events), and how long the rows and
digests alone take over the link. Results are compared before anything is timed.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import pyaccel
from pyaccel.backends.base import Backend, Unavailable
from pyaccel.backends.device import Device, DeviceBackend
from pyaccel.hashing import KEY_NEEDED
from pyaccel.merkle_forms import FORMS
from pyaccel.poseidon2 import ELEMENTS
from pyaccel.scheduler.registry import discovered

from . import bench_ed25519, device_he, report
from .loops import installed
from .machine import machine

ROOT = Path(__file__).resolve().parent.parent
ROWS = 1 << 20
WIDTH = 64
ELEMENT_ROWS = 1 << 18
LEAVES = (1 << 20, 1 << 22)
PROOFS = 1 << 16
ROUNDS = 5
"""Samples of each contestant; odd, so that a median is a sample."""
SIGNATURES = (1 << 14, 1 << 17)
DISTINCT = 1 << 12
"""Rows that are signed for ECDSA; they come again and again."""
TESTS = (
    "test_opencl_algorithms.py",
    "test_opencl_bip340.py",
    "test_opencl_device.py",
    "test_opencl_ed25519.py",
    "test_opencl_hash.py",
    "test_opencl_he.py",
    "test_opencl_inclusion.py",
    "test_opencl_merkle.py",
    "test_opencl_proofs.py",
    "test_opencl_recovery.py",
    "test_opencl_secp256k1.py",
)
VECTORS = (
    "test_he_devices.py",
    "test_he_moves.py",
    "test_vectors_hash.py",
    "test_vectors_merkle.py",
    "test_vectors_ed25519.py",
    "test_vectors_recovery.py",
    "test_vectors_secp256k1.py",
    "test_opencl_scheduler.py",
)
KEY = bytes(range(32))

Output = bytes | npt.NDArray[np.uint8]


@contextmanager
def profiled(device: Device) -> Iterator[list[tuple[str, Any]]]:
    """Within it, every launch on the device leaves its name and event in the list."""
    events: list[tuple[str, Any]] = []
    launch = device.launch

    def noted(path: str, entry: str, n: int, *arguments: Any, define: str = "") -> Any:
        event = launch(path, entry, n, *arguments, define=define)
        events.append((entry, event))
        return event

    device.launch = noted  # type: ignore[method-assign]
    try:
        yield events
    finally:
        del device.launch


def kernel_seconds(device: Device, events: list[tuple[str, Any]]) -> dict[str, float]:
    """Seconds in each kernel, by the device's own clock."""
    seconds: dict[str, float] = {}
    for entry, event in events:
        seconds[entry] = seconds.get(entry, 0.0) + device.seconds(event)
    return seconds


def sample(work: Callable[[], object]) -> float:
    """Seconds of one call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def line(device: Device, name: str, n: int, row_bytes: int, ours: Callable[[str], Output]) -> dict[str, Any]:
    """One contest: ours(device name) on the device and natively; what it returns must be equal."""
    if bytes(ours(device.name)) != bytes(ours("native")):
        raise ValueError(f"{name}, n = {n}: {device.name} and native give different results")
    found = measured(device, name, n, row_bytes, {where: partial(ours, where) for where in (device.name, "native")})
    ours(device.name)
    ran = pyaccel.scheduler.last_run()
    assert ran is not None
    assert ran.device == device.name, ran
    return found


def measured(
    device: Device, name: str, n: int, row_bytes: int, calls: Mapping[str, Callable[[], object]]
) -> dict[str, Any]:
    """Calls by where they run, alternated; then the device's once more for the seconds in its kernels."""
    seconds: dict[str, list[float]] = {where: [] for where in calls}
    for _ in range(ROUNDS):
        for where, samples in seconds.items():
            samples.append(sample(calls[where]))
    with profiled(device) as events:
        calls[device.name]()
    kernels = kernel_seconds(device, events)
    total = sum(kernels.values())
    ours = statistics.median(seconds[device.name])
    found: dict[str, Any] = {
        "name": name,
        "n": n,
        "row_bytes": row_bytes,
        "seconds": {where: statistics.median(samples) for where, samples in seconds.items()},
        "kernel_seconds": kernels,
    }
    if total:
        found["kernel_rows_a_second"] = n / total
    beside = ""
    if "native" in seconds:
        native = statistics.median(seconds["native"])
        ratios = (n_ / o for o, n_ in zip(seconds[device.name], seconds["native"], strict=True))
        found["ratio_to_native"] = statistics.median(ratios)
        found["kernel_ratio_to_native"] = native / total
        beside = f", native {native * 1e3:8.2f} ms ({found['ratio_to_native']:.2f}x)"
    print(f"{name:44} {n:>9,}  end to end {ours * 1e3:8.2f} ms{beside}; kernels {total * 1e3:7.3f} ms", flush=True)
    return found


def hashes(device: Device) -> Iterator[dict[str, Any]]:
    """Every algorithm over ROWS rows of WIDTH bytes, Poseidon2 over ELEMENT_ROWS rows of elements."""
    generator = np.random.default_rng(1)
    for algorithm in pyaccel.algorithms():
        options = {"key": KEY} if algorithm in KEY_NEEDED else {}
        elements = ELEMENTS.get(algorithm)
        width, n = (elements.width, ELEMENT_ROWS) if elements else (WIDTH, ROWS)
        rows = generator.integers(0, 256, (n, width), dtype=np.uint8)
        if elements:
            rows.reshape(n, -1, elements.size)[:, :, -1] &= 0x0F  # below every modulus
        out = np.zeros((n, pyaccel.hash_many(algorithm, rows[:1], **options).shape[1]), np.uint8)

        def work(
            where: str, algorithm: str = algorithm, rows: Any = rows, out: Any = out, options: Any = options
        ) -> Output:
            return pyaccel.hash_many(algorithm, rows, out=out, device=where, **options)

        yield line(device, f"{algorithm} {width} B", n, width, work)


def roots(device: Device) -> Iterator[dict[str, Any]]:
    """Every form over its own hash, and rfc6962 over the others that the project promises."""
    leaves = np.random.default_rng(2).integers(0, 256, (max(LEAVES), 32), dtype=np.uint8)
    trees = [(form, found.algorithms[0]) for form, found in FORMS.items()]
    for form, algorithm in [*trees, ("rfc6962", "sm3"), ("rfc6962", "keccak256"), ("rfc6962", "blake3")]:
        for n in LEAVES:
            if FORMS[form].sorts_leaves and n > min(LEAVES):
                continue  # sorted on the host: little of the device is seen

            def work(where: str, form: str = form, algorithm: str = algorithm, n: int = n) -> Output:
                return pyaccel.merkle.root(leaves[:n], form=form, algorithm=algorithm, device=where)

            yield line(device, f"merkle root {form} {algorithm}", n, 32, work)


def proofs(device: Device) -> Iterator[dict[str, Any]]:
    """Inclusion proofs of one tree, every form over its own hash."""
    n = PROOFS
    leaves = np.random.default_rng(3).integers(0, 256, (n, 32), dtype=np.uint8)
    for form, found in FORMS.items():
        root, shown = pyaccel.merkle.proofs(leaves, np.arange(n), form=form, device="native")
        places, size = (None, None) if found.sorts_leaves else (np.arange(n), n)

        def work(
            where: str, form: str = form, root: Any = root, shown: Any = shown, places: Any = places, size: Any = size
        ) -> Output:
            verdicts = pyaccel.merkle.verify_many(root, leaves, places, shown, size, form=form, device=where)
            return verdicts.view(np.uint8)

        yield line(device, f"merkle proofs {form} {found.algorithms[0]}", n, 32 * (1 + (n - 1).bit_length()), work)


def signatures(device: Device) -> Iterator[dict[str, Any]]:
    """Ed25519 of distinct keys under an exact rule and the default; first with every third signature bad, untimed."""
    if installed("nacl.signing") is None:
        return
    signed = bench_ed25519.sign_rows(max(SIGNATURES))
    for n in SIGNATURES:
        for rule in ("rfc8032", "zip215"):

            def verdicts(where: str, some: bench_ed25519.Signed, rule: str = rule) -> Output:
                return pyaccel.verify_many("ed25519", *some.columns, rule=rule, device=where).view(np.uint8)

            changed = signed.head(n).with_bad(slice(0, n, 3))
            if verdicts(device.name, changed).tolist() != [int(i % 3 != 0) for i in range(n)]:
                raise ValueError(f"ed25519 {rule}, n = {n}: {device.name} gives wrong verdicts")
            good = signed.head(n)
            yield line(device, f"ed25519 {rule}", n, bench_ed25519.WIDTH, partial(verdicts, some=good))


def ecdsa(device: Device) -> Iterator[dict[str, Any]]:
    """ECDSA on secp256k1 of ready digests, and recovery; first with every third digest changed, untimed."""
    coincurve = installed("coincurve")
    if coincurve is None:
        return
    digests = np.random.default_rng(4).integers(0, 256, (DISTINCT, 32), dtype=np.uint8)
    signers = [coincurve.PrivateKey(b"\1" + digest[1:].tobytes()) for digest in digests]
    pairs = zip(signers, digests, strict=True)
    signed = _joined(signer.sign_recoverable(digest.tobytes(), hasher=None) for signer, digest in pairs)
    forms = {
        "compressed": _joined(signer.public_key.format() for signer in signers),
        "uncompressed": _joined(signer.public_key.format(compressed=False) for signer in signers),
    }
    for n in SIGNATURES:
        times = (n // DISTINCT, 1)
        z, signatures = np.tile(digests, times), np.tile(signed, times)
        changed = z.copy()
        changed[::3, 5] ^= 1
        for form, distinct in forms.items():
            keys, raw = np.tile(distinct, times), np.ascontiguousarray(signatures[:, :64])

            def verdicts(where: str, z: Any = z, keys: Any = keys, raw: Any = raw) -> npt.NDArray[np.uint8]:
                found = pyaccel.verify_many("secp256k1-ecdsa", keys, z, raw, message_hash="none", device=where)
                return found.view(np.uint8)

            if verdicts(device.name, changed).tolist() != [int(i % 3 != 0) for i in range(n)]:
                raise ValueError(f"secp256k1-ecdsa, n = {n}: {device.name} gives wrong verdicts")
            yield line(device, f"secp256k1-ecdsa any, {form} keys", n, 32, verdicts)

        def recovered(where: str, z: Any = z, signatures: Any = signatures) -> npt.NDArray[np.uint8]:
            return pyaccel.recover_many(z, signatures, device=where)[0]

        if not np.array_equal(recovered(device.name), keys[:, 1:]):
            raise ValueError(f"recover_many, n = {n}: {device.name} gives wrong keys")
        yield line(device, "recover_many secp256k1", n, signatures.shape[1], recovered)


def _joined(rows: Iterable[bytes]) -> npt.NDArray[np.uint8]:
    return np.frombuffer(b"".join(rows), np.uint8).reshape(DISTINCT, -1)


def link(device: Device) -> dict[str, float]:
    """Bytes a second to the device and back, in one piece of ROWS x WIDTH, from and to pageable memory."""
    data = np.zeros(ROWS * WIDTH, np.uint8)
    up, down = [], []
    with device.batch():
        buffer = device.allocate(data.nbytes)
        for _ in range(ROUNDS + 1):
            up.append(sample(lambda: device.write(buffer, data)))
            down.append(sample(lambda: device.read(data, buffer)))
    return {"up": data.nbytes / statistics.median(up[1:]), "down": data.nbytes / statistics.median(down[1:])}


PARTS: dict[str, Callable[[Device], Iterator[dict[str, Any]]]] = {
    "hashes": hashes,
    "roots": roots,
    "proofs": proofs,
    "signatures": signatures,
    "ecdsa": ecdsa,
    "he": partial(device_he.homomorphic, measured=measured),
}
"""Lines by the name that --only takes."""


def clocks() -> str:
    """What the driver says of the card and its clocks now; empty where there is no nvidia-smi."""
    query = "name,driver_version,clocks.sm,clocks.max.sm,clocks.mem,power.draw,pcie.link.gen.max,pcie.link.width.max"
    try:
        found = subprocess.run(
            ["nvidia-smi", f"--query-gpu={query}", "--format=csv"],
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
    except OSError:
        return ""
    return found.stdout.strip()


def tests(match: str, files: tuple[str, ...], workers: int, seconds: float) -> dict[str, Any]:
    """pytest over test files, those of other devices left out; what it printed last."""
    # pytest-benchmark warns of workers, and warnings are errors.
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:benchmark"]
    command += [
        "-m",
        "opencl and not slow",
        *(["-n", str(workers)] if workers else []),
        *(f"tests/{name}" for name in files),
    ]
    start = time.perf_counter()
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=seconds, check=False)
        text, code = done.stdout + done.stderr, done.returncode
    except subprocess.TimeoutExpired as error:
        text, code = str(error), -1
    print(text[-3000:], flush=True)
    return {
        "files": list(files),
        "exit": code,
        "seconds": time.perf_counter() - start,
        "last": text.strip().splitlines()[-1:],
        "device": match,
    }


def selftest() -> dict[str, Any]:
    """pyaccel selftest on every device."""
    results = pyaccel.selftest()
    failed = [f"{r.operation} {r.of} on {r.device}: {r.reason}" for r in results if r.result == "fail"]
    count = {state: sum(r.result == state for r in results) for state in ("pass", "skip", "fail")}
    print("selftest", count, *failed, sep="\n", flush=True)
    return {"count": count, "failed": failed}


def chosen(match: str) -> DeviceBackend:
    """The first device whose name in `device=`, own name or platform holds `match`; SystemExit where there is none.

    OpenCL's come first: --match cuda for the same card through CUDA.
    """
    seen = []
    backends: list[Backend] = []
    for kind in ("opencl", "cuda"):
        found = discovered(kind)
        if isinstance(found, Unavailable):
            seen.append(f"{kind}: {found.reason}")
        else:
            backends += found
    for backend in backends:
        proved = backend.probe()
        about = proved.reason if isinstance(proved, Unavailable) else f"{proved.device} ({proved.detail['platform']})"
        seen.append(f"{backend.name}: {about}")
        if match.lower() in seen[-1].lower() and not isinstance(proved, Unavailable):
            assert isinstance(backend, DeviceBackend)
            return backend
    sys.exit(f"no device matches {match!r}: " + "; ".join(seen))


def main() -> int:
    """Runs what was asked for; 1 where anything failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--match", default="", help="part of the device's or platform's name")
    parser.add_argument(
        "--folder", type=Path, default=ROOT / "bench" / "results", help="where the report goes; default: bench/results"
    )
    parser.add_argument("--workers", type=int, default=0, help="processes of pytest (needs pytest-xdist)")
    parser.add_argument("--no-tests", action="store_true", help="the self-test and the bench alone")
    parser.add_argument("--only", choices=PARTS, help="one part of the lines and nothing else; it is not saved")
    parser.add_argument("--build-options", default="", help="of every program, to try a variant by --only")
    parser.add_argument("--test-seconds", type=float, default=150, help="that the tests may take; default: 150")
    asked = parser.parse_args()
    backend = chosen(asked.match)
    device = backend._device
    assert not isinstance(device, Unavailable)
    device.profiling = True
    device.build_options += asked.build_options.split()
    device.forget()
    proved = backend.probe()
    assert not isinstance(proved, Unavailable)
    facts: dict[str, Any] = {"name": proved.device, "memory": proved.memory, **proved.detail}
    slug = re.sub(r"[^a-z0-9]+", "-", proved.device.lower()).strip("-")
    before = clocks()
    found: dict[str, Any] = {
        "bench": backend.name.partition(":")[0],
        "machine": machine() | {"class": slug},
        "device": facts,
        "rounds": ROUNDS,
    }
    if asked.only is None:
        found["selftest"] = selftest()
        found["link_bytes_a_second"] = link(device)
    found["clocks"] = {"before": before, "busy": ""}
    lines: list[Mapping[str, Any]] = []
    found["lines"] = lines
    for name, some in PARTS.items():
        if asked.only in (None, name):
            lines.extend(some(device))
    found["clocks"]["busy"] = clocks()
    if asked.only is not None:
        print(json.dumps(found), flush=True)
        return 0
    print(report.save(found, asked.folder), flush=True)
    if not asked.no_tests:
        found["tests"] = tests(proved.device, TESTS + VECTORS, asked.workers, asked.test_seconds)
        report.save(found, asked.folder)
    return 1 if found["selftest"]["failed"] or found.get("tests", {}).get("exit") else 0


if __name__ == "__main__":
    sys.exit(main())
