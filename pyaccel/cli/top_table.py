# SPDX-License-Identifier: Apache-2.0
"""What `pyaccel top` shows of a process, as a table and as JSON."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from pyaccel.cli.table import amount_per_second, plain_table
from pyaccel.cli.top_samples import View, Work

ENDED = 5
"""Processes that have ended that are named."""

KINDS = ("engine", "signature_cache", "queue")
"""What counts for itself (pyaccel.scheduler.watching.offer), as far as it is shown."""

_QUIET = "–"


def brief(seconds: float | None) -> str:
    """A time with two digits and its unit."""
    if seconds is None:
        return _QUIET
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= scale:
            return f"{seconds / scale:.2g} {unit}" if seconds < 100 * scale else f"{seconds / scale:.0f} {unit}"
    return f"{seconds * 1e9:.0f} ns"


def render(views: Sequence[View], ended: Sequence[str] = (), *, width: int) -> RenderableType:
    """Each process as a heading, what its devices did, and what needs attention; the fewer columns, the less."""
    parts: list[RenderableType] = []
    for shown in views:
        parts += [
            Text.assemble((shown.name, "bold cyan"), "  ", shown.command),
            _facts(shown),
            _work_table(shown, width),
            *_lines(shown),
            Text(),
        ]
    parts += [Text(f"{name} has ended", style="dim") for name in ended[-ENDED:]]
    return Group(*parts)


def _facts(shown: View) -> Text:
    facts = [f"pyaccel {shown.now.version}"]
    if shown.cpu is not None:
        facts.append(f"CPU {shown.cpu:.0%}")
    memory = shown.now.process.get("resident_memory_bytes")
    if memory:
        facts.append(f"memory {memory / 1e6:,.0f} MB")
    facts.append(f"{shown.total.rows:,.0f} rows in {shown.total.batches:,.0f} batches since it began")
    return Text(", ".join(facts), style="dim")


_COLUMNS: dict[str, tuple[int, Callable[[Work, float], str]]] = {
    "rows": (0, lambda work, seconds: amount_per_second(work.rows / seconds)),
    "batches": (96, lambda work, seconds: amount_per_second(work.batches / seconds)),
    "mean batch": (80, lambda work, _: _amount(work.rows / work.batches)),
    "input": (96, lambda work, seconds: _bytes(work.nbytes / seconds)),
    "busy": (0, lambda work, seconds: f"{work.seconds / seconds:.0%}"),
    "p50": (80, lambda work, _: brief(work.quantile(0.5))),
    "p99": (0, lambda work, _: brief(work.quantile(0.99))),
}
"""By title: the width of the terminal from which on it is shown, and its text from what was done in some seconds."""


def _work_table(shown: View, width: int) -> Table:
    columns = {title: text for title, (least, text) in _COLUMNS.items() if width >= least}
    table = plain_table()
    table.add_column("operation", overflow="fold")
    table.add_column("device", no_wrap=True)
    for title in (*columns, "failed"):
        table.add_column(title, justify="right", no_wrap=True)
    for (operation, of, device), work in sorted(shown.work.items(), key=lambda item: (-item[1].seconds, item[0])):
        table.add_row(
            f"{operation} {of}",
            Text(device, style="bold red" if device in shown.now.quarantined else ""),
            *(text(work, shown.seconds) if work.batches else _QUIET for text in columns.values()),
            Text(f"{work.failed:,.0f}", style="bold red" if work.failed else "dim"),
            style="" if work.batches or work.failed else "dim",
        )
    return table


def _bytes(rate: float) -> str:
    return amount_per_second(rate).replace("/s", "B/s")


def _amount(number: float) -> str:
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"


def busy(shown: View) -> dict[str, float]:
    """Seconds a second that batches of each device ran: 1 is one thread all the time."""
    shares: dict[str, float] = defaultdict(float)
    for (_, _, device), work in shown.work.items():
        shares[device] += work.seconds / shown.seconds
    return dict(shares)


def _lines(shown: View) -> Iterable[Text]:
    shares = ", ".join(f"{device} {share:.0%}" for device, share in sorted(busy(shown).items()))
    if shares:
        yield Text(f"busy: {shares}", style="dim")
    process = shown.now.process
    for (operation, of), work in sorted(shown.engines.items()):
        mean = _amount(work.rows / work.batches) if work.batches else _QUIET
        yield Text(
            f"Engine: {operation} {of}: rows {amount_per_second(work.rows / shown.seconds)}, mean batch {mean}, "
            f"latency p50 {brief(work.quantile(0.5))}, p99 {brief(work.quantile(0.99))}"
        )
    for kind in KINDS:
        counted = {name: number for name, number in sorted(process.items()) if name.startswith(f"{kind}_")}
        if counted:
            texts = (f"{name.removeprefix(f'{kind}_').replace('_', ' ')} {n:,.0f}" for name, n in counted.items())
            yield Text(f"{kind.replace('_', ' ')}: {', '.join(texts)}", style="dim")
    if any(shown.moved.values()):
        texts = (
            f"{amount_per_second(n).replace('/s', 'B/s')} {way.replace('_', ' ')}" for way, n in shown.moved.items()
        )
        yield Text(f"link: {', '.join(texts)}", style="dim")
    if shown.total.redone or shown.total.fallback:
        yield Text(
            f"{shown.total.redone:,.0f} rows were redone by another device; {shown.total.fallback:,.0f} batches "
            "went to another than was asked for",
            style="yellow",
        )
    for device in shown.now.quarantined:
        yield Text(f"✗ {device} is quarantined: it answered wrongly, and is not used any more", style="bold red")
    for (event, device), number in sorted(shown.now.events.items()):
        yield Text(f"{event} {device}: {number:,.0f}", style="yellow")


def document(views: Sequence[View]) -> dict[str, Any]:
    """The same for machines: rates in `seconds`, and totals since each process began."""
    return {"processes": [_process(shown) for shown in views]}


def _process(shown: View) -> dict[str, Any]:
    def rates(work: Work) -> dict[str, float | None]:
        return {
            "rows_per_second": work.rows / shown.seconds,
            "batches_per_second": work.batches / shown.seconds,
            "mean_batch": work.rows / work.batches if work.batches else None,
            "p50_seconds": work.quantile(0.5),
            "p99_seconds": work.quantile(0.99),
        }

    def totals(work: Work) -> dict[str, float]:
        return {
            "total_rows": work.rows,
            "total_batches": work.batches,
            "total_failed_batches": work.failed,
            "total_redone_rows": work.redone,
            "total_fallback_batches": work.fallback,
        }

    return {
        "name": shown.name,
        "command": shown.command,
        "version": shown.now.version,
        "seconds": shown.seconds,
        "work": [
            {
                "operation": operation,
                "of": of,
                "device": device,
                **rates(work),
                "bytes_per_second": work.nbytes / shown.seconds,
                **totals(shown.now.work[operation, of, device]),
            }
            for (operation, of, device), work in shown.work.items()
        ],
        "engines": [{"operation": key[0], "of": key[1], **rates(work)} for key, work in shown.engines.items()],
        "busy": busy(shown),
        "moved_bytes_per_second": shown.moved,
        "quarantined": shown.now.quarantined,
        "events": [{"event": key[0], "device": key[1], "count": n} for key, n in shown.now.events.items()],
        "process": {"cpu": shown.cpu, **shown.now.process},
    }
