# SPDX-License-Identifier: Apache-2.0
"""Makes tests/vectors/x509/chains.json: certification paths, good and bad, with OpenSSL's verdict on each.

    python tools/x509_vectors.py        # needs the package cryptography and the command openssl, 3.0 or later

Keys are made anew each time and thrown away; what is committed are certificates. Verdicts are those of `openssl verify`
at MOMENT; the file names its version. SM2 certificates are made by openssl itself.
"""

from __future__ import annotations

import datetime
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID, ObjectIdentifier

MOMENT = datetime.datetime(2026, 6, 1, 12, tzinfo=datetime.UTC)
YEAR = datetime.timedelta(days=365)
OUTPUT = Path(__file__).parent.parent / "tests/vectors/x509/chains.json"
UNKNOWN = x509.UnrecognizedExtension(ObjectIdentifier("1.3.6.1.4.1.55555.1"), b"\x05\x00")
OPENSSL_ERRS = {
    # RFC 5280, 4.1.2.5: "from notBefore through notAfter, inclusive".
    "the end certificate ends just then": "validity includes its last second",
}
"""Cases whose right verdict is the other one, and why."""
CA = (x509.BasicConstraints(ca=True, path_length=None), True)


def usage(*, sign_certificates: bool) -> tuple[x509.KeyUsage, bool]:
    """A keyUsage for digital signatures, with or without keyCertSign."""
    flags = dict.fromkeys(
        (
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "crl_sign",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    return x509.KeyUsage(digital_signature=True, key_cert_sign=sign_certificates, **flags), True


def key(kind: str) -> Any:
    """A new key: p256, p384 or ed25519."""
    if kind == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    return ec.generate_private_key({"p256": ec.SECP256R1(), "p384": ec.SECP384R1()}[kind])


def name(text: str) -> x509.Name:
    """A name of one organisation and one common name."""
    return x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Consortium"), x509.NameAttribute(NameOID.COMMON_NAME, text)]
    )


class Authority:
    """Something with a name and a key, which issues certificates."""

    def __init__(self, text: str, kind: str = "p256") -> None:
        self.name, self.key = name(text), key(kind)

    def issue(
        self,
        subject: Authority,
        *extensions: tuple[Any, bool],
        begin: datetime.datetime = MOMENT - YEAR,
        end: datetime.datetime = MOMENT + YEAR,
        digest: Any = None,
        issuer_name: x509.Name | None = None,
    ) -> bytes:
        """A certificate for the subject's name and key, in DER."""
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject.name)
            .issuer_name(issuer_name or self.name)
            .public_key(subject.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(begin)
            .not_valid_after(end)
        )
        identifiers: list[tuple[Any, bool]] = [
            (x509.SubjectKeyIdentifier.from_public_key(subject.key.public_key()), False),
            (x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), False),
        ]
        for extension, critical in (*identifiers, *extensions):
            builder = builder.add_extension(extension, critical)
        if isinstance(self.key, ed25519.Ed25519PrivateKey):
            digest = None
        elif digest is None:
            digest = hashes.SHA384() if self.key.curve.key_size == 384 else hashes.SHA256()
        return builder.sign(self.key, digest).public_bytes(Encoding.DER)


def bad_signature(der: bytes) -> bytes:
    """The same with another last bit, which is one of s."""
    return der[:-1] + bytes([der[-1] ^ 1])


