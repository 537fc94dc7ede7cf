"""What people ask the server about themselves: subscriptions to their own documents, and presence they publish.

Provisioning, contact list and presence document; see docs/protocol/sip.md, sections "SUBSCRIBE" and "SERVICE".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from parlour.frontend import contacts, presence, provisioning
from parlour.frontend.answer import Answer
from parlour.frontend.courier import Courier
from parlour.frontend.notifying import Echoes, Notifier, Reach, Renewals
from parlour.frontend.people import People, address_of
from parlour.frontend.presence import Presence
from parlour.frontend.reading import option_tags
from parlour.frontend.registrar import ALLOW_EVENTS
from parlour.frontend.replying import Replies
from parlour.frontend.settings import FrontendSettings
from parlour.frontend.subscriptions import (
    EVENTS,
    PRESENCE,
    Document,
    Subscription,
    Subscriptions,
    answer_headers,
    event_of,
    takes_piggyback,
)
from parlour.rooms.model import Person
from parlour.sip.errors import RemoteProtocolError
from parlour.sip.message import Request
from parlour.store.api import StoreUnavailable
from parlour.ua.incoming import IncomingRequest

__all__ = ["OwnDocuments"]


class OwnDocuments:
    """One per server. Requests have been authenticated: `incoming.identity` says who asks."""

    def __init__(
        self,
        people: People,
        presence: Presence,
        courier: Courier,
        replies: Replies,
        settings: FrontendSettings,
        clock: Callable[[], float],
        reach: Callable[[int], Reach | None],
        call_later: Callable[[float, Callable[[], None]], Any],
    ) -> None:
        """`reach`: the way to the client at a connection, by its id; None when it is gone."""
        self.presence = presence
        self.subscriptions = Subscriptions()
        self._people = people
        self._courier = courier
        self._replies = replies
        self._settings = settings
        self._clock = clock
        self._notifier = Notifier(self.subscriptions, courier, reach, clock)
        self._renewals = Renewals(self._renew_provisioning, call_later)
        self._echoes = Echoes(self._start_telling_others, call_later)

    def close(self) -> None:
        """Nobody is told of changes any more."""
        self._renewals.close()
        self._echoes.close()

    def person_changed(self, uri: str) -> None:
        """Whether somebody may chat may be another matter now: clients with a lasting subscription hear of it soon."""
        self._renewals.add(uri)

    def _renew_provisioning(self, uri: str) -> None:
        person = self._people.find_person(uri)
        if person is None:
            return  # the connections are being closed
        for subscription in self.subscriptions.of_person(uri, provisioning.EVENT):
            before = subscription.told
            if before is None:
                continue  # the first notification, which is under way, will say it
            document = self._provisioning(subscription, person)
            if subscription.told != before:
                self._notifier.tell(subscription, document)

    def subscribe(self, incoming: IncomingRequest) -> None:
        """A SUBSCRIBE that is for this server."""
        assert incoming.identity is not None
        request, person = incoming.request, incoming.identity.uri
        package = EVENTS.get(event_of(request))
        if package is None or (package.name == PRESENCE and not _is_office_client(request)):
            events = (
                ALLOW_EVENTS if _is_office_client(request) else ",".join(name for name in EVENTS if name != PRESENCE)
            )
            self._replies.send(incoming, Answer(489, headers=(("Allow-Events", events),)))
            return
        if request.to.tag is None and address_of(self._people, request.uri) != person:
            self._replies.send(incoming, Answer(403, "Only Your Own Documents"))
            return
        if self._replies.refuses(incoming):
            return
        outcome = self.subscriptions.receive(
            request, person, incoming.connection, lambda: incoming.local_tag, now=self._clock()
        )
        if isinstance(outcome, Answer):
            self._replies.send(incoming, outcome)
        else:
            self._replies.later(incoming, self._tell(incoming, outcome))

    async def _tell(self, incoming: IncomingRequest, subscription: Subscription) -> None:
        """The answer to a SUBSCRIBE and the first notification, in one message or in two."""
        try:
            document = await self._document(incoming, subscription)
        except RemoteProtocolError:
            self.subscriptions.remove(subscription)
            raise
        piggyback = document is not None and takes_piggyback(incoming.request)
        if piggyback:
            subscription.local_cseq += 1
        contact = self._courier.contact_for(incoming.connection)
        headers = answer_headers(subscription, contact, piggyback=piggyback, now=self._clock())
        if document is None or not piggyback:
            self._replies.send(incoming, Answer(200, headers=tuple(headers)))
        else:
            self._replies.send(incoming, Answer(200, "", tuple(headers), document.body, document.content_type))
        if document is not None and not piggyback:
            self._notifier.send(subscription, document, (incoming.connection, incoming.signer))

    async def _document(self, incoming: IncomingRequest, subscription: Subscription) -> Document | None:
        """What to tell; None for nothing: the end of a subscription, or a refresh of one that tells once."""
        request, package = incoming.request, EVENTS[subscription.event]
        if request.to.tag is not None and (not package.repeats or subscription.expires_at <= self._clock()):
            return None
        if package.name == provisioning.EVENT:
            return self._first_provisioning(request, subscription)
        if package.name == contacts.EVENT:
            return Document(contacts.CONTENT_TYPE, contacts.contacts_document())
        if package.name == presence.EVENT:
            body = request.body if request.content_type == presence.CONTENT_TYPE else b""
            return Document(presence.CONTENT_TYPE, await self.presence.document(subscription.person, body))
        return None

    def _first_provisioning(self, request: Request, subscription: Subscription) -> Document:
        person = self._people.find_person(subscription.person)
        if person is None:
            raise RemoteProtocolError(404, "Not Found")
        subscription.groups = provisioning.requested_groups(request.body)
        return self._provisioning(subscription, person)

    def _provisioning(self, subscription: Subscription, person: Person) -> Document:
        body = provisioning.provisioning_document(person, subscription.groups, self._settings)
        subscription.told = hash(body)
        return Document(provisioning.CONTENT_TYPE, body)

    def service(self, incoming: IncomingRequest) -> None:
        """A SERVICE: presence published by its owner."""
        assert incoming.identity is not None
        if address_of(self._people, incoming.request.uri) != incoming.identity.uri:
            self._replies.send(incoming, Answer(403, "Only Your Own Presence"))
            return
        kind = incoming.request.content_type
        if kind == presence.PUBLISH_TYPE:
            if not self._replies.refuses(incoming):
                self._replies.later(incoming, self._publish(incoming))
        elif kind == presence.MEMBERS_TYPE:
            self._replies.send(incoming, self.presence.set_container_members(incoming.request.body))
        else:
            accept = f"{presence.PUBLISH_TYPE}, {presence.MEMBERS_TYPE}"
            self._replies.send(incoming, Answer(415, headers=(("Accept", accept),)))

    async def _publish(self, incoming: IncomingRequest) -> None:
        identity = incoming.identity
        assert identity is not None
        answer = await self.presence.publish(identity.uri, identity.endpoint, incoming.request.body)
        self._replies.send(incoming, answer)
        if presence.changed_for_all(answer):
            self._echoes.add(identity.uri, incoming.connection.id)

    def _start_telling_others(self, person: str, knows: int | None) -> None:
        self._replies.run(self._tell_others(person, knows))

    async def _tell_others(self, person: str, knows: int | None) -> None:
        """The person's other endpoints hear what is published now: who follows a room here follows it there. `knows`:
        the connection over which it was published."""
        others = [one for one in self.subscriptions.of_person(person, presence.EVENT) if one.flow.id != knows]
        if not others:
            return
        try:
            document = Document(presence.CONTENT_TYPE, await self.presence.categories(person))
        except StoreUnavailable:
            return  # they hear it with the next change, or when they ask
        for subscription in others:
            self._notifier.tell(subscription, document)


def _is_office_client(request: Request) -> bool:
    """COMPAT: clients of Office Communications Server, which subscribe to presence without wanting a notification."""
    tags = option_tags(request, "Supported") | option_tags(request, "Require") | option_tags(request, "Proxy-Require")
    return bool(tags & {"ms-benotify", "ms-piggyback-first-notify", "categorylist"})
