"""Leave to transfer files: a token names a person, a room and a direction, for half an hour."""

from __future__ import annotations

from collections.abc import Callable

from parlour.hub.catalogue import Catalogue
from parlour.hub.gate import Gate
from parlour.hub.people import People
from parlour.hub.presence import Visit
from parlour.hub.refusals import NOT_KEPT, VISIT_OVER
from parlour.rooms.decisions import decide_download, decide_upload
from parlour.rooms.model import Limits, Micros, Person, RoomId
from parlour.rooms.refusals import Refusal, Refused
from parlour.store.api import FileToken, FileTokens, StoreUnavailable

__all__ = ["Files"]

_INVALID = Refused(Refusal.INVALID_TOKEN, "unknown, expired, or not for this")

FILE_NAME_CHARS = 255


class Files:
    def __init__(
        self,
        catalogue: Catalogue,
        people: People,
        gate: Gate,
        tokens: FileTokens,
        limits: Limits,
        clock_us: Callable[[], int],
        new_guid: Callable[[], str],
    ) -> None:
        self._catalogue = catalogue
        self._people = people
        self._gate = gate
        self._tokens = tokens
        self._limits = limits
        self._clock_us = clock_us
        self._new_guid = new_guid

    def refusal(self, visit: Visit, room: RoomId, upload: bool) -> Refused | None:
        """Why `issue` would give no token, whatever the file's name."""
        return self._may(visit.person, room, upload, room in visit.seats) if visit.open else VISIT_OVER

    async def issue(self, visit: Visit, room: RoomId, upload: bool, file_name: str) -> FileToken | Refused:
        """A token for one room and direction, good for `Limits.file_token_seconds`. Who uploads is inside and may post;
        who downloads may read. FILES_NOT_ALLOWED where the category takes no files; LIMIT_EXCEEDED if too many of the
        person's tokens are good."""
        refused = self.refusal(visit, room, upload)
        if refused is not None:
            return refused
        name = _last_part(file_name)
        if isinstance(name, Refused):
            return name
        now = Micros(self._clock_us())
        expires = Micros(now + self._limits.file_token_seconds * 1_000_000)
        return await self._kept(FileToken(self._new_guid(), visit.uri, room, upload, name, expires), now)

    async def _kept(self, token: FileToken, now: Micros) -> FileToken | Refused:
        most = self._limits.file_tokens
        try:
            if await self._tokens.good(token.person, now) >= most:
                return Refused(Refusal.LIMIT_EXCEEDED, f"at most {most} tokens of a person are good at a time")
            await self._tokens.add(token, now)
        except StoreUnavailable:
            return NOT_KEPT
        return token

    async def check(
        self, token: str, *, person: str | None = None, room: RoomId | None = None, upload: bool | None = None
    ) -> FileToken | Refused:
        """The token, if it is good for what is asked. INVALID_TOKEN: unknown, expired, for another person, room or
        direction, or its person has lost the right meanwhile."""
        try:
            kept = await self._tokens.get(token)
        except StoreUnavailable:
            return NOT_KEPT
        if kept is None or kept.expires <= self._clock_us():
            return _INVALID
        asked = ((person, kept.person), (room, kept.room), (upload, kept.upload))
        if any(wanted is not None and wanted != has for wanted, has in asked):
            return _INVALID
        owner = self._people.find_person(kept.person)
        if owner is None or self._may(owner, kept.room, kept.upload, True) is not None:
            return _INVALID
        return kept

    def _may(self, person: Person, room_id: RoomId, upload: bool, inside: bool) -> Refused | None:
        seen = self._gate.look(room_id, person)
        if isinstance(seen, Refused):
            return seen
        room, rights = seen
        switches = self._catalogue.switches(room.category)
        return decide_upload(room, rights, inside, switches) if upload else decide_download(room, rights, switches)


def _last_part(file_name: str) -> str | Refused:
    """The name without folders, which some clients send along."""
    name = file_name.replace("\\", "/").rsplit("/", 1)[-1].strip()
    if len(name) > FILE_NAME_CHARS:
        return Refused(Refusal.LIMIT_EXCEEDED, f"the name of a file has at most {FILE_NAME_CHARS} characters")
    if not name or not name.isprintable():
        return Refused(Refusal.INVALID, "a file needs a name")
    return name
