# SPDX-License-Identifier: Apache-2.0
"""Rows of a batch file: what a line may say, and how rows of one kind are judged together."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field

from pyaccel.cli.errors import MalformedError, quoted, wrong_width
from pyaccel.cli.json_value import JsonValue
from pyaccel.cli.report import Step
from pyaccel.cli.runner import RANGE, Runner
from pyaccel.scheme import LONGEST_IDENTITY, SCHEMES, Scheme

SIGNATURE_REQUIRED = ("scheme", "public_key", "message", "signature")
SIGNATURE_OPTIONAL = ("rule", "message_hash", "key_format", "signature_format")
IDENTITY = "identity"
"""Optional with sm2, in hex as the message."""
RECOVERY_REQUIRED = ("rule", "digest", "signature", "sender")
NAME = "name"
"""Optional in every row: what its verdict is named by."""
NAME_LIMIT = 1000
"""Characters of a name: those of bad rows are kept to the end of the file."""

_LOW_S = ("low-s", "fabric")
"""Rules that refuse a high s, as a number out of range."""
_SEQUENCE = 0x30
"""What a signature in DER begins with."""

RECOVERABLE_WIDTH = 65
_V = (0, 1, 2, 3, 27, 28)
"""What a recoverable signature may end in; ids 2 and 3 under rule secp256k1 alone."""
DIGEST_WIDTH = 32
ADDRESS_WIDTH = 20
KEY_WIDTH = 64

Verdict = tuple[bool, str]
"""Whether a row is good, and why not."""


@dataclass(slots=True)
class Group(ABC):
    """Rows that go into one batch, and where they came from.

    Attributes:
        rows: their numbers in the file.
        lines: the lines that they stood on.
        names: what each is called, "" where it is not.
    """

    rows: list[int] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    names: list[str] = field(default_factory=list)

    @property
    @abstractmethod
    def title(self) -> str:
        """What its check is called."""

    @abstractmethod
    def judge(self, runner: Runner) -> tuple[list[Verdict], Step]:
        """Verdict of each row.

        Raises:
            ValueError: one of the names that they share is unknown.
        """


def options_of(parameters: tuple[str, ...]) -> dict[str, str]:
    """What verify_many takes by name, of the parameters of Signatures."""
    values = parameters[1 : 1 + len(SIGNATURE_OPTIONAL)]
    return {name: value for name, value in zip(SIGNATURE_OPTIONAL, values, strict=True) if value}


def title_of(parameters: tuple[str, ...]) -> str:
    """What the check of such signatures is called."""
    named = " with identities" if IDENTITY in parameters[1 + len(SIGNATURE_OPTIONAL) :] else ""
    return f"{' '.join([parameters[0], *options_of(parameters).values()])} signatures{named}"


def under_rule(reason: str, rule: str) -> str:
    """A reason in words, with what else it may mean under a rule."""
    return f"{reason}, or s is above (n - 1) / 2 (rule {rule})" if reason == RANGE and rule in _LOW_S else reason


@dataclass(slots=True)
class Signatures(Group):
    """Signatures under known keys.

    Attributes:
        parameters: the scheme, the values of SIGNATURE_OPTIONAL, "" where not given, and IDENTITY where rows have one.
        keys: one a row, as all that follow.
        messages: their bytes.
        signatures: their bytes.
        identities: their bytes; none where rows have none.
    """

    parameters: tuple[str, ...] = ()
    keys: list[bytes] = field(default_factory=list)
    messages: list[bytes] = field(default_factory=list)
    signatures: list[bytes] = field(default_factory=list)
    identities: list[bytes] = field(default_factory=list)

    @property
    def title(self) -> str:
        """What its check is called."""
        return title_of(self.parameters)

    def judge(self, runner: Runner) -> tuple[list[Verdict], Step]:
        """As Group.judge."""
        verdicts, why, step = runner.verify_many(
            self.parameters[0],
            self.keys,
            self.messages,
            self.signatures,
            "",
            identity=self.identities or None,
            **options_of(self.parameters),
        )
        why = [under_rule(reason, self.parameters[1]) for reason in why]
        return [(bool(verdict), reason) for verdict, reason in zip(verdicts, why, strict=True)], step


@dataclass(slots=True)
class Recoveries(Group):
    """Signatures whose keys or addresses are recovered and compared; sender None: none is to be found."""

    rule: str = ""
    addresses: bool = True
    digests: list[bytes] = field(default_factory=list)
    signatures: list[bytes] = field(default_factory=list)
    senders: list[bytes | None] = field(default_factory=list)

    @property
    def title(self) -> str:
        """What its check is called."""
        return f"{self.rule} senders"

    def judge(self, runner: Runner) -> tuple[list[Verdict], Step]:
        """As Group.judge."""
        found, exists, step = runner.recover_many(self.digests, self.signatures, self.rule, addresses=self.addresses)
        return list(map(compared, self.senders, self.signatures, map(bytes, found), map(bool, exists))), step


def compared(sender: bytes | None, signature: bytes, found: bytes, exists: bool) -> Verdict:
    """Verdict of a recovered key or address, and what to say where it is not the sender."""
    if not exists:
        v = signature[-1]
        other = "" if v in _V else f"; its v is {v}, wanted a recovery id, or 27 or 28 (EIP-155 is undone first)"
        return sender is None, f"the signature has no key under the rule{other}"
    if sender is None:
        return False, f"0x{found.hex()} is recovered where no key was expected"
    return found == sender, f"the sender is 0x{found.hex()}"


def add_row(groups: dict[tuple[str, ...], Group], row: JsonValue, number: int, line: int) -> None:
    """Reads a row and puts it into the group of its kind.

    Args:
        groups: of the rows so far, by what they share.
        row: the line's JSON.
        number: of the row in the file.
        line: that it stood on.

    Raises:
        MalformedError: it is no row.
    """
    group = _add_recovery(groups, row) if {"digest", "sender"} & row.fields().keys() else _add_signature(groups, row)
    group.rows.append(number)
    group.lines.append(line)
    name = row[NAME].text() if row.has(NAME) else ""
    if name:
        _refuse(row[NAME], name_fault(len(name)))
    group.names.append(name)


def _add_signature(groups: dict[tuple[str, ...], Group], row: JsonValue) -> Group:
    _refuse_unknown(row, (*SIGNATURE_REQUIRED, *SIGNATURE_OPTIONAL, IDENTITY, NAME))
    name = row["scheme"].text()
    names = [row[name].text() if row.has(name) else "" for name in SIGNATURE_OPTIONAL]
    options = dict(zip(SIGNATURE_OPTIONAL, names, strict=True))
    scheme = SCHEMES.get(name)  # an unknown one, as other names, is told of when its group is judged
    key = row["public_key"].hexadecimal()
    _refuse(row["public_key"], key_fault(len(key), scheme, options["key_format"]))
    message = row["message"].hexadecimal()
    _refuse(row["message"], message_fault(len(message), scheme, options["message_hash"]))
    signature = row["signature"].hexadecimal()
    _refuse(row["signature"], signature_fault(signature, scheme, options["signature_format"]))
    identity = row[IDENTITY].hexadecimal() if row.has(IDENTITY) else None
    if identity is not None:
        _refuse(row[IDENTITY], identity_fault(len(identity)))
    parameters = (name, *names) if identity is None else (name, *names, IDENTITY)
    group = groups.setdefault(parameters, Signatures(parameters=parameters))
    assert isinstance(group, Signatures)
    group.keys.append(key)
    group.messages.append(message)
    group.signatures.append(signature)
    if identity is not None:
        group.identities.append(identity)
    return group


Fault = tuple[str, str] | None
"""What is wrong with a field, and its mend."""


def _refuse(value: JsonValue, fault: Fault) -> None:
    if fault:
        raise value.fail(*fault)


def key_fault(width: int, scheme: Scheme | None, key_format: str) -> Fault:
    """Of a key of so many bytes."""
    if scheme is None or width in scheme.widths(key_format):
        return None
    mend = "correct it"
    if width in scheme.spki_widths:
        mend = 'if it is a SubjectPublicKeyInfo, add "key_format": "spki"'
    elif width in scheme.key_widths:
        mend = 'if it is a bare point, leave out "key_format"'
    return wrong_width(width, scheme.widths(key_format)), mend


def message_fault(width: int, scheme: Scheme | None, message_hash: str) -> Fault:
    """Of a message of so many bytes, which may be a ready digest."""
    if scheme is None or message_hash != "none" or width in scheme.digest_sizes:
        return None
    more = " and more" if len(scheme.digest_sizes) > 1 else ""
    return f"{width} bytes, wanted {scheme.digest_sizes[0]}{more}", 'with "message_hash": "none" give the ready digest'


def signature_fault(signature: bytes, scheme: Scheme | None, signature_format: str) -> Fault:
    """Of a signature."""
    if scheme is None or signature_format not in ("", "raw") or len(signature) == scheme.signature_width:
        return None
    in_der = "der" in scheme.signature_formats and signature[:1] == bytes((_SEQUENCE,))
    mend = 'if it is DER, add "signature_format": "der"' if in_der else "correct it"
    return wrong_width(len(signature), (scheme.signature_width,)), mend


def identity_fault(width: int) -> Fault:
    """Of an identity of so many bytes."""
    return (f"{width:,} bytes, wanted {LONGEST_IDENTITY:,} at most", "correct it") if width > LONGEST_IDENTITY else None


def name_fault(size: int) -> Fault:
    """Of a name of so many characters."""
    return (f"{size:,} characters, more than {NAME_LIMIT:,}", "give a shorter name") if size > NAME_LIMIT else None


def _add_recovery(groups: dict[tuple[str, ...], Group], row: JsonValue) -> Group:
    _refuse_unknown(row, (*RECOVERY_REQUIRED, NAME))
    rule = row["rule"].text()
    digest = row["digest"].hexadecimal(DIGEST_WIDTH)
    signature = row["signature"].hexadecimal(RECOVERABLE_WIDTH)
    sender = row["sender"]
    expected = None if sender.value is None else sender.hexadecimal(ADDRESS_WIDTH, KEY_WIDTH)
    addresses = expected is None or len(expected) == ADDRESS_WIDTH
    kind = ("recovery", rule, "addresses" if addresses else "keys")
    group = groups.setdefault(kind, Recoveries(rule=rule, addresses=addresses))
    assert isinstance(group, Recoveries)
    group.digests.append(digest)
    group.signatures.append(signature)
    group.senders.append(expected)
    return group


def _refuse_unknown(row: JsonValue, known: tuple[str, ...]) -> None:
    unknown: Iterator[str] = (name for name in row.fields() if name not in known)
    for name in unknown:
        raise MalformedError(quoted(name), "unknown field", f"known are {', '.join(known)}")
