"""What the front end is told about its surroundings: one frozen value, filled in by whoever starts it."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["FrontendSettings", "Schemes"]


@dataclass(frozen=True, slots=True)
class Schemes:
    """Authentication schemes that are offered. At least one must be on."""

    ntlm: bool = True
    digest: bool = True
    """Digest with SHA-256 (RFC 8760)."""
    digest_md5: bool = False
    """Digest with MD5 as well, for telephones that know nothing newer. Weak: off unless switched on."""

    def __post_init__(self) -> None:
        if not (self.ntlm or self.any_digest):
            raise ValueError("at least one authentication scheme must be enabled")

    @property
    def any_digest(self) -> bool:
        return self.digest or self.digest_md5


@dataclass(frozen=True, slots=True)
class FrontendSettings:
    """URIs are complete (`sip:...`, `https://...`); empty means: not told to clients."""

    host: str
    """Name of this server: NTLM target name, host of our Contact and Record-Route, source of diagnostics."""
    realm: str = "SIP Communications Service"
    """Realm of NTLM. Clients echo it; it takes part in every signature, so it must not change while they are on."""
    domain: str = ""
    """The main domain, named in NTLM challenges; empty: the first in alphabetical order."""
    digest_realm: str = ""
    """Realm of Digest; empty: the main domain. Stored Digest verifiers depend on it."""
    schemes: Schemes = field(default_factory=Schemes)

    pool_uri: str = ""
    """The chat service that provisioning names."""
    lookup_uri: str = ""
    """The lookup service, usually `sip:ocschat@<domain>`."""
    web_manager_internal: str = ""
    web_manager_external: str = ""
