"""What has been heard in one room: which messages are news, and what of an outage has to be told. Pure.

Messages have numbers that ascend within a room, and come from two sides: live, and from history (asked for by the user,
or by us after an outage). Whatever the side, a message is told once, and never after one with a higher number.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from parlour.xccos.types import GroupChat

__all__ = ["CaughtUp", "Heard"]


@dataclass(frozen=True, slots=True)
class CaughtUp:
    """What an outage left to be told: `recovered` from history, `live` what came meanwhile. `gap` is (after, before)
    when history did not reach back to what was heard last: servers give only so much."""

    recovered: tuple[GroupChat, ...]
    live: tuple[GroupChat, ...]
    gap: tuple[int, int] | None = None


class Heard:
    """`since`: the server's time at which the room was entered, microseconds since 1970. It counts until the first
    message shows where in the order we are."""

    def __init__(self, since: int) -> None:
        self.since = since
        self.last: int | None = None
        self._held: list[GroupChat] | None = None

    @property
    def catching_up(self) -> bool:
        return self._held is not None

    def hear(self, message: GroupChat) -> bool:
        """A live message: whether it is to be told now."""
        if self._held is not None:
            self._held.append(message)
            return False
        return self._take(message)

    def read(self, messages: Iterable[GroupChat]) -> list[GroupChat]:
        """Messages of history: those that are news, since the server does not tell what a reader has been given."""
        if self._held is not None:
            return []
        return self._news(messages)

    def begin_catching_up(self) -> None:
        """From now on live messages wait until history has told what was before them."""
        self._held = []

    def gap_before(self, messages: Sequence[GroupChat]) -> tuple[int, int] | None:
        """(after, before) if messages between those numbers may be missing between what was heard and `messages`, the
        newest of history. Numbers without gaps are Parlour's way; another server may make us suspect too much."""
        oldest = messages[0] if messages else None
        if oldest is None or oldest.chat_id is None:
            return None
        if self.last is not None:
            return (self.last, oldest.chat_id) if oldest.chat_id > self.last + 1 else None
        came_later = oldest.at is not None and oldest.at >= self.since
        return (0, oldest.chat_id) if came_later and oldest.chat_id > 1 else None

    def catch_up(self, messages: Sequence[GroupChat]) -> CaughtUp:
        """The outage is over: `messages` are the newest of history, oldest first."""
        held, self._held = self._held or [], None
        gap = self.gap_before(messages)
        recovered = tuple(self._news(messages))
        live = tuple(message for message in held if self._take(message))
        return CaughtUp(recovered, live, gap)

    def _news(self, messages: Iterable[GroupChat]) -> list[GroupChat]:
        """Unnumbered messages are never news: nothing tells whether they were heard."""
        news: list[GroupChat] = []
        for message in messages:
            if message.chat_id is None:
                continue
            if self.last is None and message.at is not None and message.at < self.since:
                continue
            if self._take(message):
                news.append(message)
        return news

    def _take(self, message: GroupChat) -> bool:
        if message.chat_id is None:
            return True
        if self.last is not None and message.chat_id <= self.last:
            return False
        self.last = message.chat_id
        return True
