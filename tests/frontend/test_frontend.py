"""The whole front end without sockets: real messages in, answers out."""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from parlour.frontend.frontend import Frontend
from parlour.frontend.settings import FrontendSettings, Schemes
from parlour.rooms.model import Person
from parlour.sip.auth.digest import answer, choose_challenge
from parlour.sip.message import Request, Response
from parlour.store.memory import MemoryStore
from parlour.ua.incoming import IncomingRequest
from tests.frontend.fakes import (
    ALICE,
    BOB,
    DOMAIN,
    Clock,
    FakeConnection,
    FakeDirectory,
    FakeEndpoint,
    Timers,
    incoming,
    request,
    wire,
)

LOOKUP = "sip:ocschat@contoso.com"
HOST = "stub.contoso.com"
SETTINGS = FrontendSettings(host=HOST, pool_uri="sip:GC-1-PersistentChatService-1@contoso.com")


class Service:
    def __init__(self) -> None:
        self.invites: list[IncomingRequest] = []

    def handle_invite(self, incoming: IncomingRequest) -> None:
        self.invites.append(incoming)
        incoming.respond(200)


class Tokens:
    """Random bytes that are not: what the recorded NTLM sign-in was made with, when it asks."""

    def __init__(self) -> None:
        self.next: list[bytes] = []
        self._count = 0

    def __call__(self, size: int) -> bytes:
        if self.next and len(self.next[0]) == size:
            return self.next.pop(0)
        self._count += 1
        return self._count.to_bytes(size, "big")


class House:
    def __init__(self, settings: FrontendSettings = SETTINGS) -> None:
        self.directory = FakeDirectory(
            Person(uri=ALICE, guid="1", display_name="Alice Ames"),
            Person(uri=BOB, guid="2", display_name="Bob Burke"),
        )
        self.endpoint = FakeEndpoint()
        self.clock = Clock()
        self.tokens = Tokens()
        self.timers = Timers()
        self.frontend = Frontend(
            frozenset({DOMAIN}),
            self.directory,
            MemoryStore().documents,
            settings,
            clock=self.clock,
            wall=lambda: 1_700_000_000.0 + self.clock.now,
            token=self.tokens,
            call_later=self.timers,
        )
        self.frontend.attach(self.endpoint)
        self.lookup = Service()
        self.frontend.add_service(LOOKUP, self.lookup)
        self.alice = FakeConnection()
        self.bob = FakeConnection(port=40000)

    def send(self, message: Request, connection: FakeConnection | None = None) -> IncomingRequest:
        arrived = incoming(message, connection or self.alice)
        self.frontend.receive(arrived)
        return arrived

    def answer(self, message: Request, connection: FakeConnection | None = None) -> Response:
        """Send a request; its (last) answer."""
        to = connection or self.alice
        before = len(to.written)
        self.send(message, to)
        assert len(to.written) > before, "no answer"
        last = to.messages[-1]
        assert isinstance(last, Response)
        return last

    async def later(self, message: Request, connection: FakeConnection | None = None) -> Response:
        """As `answer`, for requests that need the store."""
        to = connection or self.alice
        before = len(to.written)
        self.send(message, to)
        for _ in range(20):
            if len(to.written) > before:
                break
            await asyncio.sleep(0)
        first = to.messages[before]
        assert isinstance(first, Response)
        return first

    def sign_in_ntlm(self) -> Response:
        self.tokens.next = [bytes.fromhex("9251b921880921c2"), bytes.fromhex("D10CEA1A")]
        self.answer(wire("sipe-register-1"))
        self.answer(wire("sipe-register-2"))
        return self.answer(wire("sipe-register-3-ntlm"))

    def sign_in_digest(self, user: str = "alice", connection: FakeConnection | None = None) -> Response:
        return self.answer(self.with_digest(register(user), user, connection), connection)

    def with_digest(
        self, message: Request, user: str, connection: FakeConnection | None = None, password: str = "Secret123"
    ) -> Request:
        refused = self.answer(Request(message.method, message.uri, message.headers.copy(), message.body), connection)
        name = "WWW-Authenticate" if refused.status == 401 else "Proxy-Authenticate"
        challenge = choose_challenge(refused.headers.get_all(name))
        assert challenge is not None
        credentials = answer(
            challenge, username=user, password=password, method=message.method, uri=message.uri, cnonce="c0ffee"
        )
        message.headers.add("Authorization" if refused.status == 401 else "Proxy-Authorization", credentials.render())
        return message


def register(user: str = "alice", extra: str = "", port: int = 5070) -> Request:
    return request(
        f"""REGISTER sip:contoso.com SIP/2.0
Via: SIP/2.0/TCP 192.0.2.7:{port};branch=z9hG4bK{user}1
Max-Forwards: 70
From: <sip:{user}@contoso.com>;tag=1
To: <sip:{user}@contoso.com>
Call-ID: register-{user}
CSeq: 1 REGISTER
Contact: <sip:{user}@192.0.2.7:{port};transport=tcp>
{extra}
"""
    )


def plain(method: str, uri: str, user: str = "alice", extra: str = "", to: str = "", cseq: int = 1) -> Request:
    return request(
        f"""{method} {uri} SIP/2.0
Via: SIP/2.0/TCP 192.0.2.7:5070;branch=z9hG4bK{method}{cseq}
Max-Forwards: 70
From: <sip:{user}@contoso.com>;tag=77
To: {to or f"<{uri}>"}
Call-ID: call-{user}
CSeq: {cseq} {method}
Contact: <sip:{user}@192.0.2.7:5070;transport=tcp>
{extra}
"""
    )


