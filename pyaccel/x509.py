# SPDX-License-Identifier: Apache-2.0
"""Certificates of permissioned chains: signatures of many at once, and paths by RFC 5280 with them.

`verify_links` looks at signatures and at nothing else; `verify_chains` is RFC 5280 section 6.1 without revocation.
Needs the extra `x509` (cryptography; pyhanko-certvalidator for paths).
"""

from __future__ import annotations

import contextlib
import datetime
import importlib.util
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, NoReturn

import numpy as np
import numpy.typing as npt

from pyaccel.hashing import hash_many
from pyaccel.scheme import LONGEST_IDENTITY, SCHEMES
from pyaccel.signatures import verify_many

try:
    from cryptography import x509 as _x509
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.serialization import Encoding
except ImportError:
    raise ModuleNotFoundError("certificates need the package cryptography: pip install 'pyaccel[x509]'") from None

Certificate = bytes | bytearray | memoryview | str | _x509.Certificate
"""DER, or PEM as bytes or str, or what the cryptography package makes of them."""

STATUSES = ("valid", "certificate", "issuer", "algorithm", "signature")
"""Why a link is False: the certificate, or its issuer's, is not X.509; the algorithm is none of those that
`verify_links` knows, or another inside the signed part than outside, or not one for the issuer's kind of key; the
signature is not of that key over that certificate (or the key is no point of its curve)."""

_KEYS = {row.key_algorithm: name for name, row in SCHEMES.items() if row.key_algorithm}
"""Scheme by AlgorithmIdentifier of its keys."""
_ED25519_PREFIX = bytes.fromhex("302a300506032b6570032100")
# Signature algorithms (RFC 5758, RFC 8410, GM/T 0006), and the hash that ECDSA signs.
_SIGNATURES = {
    "1.2.840.10045.4.3.2": ("ecdsa", "sha256"),
    "1.2.840.10045.4.3.3": ("ecdsa", "sha384"),
    "1.2.840.10045.4.3.4": ("ecdsa", "sha512"),
    "1.2.156.10197.1.501": ("sm2", None),
    "1.3.101.112": ("ed25519", None),
}


@dataclass(frozen=True, eq=False)
class SignaturesOnly:
    """What `verify_links` found: verdicts about SIGNATURES ALONE.

    A True says nothing of dates, names, constraints, key usage or revocation, and does not make a certificate
    trustworthy: `verify_chains` is for that.

    Attributes:
        signature_valid: bool[n]; True where the signature of certificate i is one of its issuer's key.
        statuses: n of `STATUSES`, "valid" where it is True.
    """

    signature_valid: npt.NDArray[np.bool_]
    statuses: tuple[str, ...]

    checked: ClassVar[str] = "signatures only: no dates, names, constraints, key usage or revocation"

    def __len__(self) -> int:
        return len(self.statuses)

    def __bool__(self) -> NoReturn:
        raise TypeError(
            "verify_links looks at signatures only, so that its result is no answer to 'is this certificate good'; "
            "take .signature_valid, or verify_chains"
        )

    def __repr__(self) -> str:
        return f"<{self.checked}; {int(self.signature_valid.sum())} of {len(self)} signatures valid>"


@dataclass(frozen=True)
class ChainResult:
    """Whether one chain is a valid path (RFC 5280, 6.1, without revocation); true where it is.

    Attributes:
        valid: the answer.
        reason: why not, in words; None where it is valid.
        anchor: index of the trust anchor that the path begins at; None where there is none.
    """

    valid: bool
    reason: str | None = None
    anchor: int | None = None

    def __bool__(self) -> bool:
        return self.valid


class _Parsed(NamedTuple):
    """What is looked at of one certificate."""

    der: bytes
    signed: bytes
    signature: bytes
    algorithm: str
    same_algorithm: bool
    """The AlgorithmIdentifier outside of the signed part is the one inside (RFC 5280, 4.1.1.2)."""
    key_info: bytes
    """SubjectPublicKeyInfo, as it stands in the certificate."""


_Link = tuple[_Parsed | None, _Parsed | None]
"""A certificate and its issuer's; None is one that is not X.509."""


