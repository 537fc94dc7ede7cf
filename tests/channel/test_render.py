"""What the hub says, as bodies: made once for all who hear the same."""

from __future__ import annotations

import itertools

from parlour.channel.render import Renderer
from parlour.hub.events import Participant, PersonJoined, PersonParted, PostHeard, Removed, RoomEvent
from parlour.rooms.model import Micros
from parlour.rooms.refusals import Refusal
from parlour.store.api import StoredPost
from parlour.xccos.decode_answers import decode_server_envelope
from parlour.xccos.types import GroupChat
from tests.hub.fakes import OPEN


def renderer() -> Renderer:
    return Renderer("example.com", itertools.count(1).__next__)


def heard(number: int) -> PostHeard:
    return PostHeard(OPEN, StoredPost(OPEN, number, "sip:a@example.com", "A", f"text {number}", Micros(1), None, False))


def test_a_batch_is_rendered_once_for_each_kind_of_client() -> None:
    made = renderer()
    batch = (heard(1), heard(2), heard(3))
    one, many = made.bodies(batch, 1), made.bodies(batch, 32)
    assert (len(one), len(many)) == (3, 1)
    assert made.bodies(batch, 1) is one
    assert made.bodies(batch, 32) is many
    texts = [
        part.text for body in one for part in decode_server_envelope(body).primitives if isinstance(part, GroupChat)
    ]
    assert texts == ["text 1", "text 2", "text 3"]


def test_one_event_is_the_same_for_all_clients() -> None:
    made = renderer()
    batch = (heard(1),)
    assert made.bodies(batch, 1) is made.bodies(batch, 32)


def test_kinds_are_not_mixed_and_what_the_wire_has_no_word_for_is_left_out() -> None:
    events: tuple[RoomEvent, ...] = (
        heard(1),
        PersonJoined(OPEN, Participant("sip:b@example.com", "g", "B", False, False)),
        PersonParted(OPEN, "sip:b@example.com"),
        Removed(OPEN, Refusal.NOT_PERMITTED),
    )
    bodies = renderer().bodies(events, 32)
    assert [len(decode_server_envelope(body).primitives) for body in bodies] == [1, 2]
    assert renderer().bodies((Removed(OPEN, Refusal.NOT_PERMITTED),), 1) == []
