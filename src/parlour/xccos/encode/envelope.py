"""Bodies, the primitives in them, and what every reply and notice has around its data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

from parlour.xccos.blocks import byte_size, room_reference
from parlour.xccos.codes import text_of
from parlour.xccos.ids import NAMESPACE
from parlour.xccos.types import Command, GetDownloadToken, GetUploadToken
from parlour.xml.escape import escape_attribute, escape_text

__all__ = [
    "FRAME_BYTES",
    "SPLIT_BYTES",
    "Fragment",
    "envelope",
    "envelopes",
    "notice",
    "refusal",
    "reply",
    "room_refusal",
]

SPLIT_BYTES: Final = 48 * 1024
"""Answers that may come in pieces are split at this size of body."""

FRAME_BYTES: Final = 512
"""What the envelope and the bookkeeping of a reply add to its blocks, generously."""

_REPLY_NAMES: Final = {kind.name: kind.reply_name for kind in (GetUploadToken, GetDownloadToken)}


class Fragment(NamedTuple):
    """One primitive, waiting for its number in an envelope: `head`, number, `tail`. `kind` is rpl, ntc or grpchat."""

    kind: str
    head: str
    tail: str

    def size(self) -> int:
        """Bytes in a body, without the digits of the number."""
        return byte_size(self.head) + byte_size(self.tail)


# Bodies ---------------------------------------------------------------------------------------------------------------


def envelope(envid: int, fragments: Sequence[Fragment]) -> bytes:
    """The body of one INFO, the fragments numbered from 1."""
    inside = "".join([f"{part.head}{number}{part.tail}" for number, part in enumerate(fragments, 1)])
    return f'<xccos ver="1" envid="{envid}" xmlns="{NAMESPACE}">{inside}</xccos>'.encode()


def envelopes(
    next_envid: Callable[[], int], fragments: Iterable[Fragment], *, limit: int = SPLIT_BYTES, chats: int = 1
) -> list[bytes]:
    """As few bodies as possible, in order: one kind in each, at most `limit` bytes unless a single fragment is larger,
    and at most `chats` live messages in each (`ClientProfile.chats_per_envelope`)."""
    bodies: list[bytes] = []
    batch: list[Fragment] = []
    size = FRAME_BYTES
    for part in fragments:
        if batch and (part.kind != batch[0].kind or size + part.size() > limit or _is_full(batch, chats)):
            bodies.append(envelope(next_envid(), batch))
            batch, size = [], FRAME_BYTES
        batch.append(part)
        size += part.size()
    if batch:
        bodies.append(envelope(next_envid(), batch))
    return bodies


def _is_full(batch: Sequence[Fragment], chats: int) -> bool:
    return batch[0].kind == "grpchat" and len(batch) >= chats


# Replies and notices --------------------------------------------------------------------------------------------------


def reply(envid: int, command: Command, code: int = 200, data: str = "", text: str | None = None) -> Fragment:
    """The reply to `command` of the client's envelope `envid`. `data` is XML; `text` stands in for the code's own."""
    return Fragment(
        "rpl",
        f'<rpl id="rpl:{escape_attribute(_REPLY_NAMES.get(command.name, command.name))}" seqid="',
        f'"><commandid seqid="{command.seqid}" envid="{envid}"/>'
        f'<resp code="{int(code)}">{escape_text(text or text_of(code))}</resp><data>{data}</data></rpl>',
    )


def refusal(envid: int, command: Command, code: int, text: str | None = None) -> Fragment:
    """A reply that says no and nothing else."""
    return reply(envid, command, code, "", text)


def room_refusal(envid: int, command: Command, code: int, room_uri: str, text: str | None = None) -> Fragment:
    """A reply that says no and names the room: rpl:grpchat for a refused post, rpl:part."""
    return reply(envid, command, code, room_reference(room_uri), text)


def notice(name: str, data: str) -> Fragment:
    """Something happened; `data` is XML."""
    return Fragment("ntc", f'<ntc id="ntc:{name}" seqid="', f'"><data>{data}</data></ntc>')
