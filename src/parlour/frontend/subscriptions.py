"""Subscriptions to the few events the front end serves: dialogs in which we are the notifier (RFC 6665). Pure.

Clients of Office Communications Server take the first notification inside the answer to SUBSCRIBE ("piggy-back");
everybody else gets a NOTIFY. Times are monotonic seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeVar

from parlour.frontend import contacts, presence, provisioning
from parlour.frontend.answer import Answer
from parlour.frontend.bindings import Flow
from parlour.frontend.reading import option_tags
from parlour.sip.errors import RemoteProtocolError
from parlour.sip.message import Request

__all__ = [
    "EVENTS",
    "PRESENCE",
    "Document",
    "Package",
    "Subscription",
    "Subscriptions",
    "answer_headers",
    "event_of",
    "takes_piggyback",
]

PRESENCE: Final = "presence"
MAX_PER_FLOW: Final = 32
"""Subscriptions one connection may hold. This and the times, in seconds: docs/protocol/sip.md, "SUBSCRIBE"."""
_DEFAULT_EXPIRES: Final = 28800
_MIN_EXPIRES: Final = 60
_Key = TypeVar("_Key")


@dataclass(frozen=True, slots=True)
class Document:
    """The state a notification carries."""

    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Package:
    """An event. `repeats`: its document is told again at a refresh."""

    name: str
    content_type: str
    repeats: bool = True


EVENTS: Final[Mapping[str, Package]] = {
    package.name: package
    for package in (
        # COMPAT: every provisioning notification makes SIPE open group chat once more: one per request, no repeats.
        Package(provisioning.EVENT, provisioning.CONTENT_TYPE, repeats=False),
        Package(contacts.EVENT, contacts.CONTENT_TYPE),
        Package(presence.EVENT, presence.CONTENT_TYPE),
        Package(PRESENCE, ""),
    )
}


@dataclass(slots=True)
class Subscription:
    """One dialog. `remote_to` is the subscriber's From as written, the To of our notifications. Of a document that is
    told anew when it changes, `groups` are the parts that were asked for, and `told` the hash of what was said last."""

    person: str
    event: str
    flow: Flow
    call_id: str
    local_tag: str
    remote_tag: str
    local_from: str
    remote_to: str
    remote_target: str
    route_set: tuple[str, ...]
    benotify: bool
    expires_at: float
    remote_cseq: int
    local_cseq: int = 0
    groups: frozenset[str] = frozenset()
    told: int | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        return (self.call_id, self.local_tag, self.remote_tag)

    def build_notify(self, document: Document | None, contact: str, *, now: float) -> Request:
        """A NOTIFY, or BENOTIFY (which nobody answers) for clients that asked for that."""
        self.local_cseq += 1
        method = "BENOTIFY" if self.benotify else "NOTIFY"
        request = Request(method, self.remote_target)
        left = round(self.expires_at - now)
        headers = request.headers
        headers.add("Max-Forwards", "70")
        for route in self.route_set:
            headers.add("Route", route)
        headers.add("From", self.local_from)
        headers.add("To", self.remote_to)
        headers.add("Call-ID", self.call_id)
        headers.add("CSeq", f"{self.local_cseq} {method}")
        headers.add("Contact", contact)
        headers.add("Event", self.event)
        headers.add("subscription-state", f"active;expires={left}" if left > 0 else "terminated;reason=timeout")
        if document is not None:
            headers.add("Content-Type", document.content_type)
            request.body = document.body
        return request


@dataclass(slots=True)
class _Held:
    by_key: dict[tuple[str, str, str], Subscription] = field(default_factory=dict)
    by_flow: dict[int, set[tuple[str, str, str]]] = field(default_factory=dict)
    by_person: dict[str, set[tuple[str, str, str]]] = field(default_factory=dict)


class Subscriptions:
    """The subscriptions of one server. A subscription ends with its time or with its connection."""

    def __init__(self) -> None:
        self._held = _Held()

    def __len__(self) -> int:
        return len(self._held.by_key)

    def receive(
        self, request: Request, person: str, flow: Flow, local_tag: Callable[[], str], *, now: float
    ) -> Subscription | Answer:
        """A SUBSCRIBE whose event is in `EVENTS`: the subscription it made, refreshed or ended, or a refusal.

        `expires_at` not after `now` means ended, or a fetch. Raises RemoteProtocolError 400."""
        expires = _expiry(request)
        if 0 < expires < _MIN_EXPIRES:
            return Answer(423, "Interval Too Brief", (("Min-Expires", str(_MIN_EXPIRES)),))
        if request.to.tag is not None:
            return self._refresh(request, person, expires, now)
        if len(self._held.by_flow.get(flow.id, ())) >= MAX_PER_FLOW:
            return Answer(403, "Too Many Subscriptions")
        subscription = _start(request, person, flow, local_tag(), now + expires)
        if expires:
            self._held.by_key[subscription.key] = subscription
            self._held.by_flow.setdefault(flow.id, set()).add(subscription.key)
            self._held.by_person.setdefault(person, set()).add(subscription.key)
        return subscription

    def of_person(self, person: str, event: str) -> list[Subscription]:
        """The person's subscriptions to an event, from whatever endpoints."""
        found = (self._held.by_key[key] for key in self._held.by_person.get(person, ()))
        return [subscription for subscription in found if subscription.event == event]

    def remove(self, subscription: Subscription) -> None:
        if self._held.by_key.pop(subscription.key, None) is not None:
            _drop(self._held.by_flow, subscription.flow.id, subscription.key)
            _drop(self._held.by_person, subscription.person, subscription.key)

    def remove_flow(self, flow: Flow) -> None:
        for key in list(self._held.by_flow.get(flow.id, ())):
            self.remove(self._held.by_key[key])

    def remove_expired(self, now: float) -> None:
        for subscription in [s for s in self._held.by_key.values() if s.expires_at <= now]:
            self.remove(subscription)

    def _refresh(self, request: Request, person: str, expires: int, now: float) -> Subscription | Answer:
        key = (request.call_id, request.to.tag or "", request.from_.tag or "")
        found = self._held.by_key.get(key)
        if found is None or found.person != person or found.event != event_of(request):
            return Answer(481)
        if request.cseq.number <= found.remote_cseq:
            return Answer(500, "CSeq Out Of Order")
        found.remote_cseq = request.cseq.number
        found.expires_at = now + expires
        if not expires:
            self.remove(found)
        return found


