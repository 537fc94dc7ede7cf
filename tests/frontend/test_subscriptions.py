"""Subscriptions as dialogs: made, refreshed, ended, bounded."""

import pytest

from parlour.frontend.answer import Answer
from parlour.frontend.subscriptions import MAX_PER_FLOW, Document, Subscription, Subscriptions, answer_headers
from parlour.sip.errors import RemoteProtocolError
from parlour.sip.message import Request
from tests.frontend.fakes import ALICE, BOB, FakeConnection, request, wire

NOW = 500.0
FLOW = FakeConnection()


def subscribe(tag: str = "", cseq: int = 1, expires: str = "", call: str = "c") -> Request:
    return request(
        f"""SUBSCRIBE sip:alice@contoso.com SIP/2.0
Via: SIP/2.0/TCP 192.0.2.7;branch=z9hG4bK1
From: <sip:alice@contoso.com>;tag=theirs
To: <sip:alice@contoso.com>{f";tag={tag}" if tag else ""}
Call-ID: {call}
CSeq: {cseq} SUBSCRIBE
Event: vnd-microsoft-roaming-self;id=1
Contact: <sip:alice@192.0.2.7>
{f"Expires: {expires}" if expires else "X: 1"}

"""
    )


@pytest.fixture
def table() -> Subscriptions:
    return Subscriptions()


def receive(table: Subscriptions, message: Request, person: str = ALICE, now: float = NOW) -> Subscription | Answer:
    return table.receive(message, person, FLOW, lambda: "ours", now=now)


def test_life(table: Subscriptions) -> None:
    made = receive(table, subscribe())
    assert isinstance(made, Subscription)
    assert made.expires_at == NOW + 28800
    assert len(table) == 1
    refreshed = receive(table, subscribe("ours", 2, "600"), now=NOW + 10)
    assert refreshed is made
    assert made.expires_at == NOW + 610
    over = receive(table, subscribe("ours", 3, "0"), now=NOW + 20)
    assert isinstance(over, Subscription)
    assert dict(answer_headers(over, "<sip:h>", piggyback=False, now=NOW + 20))["Expires"] == "0"
    assert len(table) == 0


@pytest.mark.parametrize(
    ("message", "person", "status"),
    [
        (subscribe("unknown", 2), ALICE, 481),
        (subscribe("ours", 2), BOB, 481),
        (subscribe("ours", 1), ALICE, 500),
        (subscribe("ours", 2, "5"), ALICE, 423),
    ],
)
def test_refused_refreshes(table: Subscriptions, message: Request, person: str, status: int) -> None:
    receive(table, subscribe())
    answer = receive(table, message, person)
    assert isinstance(answer, Answer)
    assert answer.status == status
    assert len(table) == 1


def test_malformed_expires(table: Subscriptions) -> None:
    with pytest.raises(RemoteProtocolError):
        receive(table, subscribe(expires="never"))


def test_a_fetch_leaves_nothing_behind(table: Subscriptions) -> None:
    fetched = receive(table, wire("sipe-subscribe-provisioning"))
    assert isinstance(fetched, Subscription)
    assert len(table) == 0


def test_bounded_per_connection_and_gone_with_it(table: Subscriptions) -> None:
    for number in range(MAX_PER_FLOW):
        assert isinstance(receive(table, subscribe(call=str(number))), Subscription)
    refused = receive(table, subscribe(call="one more"))
    assert isinstance(refused, Answer)
    assert refused.status == 403
    table.remove_flow(FLOW)
    assert len(table) == 0


def test_expired_ones_are_swept(table: Subscriptions) -> None:
    receive(table, subscribe(expires="60"))
    table.remove_expired(NOW + 59)
    assert len(table) == 1
    table.remove_expired(NOW + 60)
    assert len(table) == 0


def test_notifications(table: Subscriptions) -> None:
    made = receive(table, subscribe())
    assert isinstance(made, Subscription)
    notify = made.build_notify(Document("text/plain", b"x"), "<sip:h>", now=NOW)
    again = made.build_notify(None, "<sip:h>", now=NOW + 30000)
    assert (notify.method, notify.uri, notify.body) == ("NOTIFY", "sip:alice@192.0.2.7", b"x")
    assert (notify.from_.tag, notify.to.tag, notify.cseq.number) == ("ours", "theirs", 1)
    assert notify.headers.get("Subscription-State") == "active;expires=28800"
    assert again.cseq.number == 2
    assert again.headers.get("Subscription-State") == "terminated;reason=timeout"


def test_a_person_s_subscriptions_are_found_until_they_end(table: Subscriptions) -> None:
    made = receive(table, subscribe())
    assert isinstance(made, Subscription)
    assert table.of_person(ALICE, made.event) == [made]
    assert table.of_person(ALICE, "presence") == table.of_person(BOB, made.event) == []
    table.remove_flow(FLOW)
    assert table.of_person(ALICE, made.event) == []
    assert len(table) == 0
