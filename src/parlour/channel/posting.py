"""A post from the wire: its key, its way through the hub, and the answer its INFO gets."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

from parlour.channel.refusals import code_for
from parlour.hub.posting import Draft
from parlour.rooms.refusals import Refusal, Refused
from parlour.xccos.codes import ResponseCode
from parlour.xccos.encode import Fragment, refusal, room_refusal
from parlour.xccos.types import BadCommand, GroupChat

if TYPE_CHECKING:
    from parlour.channel.session import Session

__all__ = ["GONE", "PostAnswer", "post", "post_key"]


@dataclass(frozen=True, slots=True)
class PostAnswer:
    """What the INFO of a post is answered with, and the reply to send after it (if any). 481: the session is over, and
    the post was not kept."""

    status: int
    reason: str = ""
    fragments: tuple[Fragment, ...] = ()


_TAKEN = PostAnswer(200)
_AGAIN = PostAnswer(503)
GONE = PostAnswer(481)


async def post(session: Session, envid: int, chat: GroupChat | BadCommand, *, alone: bool) -> PostAnswer:
    """200 means committed and flushed, unless a reply says otherwise; 503 means nothing was kept. `alone`: the answer
    to the INFO speaks of this message only, so that it may refuse it."""
    visit = session.visit
    if visit is None:
        return GONE
    if not isinstance(chat, GroupChat):
        return _refused(session, envid, chat, chat.code, alone)
    key = post_key(session.person, session.endpoint_id, envid, chat, session.call_id)
    draft = Draft(chat.text, chat.rtf, chat.alert)
    outcome = await session.service.hub.post(visit, session.service.names.room_id(chat.room_uri), draft, key)
    if not isinstance(outcome, Refused):
        return _TAKEN
    if outcome.reason in (Refusal.UNAVAILABLE, Refusal.BUSY):
        return _AGAIN
    session.service.denials[outcome.reason] += 1
    return _refused(session, envid, chat, code_for(outcome.reason), alone)


def _refused(session: Session, envid: int, chat: GroupChat | BadCommand, code: ResponseCode, alone: bool) -> PostAnswer:
    if alone and session.profile.refuse_posts_with_sip_status:
        return PostAnswer(403, code.text)
    fragment = room_refusal(envid, chat, code, chat.room_uri) if chat.room_uri else refusal(envid, chat, code)
    return PostAnswer(200, fragments=(fragment,))


def post_key(person: str, endpoint: str, envid: int, chat: GroupChat, call_id: str) -> bytes:
    """The same message sent again, and nothing else, has the same key (docs/decisions/0004-post-identity.md).

    The envelope number alone would not do: clients begin at a random number at each start, so that after a year of
    starts two different posts of one endpoint may well share a number. The client's time stamp tells them apart, and
    where it is missing, the dialog."""
    when = call_id if chat.at is None else str(chat.at)
    parts = (person, endpoint, str(int(envid)), str(int(chat.seqid)), chat.room_uri, when, chat.text)
    data = [part.encode("utf-8", "surrogatepass") for part in parts]
    sized = b"".join([len(one).to_bytes(4, "big") + one for one in data])
    return blake2b(sized, digest_size=32).digest()
