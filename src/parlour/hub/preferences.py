"""Documents that clients keep for their person: lists of rooms, filters, windows. Opaque to us, and versioned."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from parlour.hub.events import PreferenceChanged
from parlour.hub.presence import Presence, Visit
from parlour.hub.refusals import NOT_KEPT
from parlour.hub.turns import FairTurns
from parlour.rooms.model import Limits
from parlour.rooms.refusals import Refusal, Refused
from parlour.store.api import DocumentConflict, Documents, StoreUnavailable

__all__ = ["KIND", "Preference", "Preferences"]

KIND = "preference"

_NEWER = Refused(Refusal.DATA_COLLISION, "another of your clients has kept a newer version meanwhile")


@dataclass(frozen=True, slots=True)
class Preference:
    """`version` is the stored one, 0 if there is none. `content` is None unless it is newer than what the asker has."""

    label: str
    version: int
    content: str | None = None


class Preferences:
    def __init__(self, documents: Documents, presence: Presence, turns: FairTurns, limits: Limits) -> None:
        self._documents = documents
        self._presence = presence
        self._turns = turns
        self._limits = limits

    async def get(self, person_uri: str, label: str, known_version: int, create: bool) -> Preference | Refused:
        """The document, if it is newer than `known_version`; with `create`, an empty one is made if there is none."""
        refused = self._check_label(label)
        if refused is not None:
            return refused
        return await self._in_turn(person_uri, lambda: self._get(person_uri, label, known_version, create))

    async def _get(self, owner: str, label: str, known_version: int, create: bool) -> Preference | Refused:
        kept = await self._documents.get(owner, KIND, label)
        if kept is None:
            return await self._first(owner, label, "", known_version) if create else Preference(label, 0)
        content = kept.content.decode() if kept.version > known_version else None
        return Preference(label, kept.version, content)

    async def put(self, visit: Visit, label: str, version: int, content: str) -> Preference | Refused:
        """Keep `content` in the place of version `version`, and tell the person's other visits. DATA_COLLISION if a
        newer one is stored. The answer has the new version and no content."""
        refused = self._check_label(label) or self._check_content(content)
        if refused is not None:
            return refused
        kept = await self._in_turn(visit.uri, lambda: self._put(visit.uri, label, version, content))
        if not isinstance(kept, Refused):
            others = [other for other in self._presence.visits_of(visit.uri) if other is not visit]
            self._presence.tell_alone(others, PreferenceChanged(label, kept.version))
        return kept

    async def _put(self, owner: str, label: str, version: int, content: str) -> Preference | Refused:
        kept = await self._documents.get(owner, KIND, label)
        if kept is None:
            made = await self._first(owner, label, content, 0)
            return made if isinstance(made, Refused) else Preference(label, made.version)
        if version + 1 == kept.version and content.encode() == kept.content:
            return Preference(label, kept.version)  # it was kept already, and the answer was lost
        if version < kept.version:
            return _NEWER
        try:
            new = await self._documents.put(owner, KIND, label, content.encode(), kept.version)
        except DocumentConflict:
            return _NEWER
        return Preference(label, new)

    async def _first(self, owner: str, label: str, content: str, known_version: int) -> Preference | Refused:
        """Make a document that is not there yet, within the number that each person may have."""
        most = self._limits.preference_labels
        if len(await self._documents.all(owner, KIND)) >= most:
            return Refused(Refusal.LIMIT_EXCEEDED, f"at most {most} documents are kept for a person")
        try:
            version = await self._documents.put(owner, KIND, label, content.encode(), 0)
        except DocumentConflict:
            return _NEWER
        return Preference(label, version, content if version > known_version else None)

    async def _in_turn(self, owner: str, act: Callable[[], Awaitable[Preference | Refused]]) -> Preference | Refused:
        try:
            return await self._turns.run(owner, act)
        except StoreUnavailable:
            return NOT_KEPT

    def _check_label(self, label: str) -> Refused | None:
        most = self._limits.preference_label_chars
        if len(label) > most:
            return Refused(Refusal.LIMIT_EXCEEDED, f"a label has at most {most} characters")
        return None if label.strip() and label.isprintable() else Refused(Refusal.INVALID, "a label is needed")

    def _check_content(self, content: str) -> Refused | None:
        most = self._limits.preference_bytes
        if len(content) > most or len(content.encode(errors="replace")) > most:
            return Refused(Refusal.LIMIT_EXCEEDED, f"a document has at most {most} bytes")
        if any("\ud800" <= character <= "\udfff" for character in content):
            return Refused(Refusal.INVALID, "a document is text")
        return None
