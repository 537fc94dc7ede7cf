"""What the hub says, as bodies: made once for all who hear the same."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from parlour.channel.cards import Cards
from parlour.channel.render import Renderer
from parlour.hub.events import (
    HistoryPurged,
    Invited,
    Participant,
    PersonChanged,
    PersonJoined,
    PersonParted,
    PostHeard,
    PostReplaced,
    PostsRemoved,
    PreferenceChanged,
    Removed,
    RoomChanged,
    RoomEvent,
    VisitEnded,
)
from parlour.rooms.model import Micros
from parlour.rooms.refusals import Refusal
from parlour.rooms.switches import Switches
from parlour.sip.pipeline import info_content
from parlour.store.api import Invitation, StoredPost
from parlour.xccos import types
from parlour.xccos.decode_answers import decode_server_envelope
from parlour.xccos.profiles import GROUP_CHAT, LYNC, PARLOUR, SIPE
from tests.hub.fakes import OPEN, World, person, room

LOBBY = room(1, "로비")
URI = f"ma-chan://example.com/{OPEN}"


def renderer() -> Renderer:
    hub = World([person("alice")], [LOBBY]).hub
    return Renderer(Cards(hub, "example.com"), itertools.count(1).__next__)


def heard(number: int) -> PostHeard:
    return PostHeard(OPEN, StoredPost(OPEN, number, "sip:a@example.com", "A", f"text {number}", Micros(1), None, False))


def told(events: tuple[RoomEvent, ...], profile: Any = PARLOUR) -> list[Any]:
    bodies = renderer().bodies(events, profile)
    return [part for body in bodies for part in decode_server_envelope(body).primitives]


def test_a_batch_is_rendered_once_for_each_kind_of_client() -> None:
    made = renderer()
    batch = (heard(1), heard(2), heard(3))
    one, many = made.bodies(batch, SIPE), made.bodies(batch, LYNC)
    assert (len(one), len(many)) == (3, 1)
    assert made.bodies(batch, SIPE) is one
    assert made.bodies(batch, LYNC) is many
    texts = [
        part.text
        for body in one
        for part in decode_server_envelope(body).primitives
        if isinstance(part, types.GroupChat)
    ]
    assert texts == ["text 1", "text 2", "text 3"]


def test_bodies_are_made_the_content_of_infos_once() -> None:
    made = renderer()
    batch, other = (heard(1), heard(2)), (heard(3),)
    for events in (batch, other, batch):
        for profile in (SIPE, LYNC):
            contents = made.contents(events, profile)
            assert contents == [info_content(body) for body in made.bodies(events, profile)]
            assert made.contents(events, profile) is contents


def test_a_lone_post_is_the_same_for_all_clients() -> None:
    made = renderer()
    batch = (heard(1),)
    assert made.bodies(batch, SIPE) is made.bodies(batch, LYNC)
    other = (heard(2),)
    assert made.bodies(other, LYNC) is made.bodies(other, SIPE)
    assert made.bodies(other, SIPE) != made.bodies(batch, SIPE)


def test_kinds_are_not_mixed_and_what_the_wire_has_no_word_for_is_left_out() -> None:
    events: tuple[RoomEvent, ...] = (
        heard(1),
        PersonJoined(OPEN, Participant("sip:b@example.com", "g", "B", False, False)),
        PersonParted(OPEN, "sip:b@example.com"),
        VisitEnded(Refusal.REPLACED),
    )
    bodies = renderer().bodies(events, LYNC)
    assert [len(decode_server_envelope(body).primitives) for body in bodies] == [1, 2]
    assert renderer().bodies((VisitEnded(Refusal.REPLACED),), SIPE) == []


@pytest.mark.parametrize(
    ("manager", "presenter", "mask"),
    [(False, False, 3984), (True, False, 12276), (False, True, 8080), (True, True, 16372)],
)
def test_who_comes_and_who_changes_is_shown_with_the_mask_of_the_room(
    manager: bool, presenter: bool, mask: int
) -> None:
    somebody = Participant("sip:b@example.com", "g", "B", manager, presenter)
    came, changed = told((PersonJoined(OPEN, somebody), PersonChanged(OPEN, somebody)))
    assert (came.name, changed.name) == ("join", "permmodified")
    assert came.body == changed.body
    assert [(seat.room_uri, seat.mask) for seat in came.body.seats] == [(URI, mask)]


def test_new_settings_are_told_whole() -> None:
    (notice,) = told((RoomChanged(LOBBY.id, LOBBY, Switches()),), SIPE)
    assert notice.name == "chanmodified"
    assert (notice.body.room.name, notice.body.room.visibility, notice.body.room.invite) == ("로비", "SCOPED", False)
    assert notice.body.room.audit.updated_at == LOBBY.audit.updated_at


def test_an_invitation_holds_its_room() -> None:
    (notice,) = told((Invited(LOBBY.id, Invitation(2, LOBBY.id, Micros(9)), LOBBY, Switches()),), SIPE)
    (invitation,) = notice.body.invitations
    assert (notice.name, invitation.number, invitation.created_at, invitation.room.name) == ("inv", 2, 9, "로비")


def test_a_document_is_told_without_its_content() -> None:
    (notice,) = told((PreferenceChanged("rooms", 3),), SIPE)
    assert (notice.name, notice.body) == ("prefmodified", types.Preference("rooms", 3))


def test_removals_are_told_to_those_who_want_to_know() -> None:
    events: tuple[RoomEvent, ...] = (
        PostsRemoved(OPEN, (4, 7)),
        PostReplaced(OPEN, heard(8).post),
        HistoryPurged(OPEN, Micros(10)),
    )
    first, second, replaced, purged = told(events, PARLOUR)
    assert [first.name, second.name] == ["msgdel", "msgdel"]
    assert (first.body, second.body) == (types.MessageRef(URI, 4), types.MessageRef(URI, 7))
    assert (replaced.name, replaced.body.message.chat_id, replaced.body.message.text) == ("msgrepl", 8, "text 8")
    assert (purged.name, purged.body) == ("chanpurge", types.Purged(URI, 10))
    for profile in (SIPE, LYNC, GROUP_CHAT):
        assert told(events, profile) == []


@pytest.mark.parametrize(
    ("reason", "profile", "names", "code"),
    [
        (Refusal.NOT_PERMITTED, SIPE, ["kick", "part"], 403),
        (Refusal.ROOM_DISABLED, PARLOUR, ["kick"], 407),
        (Refusal.NO_SUCH_ROOM, LYNC, ["chandeleted", "kick"], 404),
        (Refusal.NO_SUCH_ROOM, SIPE, ["chandeleted", "kick", "part"], 404),
    ],
)
def test_being_put_out(reason: Refusal, profile: Any, names: list[str], code: int) -> None:
    (body,) = renderer().put_out(Removed(OPEN, reason), "sip:a@example.com", profile)
    notices: list[Any] = list(decode_server_envelope(body).primitives)
    assert [one.name for one in notices] == names
    (kick,) = [one.body for one in notices if one.name == "kick"]
    assert kick == types.Kicked(URI, code)
    if names[-1] == "part":
        assert notices[-1].body.seats == ((URI, "sip:a@example.com"),)