def publication(lifetime: str, category: str) -> Request:
    message = plain("SERVICE", ALICE, extra="Content-Type: application/msrtc-category-publish+xml")
    message.body = (
        f'<publish><publications uri="{ALICE}"><publication categoryName="{category}" instance="1" container="2" '
        f'version="0" expireType="{lifetime}"><x/></publication></publications></publish>'
    ).encode()
    return message


def subscribe(number: int) -> Request:
    message = plain(
        "SUBSCRIBE",
        ALICE,
        extra="Event: vnd-microsoft-roaming-self\nSupported: ms-piggyback-first-notify",
        cseq=number,
    )
    message.headers.set("Call-ID", f"self-{number}")
    return message


def waiting(read: Callable[..., Awaitable[Any]], until: asyncio.Event) -> Callable[..., Awaitable[Any]]:
    async def later(*arguments: Any) -> Any:
        await until.wait()
        return await read(*arguments)

    return later


async def settle() -> None:
    """What goes on without a request to answer."""
    for _ in range(20):
        await asyncio.sleep(0)


@pytest.fixture
def house() -> House:
    return House()


# -- NTLM as SIPE speaks it ------------------------------------------------------------------------------------


def test_first_register_is_offered_each_scheme_in_its_own_header(house: House) -> None:
    answer = house.answer(wire("sipe-register-1"))
    assert answer.status == 401
    offers = answer.headers.get_all("WWW-Authenticate")
    assert len(offers) == 2
    assert offers[0].startswith("NTLM ")
    for part in ('realm="SIP Communications Service"', f'targetname="{HOST}"', "version=4"):
        assert part in offers[0]
    assert offers[1].startswith("Digest ")
    assert "SHA-256" in offers[1]
    assert answer.headers.get("Authentication-Info") is None


def test_second_register_is_answered_with_a_challenge_alone(house: House) -> None:
    house.answer(wire("sipe-register-1"))
    house.tokens.next = [bytes.fromhex("9251b921880921c2"), bytes.fromhex("D10CEA1A")]
    answer = house.answer(wire("sipe-register-2"))
    assert answer.status == 401
    (offer,) = answer.headers.get_all("WWW-Authenticate")
    assert 'opaque="D10CEA1A"' in offer
    data = base64.b64decode(offer.partition('gssapi-data="')[2].partition('"')[0])
    assert data.startswith(b"NTLMSSP\0\2\0\0\0")
    assert data[24:32].hex() == "9251b921880921c2"


def test_third_register_signs_in_and_is_answered_signed(house: House) -> None:
    answer = house.sign_in_ntlm()
    assert answer.status == 200
    assert (answer.headers.get("Authentication-Info") or "").startswith("NTLM rspauth=")
    assert answer.headers.get("Expires") == "7200"
    assert len(house.frontend.bindings.of(ALICE, house.clock.now)) == 1


async def test_a_signed_request_goes_on_and_its_repetition_does_not(house: House) -> None:
    house.sign_in_ntlm()
    answer = await house.later(wire("sipe-subscribe-contacts-ntlm"))
    assert answer.status == 200
    assert answer.headers.get("Event") == "vnd-microsoft-roaming-contacts"
    assert answer.headers.get("ms-piggyback-cseq") == "1"
    assert answer.headers.get("Authentication-Info")
    assert answer.body.startswith(b"<contactList")
    assert house.answer(wire("sipe-subscribe-contacts-ntlm")).status == 401


def test_unsigned_requests_on_a_signed_connection(house: House) -> None:
    house.sign_in_ntlm()
    assert house.answer(wire("sipe-invite-lookup")).status == 401
    assert house.lookup.invites == []
    written = len(house.alice.written)
    ack = plain("ACK", LOOKUP)
    cancel = plain("CANCEL", LOOKUP)
    house.send(ack)
    house.send(cancel)
    assert len(house.alice.written) == written, "neither is answered"


def test_wrong_password(house: House) -> None:
    house.tokens.next = [bytes(8), bytes.fromhex("D10CEA1A")]
    house.answer(wire("sipe-register-1"))
    house.answer(wire("sipe-register-2"))
    answer = house.answer(wire("sipe-register-3-ntlm"))
    assert answer.status == 401
    assert len(house.frontend.bindings) == 0


def test_a_challenge_is_good_for_one_answer_and_a_minute(house: House) -> None:
    house.sign_in_ntlm()
    assert house.answer(wire("sipe-register-3-ntlm")).status == 401
    other = House()
    other.tokens.next = [bytes.fromhex("9251b921880921c2"), bytes.fromhex("D10CEA1A")]
    other.answer(wire("sipe-register-1"))
    other.answer(wire("sipe-register-2"))
    other.clock.now += 61
    assert other.answer(wire("sipe-register-3-ntlm")).status == 401


def test_disabled_account(house: House) -> None:
    house.directory.change(Person(uri=ALICE, guid="1", display_name="Alice", disabled=True))
    answer = house.sign_in_ntlm()
    assert answer.status == 403
    assert len(house.frontend.bindings) == 0


def test_signing_in_again_on_the_same_connection(house: House) -> None:
    house.sign_in_ntlm()
    first = wire("sipe-register-1")
    answer = house.answer(first)
    assert answer.status == 401
    assert answer.headers.get("Authentication-Info") is None
    house.tokens.next = [bytes.fromhex("9251b921880921c2"), bytes.fromhex("D10CEA1A")]
    house.answer(wire("sipe-register-2"))
    done = house.answer(wire("sipe-register-3-ntlm"))
    # The same CSeq under the same Call-ID: authenticated, then refused by the registrar as overtaken.
    assert done.status == 400
    assert done.headers.get("Authentication-Info")


def test_somebody_who_is_disabled_is_shown_out(house: House) -> None:
    house.sign_in_ntlm()
    house.directory.change(Person(uri=ALICE, guid="1", display_name="Alice", disabled=True))
    assert house.alice.closed
    assert len(house.frontend.bindings) == 0


