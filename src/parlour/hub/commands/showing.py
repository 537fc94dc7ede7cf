"""Values as JSON says them. Times are ISO 8601 in UTC, with microseconds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from heapq import nsmallest

from parlour.hub.commands.registry import Context
from parlour.hub.departing import Traces
from parlour.hub.losses import NAMED, Losses
from parlour.hub.people import People
from parlour.hub.slices import slices
from parlour.rooms.audit import AuditPage, AuditQuery
from parlour.rooms.model import Audit, Category, Person, Principal, Room, Visibility
from parlour.rooms.switches import inherited
from parlour.store.api import StoredPost

__all__ = [
    "VISIBILITIES",
    "show_category",
    "show_category_card",
    "show_changes",
    "show_in_room",
    "show_losses",
    "show_person",
    "show_post",
    "show_principal",
    "show_room",
    "show_room_row",
    "show_time",
    "show_traces",
]

VISIBILITIES = {"open": Visibility.OPEN, "closed": Visibility.SCOPED, "secret": Visibility.PRIVATE}
"""The words that people use, and ours."""
_WORDS = {visibility: word for word, visibility in VISIBILITIES.items()}

Json = dict[str, object]


def show_time(at: int) -> str:
    """Microseconds since 1970 as `2026-01-31T12:00:00.000000Z`."""
    return datetime.fromtimestamp(at // 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%S") + f".{at % 1_000_000:06d}Z"


def show_principal(principal: Principal) -> Json:
    return {"uri": principal.uri, "name": principal.display_name, "kind": principal.kind.name.lower()}


async def _show_names(people: People, uris: Iterable[str]) -> list[Json]:
    """There may be thousands."""
    return [_show_name(people, uri) async for some in slices(sorted(uris)) for uri in some]


def _show_name(people: People, uri: str) -> Json:
    principal = people.find_principal(uri)
    return show_principal(principal) if principal is not None else {"uri": uri, "name": uri, "kind": "gone"}


def _show_audit(audit: Audit) -> Json:
    return {
        "created_by": audit.created_by,
        "created_at": show_time(audit.created_at),
        "updated_by": audit.updated_by,
        "updated_at": show_time(audit.updated_at),
        "version": audit.updated_at,
    }


def show_room_row(context: Context, room: Room) -> Json:
    """A room as a line of a list."""
    return {
        "id": room.id,
        "name": room.name,
        "description": room.description,
        "category": context.hub.catalogue.categories[room.category].name,
        "visibility": _WORDS[room.visibility],
        "behavior": room.behavior.value.lower(),
        "disabled": room.disabled,
        "people": context.hub.presence.population(room.id),
    }


async def show_room(context: Context, room: Room) -> Json:
    """A room with everything about it."""
    people = context.hub.people
    return show_room_row(context, room) | {
        "topic": room.topic,
        "category_id": room.category,
        "invite": room.invite,
        **_show_addin(context, room),
        "members": await _show_names(people, room.members),
        "managers": await _show_names(people, room.managers),
        "presenters": await _show_names(people, room.presenters),
        **_show_audit(room.audit),
    }


def _show_addin(context: Context, room: Room) -> Json:
    addin = context.hub.addins.find(room.addin) if room.addin is not None else None
    return {"addin": addin.name if addin is not None else None, "addin_id": room.addin}


async def show_category(context: Context, category: Category) -> Json:
    """A category with everything about it, for administrators."""
    people = context.hub.people
    return show_category_card(context, category) | {
        "inherited": list(inherited(category)),
        "rooms": len(context.hub.catalogue.rooms_in(category.id)),
        "allowed": await _show_names(people, category.allowed),
        "denied": await _show_names(people, category.denied),
        "creators": await _show_names(people, category.creators),
        **_show_audit(category.audit),
    }


def show_category_card(context: Context, category: Category) -> Json:
    """A category as everybody in its scope may know it, with the switches in effect. `depth` counts the categories
    above it; the root has none."""
    catalogue = context.hub.catalogue
    return {
        "id": category.id,
        "name": category.name,
        "description": category.description,
        "parent": catalogue.categories[category.parent].name if category.parent is not None else None,
        "depth": len(catalogue.chain(category.id)) - 1,
        **asdict(catalogue.switches(category.id)),
    }


def show_person(context: Context, person: Person) -> Json:
    """`password`: whether there is one; not told where people are kept elsewhere."""
    accounts = context.accounts
    known = {"password": accounts.has_password(person.uri)} if accounts is not None else {}
    return {
        "uri": person.uri,
        "name": person.display_name,
        "email": person.email,
        "company": person.company,
        "admin": person.is_admin,
        "chat": person.chat_enabled,
        "enabled": not person.disabled,
        **known,
    }


def show_traces(traces: Traces, dry_run: bool) -> Json:
    """What went, or would go, with a person or a group: from how many rooms and categories, and which of them are left
    without anybody."""
    return {
        "would_remove" if dry_run else "removed": traces.uri,
        "rooms": len(traces.rooms),
        "categories": len(traces.categories),
        "left_without_manager": [room.name for room in traces.sole_manager_of],
        "left_without_creator": [category.name for category in traces.sole_creator_in],
        "left_without_allowed": [category.name for category in traces.sole_allowed_in],
        "still_denied_in": [category.name for category in traces.denied_in],
    }


async def show_changes(context: Context, uri: str, made_by: str) -> Json:
    """Who made somebody or a group (with the command `made_by`), who changed it last, and when, as the audit trail has
    it; None where it does not."""
    auditing = context.hub.auditing
    if context.accounts is not None:
        await auditing.carry_over(context.accounts)
    shown: Json = {}
    for verb, query in (("created", AuditQuery(target=uri, command=made_by)), ("updated", AuditQuery(target=uri))):
        page = await auditing.find(query, 1)
        record = page.rows[0][1] if isinstance(page, AuditPage) and page.rows else None
        shown |= {
            f"{verb}_by": record.who if record is not None else None,
            f"{verb}_at": show_time(record.at) if record is not None else None,
        }
    return shown


def show_losses(people: People, lost: Losses, dry_run: bool = False) -> Json:
    """Who lost a place in a list by a change, or would: how many, the first of them, and where. Nothing of a change by
    which nobody did."""
    if not lost.people and not dry_run:
        return {}
    verb = "would_lose" if dry_run else "lost"
    return {
        verb: [_show_name(people, uri) for uri in nsmallest(NAMED, lost.people)],
        f"{verb}_people": len(lost.people),
        f"{verb}_in": lost.places,
        f"{verb}_rooms": lost.rooms,
    }


def show_in_room(room: Room) -> Json:
    """In which room something is: the fields that begin whatever is said about it."""
    return {"room": room.name, "room_id": room.id}


def show_post(room: Room, post: StoredPost) -> Json:
    return show_in_room(room) | {
        "id": post.chat_id,
        "author": post.author,
        "author_name": post.author_name,
        "at": show_time(post.at),
        "text": post.text,
        "alert": post.alert,
    }
