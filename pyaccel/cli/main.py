# SPDX-License-Identifier: Apache-2.0
"""The commands. Exit status: 0 all good, 1 something is bad, 2 the input can't be used."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console

from pyaccel.cli.bitcoin_network import NETWORK_BY_NAME
from pyaccel.cli.errors import UnusableInputError, one_line
from pyaccel.cli.report import Report, document

GOOD, BAD, UNUSABLE = 0, 1, 2
INTERRUPTED = 130

_FILE = click.Path(path_type=Path)
_DEVICE = click.option(
    "--device", default="auto", metavar="NAME", help="What runs the batches: auto, native, golden, opencl:0, ..."
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON for machines in place of tables.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="pyaccel", message="pyaccel %(version)s")
def app() -> None:
    """Hashing, Merkle trees, signatures and homomorphic encryption in batches.

    Exit status: 0 all good, 1 something is bad, 2 the input can't be used.
    """


@app.command()
@click.argument("files", nargs=-1, required=True, type=_FILE, metavar="FILE...")
@click.option(
    "--spent",
    type=_FILE,
    metavar="FILE",
    help="What a Bitcoin block spends: outputs in input order, or a store of outpoints.",
)
@click.option(
    "--out",
    type=_FILE,
    metavar="FILE",
    help="Where the verdicts of a batch go: JSON Lines, or by its extension .parquet or .arrow.",
)
@click.option(
    "--kind", type=click.Choice(["bitcoin-block", "light-block", "batch"]), help="What the files hold; default: look."
)
@click.option(
    "--network",
    type=click.Choice(list(NETWORK_BY_NAME)),
    help="Rules for Bitcoin blocks; default: by magic, else main.",
)
@_DEVICE
@_JSON
def verify(
    files: tuple[Path, ...],
    spent: Path | None,
    out: Path | None,
    kind: str | None,
    network: str | None,
    device: str,
    as_json: bool,
) -> int:
    """Check Bitcoin blocks, light blocks and batches of signatures.

    A Bitcoin block is raw or hex, bare or behind network magic and length, plain or .bz2. A light block, CometBFT's, is
    JSON with signed_header and validator_set, or a bundle of them. A batch is JSON Lines: scheme, public_key, message,
    signature in hex, optional rule, message_hash, key_format and signature_format, of sm2 identity in hex; or, to
    recover senders on secp256k1, rule, digest, signature of 65 bytes with EIP-155 undone, and sender (an address, a
    key, or null where there is none). A row may have a name. Parquet and Arrow IPC have the same in columns, bytes in
    binary ones.
    """
    from pyaccel.cli.progress import progress_bar
    from pyaccel.cli.runner import Runner
    from pyaccel.cli.table import show, wide_console
    from pyaccel.cli.verification import Options, verify_file

    for option, value in (("--spent", spent), ("--out", out)):
        if value and len(files) > 1:
            raise click.UsageError(f"{option} goes with one FILE, {len(files)} came; verify them one by one")
    options = Options(kind, spent, NETWORK_BY_NAME[network] if network else None, out)
    errors_to = Console(stderr=True)
    Runner(device).hash_many("sha256", [b""])
    reports: list[Report] = []
    errors: list[str] = []
    for path in files:
        try:
            with progress_bar(errors_to, path.name) as progress:
                reports.append(verify_file(path, Runner(device, progress), options))
        except UnusableInputError as error:
            errors.append(str(error))
    status = UNUSABLE if errors else BAD if any(report.bad_count for report in reports) else GOOD
    if as_json:
        click.echo(json.dumps(document(reports, errors, status), indent=2))
    else:
        show(wide_console(), reports)
    for line in errors:
        click.echo(f"pyaccel: {line}", err=True)
    return status


@app.command()
@_JSON
def info(as_json: bool) -> int:
    """Show the machine, which variant serves what, and the devices.

    Of each device that is missing it says why, and of each operation which devices take it. Where kernels of a device
    are built for the first time, that takes minutes.
    """
    from pyaccel.cli.machine import show_info
    from pyaccel.cli.table import wide_console

    return show_info(wide_console(), as_json=as_json)


@app.command()
@click.argument("operations", nargs=-1, metavar="[OPERATION]...")
@click.option(
    "--device", "devices", multiple=True, metavar="NAME", help="Only this device; more than once for several."
)
@click.option(
    "--threads",
    multiple=True,
    type=click.IntRange(1),
    help="Threads of native; more than once for several; default: 1, and one a core.",
)
@click.option("--full", is_flag=True, help="Batches of up to 2 s each in place of 20 ms: takes many minutes.")
@click.option("--no-save", is_flag=True, help="Show what is measured, and keep nothing.")
@click.option("--force", is_flag=True, help="Keep also what other programs disturbed.")
@click.option("--plot", type=_FILE, metavar="FILE", help="Draw rate against batch size there (.svg, .png).")
@_JSON
def calibrate(
    operations: tuple[str, ...],
    devices: tuple[str, ...],
    threads: tuple[int, ...],
    full: bool,
    no_save: bool,
    force: bool,
    plot: Path | None,
    as_json: bool,
) -> int:
    """Measure what batches cost here, for "auto" to choose by.

    OPERATION is a name (verify_many), or a name and a class (verify_many:ed25519); none: all. The machine should do
    nothing else meanwhile: what other programs disturb is measured again, and not kept where they go on (status 1).
    """
    from pyaccel.cli.calibrate import run_calibrate
    from pyaccel.cli.table import wide_console

    return run_calibrate(
        operations,
        devices,
        full=full,
        threads=threads,
        save=not no_save,
        force=force,
        plot=plot,
        as_json=as_json,
        console=wide_console(),
    )


@app.command()
@_JSON
def selftest(as_json: bool) -> int:
    """Hold every operation on every backend to known answers.

    Where kernels of a device are built for the first time, that takes minutes.
    """
    from pyaccel.cli.machine import show_selftest
    from pyaccel.cli.table import wide_console

    return show_selftest(wide_console(), as_json=as_json)


@app.command()
@click.option(
    "--signatures",
    default=100_000,
    show_default=True,
    type=click.IntRange(1, 10_000_000),
    help="How many Ed25519 signatures are generated.",
)
@_JSON
def demo(signatures: int, as_json: bool) -> int:
    """Check real data on every backend, and compare what they say.

    Bitcoin blocks, a CometBFT light block, generated signatures, a block that 32 endorsers signed by SM2, a Merkle tree
    against hashlib, and sums of encrypted numbers. Takes minutes; exit status 1 where anything is bad or differs.
    """
    from pyaccel.cli.demo import run_demo

    return run_demo(signatures, as_json=as_json)


@app.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--rounds", type=click.IntRange(1), help="Samples of each contestant; fewer are quicker and rougher.")
@click.option("--save", type=_FILE, metavar="FOLDER", help="Keep each report there as JSON, by machine class and core.")
@click.option(
    "--plot",
    type=_FILE,
    metavar="FOLDER",
    help="Draw rate against batch size there, where a NAME measures it: hash_counts, merkle, ed25519 ...",
)
@_JSON
def bench(names: tuple[str, ...], rounds: int | None, save: Path | None, plot: Path | None, as_json: bool) -> int:
    """Measure against named peers in the same process.

    No NAME: every benchmark. NAME is one of hash (which runs hash_counts and hash_long too), hash_counts, hash_long,
    merkle, ed25519, secp256k1, p256 (P-384 and SM2 too), he, engine, graph, overhead.
    """
    from pyaccel.cli.bench import bench as run_benchmarks

    run_benchmarks(names, rounds=rounds, as_json=as_json, save=save, plot=plot)
    return GOOD


@app.command(context_settings={"allow_interspersed_args": False})
@click.argument("what", nargs=-1, metavar="[PID | URL | -- COMMAND...]")
@click.option(
    "--interval", default=1.0, show_default=True, type=click.FloatRange(0.05, 3600), help="Seconds between two looks."
)
@click.option("--once", is_flag=True, help="Print what came in one interval, and end.")
@_JSON
def top(what: tuple[str, ...], interval: float, once: bool, as_json: bool) -> int:
    """Show live what processes do: rows a second, times, failures.

    PID is a process of yours that was started with PYACCEL_TOP=1 or called pyaccel.metrics.share(); URL is where
    pyaccel.metrics.serve answers, on any machine. With neither: all of yours that are shared. A COMMAND is run,
    and shown with its children; the exit status is its own.
    """
    try:
        from pyaccel.cli.top import run_top, show_top
    except ModuleNotFoundError as error:
        raise ValueError("top needs prometheus-client: pip install 'pyaccel[metrics]'") from error

    if len(what) > 1 or (what and not what[0].startswith(("http://", "https://")) and not what[0].isdecimal()):
        if once:
            raise click.UsageError("--once goes with a PID or URL; what a COMMAND did is printed when it ends")
        return run_top(what, interval=interval, as_json=as_json)
    return show_top(what[0] if what else None, interval=interval, once=once, as_json=as_json)


def run(arguments: Sequence[str] | None = None) -> int:
    """Runs a command line; the answer is the exit status. Whatever goes wrong is told in one line."""
    from pyaccel.errors import PyaccelError

    _make_printable()
    try:
        status = app.main(
            args=None if arguments is None else list(arguments), prog_name="pyaccel", standalone_mode=False
        )
        return status if isinstance(status, int) else GOOD
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
    except click.ClickException as error:
        context = error.ctx if isinstance(error, click.UsageError) else None
        _complain(f"{error.format_message()} ({context.command_path if context else 'pyaccel'} --help says more)")
    except (UnusableInputError, PyaccelError, ValueError) as error:
        _complain(str(error))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        _complain(f"{error.filename or 'input or output'}: {error.strerror or error}")
    except MemoryError:
        _complain("out of memory; split the input")
    except (click.Abort, KeyboardInterrupt):
        _complain("interrupted")
        return INTERRUPTED
    return UNUSABLE


def _make_printable() -> None:
    """Makes the standard streams take any text: closed ones swallow it, others show '?' for what they can't encode."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - until the process ends
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _complain(text: str) -> None:
    click.echo(f"pyaccel: {one_line(text)}", err=True)
