"""Who is enabled for group chat. Pure.

Everybody and every group may have a setting, on or off, or none (inherit). A person's own setting wins; then come the
groups and folders the person is in, nested ones included, and off beats on; then the setting of the domain, which is
the global default. Where nobody says anything, group chat is on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from parlour.directory.api import ChatSetting

__all__ = ["ChatDecision", "ChatPolicy"]


@dataclass(frozen=True, slots=True)
class ChatDecision:
    """`by`: the URI of the person, group or domain whose setting decided; None when nobody has one."""

    enabled: bool
    by: str | None


class ChatPolicy:
    """The settings by URI, and what follows from them."""

    def __init__(self, everyone: str, settings: Mapping[str, ChatSetting]) -> None:
        """`everyone` is the URI of the domain."""
        self._everyone = everyone
        self._settings = {uri: setting for uri, setting in settings.items() if setting is not ChatSetting.INHERIT}

    def setting(self, uri: str) -> ChatSetting:
        """What stands at a person, a group or the domain."""
        return self._settings.get(uri, ChatSetting.INHERIT)

    def put(self, uri: str, setting: ChatSetting) -> None:
        """INHERIT takes the setting away."""
        if setting is ChatSetting.INHERIT:
            self._settings.pop(uri, None)
        else:
            self._settings[uri] = setting

    def decide(self, person: str, affiliations: Iterable[str]) -> ChatDecision:
        """Whether the person is enabled, and who says so."""
        own = self.setting(person)
        if own is not ChatSetting.INHERIT:
            return ChatDecision(own is ChatSetting.ON, person)
        groups = sorted(uri for uri in affiliations if uri in self._settings and uri != self._everyone)
        for wanted in (ChatSetting.OFF, ChatSetting.ON):
            for uri in groups:
                if self._settings[uri] is wanted:
                    return ChatDecision(wanted is ChatSetting.ON, uri)
        general = self.setting(self._everyone)
        by = None if general is ChatSetting.INHERIT else self._everyone
        return ChatDecision(general is not ChatSetting.OFF, by)