def verify_links(
    certificates: Iterable[Certificate],
    issuers: Iterable[Certificate] | Certificate,
    *,
    identity: bytes | None = None,
    device: str = "auto",
) -> SignaturesOnly:
    """Whether certificate i is SIGNED by the key of issuer i. SIGNATURES ONLY.

    Not dates, not names, not basicConstraints or keyUsage, not revocation: a True here is no reason to trust a
    certificate (`verify_chains` gives one).

    All links go to `verify_many` together, one batch for each kind of key and hash. P-256 and P-384 with SHA-256,
    SHA-384 or SHA-512, SM2 with SM3, Ed25519 (rule rfc8032); DER signatures, strictly.

    Args:
        certificates: n of them, each DER, PEM (the first in it) or a `cryptography.x509.Certificate`.
        issuers: n certificates whose keys are taken, or one for all.
        identity: what SM2 issuers sign with as theirs, at most 8,191 bytes; None: 1234567812345678 (GM/T 0009).
        device: as of `verify_many`.

    Returns:
        Verdicts and statuses; a certificate that is none is a False of its link alone.

    Raises:
        TypeError, ValueError: an argument is of another kind, or there are not as many issuers as certificates.
    """
    parsed: dict[Any, _Parsed | None] = {}
    subjects = _all_parsed("certificates", certificates, parsed)
    if isinstance(issuers, Certificate):
        signers = _all_parsed("issuers", [issuers], parsed) * len(subjects)
    else:
        signers = _all_parsed("issuers", issuers, parsed)
    if len(signers) != len(subjects):
        raise ValueError(
            f"issuers: {len(signers)} came for {len(subjects)} certificates; wanted one each, or one for all"
        )
    return _verify(list(zip(subjects, signers, strict=True)), identity, device)


def verify_chains(
    chains: Iterable[Sequence[Certificate]],
    trust_anchors: Iterable[Certificate],
    *,
    moment: datetime.datetime | None = None,
    identity: bytes | None = None,
    device: str = "auto",
) -> list[ChainResult]:
    """Whether each chain is a valid certification path: RFC 5280 section 6.1 WITHOUT REVOCATION.

    Signatures of all links of all chains are verified in one batch, as by `verify_links`; everything else (validity,
    names and name constraints, basicConstraints, path length, keyUsage, policies, critical extensions) is the path
    validation of pyhanko-certvalidator, which asks that batch for signatures. (The path validation of the cryptography
    package verifies signatures itself, knows no SM2, and holds the web's profile besides.)

    Args:
        chains: each from the end certificate up, every certificate issued by the next one; the last one is issued by a
            trust anchor. Trust anchors at its end are left out.
        trust_anchors: certificates whose names and keys are trusted; nothing else in them is looked at (RFC 5280,
            6.1.1 d), their dates neither.
        moment: when paths are to be valid, with a time zone; None: now.
        identity: as of `verify_links`.
        device: as of `verify_many`.

    Returns:
        One `ChainResult` a chain; what is malformed makes its own chain False, and so do name constraints on IP
        addresses or registered identifiers where there are such names: nothing here compares them.

    Raises:
        TypeError, ValueError: an argument is of another kind, an anchor is no certificate, `moment` has no zone.
        ModuleNotFoundError: pyhanko-certvalidator is missing.
    """
    if importlib.util.find_spec("pyhanko_certvalidator") is None:
        raise ModuleNotFoundError("paths need the package pyhanko-certvalidator: pip install 'pyaccel[x509]'")
    if moment is None:
        moment = datetime.datetime.now(datetime.UTC)
    elif not isinstance(moment, datetime.datetime):
        raise TypeError(f"moment: a {type(moment).__name__} came; wanted a datetime.datetime, or None for now")
    elif moment.utcoffset() is None:
        raise ValueError("moment: has no time zone; say which, as in datetime.datetime(..., tzinfo=datetime.UTC)")
    anchors = []
    parsed: dict[Any, _Parsed | None] = {}
    for i, anchor in enumerate(_all_parsed("trust_anchors", trust_anchors, parsed)):
        if anchor is None:
            raise ValueError(f"trust_anchors: number {i} is no X.509 certificate in DER or PEM")
        anchors.append(anchor)
    known = {anchor.der for anchor in anchors}
    by_subject: dict[Any, list[int]] = {}
    for i, anchor in enumerate(anchors):
        by_subject.setdefault(_name(anchor, "subject"), []).append(i)
    paths = []
    # Each once: chains have their upper certificates in common.
    links: dict[_Link, None] = {}
    for i, chain in enumerate(_several("chains", chains)):
        path = _all_parsed(f"chains[{i}]", chain, parsed)
        while path and path[-1] is not None and path[-1].der in known:
            path.pop()
        last = path[-1] if path else None
        candidates = by_subject.get(_name(last, "issuer"), []) if last is not None else []
        paths.append((path, candidates))
        links |= dict.fromkeys(itertools.pairwise(path))
        links |= dict.fromkeys((last, anchors[k]) for k in candidates)
    found = _verify(list(links), identity, device)
    signed = {
        (subject.signed, subject.signature, issuer.key_info)
        for (subject, issuer), valid in zip(links, found.signature_valid, strict=True)
        if valid and subject is not None and issuer is not None
    }
    results = []
    for path, candidates in paths:
        whole = [certificate for certificate in path if certificate is not None]
        result = _incomplete(path)
        if result is None:
            last = whole[-1]
            result = ChainResult(False, "no trust anchor has the name of its last certificate's issuer")
            if candidates:
                # Several may have one name, as after a change of keys: the one whose key signed, else the first.
                k = min(candidates, key=lambda k: (last.signed, last.signature, anchors[k].key_info) not in signed)
                result = _validate(whole, anchors[k], k, moment, signed)
        results.append(result)
    return results