def test_a_new_password_ends_what_the_old_one_has_proven(house: House) -> None:
    house.sign_in_ntlm()
    house.sign_in_digest("bob", house.bob)
    for told in house.directory.new_password:
        told(BOB)
    assert house.bob.closed
    assert not house.alice.closed
    assert [binding.person for binding in house.frontend.bindings.remove_expired(1e9)] == [ALICE]


def test_failures_are_counted_by_reason(house: House) -> None:
    def failures() -> dict[str, int]:
        return {why.value: number for why, number in house.frontend.authenticator.failures.items()}

    house.sign_in_ntlm()
    assert failures() == {}, "a handshake is no failure"
    house.answer(plain("OPTIONS", ALICE, cseq=9))
    assert failures() == {"signature": 1}
    house.sign_in_digest("bob", house.bob)
    house.answer(plain("SUBSCRIBE", ALICE, "bob"), house.bob)
    assert failures() == {"signature": 1}, "a challenge to begin with is none either"
    stranger = FakeConnection(port=5)
    house.answer(house.with_digest(plain("REGISTER", "sip:contoso.com"), "bob", stranger), stranger)
    assert failures() == {"signature": 1, "other-person": 1}
    house.answer(plain("REGISTER", "sip:contoso.com", extra="Authorization: Digest nonsense"), FakeConnection(port=6))
    forged = house.with_digest(plain("REGISTER", "sip:contoso.com"), "bob", stranger)
    house.clock.now += 100_000
    forged.headers.set("Authorization", (forged.headers.get("Authorization") or "").replace('nonce="', 'nonce="0'))
    house.answer(forged, FakeConnection(port=7))
    assert failures() == {"signature": 1, "other-person": 1, "malformed": 1, "challenge": 1}
    attacker = FakeConnection(host="192.0.2.99")
    for _ in range(20):
        answer = house.answer(house.with_digest(register("bob"), "bob", attacker, "guess"), attacker)
        if answer.status == 503:
            break
    assert failures()["too-many"] == 1
    assert failures()["password"] >= 1
    house.directory.change(Person(uri=BOB, guid="2", display_name="Bob", disabled=True))
    house.clock.now += 100_000
    house.sign_in_digest("bob", FakeConnection(host="192.0.2.1"))
    assert failures()["disabled"] == 1


def test_ntlm_is_not_offered_over_udp(house: House) -> None:
    datagrams = FakeConnection("UDP")
    datagrams.reliable = False
    offers = house.answer(register(), datagrams).headers.get_all("WWW-Authenticate")
    assert [offer.partition(" ")[0] for offer in offers] == ["Digest"]


def test_schemes_can_be_switched() -> None:
    house = House(replace(SETTINGS, schemes=Schemes(ntlm=False, digest_md5=True)))
    offers = house.answer(register()).headers.get_all("WWW-Authenticate")
    assert ["MD5" in offer for offer in offers] == [False, True]
    with pytest.raises(ValueError, match="at least one"):
        Schemes(ntlm=False, digest=False)


# -- Digest as the RFCs have it ----------------------------------------------------------------------------------


def test_digest_register_binds_the_connection(house: House) -> None:
    answer = house.sign_in_digest()
    assert answer.status == 200
    assert house.answer(plain("INVITE", LOOKUP)).status == 200
    identity = house.lookup.invites[0].identity
    assert identity is not None
    assert (identity.uri, identity.display_name) == (ALICE, "Alice Ames")


def test_other_connections_are_challenged(house: House) -> None:
    house.sign_in_digest()
    elsewhere = FakeConnection(port=5)
    assert house.answer(plain("INVITE", LOOKUP), elsewhere).status == 401
    house.sign_in_digest("bob", house.bob)
    answer = house.answer(plain("INVITE", BOB), elsewhere)
    assert answer.status == 407
    assert answer.headers.get("Proxy-Authenticate")
    sent = house.with_digest(plain("INVITE", LOOKUP, cseq=2), "alice", elsewhere)
    assert house.answer(sent, elsewhere).status == 200


def test_nobody_speaks_for_another(house: House) -> None:
    house.sign_in_digest()
    assert house.answer(plain("INVITE", LOOKUP, user="bob")).status == 401
    assert house.answer(house.with_digest(plain("INVITE", LOOKUP, user="bob"), "alice")).status == 403


def test_nobody_registers_another(house: House) -> None:
    message = register()
    message.headers.set("To", "<sip:bob@contoso.com>")
    assert house.answer(house.with_digest(message, "alice")).status == 403


def test_the_whole_address_is_a_login_too(house: House) -> None:
    assert house.answer(house.with_digest(register(), "alice@contoso.com")).status == 200


def test_wrong_digest_password(house: House) -> None:
    assert house.answer(house.with_digest(register(), "alice", password="guess")).status == 401
    assert len(house.frontend.bindings) == 0


def test_guessing_is_slowed_down_even_with_the_right_password(house: House) -> None:
    for _ in range(3):
        house.answer(house.with_digest(register(), "alice", password="guess"))
    answer = house.answer(house.with_digest(register(), "alice"))
    assert answer.status == 503
    assert int(answer.headers.get("Retry-After") or "") >= 1
    house.clock.now += 3600
    assert house.sign_in_digest().status == 200


def test_stale_nonces_are_renewed_and_counts_do_not_repeat(house: House) -> None:
    message = house.with_digest(register(), "alice")
    house.clock.now += 301
    answer = house.answer(message)
    assert answer.status == 401
    assert "stale=true" in answer.headers.get_all("WWW-Authenticate")[1]
    message = house.with_digest(plain("OPTIONS", LOOKUP), "alice")
    assert house.answer(message).status == 200
    assert house.answer(message).status == 401