def _drop(held: dict[_Key, set[tuple[str, str, str]]], owner: _Key, key: tuple[str, str, str]) -> None:
    held[owner].discard(key)
    if not held[owner]:
        del held[owner]


def _expiry(request: Request) -> int:
    text = (request.headers.get("Expires") or "").strip()
    if not text:
        return _DEFAULT_EXPIRES
    if not text.isascii() or not text.isdigit():
        raise RemoteProtocolError(400, "Malformed Expires")
    return min(int(text[:10]), _DEFAULT_EXPIRES)


def event_of(request: Request) -> str:
    """The event package asked for, without parameters, in lower case; empty when none is named."""
    return (request.headers.get("Event") or "").partition(";")[0].strip().lower()


def answer_headers(subscription: Subscription, contact: str, *, piggyback: bool, now: float) -> list[tuple[str, str]]:
    """Headers of the 200 to a SUBSCRIBE. COMPAT: SIPE takes the event of a piggy-backed notification from here."""
    left = max(0, round(subscription.expires_at - now))
    state = f"active;expires={left}" if left else "terminated;expires=0"
    headers = [
        ("Event", subscription.event),
        ("Expires", str(left)),
        ("subscription-state", state),
        ("Contact", contact),
        ("Supported", "ms-benotify, ms-piggyback-first-notify"),
    ]
    if piggyback:
        headers.append(("ms-piggyback-cseq", str(subscription.local_cseq)))
    return headers


def takes_piggyback(request: Request) -> bool:
    return "ms-piggyback-first-notify" in option_tags(request, "Supported")


def _start(request: Request, person: str, flow: Flow, tag: str, expires_at: float) -> Subscription:
    contacts_ = request.contacts
    return Subscription(
        person=person,
        event=event_of(request),
        flow=flow,
        call_id=request.call_id,
        local_tag=tag,
        remote_tag=request.from_.tag or "",
        local_from=f"{request.headers.get('To')};tag={tag}",
        remote_to=request.headers.get("From") or "",
        remote_target=contacts_[0].uri if contacts_ else request.from_.uri,
        route_set=tuple(request.headers.get_all("Record-Route")),
        benotify="ms-benotify" in option_tags(request, "Supported"),
        expires_at=expires_at,
        remote_cseq=request.cseq.number,
    )
