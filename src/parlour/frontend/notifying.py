"""Notifications that no SUBSCRIBE asked for just now: to whoever is still there, and a few per turn of the loop when
many people are concerned. A client that has forgotten its subscription loses it (RFC 6665 section 4.2.2)."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import Any, Final

from parlour.frontend.courier import Courier
from parlour.frontend.subscriptions import Document, Subscription, Subscriptions
from parlour.sip.message import Response
from parlour.ua.connection import Connection
from parlour.ua.incoming import MessageSigner

__all__ = ["Echoes", "Notifier", "Reach", "Renewals"]

Reach = tuple[Connection, MessageSigner | None]
"""A connection, and who signs what is sent on it."""

# RFC 5057 section 5.1: what ends the usage, or the dialog with it. The rest is between us and one request.
_FORGOTTEN: Final = frozenset({404, 405, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 502, 604})
_SLICE: Final = 32
_PAUSE: Final = 1.0


class Notifier:
    """`reach`: the way to the client at a connection, by its id; None when it is gone."""

    def __init__(
        self,
        subscriptions: Subscriptions,
        courier: Courier,
        reach: Callable[[int], Reach | None],
        clock: Callable[[], float],
    ) -> None:
        self._subscriptions = subscriptions
        self._courier = courier
        self._reach = reach
        self._clock = clock

    def tell(self, subscription: Subscription, document: Document) -> None:
        """Send the document as it is now, in a subscription that lasts."""
        reach = self._reach(subscription.flow.id)
        if reach is not None and subscription.expires_at > self._clock():
            self.send(subscription, document, reach)

    def send(self, subscription: Subscription, document: Document, reach: Reach) -> None:
        """Send it over this connection, be it the last one."""
        connection, signer = reach
        notify = subscription.build_notify(document, self._courier.contact_for(connection), now=self._clock())
        if subscription.benotify:
            self._courier.send_ack(notify, connection, signer)
            return

        def answered(response: Response | None) -> None:
            if response is None or response.status in _FORGOTTEN:
                self._subscriptions.remove(subscription)

        self._courier.send_request(notify, connection, answered, signer)


class Renewals:
    """People whose document may be another now: each is looked at once, when the turn comes, however often that was."""

    def __init__(self, renew: Callable[[str], None], call_later: Callable[[float, Callable[[], None]], Any]) -> None:
        """`renew` is called with the URI of a person."""
        self._renew = renew
        self._call_later = call_later
        self._waiting: dict[str, None] = {}

    def add(self, person: str) -> None:
        if not self._waiting:
            self._call_later(0.0, self._take_slice)
        self._waiting[person] = None

    def close(self) -> None:
        """Nobody is told any more."""
        self._waiting.clear()

    def _take_slice(self) -> None:
        for person in list(islice(self._waiting, _SLICE)):
            del self._waiting[person]
            self._renew(person)
        if self._waiting:
            self._call_later(0.0, self._take_slice)


class Echoes:
    """What a person changes is told to the person's other endpoints: at once, and then once a second with all that was
    changed meanwhile, since each time the whole is told."""

    def __init__(
        self, tell: Callable[[str, int | None], None], call_later: Callable[[float, Callable[[], None]], Any]
    ) -> None:
        """`tell` is called with a person and the id of the connection that knows already; None: all have to hear it."""
        self._tell = tell
        self._call_later = call_later
        self._waiting: dict[str, set[int]] = {}

    def add(self, person: str, publisher: int) -> None:
        """The person has changed something, over the connection `publisher`."""
        if person in self._waiting:
            self._waiting[person].add(publisher)
        else:
            self._tell_now(person, {publisher})

    def close(self) -> None:
        """Nobody is told any more."""
        self._waiting.clear()

    def _tell_now(self, person: str, publishers: set[int]) -> None:
        self._waiting[person] = set()
        self._call_later(_PAUSE, lambda: self._go_on(person))
        self._tell(person, publishers.pop() if len(publishers) == 1 else None)

    def _go_on(self, person: str) -> None:
        publishers = self._waiting.pop(person, None)
        if publishers:
            self._tell_now(person, publishers)
