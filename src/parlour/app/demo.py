"""The people and rooms that `quickstart` makes, through the same commands as an administrator; what is there stays."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from parlour.app.config import Settings
from parlour.app.problems import Problem
from parlour.app.ready import Demo, DemoRoom, DemoUser
from parlour.app.system_user import own_console_name
from parlour.app.wiring import Core
from parlour.hub.auditing import Origin
from parlour.rooms.audit import Way
from parlour.rooms.model import Room
from parlour.rooms.refusals import Refused
from parlour.sip.auth.ntlm import nt_hash
from parlour.xccos.ids import room_uri

__all__ = ["make_demo"]

_PEOPLE = {"alice": "Alice Archer", "bob": "Bob Baker", "carol": "Carol Cooper", "minji": "김민지"}
_DEMO, _SUPPORT = "Demo", "고객 지원"
_CATEGORIES: tuple[dict[str, Any], ...] = (
    {"name": _DEMO, "description": "Rooms to try things in.", "allow": ["everyone"]},
    {"name": _SUPPORT, "description": "Customer support, below Demo.", "parent": _DEMO, "allow": ["everyone"]},
)
_ADDIN = {"name": "Status page", "url": "https://example.com/"}
_ROOMS: tuple[dict[str, Any], ...] = (
    {
        "name": "Lobby",
        "category": _DEMO,
        "description": "Open to everybody.",
        "visibility": "open",
        "manager": ["alice"],
    },
    {
        "name": "Night Shift",
        "category": _DEMO,
        "description": "For its members only.",
        "visibility": "closed",
        "member": ["alice", "bob"],
        "manager": ["alice"],
    },
    {
        "name": "Announcements",
        "category": _DEMO,
        "description": "An auditorium: everybody reads, Alice writes. It shows a page beside it.",
        "visibility": "open",
        "behavior": "auditorium",
        "manager": ["alice"],
        "presenter": ["alice"],
        "addin": _ADDIN["name"],
    },
    {
        "name": "Board",
        "category": _DEMO,
        "description": "Secret: nobody else knows that it is there.",
        "visibility": "secret",
        "member": ["alice", "minji"],
        "manager": ["minji"],
    },
    {
        "name": "안내 데스크",
        "category": _SUPPORT,
        "description": "무엇이든 물어보세요.",
        "visibility": "open",
        "manager": ["minji"],
    },
)


async def make_demo(core: Core, settings: Settings, password: str) -> Demo:
    """Make what is missing; `password` is that of people who are made now. Raises `Problem`."""
    users = await asyncio.gather(*(_user(core, settings, name, password) for name in _PEOPLE))
    missing = [wanted for wanted in _ROOMS if core.hub.catalogue.find_room(wanted["name"]) is None]
    if missing:
        await _make_places(core, missing)
    rooms = [await _room(core, settings, wanted) for wanted in _ROOMS]
    return Demo(tuple(users), tuple(rooms))


async def _make_places(core: Core, rooms: Sequence[dict[str, Any]]) -> None:
    """The categories, and the add-in, that missing rooms need."""
    needed = {room["category"] for room in rooms}
    for category in _CATEGORIES:
        below = _SUPPORT in needed and category["name"] == _DEMO
        if (below or category["name"] in needed) and core.hub.catalogue.find_category(category["name"]) is None:
            await _run(core, "category.create", category)
    if any("addin" in room for room in rooms) and core.hub.addins.find(_ADDIN["name"]) is None:
        await _run(core, "addin.create", _ADDIN)


async def _user(core: Core, settings: Settings, name: str, password: str) -> DemoUser:
    login = f"{name}@{settings.domain}"
    uri = core.directory.find_by_login(login)
    known = uri is None or await _still_has(core, uri, password)
    if uri is None:
        params = {"login": name, "password": password, "display_name": _PEOPLE[name]}
        uri = str((await _run(core, "user.add", params))["uri"])
    return DemoUser(name, uri, login, password if known else None)


async def _still_has(core: Core, uri: str, password: str) -> bool:
    """Whether the password is still the one we gave; asked of the cheapest verifier, so that a start stays quick."""
    kept = core.directory.nt_hash(uri)
    return kept == nt_hash(password) if kept is not None else await core.directory.check_password(uri, password)


async def _room(core: Core, settings: Settings, wanted: dict[str, Any]) -> DemoRoom:
    found = core.hub.catalogue.find_room(wanted["name"])
    if found is None:
        shown = await _run(core, "room.create", wanted)
        found = core.hub.catalogue.rooms[shown["id"]]
    return DemoRoom(found.name, room_uri(settings.domain, found.id), _word(found), tuple(sorted(found.members)))


def _word(room: Room) -> str:
    return {"OPEN": "open", "SCOPED": "closed", "PRIVATE": "secret"}[room.visibility.value]


async def _run(core: Core, command: str, params: dict[str, Any]) -> dict[str, Any]:
    outcome = await core.commands.run(command, params, origin=Origin(own_console_name(), Way.CONSOLE))
    if isinstance(outcome, Refused):
        raise Problem(
            "command-refused",
            command=command.replace(".", " "),
            reason=outcome.reason.value,
            detail=outcome.detail or "-",
            hint="-",
        )
    assert isinstance(outcome, dict)
    return outcome
