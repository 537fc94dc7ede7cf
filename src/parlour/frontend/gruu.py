"""Globally routable user agent URIs: one per endpoint, always the same for the same endpoint.

Two spellings name the same endpoint: the one Office Communications Server clients expect
(`sip:alice@example.com;opaque=user:epid:<id>;gruu`) and the public GRUU of RFC 5627
(`sip:alice@example.com;gr=<instance>`). A GRUU is an address, not a secret: it is computed from the address and the
endpoint, so it survives restarts and is equal on every server of a pool.
"""

from __future__ import annotations

import hashlib

__all__ = ["endpoint_id", "legacy_gruu", "legacy_id", "public_gruu"]

_EPID = "user:epid:"


def endpoint_id(person_uri: str, endpoint: str) -> str:
    """24 hexadecimal digits that name `endpoint` (an epid or instance) of `person_uri`: URI parameters are compared
    without regard to case, so the name must not depend on it."""
    name = f"{person_uri.casefold()}\0{endpoint.casefold()}".encode("utf-8", "surrogateescape")
    return hashlib.sha256(name).hexdigest()[:24]


def legacy_gruu(person_uri: str, endpoint: str) -> str:
    """COMPAT: Office Communications Server clients (`Supported: gruu-10`)."""
    return f"{person_uri};opaque={_EPID}{endpoint_id(person_uri, endpoint)};gruu"


def public_gruu(person_uri: str, instance: str) -> str:
    """RFC 5627 section 5.4; `instance` without the angle brackets."""
    return f"{person_uri};gr={instance}"


def legacy_id(opaque: str) -> str | None:
    """The endpoint id inside an `opaque` URI parameter, or None when it is something else."""
    return opaque[len(_EPID) :] if opaque.lower().startswith(_EPID) else None