# ---- certificates -------------------------------------------------------------------------------


def _several(name: str, values: Any) -> list[Any]:
    if isinstance(values, Certificate) or not isinstance(values, Iterable):
        raise TypeError(f"{name}: a {type(values).__name__} came; wanted a list")
    return list(values)


def _all_parsed(name: str, certificates: Any, known: dict[Any, _Parsed | None]) -> list[_Parsed | None]:
    """Certificates, each parsed once however often it comes (`known`, of the call); None for those that are none."""
    parsed = []
    for i, certificate in enumerate(_several(name, certificates)):
        if not isinstance(certificate, Certificate):
            raise TypeError(
                f"{name}: number {i} is a {type(certificate).__name__}; wanted DER as bytes, PEM, or a certificate of "
                "the cryptography package"
            )
        key = bytes(certificate) if isinstance(certificate, (bytearray, memoryview)) else certificate
        if key not in known:
            known[key] = _parsed(key)
        parsed.append(known[key])
    return parsed


def _parsed(certificate: bytes | str | _x509.Certificate) -> _Parsed | None:
    try:
        if isinstance(certificate, str):
            certificate = certificate.encode()
        if isinstance(certificate, bytes):
            pem = certificate.lstrip().startswith(b"-----BEGIN")
            certificate = (_x509.load_pem_x509_certificate if pem else _x509.load_der_x509_certificate)(certificate)
        der = certificate.public_bytes(Encoding.DER)
        signed = certificate.tbs_certificate_bytes
        algorithm, key_info = _signed_fields(signed)
        behind = _element(der, 0)[0] + len(signed)
        return _Parsed(
            der,
            signed,
            certificate.signature,
            certificate.signature_algorithm_oid.dotted_string,
            der[behind : _element(der, behind)[1]] == algorithm,
            key_info,
        )
    except (ValueError, _x509.InvalidVersion):
        return None


def _element(der: bytes, at: int) -> tuple[int, int]:
    """Where the contents of the element at a place begin and end. Before: the cryptography package took the DER."""
    size, begin = der[at + 1], at + 2
    if size >= 0x80:
        begin += size - 0x80
        size = int.from_bytes(der[at + 2 : begin])
    return begin, begin + size


def _signed_fields(signed: bytes) -> tuple[bytes, bytes]:
    """AlgorithmIdentifier and SubjectPublicKeyInfo of a TBSCertificate: fields 1 and 5 after the version."""
    at = _element(signed, 0)[0]
    if signed[at] == 0xA0:
        at = _element(signed, at)[1]
    fields = []
    for _ in range(6):
        end = _element(signed, at)[1]
        fields.append(signed[at:end])
        at = end
    return fields[1], fields[5]


# ---- signatures ---------------------------------------------------------------------------------


def _verify(links: Sequence[_Link], identity: bytes | None, device: str) -> SignaturesOnly:
    # Here, so that it does not depend on the certificates whether a call is wrong.
    if identity is not None:
        if not isinstance(identity, (bytes, bytearray, memoryview)):
            raise TypeError(f"identity: a {type(identity).__name__} came; wanted bytes, one identity for all")
        identity = bytes(identity)
        if len(identity) > LONGEST_IDENTITY:
            raise ValueError(f"identity: {len(identity):,} bytes came; it has {LONGEST_IDENTITY:,} at most")
    batches: dict[tuple[str, str | None], list[int]] = {}
    statuses = ["signature"] * len(links)
    for i, (subject, issuer) in enumerate(links):
        if subject is None or issuer is None:
            statuses[i] = "certificate" if subject is None else "issuer"
            continue
        kind, digest = _SIGNATURES.get(subject.algorithm, (None, None))
        begin = _element(issuer.key_info, 0)[0]
        scheme = _KEYS.get(issuer.key_info[begin : _element(issuer.key_info, begin)[1]])
        if scheme is None or kind is None or scheme.split("-")[-1] != kind or not subject.same_algorithm:
            statuses[i] = "algorithm"
            continue
        batches.setdefault((scheme, digest), []).append(i)
    valid = np.zeros(len(links), np.bool_)
    for (scheme, digest), rows in batches.items():
        valid[rows] = _verify_batch(scheme, digest, [links[i] for i in rows], identity, device)
    found = ("valid" if one else status for one, status in zip(valid, statuses, strict=True))
    return SignaturesOnly(valid, tuple(found))


