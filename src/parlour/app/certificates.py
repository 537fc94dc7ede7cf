"""The server's certificate: making a self-signed one, judging the one there is, and the TLS context made of it.

`cryptography` is imported where a certificate is made or read closely: a server that has one starts without it.
"""

from __future__ import annotations

import _ssl
import datetime
import ipaddress
import socket
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parlour.app.files import write_atomically
from parlour.app.problems import Problem

if TYPE_CHECKING:
    from cryptography import x509

__all__ = ["CertificateFacts", "local_names", "make_self_signed", "read_facts", "read_own_facts", "server_context"]

_VALID_DAYS = 825
_VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """What matters about a certificate: DNS names and addresses (as text), its validity (UTC), and who signed it."""

    names: frozenset[str]
    not_before: datetime.datetime
    not_after: datetime.datetime
    self_signed: bool


def local_names(domain: str, hosts: Sequence[str] = ()) -> list[str]:
    """Names a certificate of this machine should carry: the domain, the usual SIP host in it, the host, loopback."""
    wildcards = ("0.0.0.0", "::")  # noqa: S104 - names to leave out, nothing is bound here
    names = [domain, f"sip.{domain}", socket.gethostname().lower(), "localhost", "127.0.0.1", "::1"]
    names += [host for host in hosts if host not in wildcards]
    return list(dict.fromkeys(name for name in names if name.isascii() and name))


def make_self_signed(certificate: Path, key: Path, names: Sequence[str]) -> None:
    """Write an ECDSA P-256 key and a certificate signed with it, both mode 0600. Raises `OSError`."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    private = ec.generate_private_key(ec.SECP256R1())
    signed = _sign(private, names)
    write_atomically(
        key,
        private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
    )
    write_atomically(certificate, signed.public_bytes(serialization.Encoding.PEM))


def _sign(private: object, names: Sequence[str]) -> x509.Certificate:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    assert isinstance(private, ec.EllipticCurvePrivateKey)
    now = datetime.datetime.now(datetime.UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])])
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))  # clients' clocks may be a little behind
        .not_valid_after(now + datetime.timedelta(days=_VALID_DAYS))
        .add_extension(x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False)
        # COMPAT: no CA: NSS (Pidgin) takes one with this key usage for no server's, and does not even ask about it.
        # Clients can be told to trust exactly this file all the same.
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(private.public_key()), critical=False)
        .sign(private, hashes.SHA256())
    )


def _general_name(name: str) -> x509.GeneralName:
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def read_facts(certificate: Path) -> CertificateFacts:
    """Read the first certificate of a PEM file. Raises `Problem`."""
    from cryptography import x509

    try:
        found = x509.load_pem_x509_certificate(certificate.read_bytes())
    except FileNotFoundError as error:
        raise Problem("certificate-missing", path=certificate) from error
    except (OSError, ValueError) as error:
        raise Problem("certificate-unusable", path=certificate, error=error) from error
    self_signed = found.issuer == found.subject
    return CertificateFacts(_names(found), found.not_valid_before_utc, found.not_valid_after_utc, self_signed)


def read_own_facts(certificate: Path) -> CertificateFacts | None:
    """As `read_facts`, as far as needed to know one of ours again; None for what is none. Needs the standard library
    only."""
    try:
        found: Mapping[str, Any] = _ssl._test_decode_cert(certificate)  # type: ignore[attr-defined]
    except OSError:
        return None
    names = frozenset(_plain_name(*pair) for pair in found.get("subjectAltName", ()))
    return CertificateFacts(
        names, _time(found["notBefore"]), _time(found["notAfter"]), found["issuer"] == found["subject"]
    )


def _plain_name(kind: str, name: str) -> str:
    return str(ipaddress.ip_address(name)) if kind == "IP Address" else name


def _time(text: str) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(ssl.cert_time_to_seconds(text), datetime.UTC)


def _names(found: x509.Certificate) -> frozenset[str]:
    from cryptography import x509

    try:
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return frozenset()
    return frozenset([*names.get_values_for_type(x509.DNSName), *map(str, names.get_values_for_type(x509.IPAddress))])


def server_context(certificate: Path, key: Path, minimum: str) -> ssl.SSLContext:
    """A server-side TLS context; `minimum` is `1.2` or `1.3`. Raises `Problem`."""
    for path in (certificate, key):
        if not path.exists():
            raise Problem("certificate-missing", path=path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = _VERSIONS[minimum]
    # RFC 5246 7.4.1.4: renegotiation is asked for by attackers only.
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise Problem("certificate-unusable", path=certificate, error=error) from error
    return context
