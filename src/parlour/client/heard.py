"""What has been heard in one room: which messages are news, and what of an outage has to be told. Pure.

Messages have numbers that ascend within a room, and come from two sides: live, and from history (asked for by the user,
or by us after an outage). Whatever the side, a message is told once, and never after one with a higher number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from parlour.xccos.types import GroupChat

__all__ = ["Gap", "Heard", "with_text_of", "without", "without_up_to"]

Gap = tuple[int, int]
"""(after, before): messages between these numbers may be missing."""


class Heard:
    """`since`: the server's time at which the room was entered, microseconds since 1970. It counts until the first
    message shows where in the order we are."""

    def __init__(self, since: int) -> None:
        self.since = since
        self.last: int | None = None
        self._held: list[GroupChat] | None = None
        self._doubtful = False

    def hear(self, message: GroupChat) -> tuple[bool, Gap | None]:
        """A live message: whether it is to be told now, and what may be missing before it."""
        if self._held is not None:
            self._held.append(message)
            return False, None
        gap = self._gap_before(message)
        return self._take(message), gap

    def read(self, messages: Iterable[GroupChat]) -> list[GroupChat]:
        """Messages of the newest history, without holes: those that are news, since the server does not tell what a
        reader has been given."""
        return [] if self._held is not None else self._news(messages)

    # -- after an outage ---------------------------------------------------------------------------------------

    def begin_catching_up(self) -> None:
        """From now on live messages wait until history has told what was before them."""
        self._held = []

    def recover(self, messages: Iterable[GroupChat]) -> list[GroupChat]:
        """The next page of what was posted meanwhile, oldest first: what of it is to be told now."""
        return self._news(messages)

    def amend(self, change: Callable[[GroupChat], GroupChat | None]) -> None:
        """A message was replaced or taken away: those that wait to be told follow."""
        if self._held is not None:
            self._held = [new for message in self._held if (new := change(message)) is not None]

    def skip_to(self, newest: int) -> Gap | None:
        """No more is fetched although there is more, up to the message `newest`: what is left out. What waits is told
        all the same."""
        after = self.last or 0
        waiting = [one.chat_id for one in self._held or () if one.chat_id is not None and one.chat_id > after]
        before = min([*waiting, newest + 1])
        self.last = max(after, before - 1)
        return (after, before) if before > after + 1 else None

    def caught_up(self, *, whole: bool = True) -> tuple[list[GroupChat], Gap | None]:
        """The outage is over: what came live meanwhile and is still to be told, and what may be missing before it.
        `whole` False: history told nothing, so a hole in the numbers is a hole in what was heard."""
        held, self._held = self._held or [], None
        self._doubtful = not whole
        numbered = next((message for message in held if message.chat_id is not None), None)
        gap = None if numbered is None else self._gap_before(numbered)
        return [message for message in held if self._take(message)], gap

    def _gap_before(self, message: GroupChat) -> Gap | None:
        """Only the first numbered message after an outage can show that something is missing. Afterwards holes are
        messages that are not kept or were taken away."""
        if not self._doubtful or message.chat_id is None:
            return None
        self._doubtful = False
        known = self.last
        return (known, message.chat_id) if known is not None and message.chat_id > known + 1 else None

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


def without(chat_id: int) -> Callable[[GroupChat], GroupChat | None]:
    """For `amend`: the message is gone."""
    return lambda message: None if message.chat_id == chat_id else message


def without_up_to(until: int) -> Callable[[GroupChat], GroupChat | None]:
    """For `amend`: everything up to that time is gone."""
    return lambda message: None if message.at is not None and message.at <= until else message


def with_text_of(new: GroupChat) -> Callable[[GroupChat], GroupChat | None]:
    """For `amend`: the message reads otherwise now."""
    return lambda message: replace(message, text=new.text, rtf=new.rtf) if message.chat_id == new.chat_id else message