def _verify_batch(
    scheme: str, digest: str | None, links: Sequence[Any], identity: bytes | None, device: str
) -> npt.NDArray[np.bool_]:
    """Verdicts of links of one kind of key and one hash. Issuers are few: each key goes in once."""
    places: dict[bytes, int] = {}
    index = [places.setdefault(issuer.key_info, len(places)) for _, issuer in links]
    messages: Any = [subject.signed for subject, _ in links]
    signatures = [subject.signature for subject, _ in links]
    if scheme == "ed25519":
        # RFC 8410: 32 bytes in a BIT STRING; anything else is no key.
        keys = [info[12:] if info.startswith(_ED25519_PREFIX) else b"" for info in places]
        return verify_many(scheme, keys, messages, signatures, rule="rfc8032", key_index=index, device=device)
    options: dict[str, Any] = {"key_format": "spki", "signature_format": "der", "key_index": index, "device": device}
    if scheme == "sm2":
        options["identity"] = identity
    elif digest in SCHEMES[scheme].message_hashes:
        options["message_hash"] = digest
    else:
        options["message_hash"] = "none"
        messages = hash_many(str(digest), messages, device=device)
    valid: npt.NDArray[np.bool_] = verify_many(scheme, list(places), messages, signatures, **options)
    return valid


# ---- paths --------------------------------------------------------------------------------------


# What parsers of paths raise of a certificate whose insides are malformed, which they look at late.
_MALFORMED = (ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError)


def _name(certificate: _Parsed, which: str) -> Any:
    """Its subject or issuer, equal where RFC 5280, 7.1 says so; one that equals no other where it is malformed."""
    from asn1crypto.x509 import Certificate as Asn1Certificate

    try:
        return Asn1Certificate.load(certificate.der)["tbs_certificate"][which].hashable
    except _MALFORMED:
        return object()


def _incomplete(path: Sequence[_Parsed | None]) -> ChainResult | None:
    """What a path cannot be looked at for; None where it can be."""
    if not path:
        return ChainResult(False, "the chain has no certificate that is not a trust anchor itself")
    for i, certificate in enumerate(path):
        if certificate is None:
            return ChainResult(False, f"certificate {i} of the chain is no X.509 certificate in DER or PEM")
    return None


def _validate(
    path: Sequence[_Parsed],
    anchor: _Parsed,
    anchor_index: int,
    moment: datetime.datetime,
    signed: set[tuple[bytes, bytes, bytes]],
) -> ChainResult:
    """One path by pyhanko-certvalidator. `signed`: signed parts, signatures and issuers' keys, of those that hold."""
    from asn1crypto.x509 import Certificate as Asn1Certificate
    from pyhanko_certvalidator.authority import CertTrustAnchor
    from pyhanko_certvalidator.context import ValidationContext
    from pyhanko_certvalidator.errors import PathError, ValidationError
    from pyhanko_certvalidator.path import ValidationPath
    from pyhanko_certvalidator.sig_validate import SignatureValidator
    from pyhanko_certvalidator.validate import async_validate_path

    class Verified(SignatureValidator):
        def validate_signature(
            self, signature: bytes, signed_data: bytes, public_key_info: Any, *_: Any, **__: Any
        ) -> None:
            if (signed_data, signature, public_key_info.dump()) not in signed:
                raise InvalidSignature

    try:
        certificates = [Asn1Certificate.load(certificate.der) for certificate in path]
        context = ValidationContext(
            trust_roots=[],
            moment=moment,
            revocation_mode="soft-fail",
            allow_fetching=False,
            time_tolerance=datetime.timedelta(0),
            signature_validator=Verified(),
        )
        root = CertTrustAnchor(Asn1Certificate.load(anchor.der))
        steps = async_validate_path(context, ValidationPath(root, certificates[:0:-1], certificates[0]))
        # With nothing to fetch it never waits for anything, so that it needs no event loop (a caller may have its own).
        with contextlib.suppress(StopIteration):
            steps.send(None)
            steps.close()
            raise RuntimeError("path validation waits for something, although there is nothing to fetch")
    except (PathError, ValidationError) as error:
        return ChainResult(False, str(error), anchor_index)
    except NotImplementedError as error:
        # Name constraints on kinds of names that it can't compare, as IP addresses: RFC 5280, 4.2.1.10 has it refuse.
        return ChainResult(
            False, f"a certificate of the chain asks for what is not looked at here: {error}", anchor_index
        )
    except _MALFORMED as error:
        return ChainResult(False, f"a certificate of the chain is malformed: {error}", anchor_index)
    return ChainResult(True, None, anchor_index)
