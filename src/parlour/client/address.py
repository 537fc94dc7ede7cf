"""Who signs in, and where: addresses as people type them, the places to try, and how TLS is checked there."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, TypeAlias

from parlour.sip.errors import RemoteProtocolError
from parlour.sip.uri import SipUri, aor
from parlour.ua.resolver import Resolver, Target

__all__ = ["Account", "Destination", "Scheme", "Transport"]

Transport: TypeAlias = Literal["tls", "tcp", "auto"]
"""`auto` tries TLS and then TCP; whoever can disturb the network can then make it TCP."""

Scheme: TypeAlias = Literal["auto", "ntlm", "digest"]
"""How the password is proven. `auto`: on TCP NTLM, which signs every message, on TLS Digest; else the other one."""

_TRANSPORTS: Final[dict[str, tuple[str, ...]]] = {"tls": ("TLS",), "tcp": ("TCP",), "auto": ("TLS", "TCP")}


@dataclass(frozen=True, slots=True)
class Account:
    """A person who signs in. `uri` is `sip:user@domain`; `login` is the name that goes with the password."""

    uri: str
    domain: str
    login: str
    password: str = field(repr=False)
    scheme: Scheme = "auto"

    @classmethod
    def of(cls, address: str, password: str, login: str | None = None, scheme: Scheme = "auto") -> Account:
        """`address` with or without `sip:`; `login` defaults to the address. Raises ValueError."""
        text = address if address.lower().startswith(("sip:", "sips:")) else f"sip:{address}"
        try:
            uri = SipUri.parse(text)
        except RemoteProtocolError as error:
            raise ValueError(f"not a SIP address: {address!r}") from error
        if not uri.user or uri.password is not None:
            raise ValueError(f"a SIP address has a user and a domain: {address!r}")
        plain = aor(text)
        return cls(plain, uri.host.lower(), login or plain.partition(":")[2], password, scheme)

    def schemes(self, *, secure: bool) -> tuple[str, ...]:
        """Names of schemes in the order to try them on a connection."""
        if self.scheme != "auto":
            return (self.scheme,)
        return ("digest", "ntlm") if secure else ("ntlm", "digest")


@dataclass(frozen=True, slots=True)
class Destination:
    """Where the server is. `server` None: found by DNS from the account's domain (RFC 3263). `certificate`: a PEM file
    that is trusted instead of the system's authorities; `verify` False: any certificate will do."""

    server: str | None = None
    transport: Transport = "tls"
    certificate: str | Path | None = None
    verify: bool = True

    def check(self) -> None:
        """Raises ValueError for a server or transport that makes no sense, OSError for a certificate that cannot be
        read; it names the file."""
        if self.transport not in _TRANSPORTS:
            raise ValueError(f"transport is tls, tcp or auto, not {self.transport!r}")
        self._uri("unused.invalid")
        self.context()

    async def targets(self, domain: str, resolver: Resolver) -> list[Target]:
        """Places to try, in order."""
        return await resolver.resolve(self._uri(domain), _TRANSPORTS[self.transport])

    def server_name(self, domain: str) -> str:
        """The name that the certificate must carry: the domain that was asked for and not the host that an unsigned
        DNS answer led to (RFC 5922 section 7.1)."""
        return self._uri(domain).host

    def context(self) -> ssl.SSLContext:
        """For TLS 1.2 and newer."""
        context = self._trusting()
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if self.certificate is not None:
            # A server's own certificate, trusted by itself, need not look like that of an authority.
            context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
            context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        if not self.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    def _trusting(self) -> ssl.SSLContext:
        """What the certificate file vouches for; the errors of `ssl` do not name it."""
        file = None if self.certificate is None else str(self.certificate)
        try:
            return ssl.create_default_context(cafile=file)
        except ssl.SSLError as error:
            raise OSError(f"no certificate in PEM form: {file}") from error
        except OSError as error:
            raise OSError(error.errno, error.strerror, file) from None

    def _uri(self, domain: str) -> SipUri:
        if self.server is None:
            return SipUri(scheme="sip", user=None, password=None, host=domain)
        bare = self.server.strip()
        if bare.count(":") > 1 and not bare.startswith("["):
            bare = f"[{bare}]"
        try:
            uri = SipUri.parse(f"sip:{bare}")
        except RemoteProtocolError as error:
            raise ValueError(f"not a server address: {self.server!r}") from error
        if uri.user is not None or uri.params or uri.headers:
            raise ValueError(f"a server address is HOST or HOST:PORT, not {self.server!r}")
        return uri