def test_credentials_for_another_address_do_not_count(house: House) -> None:
    message = house.with_digest(plain("OPTIONS", LOOKUP), "alice")
    message.uri = BOB
    house.sign_in_digest("bob", house.bob)
    assert house.answer(message).status == 401


def test_udp_requests_are_challenged_one_by_one(house: House) -> None:
    datagrams = FakeConnection("UDP")
    datagrams.reliable = False
    assert house.sign_in_digest("alice", datagrams).status == 200
    assert house.answer(plain("INVITE", LOOKUP), datagrams).status == 401


@pytest.mark.parametrize("transport", ["TCP", "UDP"])
def test_an_ack_repeats_the_credentials_of_its_invite(house: House, transport: str) -> None:
    """RFC 3261 section 22.1. It is not taken for a guess, and reaches the dialog."""
    caller = FakeConnection(transport)
    caller.reliable = transport != "UDP"
    invite = house.with_digest(plain("INVITE", LOOKUP), "alice", caller)
    assert house.answer(invite, caller).status == 200
    for number in range(5):
        ack = plain("ACK", "sip:127.0.0.1:5060;transport=tcp", to=f"<{LOOKUP}>;tag=x", cseq=number)
        ack.headers.add("Authorization", invite.headers.get("Authorization") or "")
        assert house.send(ack, caller).identity is not None
    wrong = house.with_digest(plain("INVITE", LOOKUP), "alice", caller, password="guess")
    ack = plain("ACK", "sip:127.0.0.1:5060;transport=tcp", to=f"<{LOOKUP}>;tag=x")
    ack.headers.add("Authorization", wrong.headers.get("Authorization") or "")
    assert house.send(ack, caller).identity is None
    assert house.sign_in_digest("alice", caller).status == 200


def test_register_elsewhere(house: House) -> None:
    house.sign_in_digest()
    message = register()
    message.uri = "sip:example.org"
    assert house.answer(message).status == 404


# -- subscriptions ------------------------------------------------------------------------------------------------


async def test_provisioning_is_told_once_in_the_answer(house: House) -> None:
    house.sign_in_digest()
    answer = await house.later(wire("sipe-subscribe-provisioning"))
    assert answer.status == 200
    assert answer.headers.get("Event") == "vnd-microsoft-provisioning-v2"
    assert answer.headers.get("Expires") == "0"
    assert answer.headers.get("subscription-state") == "terminated;expires=0"
    assert answer.headers.get("ms-piggyback-cseq") == "1"
    assert answer.headers.get("Supported") == "ms-benotify, ms-piggyback-first-notify"
    assert answer.content_type == "application/vnd-microsoft-roaming-provisioning-v2+xml"
    assert b'<property name="EnablePersistentChat">true</property>' in answer.body
    assert answer.to.tag
    assert house.endpoint.sent == []


PROVISIONING = "Event: vnd-microsoft-provisioning-v2"


def chat(uri: str, enabled: bool) -> Person:
    return Person(uri=uri, guid="1", display_name="Somebody", chat_enabled=enabled)


def told(house: House) -> list[str]:
    """Every NOTIFY since the last look: who gets it, and whether they may chat."""
    sent, house.endpoint.sent = house.endpoint.sent, []
    found = []
    for one in sent:
        assert one.message.headers.get("Event") == "vnd-microsoft-provisioning-v2"
        (enabled,) = re.findall(rb"EnablePersistentChat.>(\w+)<", one.message.body)
        found.append(f"{one.message.method} {one.connection.peer[1]} {enabled.decode()}")
    return found


async def test_a_change_of_policy_is_told_in_subscriptions_that_last(house: House) -> None:
    house.sign_in_digest()
    house.sign_in_digest("bob", house.bob)
    first = await house.later(plain("SUBSCRIBE", ALICE, extra=PROVISIONING))
    await house.later(plain("SUBSCRIBE", BOB, "bob", extra=PROVISIONING), house.bob)
    sent = house.endpoint.sent[0].message
    assert told(house) == ["NOTIFY 34442 true", "NOTIFY 40000 true"]
    house.directory.change(chat(ALICE, False))
    assert told(house) == [], "in a turn of the loop of its own"
    house.timers.fire()
    again = house.endpoint.sent[0].message
    assert told(house) == ["NOTIFY 34442 false"]
    assert (again.call_id, again.from_.tag, again.cseq.number) == (sent.call_id, first.to.tag, 2)
    assert b"PoolUri" not in again.body
    house.directory.change(chat(ALICE, True))
    house.timers.fire()
    assert house.endpoint.sent[0].message.body == sent.body, "the full document, as the first one"
    assert told(house) == ["NOTIFY 34442 true"]


async def test_what_says_the_same_is_not_told(house: House) -> None:
    house.sign_in_digest()
    await house.later(plain("SUBSCRIBE", ALICE, extra=PROVISIONING))
    told(house)
    house.directory.change(replace(chat(ALICE, True), display_name="Alice Anderson"))
    house.directory.change(chat(ALICE, False))
    house.directory.change(chat(ALICE, True))
    house.timers.fire()
    assert told(house) == []


async def test_who_asked_once_or_ended_is_not_told(house: House) -> None:
    house.sign_in_digest()
    await house.later(wire("sipe-subscribe-provisioning"))
    answer = await house.later(plain("SUBSCRIBE", ALICE, extra=PROVISIONING, cseq=2))
    to = f"<{ALICE}>;tag={answer.to.tag}"
    await house.later(plain("SUBSCRIBE", ALICE, extra=f"{PROVISIONING}\nExpires: 0", to=to, cseq=3))
    told(house)
    house.directory.change(chat(ALICE, False))
    house.timers.fire()
    assert told(house) == []


