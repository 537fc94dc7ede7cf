"""Answers about the service itself, a person's documents, and the way to files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from parlour.xccos.blocks import element, server_info_block
from parlour.xccos.encode.envelope import Fragment, notice, reply
from parlour.xccos.encode.pieces import pieces
from parlour.xccos.types import AddIn, Command, Preference, ServerInfo, TransferToken
from parlour.xml.escape import escape_attribute

__all__ = [
    "addins_replies",
    "preference_notice",
    "preference_reply",
    "request_uri_reply",
    "server_info_reply",
    "token_reply",
]


def request_uri_reply(envid: int, command: Command, uri: str) -> Fragment:
    """The channel service to call. COMPAT: SIPE dials the URI as it stands; it has to begin with `sip:`."""
    return reply(envid, command, 200, f'<uib uri="{escape_attribute(uri)}"/>')


def server_info_reply(envid: int, command: Command, info: ServerInfo, info_type: int | None = None) -> Fragment:
    """Everything about the server, whatever `info_type` asked for; it is echoed."""
    return reply(envid, command, 200, server_info_block(info, info_type))


def preference_reply(envid: int, command: Command, preference: Preference) -> Fragment:
    """A person's document: its version, and its content unless that is None."""
    return reply(envid, command, 200, _preference(preference))


def addins_replies(envid: int, command: Command, addins: Iterable[AddIn]) -> Iterator[Fragment]:
    """Registered web pages, in one reply or several."""
    blocks = (element("siop", id=one.id, name=one.title, url=one.url) for one in addins)
    return pieces(envid, command, blocks)


def token_reply(envid: int, command: Command, token: TransferToken) -> Fragment:
    """Permission to move a file, or that a token is still good: rpl:getftok, whichever command asked."""
    return reply(envid, command, 200, element("token", token=token.token, serveruri=token.service_uri))


def preference_notice(label: str, version: int) -> Fragment:
    """A document of the receiver was changed from another endpoint; the new content is there for the asking."""
    return notice("prefmodified", _preference(Preference(label, version)))


def _preference(preference: Preference) -> str:
    return element(
        "pref",
        label=preference.label,
        seqid=preference.version,
        createdefault=False,
        content=preference.content,
    )
