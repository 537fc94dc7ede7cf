"""What the hub knows of rooms, categories and people, in the words of the wire."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from parlour.hub.events import Participant
from parlour.hub.hub import CONSOLE, Hub
from parlour.hub.presence import RoomView
from parlour.hub.refusals import NO_CATEGORY
from parlour.hub.searching import RoomSummary
from parlour.rooms.decisions import no_such_room
from parlour.rooms.model import AddIn, Audit, Category, CategoryId, Person, Principal, PrincipalKind, Role, Room, RoomId
from parlour.rooms.refusals import Refused
from parlour.rooms.switches import Switches, inherited
from parlour.store.api import Invitation
from parlour.xccos import types
from parlour.xccos.ids import category_uri, room_uri
from parlour.xccos.masks import participant_mask

__all__ = ["Cards", "mask_of", "user_info"]

_AT_THE_CONSOLE = "Administrator"
"""Whoever used the command line, as clients are told."""


class Cards:
    """`file_service_url` is told with rooms whose category allows files; "" where there is no such service."""

    def __init__(self, hub: Hub, domain: str, file_service_url: str = "") -> None:
        self._hub = hub
        self.domain = domain
        self._file_service_url = file_service_url

    def room_uri(self, room: str) -> str:
        return room_uri(self.domain, room)

    def category_uri(self, category: str) -> str:
        return category_uri(self.domain, category)

    # -- rooms -------------------------------------------------------------------------------------------------

    def room(self, room: Room, switches: Switches, count: int | None, *, manages: bool = False) -> types.RoomInfo:
        """A room. Who `manages` it is told of its invitations what is set, everybody else what is in effect."""
        addin = self._hub.addins.find(room.addin) if room.addin else None
        return types.RoomInfo(
            uri=self.room_uri(room.id),
            name=room.name,
            description=room.description,
            topic=room.topic,
            parent=self.category_uri(room.category),
            behavior=room.behavior.value,
            disabled=room.disabled,
            visibility=room.visibility.value,
            participant_count=count,
            logged=switches.logged,
            invite=_setting(room) if manages else switches.invite and room.invite,
            filepost=switches.filepost and bool(self._file_service_url),
            filestore_uri=self._file_service_url if switches.filepost else "",
            addin_id=addin.id if addin is not None else "",
            addin_name=addin.name if addin is not None else "",
            addin_url=addin.url if addin is not None else "",
        )

    def card(self, room: Room, switches: Switches, count: int | None, *, manages: bool = False) -> types.RoomInfo:
        """All about a room, with who made and changed it."""
        return replace(self.room(room, switches, count, manages=manages), audit=self._audit(room.audit))

    def changed(self, room_id: RoomId) -> types.RoomCard | Refused:
        """A room as who manages it sees it after a change: as it is now. Between the change and this look at it others
        may have changed it again, or deleted it with its category; then it does not exist."""
        room = self._hub.catalogue.rooms.get(room_id)
        if room is None:
            return no_such_room()
        switches = self._hub.catalogue.switches(room.category)
        return types.RoomCard(self.card(room, switches, self._hub.presence.population(room.id), manages=True))

    def joined(self, view: RoomView) -> types.JoinedRoom:
        """A room as the join replies show it."""
        seats = tuple(types.Seat(user_info(one), mask_of(one)) for one in view.participants)
        return types.JoinedRoom(self.room(view.room, view.switches, view.count, manages=view.rights.manage), seats)

    def found(self, row: RoomSummary, *, manages: bool = False) -> types.RoomInfo:
        return self.room(row.room, row.switches, row.count, manages=manages)

    def invitation(self, invitation: Invitation, room: Room, switches: Switches, count: int | None) -> types.Invitation:
        return types.Invitation(invitation.number, self.domain, invitation.at, self.room(room, switches, count))

    def roles(self, room: Room, wanted: Iterable[Role]) -> list[types.ListMembers]:
        """Who stands in the wanted roles of a room."""
        lists = {Role.MEMBER: room.members, Role.MANAGER: room.managers, Role.PRESENTER: room.presenters}
        return [types.ListMembers(role.value, self._principals(lists[role])) for role in wanted if role in lists]

    def addin(self, addin: AddIn) -> types.AddIn:
        return types.AddIn(addin.id, addin.name, addin.url)

    # -- categories --------------------------------------------------------------------------------------------

    def category(self, category: Category) -> types.CategoryInfo:
        """A category without its lists, as everybody may see it who sees its rooms: with the switches in effect."""
        switches = self._hub.catalogue.switches(category.id)
        return types.CategoryInfo(
            uri=self.category_uri(category.id),
            name=category.name,
            description=category.description,
            parent=self.category_uri(category.parent) if category.parent is not None else "",
            invite=switches.invite,
            logged=switches.logged,
            filepost=switches.filepost,
        )

    def found_category(self, category: Category) -> types.CategoryInfo:
        """A category with what it leaves to the one above it: for administrators, as all that follow."""
        return replace(self.category(category), inherits=inherited(category))

    def changed_category(self, category_id: CategoryId) -> types.CategoryInfo | Refused:
        """A category after a change, as `changed`, with who made and changed it."""
        category = self._hub.catalogue.categories.get(category_id)
        return NO_CATEGORY if category is None else self._audited(category)

    def _audited(self, category: Category) -> types.CategoryInfo:
        return replace(self.found_category(category), audit=self._audit(category.audit))

    def whole_category(self, category: Category) -> types.CategoryInfo:
        """A category with all its lists."""
        lists = (*self._scope(category), types.ListMembers("CREATOR", self._principals(category.creators)))
        return replace(self._audited(category), lists=lists)

    def scope(self, category: Category) -> types.CategoryInfo:
        """A category with its scope."""
        return replace(self.found_category(category), lists=self._scope(category))

    def _scope(self, category: Category) -> tuple[types.ListMembers, ...]:
        return (
            types.ListMembers("ALLOWED", self._principals(category.allowed)),
            types.ListMembers("DENIED", self._principals(category.denied)),
        )

    # -- people ------------------------------------------------------------------------------------------------

    def person(self, person: Person) -> types.UserInfo:
        """Somebody who was looked for."""
        return types.UserInfo(person.uri, person.guid, person.display_name, email=person.email, company=person.company)

    def whole_person(self, person: Person) -> types.UserInfo:
        """All about somebody: for themselves and administrators."""
        groups = self._principals(person.affiliations)
        return replace(self.person(person), disabled=person.disabled, affiliations=groups)

    def principal(self, principal: Principal) -> types.UserInfo:
        return types.UserInfo(principal.uri, principal.guid, principal.display_name, int(principal.kind))

    def _principals(self, uris: Iterable[str]) -> tuple[types.UserInfo, ...]:
        return tuple(self._named(uri) for uri in sorted(uris))

    def _named(self, uri: str) -> types.UserInfo:
        """Somebody in a list. Who is no longer in the directory still stands there, by URI alone."""
        known = self._hub.principals.known(uri)
        if known is not None:
            return self.principal(known)
        kind = PrincipalKind.USER if uri.startswith("sip:") else PrincipalKind.GROUP
        return types.UserInfo(uri, name=uri, kind=int(kind))

    def _audit(self, audit: Audit) -> types.AuditInfo:
        return types.AuditInfo(
            self._name(audit.created_by), audit.created_at, self._name(audit.updated_by), audit.updated_at
        )

    def _name(self, uri: str) -> str:
        if uri == CONSOLE:
            return _AT_THE_CONSOLE
        known = self._hub.principals.known(uri)
        return known.display_name if known is not None else uri


def _setting(room: Room) -> types.SwitchSetting:
    return "inherit" if room.invite else False


def user_info(participant: Participant) -> types.UserInfo:
    return types.UserInfo(participant.uri, participant.guid, participant.display_name)


def mask_of(participant: Participant) -> int:
    """The mask of somebody in a room. Only an auditorium has presenters (docs/protocol/rooms.md)."""
    return participant_mask(participant.manager, participant.presenter, auditorium=participant.presenter)
