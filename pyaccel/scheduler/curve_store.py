# SPDX-License-Identifier: Apache-2.0
"""What `calibrate` measured: curves by operation, class and device, kept in a file for each machine and version.

The file stands under the user's cache folder, or where PYACCEL_CALIBRATION says ("none": nowhere, shipped curves hold).
What it says is believed only after every field was looked at: another version's file, a foreign or a broken one is
left aside with one logged reason, and shipped curves hold.
"""

from __future__ import annotations

import hashlib
import json
import os
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from errno import EINVAL
from functools import cache
from importlib.metadata import version
from math import isfinite
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from platformdirs import user_cache_path

from pyaccel import logs
from pyaccel.backends import native
from pyaccel.backends.base import Backend
from pyaccel.cpu import model_name, usable_cores
from pyaccel.scheduler import registry
from pyaccel.scheduler.curves import POINTS, Curve

FORMAT = 1
"""Of the file; another number is another version's."""

LARGEST = 16 << 20
"""Bytes of a file that is read at all."""

Key = tuple[str, str, str, int]
"""Operation, class, device, threads."""


@dataclass(frozen=True)
class Measured:
    """One curve that was measured here.

    Attributes:
        operation: its name.
        of: the class: algorithm, form, scheme or rule.
        device: what the device is (`registry.identity`): with another driver it is another one.
        name: how `device=` spelt it then.
        threads: of the processor that it ran on; 0 where that is the device's own affair.
        seconds: at each of POINTS.
        row: bytes of a row.
        link: seconds for each byte beyond these.
        start_up: seconds before the first batch: kernels built, buffers made.
        until: rows up to which it was measured; beyond, it was carried on.
        when: date and time in ISO 8601, UTC.
    """

    operation: str
    of: str
    device: str
    name: str
    threads: int
    seconds: tuple[float, ...]
    row: float
    link: float
    start_up: float
    until: int
    when: str

    @property
    def key(self) -> Key:
        """What it is looked up by."""
        return self.operation, self.of, self.device, self.threads

    def curve(self, *, started: bool = True) -> Curve:
        """As a curve: of a device that has started, or with what that takes first."""
        source = f"measured {self.when[:10]}"
        return Curve(self.seconds, self.link, 0.0 if started else self.start_up, self.row, source)


def machine() -> dict[str, Any]:
    """What a file holds for: the processor, what of it is used, and the version of pyaccel."""
    spec = "" if native.MISSING else native.text(native.lib.pyaccel_cpu_spec())
    return {"processor": model_name(), "spec": spec, "cores": usable_cores(), "pyaccel": version("pyaccel")}


def path() -> Path | None:
    """Where the file of this machine stands, or would; None where PYACCEL_CALIBRATION is "none"."""
    own = os.environ.get("PYACCEL_CALIBRATION", "")
    if own:
        return None if own == "none" else Path(own)
    name = hashlib.sha256(json.dumps(machine(), sort_keys=True).encode()).hexdigest()[:16]
    return user_cache_path("pyaccel") / "calibration" / f"{name}.json"


def threads(backend: Backend) -> int:
    """Threads of the processor that a backend's batches run on now; 0 where that is not pyaccel's to say."""
    return (native.threads() or native.environment_threads()) if backend.name == "native" else 0


_curves: dict[Key, Measured] | None = None
_kinds: tuple[Mapping[Key, Measured], tuple[str, ...]] | None = None


def curves() -> Mapping[Key, Measured]:
    """All that was measured: read from the file when it is first wanted."""
    global _curves  # noqa: PLW0603 - one store for the process
    found = _curves
    if found is None:
        place = path()
        found = _curves = {} if place is None else {one.key: one for one in _read(place)}
    return found


def reload() -> None:
    """Forgets what was read: the file is read again when it is next wanted."""
    global _curves  # noqa: PLW0603 - as above
    _curves = None
    _measured.cache_clear()
    registry.changed()


def measured(operation: str, of: str, backend: Backend) -> Curve | None:
    """The curve that was measured of a backend at hand, None where none was.

    Native has one for each number of threads that was measured; another number has that of the next smaller one,
    spread further.
    """
    if backend.name.partition(":")[0] not in kinds():
        return None
    return _measured(operation, of, backend, threads(backend))


