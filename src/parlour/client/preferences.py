"""Documents that the server keeps for a person, shared by all clients of that person. `Client.preferences`."""

from __future__ import annotations

from base64 import b64decode, b64encode

from parlour.client.courier import Courier
from parlour.client.errors import UnusableAnswer
from parlour.xccos.types import GetPreference, Preference, SetPreference

__all__ = ["Preferences"]


class Preferences:
    """Each document has a label and a version. Every method raises ClientError."""

    def __init__(self, courier: Courier) -> None:
        self._courier = courier

    async def get(self, label: str, version: int = 0, *, create: bool = False) -> Preference:
        """The document, if the server has a newer one than `version`; else `content` is None. Version 0: there is none.
        `create`: make an empty one then."""
        return await self._courier.ask(GetPreference(1, label, version, create), Preference)

    async def set(self, label: str, content: bytes, version: int = 0) -> int:
        """Keep a document that was made from `version` (0: from nothing); its new version. Raises DataCollision, with
        the server's version in `current`, where another client was faster; LimitExceeded."""
        text = b64encode(content).decode("ascii")
        return (await self._courier.ask(SetPreference(1, label, text, version), Preference)).version

    @staticmethod
    def content_of(preference: Preference) -> bytes | None:
        """The document itself; None where it was not sent. Raises UnusableAnswer."""
        if preference.content is None:
            return None
        try:
            return b64decode(preference.content, validate=False)
        except ValueError as error:
            raise UnusableAnswer(f"preference {preference.label!r} is not base64") from error