@pytest.mark.parametrize("status", [481, 0])
async def test_a_client_that_has_forgotten_is_forgotten(house: House, status: int) -> None:
    house.sign_in_digest()
    await house.later(plain("SUBSCRIBE", ALICE, extra=PROVISIONING))
    (first,) = house.endpoint.sent
    first.answer(200)
    told(house)
    house.directory.change(chat(ALICE, False))
    house.timers.fire()
    (second,) = house.endpoint.sent
    second.answer(status) if status else second.time_out()
    told(house)
    house.directory.change(chat(ALICE, True))
    house.timers.fire()
    assert told(house) == []


async def test_many_are_told_a_few_at_a_time() -> None:
    people = [f"sip:p{number}@contoso.com" for number in range(70)]
    house = House()
    connections = {}
    for number, uri in enumerate(people):
        house.directory.change(chat(uri, True))
        connection = connections[uri] = FakeConnection(port=50000 + number)
        name = f"p{number}"
        house.sign_in_digest(name, connection)
        await house.later(plain("SUBSCRIBE", uri, name, extra=PROVISIONING), connection)
    told(house)
    for uri in people:
        house.directory.change(chat(uri, False))
    slices = []
    while house.timers.waiting:
        house.timers.fire()
        slices.append(len(told(house)))
    assert slices == [32, 32, 6]


async def test_roaming_self_then_publish_then_sign_off(house: House) -> None:
    house.sign_in_digest()
    answer = await house.later(wire("sipe-subscribe-self"))
    assert answer.headers.get("subscription-state") == "active;expires=28800"
    assert b"sameEnterprise" in answer.body
    published = await house.later(wire("sipe-service-publish"))
    assert published.status == 200
    assert published.content_type == "application/vnd-microsoft-roaming-self+xml"
    assert published.body.count(b'version="1"') == 2
    goodbye = wire("sipe-unsubscribe-self")
    assert (await house.later(goodbye)).status == 481, "another tag, another dialog"
    goodbye = wire("sipe-unsubscribe-self", **{"0A4DF40A": answer.to.tag or ""})
    over = await house.later(goodbye)
    assert (over.status, over.headers.get("Expires")) == (200, "0")
    assert over.headers.get("subscription-state") == "terminated;expires=0"


async def test_other_endpoints_hear_what_lasts(house: House) -> None:
    house.sign_in_digest()
    house.sign_in_digest(connection=house.bob)  # Alice again, at another connection
    extra = "Event: vnd-microsoft-roaming-self"
    for connection in (house.alice, house.bob):
        await house.later(plain("SUBSCRIBE", ALICE, extra=extra), connection)
    house.endpoint.sent.clear()
    await house.later(publication("static", "roomSetting"))
    await settle()
    (sent,) = house.endpoint.sent
    assert (sent.message.method, sent.connection) == ("NOTIFY", house.bob)
    assert b'name="roomSetting"' in sent.message.body
    assert b"<containers" not in sent.message.body
    house.endpoint.sent.clear()
    await house.later(publication("endpoint", "state"))
    house.bob.close()
    await house.later(publication("static", "note"))
    await settle()
    assert house.endpoint.sent == []


async def test_a_burst_of_changes_is_told_once_a_second(house: House) -> None:
    """Each time the whole is told: of many rooms that are followed one after the other, in as many messages."""
    house.sign_in_digest()
    house.sign_in_digest(connection=house.bob)
    await house.later(plain("SUBSCRIBE", ALICE, extra="Event: vnd-microsoft-roaming-self"), house.bob)
    house.endpoint.sent.clear()
    told = []
    for number in range(6):
        await house.later(publication("static", f"room{number}"))
        await settle()
        told.append(len(house.endpoint.sent))
        if number == 3:
            house.timers.fire()
            await settle()
    assert told == [1, 1, 1, 1, 2, 2]
    assert house.endpoint.sent[-1].message.body.count(b"<category ") == 4
    for _ in range(2):
        house.timers.fire()
        await settle()
    assert [sent.message.body.count(b"<category ") for sent in house.endpoint.sent] == [1, 4, 6]


async def test_each_of_two_that_change_something_hears_of_the_other(house: House) -> None:
    house.sign_in_digest()
    house.sign_in_digest(connection=house.bob)
    for connection in (house.alice, house.bob):
        message = plain("SUBSCRIBE", ALICE, extra="Event: vnd-microsoft-roaming-self")
        message.headers.set("Call-ID", f"{connection.id}")
        await house.later(message, connection)
    await house.later(publication("static", "first"))
    await settle()
    house.endpoint.sent.clear()
    assert (await house.later(publication("static", "second"))).status == 200
    assert (await house.later(publication("static", "third"), house.bob)).status == 200
    house.timers.fire()
    await settle()
    assert {sent.connection for sent in house.endpoint.sent} == {house.alice, house.bob}