@cache
def _measured(operation: str, of: str, backend: Backend, now: int) -> Curve | None:
    known, device = curves(), registry.identity(backend)
    counts = [count for what, kind, where, count in known if (what, kind, where) == (operation, of, device)]
    best = max((count for count in counts if count <= now), default=None)
    if best is None:
        return None
    curve = known[operation, of, device, best].curve()
    return curve if best == now else curve.on_threads(now // best)


def told() -> str:
    """What was measured, in words: how many curves, when, and where they are kept."""
    days = sorted(one.when[:10] for one in curves().values())
    where = path() or "this process alone"
    return f"{len(days)} curves, {days[0]} to {days[-1]}, {where}" if days else "none: shipped curves hold"


def best_of_kind(operation: str, of: str, kind: str) -> Measured | None:
    """The quickest that was measured of a kind's devices at the largest of POINTS."""
    some = (one for one in curves().values() if (one.operation, one.of) == (operation, of))
    ours = (one for one in some if one.name.partition(":")[0] == kind)
    return min(ours, key=lambda one: one.seconds[-1], default=None)


def kinds() -> tuple[str, ...]:
    """Kinds of the devices that were measured: other packages' are looked for only where they are known to pay."""
    global _kinds  # noqa: PLW0603 - worked out once for each set of curves
    known = curves()
    if _kinds is None or _kinds[0] is not known:
        _kinds = (known, tuple(dict.fromkeys(one.name.partition(":")[0] for one in known.values())))
    return _kinds[1]


def keep(new: Iterable[Measured], *, save: bool = True) -> Path | None:
    """Takes curves into use, and writes them beside those that the file has, whole or not at all.

    Returns:
        The file; None where it was not to be written, or can't be, which is a RuntimeWarning: the curves then hold for
        this process.
    """
    global _curves  # noqa: PLW0603 - as above
    added = {one.key: one for one in new}
    _curves = {**curves(), **added}
    _measured.cache_clear()
    registry.changed()
    place = path()
    if not save or place is None:
        return None
    try:
        _write(place, {**{one.key: one for one in _read(place)}, **added}.values())
    except OSError as error:
        why = error.strerror or str(error)
        message = (
            f"calibration: {place} can't be written ({why}), the curves hold for this process only; make the folder "
            "writable, or name another file in PYACCEL_CALIBRATION"
        )
        logs.event("cache.unwritable", message, once=(str(place), why), path=str(place), reason=why)
        warnings.warn(message, RuntimeWarning, stacklevel=3)
        return None
    return place


def _require_file(place: Path) -> None:
    """Raises OSError where something else than a file stands there: a pipe would never end, a device be replaced."""
    if place.exists() and not place.is_file():
        raise OSError(EINVAL, "it is no file", str(place))


def _write(place: Path, some: Iterable[Measured]) -> None:
    _require_file(place)
    document = {"format": FORMAT, "machine": machine(), "points": POINTS, "curves": [asdict(one) for one in some]}
    place.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile("w", dir=place.parent, prefix=place.name, suffix=".part", delete=False) as part:
        try:
            json.dump(document, part, indent=1)
            part.flush()
            os.fsync(part.fileno())
            Path(part.name).replace(place)
        except BaseException:
            Path(part.name).unlink(missing_ok=True)
            raise


def _read(place: Path) -> list[Measured]:
    """The curves of a file, none where there is no file or it can't be believed."""
    try:
        _require_file(place)
        with place.open("rb") as file:
            return _checked(file.read(LARGEST + 1))
    except FileNotFoundError:
        return []
    except (OSError, ValueError, ArithmeticError, RecursionError) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or " ".join(str(error).split())[:300]
        message = f"calibration: {place} is not used: {why}; to mend: pyaccel calibrate, or delete the file"
        logs.event("calibration.ignored", message, once=(str(place), why), path=str(place), reason=why)
        return []


def _checked(content: bytes) -> list[Measured]:
    """The curves of a file; ValueError where it is not one of this machine and version, or anything is odd."""
    if len(content) > LARGEST:
        raise ValueError(f"it has more than {LARGEST:,} bytes, and none of pyaccel's has")
    document = json.loads(content)
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ValueError(f"it is not a calibration of format {FORMAT}")
    if document.get("machine") != machine():
        raise ValueError(f"it is of another machine or version: {document.get('machine')}, this is {machine()}")
    if document.get("points") != list(POINTS) or not isinstance(document.get("curves"), list):
        raise ValueError("its points are others, or it has no curves")
    return [_checked_curve(i, entry) for i, entry in enumerate(document["curves"])]


_TYPES: Mapping[str, tuple[type, ...]] = {
    "operation": (str,),
    "of": (str,),
    "device": (str,),
    "name": (str,),
    "threads": (int,),
    "seconds": (list,),
    "row": (float, int),
    "link": (float, int),
    "start_up": (float, int),
    "until": (int,),
    "when": (str,),
}


def _checked_curve(i: int, entry: Any) -> Measured:
    if not isinstance(entry, dict) or set(entry) != set(_TYPES):
        raise ValueError(f"curves[{i}] has other fields than {', '.join(_TYPES)}")
    for name, types in _TYPES.items():
        if type(entry[name]) not in types:
            raise ValueError(f"curves[{i}].{name} is a {type(entry[name]).__name__}")
    numbers = [*entry["seconds"], entry["row"], entry["link"], entry["start_up"], entry["threads"], entry["until"]]
    for number in numbers:
        if type(number) not in (float, int) or not (isfinite(number) and 0 <= number < 1e12):
            raise ValueError(f"curves[{i}] has {str(number)[:40]} where a number from 0 on belongs")
    one = Measured(**entry | {"seconds": tuple(float(value) for value in entry["seconds"])})
    if one.row <= 0:
        raise ValueError(f"curves[{i}].row is 0")
    one.curve()
    return one