def cases() -> list[dict[str, Any]]:  # noqa: PLR0915
    """All but those of SM2: what, anchors, the chain from its end certificate up."""
    out: list[dict[str, Any]] = []

    def case(what: str, anchors: list[bytes], chain: list[bytes]) -> None:
        out.append({"what": what, "anchors": anchors, "chain": chain})

    root, middle, low, leaf = Authority("root"), Authority("middle"), Authority("low"), Authority("endorser 1")
    root_der = root.issue(root, CA, usage(sign_certificates=True))
    middle_der = root.issue(middle, CA, usage(sign_certificates=True))
    low_der = middle.issue(low, CA, usage(sign_certificates=True))
    leaf_der = middle.issue(leaf, usage(sign_certificates=False))

    case("three of P-256", [root_der], [leaf_der, middle_der])
    case("issued by the anchor itself", [root_der], [root.issue(leaf)])
    case("the anchor stands at the end too", [root_der], [leaf_der, middle_der, root_der])
    case("four certificates", [root_der], [low.issue(leaf), low_der, middle_der])
    for kinds in (
        ("p384", "p384", "p384"),
        ("p384", "ed25519", "p256"),
        ("ed25519", "p256", "p384"),
        ("p256", "p384", "ed25519"),
    ):
        top, between, end = (
            Authority(f"{kind} {place}", kind) for kind, place in zip(kinds, ("root", "middle", "end"), strict=True)
        )
        anchor = top.issue(top, CA, usage(sign_certificates=True))
        case(
            f"keys of {', '.join(kinds)}",
            [anchor],
            [between.issue(end), top.issue(between, CA, usage(sign_certificates=True))],
        )
    for digest in (hashes.SHA384(), hashes.SHA512()):
        case(f"P-256 with {digest.name}", [root_der], [middle.issue(leaf, digest=digest), middle_der])
    wide = Authority("wide", "p384")
    wide_der = root.issue(wide, CA, usage(sign_certificates=True))
    for digest in (hashes.SHA256(), hashes.SHA512()):
        case(f"P-384 with {digest.name}", [root_der], [wide.issue(leaf, digest=digest), wide_der])

    case("signature of the end certificate", [root_der], [bad_signature(leaf_der), middle_der])
    case("signature of the intermediate", [root_der], [leaf_der, bad_signature(middle_der)])
    other = Authority("root")
    other_der = other.issue(other, CA, usage(sign_certificates=True))
    case("an anchor of the same name and another key", [other_der], [leaf_der, middle_der])
    case("two anchors of one name, the second one signed", [other_der, root_der], [leaf_der, middle_der])
    case("no anchor of that name", [leaf_der], [leaf_der[:], middle_der])
    case("the intermediate is missing", [root_der], [leaf_der])
    case("issuer of another name", [root_der], [middle.issue(leaf, issuer_name=name("someone")), middle_der])

    case(
        "no basicConstraints in the intermediate",
        [root_der],
        [leaf_der, root.issue(middle, usage(sign_certificates=True))],
    )
    no_ca = (x509.BasicConstraints(ca=False, path_length=None), True)
    case("basicConstraints says no CA", [root_der], [leaf_der, root.issue(middle, no_ca)])
    case("the end certificate issued another", [root_der], [leaf.issue(Authority("below")), leaf_der, middle_der])
    short = (x509.BasicConstraints(ca=True, path_length=0), True)
    short_der = root.issue(middle, short, usage(sign_certificates=True))
    case("path length 0, an end certificate below", [root_der], [leaf_der, short_der])
    case("path length 0, a CA below", [root_der], [low.issue(leaf), low_der, short_der])
    one = root.issue(middle, (x509.BasicConstraints(ca=True, path_length=1), True))
    case("path length 1, a CA below", [root_der], [low.issue(leaf), low_der, one])
    new_key = Authority("middle")
    own = middle.issue(new_key, CA, usage(sign_certificates=True))
    case("path length 0, a self-issued CA below does not count", [root_der], [new_key.issue(leaf), own, short_der])

    case("keyUsage without keyCertSign", [root_der], [leaf_der, root.issue(middle, CA, usage(sign_certificates=False))])
    case("no keyUsage in the intermediate", [root_der], [leaf_der, root.issue(middle, CA)])
    case(
        "an unknown critical extension of the end certificate",
        [root_der],
        [middle.issue(leaf, (UNKNOWN, True)), middle_der],
    )
    case(
        "an unknown critical extension of the intermediate",
        [root_der],
        [leaf_der, root.issue(middle, CA, (UNKNOWN, True))],
    )
    case("an unknown extension that is not critical", [root_der], [middle.issue(leaf, (UNKNOWN, False)), middle_der])

    def named(host: str) -> bytes:
        return middle.issue(leaf, (x509.SubjectAlternativeName([x509.DNSName(host)]), False))

    def constrained(**subtrees: Any) -> bytes:
        constraints = {"permitted_subtrees": None, "excluded_subtrees": None} | subtrees
        return root.issue(middle, CA, (x509.NameConstraints(**constraints), True))

    permitted = constrained(permitted_subtrees=[x509.DNSName("chain.example")])
    excluded = constrained(excluded_subtrees=[x509.DNSName("chain.example")])
    case("a permitted name", [root_der], [named("peer.chain.example"), permitted])
    case("a name that is not permitted", [root_der], [named("peer.other.example"), permitted])
    case("an excluded name", [root_der], [named("peer.chain.example"), excluded])
    case("a name that is not excluded", [root_der], [named("peer.other.example"), excluded])
    organisation = x509.DirectoryName(x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Consortium")]))
    stranger = x509.DirectoryName(x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Strangers")]))
    case(
        "subject inside the permitted directory", [root_der], [leaf_der, constrained(permitted_subtrees=[organisation])]
    )
    case("subject outside the permitted directory", [root_der], [leaf_der, constrained(permitted_subtrees=[stranger])])

    past, future = MOMENT - datetime.timedelta(seconds=1), MOMENT + datetime.timedelta(seconds=1)
    case("the end certificate ends a second before", [root_der], [middle.issue(leaf, end=past), middle_der])
    case("the end certificate ends just then", [root_der], [middle.issue(leaf, end=MOMENT), middle_der])
    case("the end certificate begins a second later", [root_der], [middle.issue(leaf, begin=future), middle_der])
    case("the end certificate begins just then", [root_der], [middle.issue(leaf, begin=MOMENT), middle_der])
    case("the intermediate has ended", [root_der], [leaf_der, root.issue(middle, CA, end=past)])

    policy = x509.PolicyInformation(ObjectIdentifier("1.3.6.1.4.1.55555.2"), None)
    policies = (x509.CertificatePolicies([policy]), False)
    wanted = (x509.PolicyConstraints(require_explicit_policy=0, inhibit_policy_mapping=None), True)
    strict = root.issue(middle, CA, usage(sign_certificates=True), policies, wanted)
    case("a policy is wanted and there", [root_der], [middle.issue(leaf, policies), strict])
    case("a policy is wanted and missing", [root_der], [leaf_der, strict])

    points = x509.CRLDistributionPoints(
        [x509.DistributionPoint([x509.UniformResourceIdentifier("http://crl.example/1")], None, None, None)]
    )
    case(
        "a place of revocation lists, which nobody asks", [root_der], [middle.issue(leaf, (points, False)), middle_der]
    )
    return out


def openssl(*arguments: str, at: Path) -> str:
    """What the command prints."""
    return subprocess.run(["openssl", *arguments], cwd=at, check=True, capture_output=True, text=True).stdout


def sm2_cases(at: Path) -> list[dict[str, Any]]:
    """Chains of SM2 with SM3, made by openssl."""
    (at / "ca").write_text("basicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign,cRLSign\n")
    (at / "end").write_text("keyUsage=critical,digitalSignature\n")

    def make(subject: str, issuer: str, extensions: str, identity: str = "1234567812345678", file: str = "") -> bytes:
        file = file or subject
        if not (at / f"{subject}.key").exists():
            openssl("genpkey", "-algorithm", "SM2", "-out", f"{subject}.key", at=at)
        own = "-sigopt", f"distid:{identity}"
        openssl(
            "req",
            "-new",
            "-key",
            f"{subject}.key",
            "-subj",
            f"/O=Consortium/CN=sm2 {subject}",
            "-sm3",
            *own,
            "-out",
            f"{file}.csr",
            at=at,
        )
        signer = (
            ("-signkey", "root.key")
            if subject == issuer
            else ("-CA", f"{issuer}.pem", "-CAkey", f"{issuer}.key", "-CAcreateserial")
        )
        openssl(
            "x509", "-req", "-in", f"{file}.csr", *signer, "-sm3", *own, "-vfyopt", f"distid:{identity}",
            "-days", "7300", "-extfile", extensions, "-out", f"{file}.pem", at=at,
        )  # fmt: skip
        return x509.load_pem_x509_certificate((at / f"{file}.pem").read_bytes()).public_bytes(Encoding.DER)

    root, middle = make("root", "root", "ca"), make("middle", "root", "ca")
    leaf, strange = make("leaf", "middle", "end"), make("leaf", "middle", "end", "another identity", "strange")
    return [
        {"what": "three of SM2", "anchors": [root], "chain": [leaf, middle]},
        {"what": "SM2, another identity", "anchors": [root], "chain": [strange, middle]},
        {"what": "SM2, signature of the end certificate", "anchors": [root], "chain": [bad_signature(leaf), middle]},
    ]


def verdict(case: dict[str, Any], at: Path, moment: datetime.datetime) -> bool:
    """What `openssl verify` says of a case."""
    chain, anchors = case["chain"], case["anchors"]
    if "SM2" not in case["what"]:
        return verified(chain[0], chain[1:], anchors, at, moment, "-policy_check", "-policy", "anyPolicy")
    # -vfyopt is for the end certificate alone, so that links are verified one by one.
    links = zip(chain, [*chain[1:], anchors[0]], strict=True)
    own = "-partial_chain", "-vfyopt", "distid:1234567812345678"
    return all(verified(subject, [], [issuer], at, moment, *own) for subject, issuer in links)


def verified(
    end: bytes, others: list[bytes], anchors: list[bytes], at: Path, moment: datetime.datetime, *options: str
) -> bool:
    """One call of `openssl verify`."""
    command = ["openssl", "verify", "-no-CAfile", "-no-CApath", "-no-CAstore", "-attime", str(int(moment.timestamp()))]
    for option, ders in (("-trusted", anchors), ("-untrusted", others), ("", [end])):
        if ders:
            file = at / f"file{option}.pem"
            file.write_bytes(b"".join(x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM) for der in ders))
            command += [option, str(file)] if option else [*options, str(file)]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def main() -> None:
    """Writes the file."""
    with tempfile.TemporaryDirectory() as folder:
        at = Path(folder)
        made = cases()
        sm2_at = at / "sm2"
        sm2_at.mkdir()
        sm2 = sm2_cases(sm2_at)
        late = datetime.datetime.now(datetime.UTC).replace(microsecond=0) + datetime.timedelta(days=1)
        for case in made:
            case["moment"] = MOMENT
        for case in sm2:
            case["moment"] = late
        for case in made + sm2:
            case["openssl"] = verdict(case, at, case["moment"])
            case["valid"] = case["openssl"] != (case["what"] in OPENSSL_ERRS)
            case["moment"] = case["moment"].isoformat()
            for which in ("anchors", "chain"):
                case[which] = [der.hex() for der in case[which]]
    version = subprocess.run(["openssl", "version"], check=True, capture_output=True, text=True).stdout.split()[1]
    head = f"tools/x509_vectors.py; verdicts of openssl verify {version}; licence Apache-2.0"
    OUTPUT.write_text(json.dumps({"source": head, "cases": made + sm2}, indent=1) + "\n")
    sys.stdout.write(f"{len(made + sm2)} chains, {sum(case['valid'] for case in made + sm2)} valid\n")


if __name__ == "__main__":
    main()
