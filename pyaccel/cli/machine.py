# SPDX-License-Identifier: Apache-2.0
"""`pyaccel info` and `pyaccel selftest` as tables and JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

import click
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

import pyaccel
from pyaccel.cli.errors import one_line
from pyaccel.cli.progress import progress_bar
from pyaccel.cli.table import kernels, plain_table

_STYLES = {"pass": "green", "fail": "bold red", "skip": "dim"}


@dataclass(frozen=True)
class _Cell:
    """What one device says of one operation and class; the reason goes into a footnote."""

    operation: str
    of: str
    device: str
    text: str
    style: str
    reason: str


def _table(*columns: str) -> Table:
    table = plain_table()
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _print_matrix(console: Console, cells: Iterable[_Cell]) -> None:
    """Operations down, devices across; what all devices say the same of shares a row, each reason stands once below."""
    rows: dict[tuple[str, str], dict[str, _Cell]] = {}
    notes: dict[str, dict[str, None]] = {}
    for cell in cells:
        rows.setdefault((cell.operation, cell.of), {})[cell.device] = cell
        if cell.reason:
            notes.setdefault(cell.reason, {})[cell.device] = None
    numbers = {reason: number for number, reason in enumerate(notes, 1)}
    devices = dict.fromkeys(device for row in rows.values() for device in row)
    alike: dict[tuple[str, tuple[tuple[str, str], ...]], list[str]] = {}
    for (operation, of), row in rows.items():
        said = tuple(_said(row[device], numbers) if device in row else ("", "") for device in devices)
        alike.setdefault((operation, said), []).append(of)
    table = _table("operation", *devices)
    before = ""
    for (operation, said), names in alike.items():
        if operation != before:
            table.add_row(Text(operation, style="bold"))
        before = operation
        texts = (Text(text, style=style) for text, style in said)
        table.add_row(Padding(_listed(names), (0, 0, 0, 2)), *texts)
    console.print(table)
    for reason, where in notes.items():
        console.print(Text(f"[{numbers[reason]}] {', '.join(where)}: {one_line(reason)}", style="dim"))


def _listed(names: Iterable[str]) -> str:
    """Names in a row; of those that begin with the same two words before their dashes, these and how many there are."""
    families: dict[str, list[str]] = {}
    for name in names:
        words = name.split("-", 2)
        families.setdefault("-".join(words[:2]) if len(words) == 3 and "," not in name else name, []).append(name)
    texts = [f"{family}-* ({len(all_)})" if len(all_) > 1 else all_[0] for family, all_ in families.items()]
    return ("; " if any("," in text for text in texts) else ", ").join(texts)


def _said(cell: _Cell, numbers: Mapping[str, int]) -> tuple[str, str]:
    number = numbers.get(cell.reason)
    return cell.text + (f" [{number}]" if number else ""), cell.style


def _variants(device: str, variant: str) -> str:
    """A device's kernel is named as the operation is; the table of families has the CPU's variants with their lanes."""
    if device != "native":
        return "✓" if variant else "✗"
    return kernels(variant) or "✗"


def _marked(names: Mapping[str, bool]) -> Text:
    parts = [Text(f"{name} {'✓' if here else '✗'}  ", style="green" if here else "dim") for name, here in names.items()]
    return Text.assemble(*parts)


def show_info(console: Console, *, as_json: bool) -> int:
    """Prints what this machine has and which code serves what on it; the answer is the exit status."""
    with progress_bar(Console(stderr=True), "info", lines=True) as report:
        info = pyaccel.info(progress=lambda done, total, device: report(device, done, total))
    if as_json:
        click.echo(json.dumps(asdict(info), indent=2))
        return 0
    facts = Table.grid(padding=(0, 2))
    quota = "no limit" if info.quota is None else f"{info.quota:g} cores"
    for name, value in (
        ("pyaccel", f"{info.version}, library {info.library or 'missing'}, ABI {info.abi}, Python {info.python}"),
        ("machine", f"{info.system}, {info.processor}"),
        ("threads", f"{info.threads} for large batches; {info.cores} cores usable, quota {quota}"),
        ("CPU", info.spec),
        ("levels", _marked(info.levels)),
        ("features", _marked(info.features)),
        ("calibration", info.calibration),
    ):
        facts.add_row(Text(name, style="bold"), Text(value) if isinstance(value, str) else value)
    console.print(facts)
    console.print()
    _print_variants(console, info)
    console.print()
    devices = _table("device", "", "what it is, or why it is missing")
    for device in info.devices:
        mark = Text("✓", style="green") if device.available else Text("✗", style="yellow")
        devices.add_row(device.name, mark, Text(one_line(device.device if device.available else device.reason)))
    console.print(devices)
    console.print()
    _print_matrix(
        console,
        (
            _Cell(
                row.operation,
                row.of,
                row.device,
                _variants(row.device, row.variant),
                "" if row.variant else "dim",
                row.reason,
            )
            for row in info.operations
        ),
    )
    return 0


def _print_variants(console: Console, info: pyaccel.machine.Info) -> None:
    table = _table("family", "served by", "also in this build")
    table.columns[0].no_wrap = True  # a name that is whole can be looked for
    families: dict[str, list[pyaccel.machine.Variant]] = {}
    for variant in info.variants:
        families.setdefault(variant.family, []).append(variant)
    for family, variants in families.items():
        bound = ", ".join(variant.name for variant in variants if variant.bound)
        others = (
            variant.name + ("" if variant.runnable else " (not on this CPU)")
            for variant in variants
            if not variant.bound
        )
        table.add_row(family, Text(bound, style="green"), ", ".join(others))
    console.print(table)


def show_selftest(console: Console, *, as_json: bool) -> int:
    """Asks every backend what has a known answer; the answer is the exit status, 1 when one is wrong."""
    with progress_bar(Console(stderr=True), "selftest", lines=True) as report:
        results = pyaccel.selftest(progress=lambda done, total, device: report(device, done, total))
    failed = sum(row.result == "fail" for row in results)
    status = 1 if failed else 0
    if as_json:
        click.echo(json.dumps({"status": status, "results": [asdict(row) for row in results]}, indent=2))
        return status
    _print_matrix(
        console,
        (_Cell(row.operation, row.of, row.device, row.result, _STYLES[row.result], row.reason) for row in results),
    )
    passed = sum(row.result == "pass" for row in results)
    skipped = len(results) - passed - failed
    mark, style = ("✗", "bold red") if failed else ("✓", "bold green")
    console.print(Text(f"{mark} {passed} passed, {failed} failed, {skipped} skipped", style=style))
    return status
