"""Logins: how they are compared, which are allowed, and what people type instead of them; and the other things that a
person or group is called. Pure."""

from __future__ import annotations

import re
import unicodedata

from parlour.directory.api import AccountRefused
from parlour.rooms.names import check_name
from parlour.rooms.refusals import Refused

__all__ = ["address", "checked_contact", "checked_name", "is_address", "is_login", "login_of", "read_login"]

# What stands in a SIP URI without escapes and in a file name without quotes. Display names may be in any script.
_LOGIN = re.compile(r"[a-z0-9](?:[a-z0-9._+\-]{0,62}[a-z0-9])?")
# What people and places are typed as, folded: an address, with its scheme or without, `EXAMPLE\alice`, any URI of ours.
_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+|[^\s\\]+\\[^\s\\]+|(?:sips?|mailto|tel|urn|ma-[a-z]+):.*")
_MAX_TYPED = 320
_NAME_CHARS = 256
_CONTACT_CHARS = 256


def is_login(login: str) -> bool:
    """Whether this, already folded, may be the login of an account."""
    return _LOGIN.fullmatch(login) is not None


def address(login: str, domain: str) -> str:
    """The URI of the person with this login."""
    return f"sip:{login}@{domain}"


def login_of(uri: str) -> str:
    """The login in a person's URI."""
    return uri.removeprefix("sip:").partition("@")[0]


def is_address(look: str) -> bool:
    """Whether this, folded, has the form of an address or URI, in this domain or elsewhere: where people are named, it
    is taken for somebody's."""
    return _ADDRESS.fullmatch(look) is not None


def read_login(text: str, domain: str, given: str | None = None) -> str | None:
    """The login that `text` means in this SIP `domain` (lower case), folded; None if it means somebody elsewhere.

    `alice`, `alice@example.com`, `sip:alice@example.com`, `EXAMPLE\\alice`; `given` is a domain named beside it.
    Width and case do not matter (NFKC, then case folding).
    """
    if len(text) > _MAX_TYPED:
        return None
    folded = _fold(text.strip())
    for scheme in ("sip:", "sips:"):
        folded = folded.removeprefix(scheme)
    prefix, backslash, rest = folded.partition("\\")
    named = [_fold(given)] if given else []
    if backslash:
        named.append(prefix)
        folded = rest
    login, at, host = folded.rpartition("@")
    if at:
        if host != domain:
            return None
        folded = login
    short = domain.partition(".")[0]
    return folded if all(name in (domain, short) for name in named) else None


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def checked_name(name: str) -> str:
    """A display name as it is kept. Raises `AccountRefused`."""
    kept = check_name(name, _NAME_CHARS)
    if isinstance(kept, Refused):
        raise AccountRefused(kept.detail)
    return kept


def checked_contact(text: str) -> str:
    """A mail address or company as it is kept, "" for none. Raises `AccountRefused`."""
    kept = text.strip()
    if len(kept) > _CONTACT_CHARS or not kept.isprintable():
        raise AccountRefused(f"a mail address or company is one line of at most {_CONTACT_CHARS} characters")
    return kept
