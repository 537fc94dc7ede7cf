"""Permission to send a file into a room or to fetch one. The bytes travel over HTTPS. `Client.files`."""

from __future__ import annotations

from parlour.client.courier import Courier
from parlour.client.naming import RoomLike, room_uri_of
from parlour.xccos.types import CheckToken, GetDownloadToken, GetUploadToken, TransferToken

__all__ = ["Files"]


class Files:
    """A token is to be shown to the file service that it names, once and soon. Every method raises ClientError, the
    first two FilesNotAllowed where the room's category does not allow files."""

    def __init__(self, courier: Courier) -> None:
        self._courier = courier

    async def upload_token(self, room: RoomLike, file_name: str) -> TransferToken:
        """For sending a file into a room that we are in. Raises NotJoined, PermissionDenied."""
        uri = room_uri_of(room)
        return await self._courier.ask(GetUploadToken(1, uri, file_name), TransferToken, uri)

    async def download_token(self, room: RoomLike, file_name: str) -> TransferToken:
        """For fetching a file of a room that we may read. Raises PermissionDenied."""
        uri = room_uri_of(room)
        return await self._courier.ask(GetDownloadToken(1, uri, file_name), TransferToken, uri)

    async def check_token(self, token: TransferToken | str) -> TransferToken:
        """Whether a token of ours is still good. Raises InvalidToken."""
        text = token.token if isinstance(token, TransferToken) else token
        return await self._courier.ask(CheckToken(1, text), TransferToken)