async def test_what_waits_for_the_store_is_bounded_per_connection(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hundred documents are asked for, and a hundred things published, while the store does not answer."""
    house.sign_in_digest()
    house.sign_in_digest("bob", house.bob)
    answered = asyncio.Event()
    documents = house.frontend._presence._documents
    for name in ("all", "heads"):
        monkeypatch.setattr(documents, name, waiting(getattr(documents, name), answered))
    before = len(house.alice.messages)
    for number in range(100):
        message = subscribe(number)
        house.send(message)
        service = publication("static", "note")
        service.headers.set("CSeq", f"{number} SERVICE")
        house.send(service)
    statuses = [answer.status for answer in house.alice.messages[before:] if isinstance(answer, Response)]
    assert statuses == [503] * 168
    assert house.alice.messages[-1].headers.get("Retry-After") == "5"
    assert len(house.frontend._replies._tasks) == 32
    assert len(house.frontend._own.subscriptions) == 16, "who is refused has no subscription"
    answered.set()
    await asyncio.gather(*house.frontend._replies._tasks)
    await settle()
    assert len(house.alice.messages) == before + 200
    assert (house.frontend._replies._tasks, house.frontend._replies._unfinished) == (set(), {})
    assert (await house.later(publication("user", "note"))).status == 200


async def test_without_piggyback_a_notify_follows(house: House) -> None:
    house.sign_in_digest()
    event = "Event: vnd-microsoft-roaming-contacts"
    answer = await house.later(plain("SUBSCRIBE", ALICE, extra=event))
    assert (answer.status, answer.body) == (200, b"")
    (sent,) = house.endpoint.sent
    assert sent.message.method == "NOTIFY"
    assert sent.message.uri == "sip:alice@192.0.2.7:5070;transport=tcp"
    assert sent.message.from_.tag == answer.to.tag
    assert sent.message.to.tag == "77"
    assert sent.message.body.startswith(b"<contactList")


async def test_benotify_for_those_who_ask(house: House) -> None:
    house.sign_in_digest()
    extra = "Event: vnd-microsoft-roaming-contacts\nSupported: ms-benotify"
    await house.later(plain("SUBSCRIBE", ALICE, extra=extra))
    assert house.endpoint.sent[0].message.method == "BENOTIFY"


@pytest.mark.parametrize("event", ["conference", "presence", ""])
async def test_unknown_events(house: House, event: str) -> None:
    house.sign_in_digest()
    answer = await house.later(plain("SUBSCRIBE", ALICE, extra=f"Event: {event}" if event else "X-None: 1"))
    assert answer.status == 489
    offered = (answer.headers.get("Allow-Events") or "").split(",")
    assert "vnd-microsoft-provisioning-v2" in offered
    assert event not in offered


async def test_presence_of_oneself_for_office_clients(house: House) -> None:
    house.sign_in_digest()
    extra = "Event: presence\nRequire: adhoclist, categoryList\nSupported: ms-piggyback-first-notify"
    answer = await house.later(plain("SUBSCRIBE", ALICE, extra=extra))
    assert (answer.status, answer.headers.get("Event"), answer.body) == (200, "presence", b"")
    assert answer.headers.get("ms-piggyback-cseq") is None


async def test_documents_of_others_are_private(house: House) -> None:
    house.sign_in_digest()
    answer = await house.later(plain("SUBSCRIBE", BOB, extra="Event: vnd-microsoft-roaming-self"))
    assert answer.status == 403
    assert (await house.later(plain("SERVICE", BOB, cseq=2))).status == 403


async def test_service_of_unknown_type(house: House) -> None:
    house.sign_in_digest()
    assert (await house.later(plain("SERVICE", ALICE, extra="Content-Type: application/SOAP+xml"))).status == 415


async def test_broken_publication_gets_a_clear_answer(house: House) -> None:
    house.sign_in_digest()
    message = plain("SERVICE", ALICE, extra="Content-Type: application/msrtc-category-publish+xml")
    message.body = b"<publish>"
    assert (await house.later(message)).status == 400


async def test_endpoint_publications_end_with_the_connection(house: House) -> None:
    house.sign_in_ntlm()
    presence = house.frontend._presence
    await presence.publish(ALICE, "c97532c1946f", wire("sipe-service-publish").body)
    assert b"<category " in await presence.document(ALICE)
    house.alice.close()
    assert b"<category " not in await presence.document(ALICE)


# -- extensions, services, odds and ends ----------------------------------------------------------------------------


def test_unknown_extensions_are_refused(house: House) -> None:
    house.sign_in_digest()
    answer = house.answer(plain("INVITE", LOOKUP, extra="Require: 100rel, timer"))
    assert (answer.status, answer.headers.get("Unsupported")) == (420, "100rel")
    answer = house.answer(plain("INVITE", LOOKUP, extra="Proxy-Require: x-unheard-of, ms-benotify", cseq=2))
    assert (answer.status, answer.headers.get("Unsupported")) == (420, "x-unheard-of")
    for uri in (LOOKUP, "sip:contoso.com"):
        answer = house.answer(plain("OPTIONS", uri, extra="Require: x-unheard-of", cseq=3))
        assert (answer.status, answer.headers.get("Unsupported")) == (420, "x-unheard-of")


def test_compressed_bodies_are_refused(house: House) -> None:
    house.sign_in_digest()
    for method, uri in (("INVITE", LOOKUP), ("SERVICE", ALICE), ("SUBSCRIBE", ALICE)):
        answer = house.answer(plain(method, uri, extra="Content-Encoding: gzip"))
        assert (answer.status, answer.headers.get("Accept-Encoding")) == (415, "identity")
    assert house.answer(plain("INVITE", LOOKUP, extra="Content-Encoding: identity", cseq=2)).status == 200


def test_options_to_the_server_needs_no_sign_in(house: House) -> None:
    answer = house.answer(plain("OPTIONS", "sip:contoso.com"))
    assert answer.status == 200
    for name in ("Allow", "Accept", "Supported", "Allow-Events"):
        assert answer.headers.get(name)
    assert house.answer(plain("OPTIONS", "sip:127.0.0.1:5060", cseq=2)).status == 200


async def test_options_names_what_the_server_itself_does(house: House) -> None:
    house.sign_in_digest()
    allowed = house.answer(plain("OPTIONS", "sip:contoso.com")).headers.get("Allow") or ""
    methods = [method for method in allowed.split(", ") if method != "CANCEL"]
    assert "REGISTER" in methods
    for method in methods:
        assert (await house.later(plain(method, "sip:contoso.com", cseq=2))).status != 405, method
    for method in ("INVITE", "MESSAGE", "REFER"):
        refused = house.answer(plain(method, "sip:contoso.com", cseq=3))
        assert (refused.status, refused.headers.get("Allow")) == (405, allowed)


def test_services_answer_options_and_nothing_else_outside_dialogs(house: House) -> None:
    house.sign_in_digest()
    options = house.answer(plain("OPTIONS", LOOKUP))
    assert (options.status, options.headers.get("Accept")) == (
        200,
        "text/plain, text/xml, application/xml, application/sdp",
    )
    assert "REGISTER" not in (options.headers.get("Allow") or "")
    for uri in (LOOKUP, "sip:contoso.com"):
        refused = house.answer(plain("MESSAGE", uri, cseq=2))
        assert refused.status == 405
        assert "OPTIONS" in (refused.headers.get("Allow") or "")
        assert "MESSAGE" not in (refused.headers.get("Allow") or "")


@pytest.mark.parametrize("method", ["INFO", "BYE", "UPDATE"])
def test_what_belongs_in_a_dialog_that_is_not_there(house: House, method: str) -> None:
    """481; of a chat session with the number that clients know."""
    house.sign_in_digest()
    gone = f"<{LOOKUP}>;tag=gone"
    for uri, to in ((LOOKUP, ""), (LOOKUP, gone), ("sip:127.0.0.1:5060", gone)):
        refused = house.answer(plain(method, uri, to=to))
        assert refused.status == 481
        assert (refused.headers.get("ms-diagnostics") or "").startswith("20006;")
    refused = house.answer(plain(method, "sip:127.0.0.1:5060", to="<tel:+1>;tag=gone"))
    assert (refused.status, refused.headers.get("ms-diagnostics")) == (481, None)


async def test_presence_is_not_published_into_peoples_clients(house: House) -> None:
    """RFC 3903: there is nobody here who would keep it, and the publisher least of all."""
    house.sign_in_digest()
    refused = await house.later(plain("PUBLISH", ALICE, extra="Event: presence"))
    assert (refused.status, "PUBLISH" in (refused.headers.get("Allow") or "")) == (405, False)
    assert house.endpoint.sent == []


def test_requests_of_a_local_dialog_go_to_it_authenticated(house: House) -> None:
    class Dialog:
        received: list[IncomingRequest] = []

        def receive(self, incoming: IncomingRequest) -> None:
            self.received.append(incoming)

        def handle_timer(self, now: float) -> None: ...

    dialog = Dialog()
    house.endpoint.dialogs.add("call-alice", "ours", dialog)
    message = plain("INFO", "sip:127.0.0.1:5060", to=f"<{LOOKUP}>;tag=ours")
    assert house.answer(message).status == 401
    house.sign_in_digest()
    house.send(message)
    assert dialog.received[-1].identity is not None
    message.headers.add("Require", "x-unheard-of")
    assert house.answer(message).status == 420
    message.headers.remove("Require")
    message.headers.add("Content-Encoding", "gzip")
    assert house.answer(message).status == 415
    assert len(dialog.received) == 1


@pytest.mark.parametrize(
    ("uri", "status"),
    [("sip:nobody@contoso.com", 404), ("sip:carol@example.org", 404), (BOB, 480), ("tel:+15551234", 416)],
)
def test_addresses_that_lead_nowhere(house: House, uri: str, status: int) -> None:
    house.sign_in_digest()
    assert house.answer(plain("MESSAGE", uri, to="<sip:x@y>")).status == status


# -- proxy ---------------------------------------------------------------------------------------------------------


def call(house: House, uri: str = BOB, extra: str = "") -> IncomingRequest:
    return house.send(plain("INVITE", uri, extra=extra))


@pytest.fixture
def two(house: House) -> House:
    house.sign_in_digest()
    house.sign_in_digest("bob", house.bob)
    return house


def test_an_invite_reaches_the_callee(two: House) -> None:
    call(two)
    (sent,) = two.endpoint.sent
    assert sent.connection is two.bob
    assert sent.message.uri == "sip:bob@192.0.2.7:5070;transport=tcp"
    assert sent.message.max_forwards == 69
    assert len(sent.message.record_routes) == 2
    assert len(sent.message.vias) == 2
    sent.answer(180)
    sent.answer(200, ("Contact", "<sip:bob@192.0.2.7:5070>"))
    assert [m.status for m in two.alice.messages[-3:] if isinstance(m, Response)] == [100, 180, 200]
    assert len(two.alice.messages[-1].vias) == 1
    assert len(two.frontend._proxy) == 0
    assert two.timers.waiting == {}


def test_requests_inside_the_dialog_follow_the_routes(two: House) -> None:
    call(two)
    invite = two.endpoint.sent[0].message
    callee_routes = [str(route) for route in invite.record_routes]
    bye = plain("BYE", "sip:alice@10.0.0.1", user="bob", to="<sip:alice@contoso.com>;tag=77", cseq=9)
    for route in callee_routes:
        bye.headers.add("Route", route)
    two.send(bye, two.bob)
    sent = two.endpoint.sent[-1]
    assert (sent.connection, sent.message.method, sent.message.uri) == (two.alice, "BYE", "sip:alice@10.0.0.1")
    assert sent.message.headers.get("Route") is None
    ack = plain("ACK", "sip:bob@10.0.0.2", to="<sip:bob@contoso.com>;tag=callee")
    for route in reversed(callee_routes):
        ack.headers.add("Route", route)
    two.send(ack)
    sent = two.endpoint.sent[-1]
    assert (sent.connection, sent.message.method) == (two.bob, "ACK")


def test_plain_contacts_find_their_connection(two: House) -> None:
    bye = plain("BYE", "sip:bob@192.0.2.7:5070;transport=tcp", to="<sip:bob@contoso.com>;tag=x", cseq=2)
    two.send(bye)
    assert two.endpoint.sent[-1].connection is two.bob


def test_forged_tokens_lead_nowhere(two: House) -> None:
    message = plain("BYE", "sip:bob@10.0.0.2", to="<sip:bob@contoso.com>;tag=x", cseq=2)
    message.headers.add("Route", f"<sip:f-{two.bob.id:x}-00000000000000000000@{HOST};lr>")
    assert two.answer(message).status == 404


def test_forking_best_answer_and_cancel(two: House) -> None:
    tablet = FakeConnection(port=41000)
    message = register("bob", port=41000)
    message.headers.set("Call-ID", "tablet")
    two.answer(two.with_digest(message, "bob", tablet), tablet)
    call(two)
    first, second = two.endpoint.sent
    first.answer(486)
    assert [m.status for m in two.alice.messages if isinstance(m, Response)][-1] == 100
    second.answer(408)
    assert two.alice.messages[-1].status == 486  # type: ignore[union-attr]
    two.send(plain("INVITE", BOB, cseq=2))
    first, second = two.endpoint.sent[2:]
    second.answer(200)
    assert (first.cancelled, second.cancelled) == (1, 0)
    first.answer(487)
    assert two.alice.messages[-1].status == 200  # type: ignore[union-attr]
    assert len(two.frontend._proxy) == 0


def test_cancel_reaches_every_branch(two: House) -> None:
    call(two)
    cancel = plain("CANCEL", BOB)
    cancel.headers.set("Via", "SIP/2.0/TCP 192.0.2.7:5070;branch=z9hG4bKINVITE1")
    assert two.answer(cancel).status == 200
    (sent,) = two.endpoint.sent
    assert sent.cancelled == 1
    sent.answer(487)
    assert two.alice.messages[-1].status == 487  # type: ignore[union-attr]


def test_nobody_answers(two: House) -> None:
    call(two)
    two.timers.fire()
    assert two.alice.messages[-1].status == 408  # type: ignore[union-attr]
    assert two.endpoint.sent[0].cancelled == 1
    two.endpoint.sent[0].time_out()
    assert len(two.frontend._proxy) == 0


def test_who_is_cancelled_and_never_answers_was_cancelled(two: House) -> None:
    call(two)
    (sent,) = two.endpoint.sent
    sent.answer(180)
    cancel = plain("CANCEL", BOB)
    cancel.headers.set("Via", "SIP/2.0/TCP 192.0.2.7:5070;branch=z9hG4bKINVITE1")
    two.send(cancel)
    sent.time_out()
    assert two.alice.messages[-1].status == 487  # type: ignore[union-attr]
    assert (len(two.frontend._proxy), two.timers.waiting) == (0, {})


def test_what_waits_for_answers_is_bounded_per_connection(two: House) -> None:
    for number in range(80):
        message = plain("INVITE", BOB, cseq=number)
        message.body = b"x" * 1000
        two.send(message)
    statuses = [message.status for message in two.alice.messages if isinstance(message, Response)]
    assert (statuses.count(100), statuses.count(503)) == (64, 16)
    assert two.alice.messages[-1].headers.get("Retry-After") == "5"
    assert len(two.endpoint.sent) == len(two.frontend._proxy) == 64
    assert {context.incoming.request.body for context in two.frontend._proxy._contexts.values()} == {b""}
    assert {len(sent.message.body) for sent in two.endpoint.sent} == {1000}
    two.send(plain("MESSAGE", ALICE, user="bob"), two.bob)
    assert two.endpoint.sent[-1].connection is two.alice, "others are not concerned"
    two.endpoint.sent[0].answer(486)
    two.send(plain("INVITE", BOB, cseq=80))
    assert two.endpoint.sent[-1].message.cseq.number == 80


def test_what_rings_is_cancelled_when_its_caller_is_gone(two: House) -> None:
    call(two)
    (sent,) = two.endpoint.sent
    two.alice.close()
    assert sent.cancelled == 1
    sent.answer(487)
    assert (len(two.frontend._proxy), two.frontend._proxy._contexts, two.timers.waiting) == (0, {}, {})


def test_lost_connection_counts_as_timeout(two: House) -> None:
    two.send(plain("MESSAGE", BOB))
    two.endpoint.sent[0].time_out()
    assert two.alice.messages[-1].status == 408  # type: ignore[union-attr]


def test_too_many_hops_and_loops(two: House) -> None:
    message = plain("INVITE", BOB)
    message.headers.set("Max-Forwards", "0")
    assert two.answer(message).status == 483
    call(two)
    back = plain("INVITE", BOB)
    back.headers.insert("Via", "SIP/2.0/TCP 192.0.2.9;branch=z9hG4bKother")
    assert two.answer(back).status == 482


def test_a_gruu_names_one_endpoint(house: House) -> None:
    house.sign_in_digest()
    answer = house.answer(register("bob"), house.bob)
    message = register("bob", extra="Supported: gruu\nX: 1")
    message.headers.set("Contact", '<sip:bob@192.0.2.7:5070>;+sip.instance="<urn:uuid:7>"')
    answer = house.answer(house.with_digest(message, "bob", house.bob), house.bob)
    gruu = answer.contacts[0].param("pub-gruu")
    assert gruu
    house.send(plain("MESSAGE", gruu))
    assert house.endpoint.sent[-1].connection is house.bob
    assert house.answer(plain("MESSAGE", "sip:bob@contoso.com;gr=urn:uuid:8", cseq=2)).status == 480


def test_what_goes_to_a_signed_connection_is_signed(house: House) -> None:
    house.sign_in_ntlm()
    house.sign_in_digest("bob", house.bob)
    house.send(plain("MESSAGE", ALICE, user="bob"), house.bob)
    (sent,) = house.endpoint.sent
    assert sent.connection is house.alice
    assert (sent.message.headers.get("Authentication-Info") or "").startswith("NTLM")
