"""Leave to transfer files; the files themselves go another way, to the file service."""

from __future__ import annotations

from parlour.channel.caller import Answer, Caller
from parlour.rooms.refusals import Refusal, Refused
from parlour.store.api import FileToken
from parlour.xccos.encode import token_reply
from parlour.xccos.types import CheckToken, GetDownloadToken, GetUploadToken, TransferToken

__all__ = ["check_token", "get_download_token", "get_upload_token"]

_NO_SERVICE = Refused(Refusal.FILES_NOT_ALLOWED, "there is no file service")


async def get_upload_token(caller: Caller, command: GetUploadToken) -> Answer:
    return await _issue(caller, command, upload=True)


async def get_download_token(caller: Caller, command: GetDownloadToken) -> Answer:
    """COMPAT: the file name is the one to save under; which file is meant, the file service is told."""
    return await _issue(caller, command, upload=False)


async def _issue(caller: Caller, command: GetUploadToken | GetDownloadToken, *, upload: bool) -> Answer:
    if not caller.service.settings.file_service_url:
        return caller.hub.files.refusal(caller.visit, caller.room_id(command.room_uri), upload) or _NO_SERVICE
    token = await caller.hub.files.issue(caller.visit, caller.room_id(command.room_uri), upload, command.file_name)
    return _told(caller, command, token)


async def check_token(caller: Caller, command: CheckToken) -> Answer:
    """Is a token of the caller still good?"""
    return _told(caller, command, await caller.hub.files.check(command.token, person=caller.visit.uri))


def _told(
    caller: Caller, command: GetUploadToken | GetDownloadToken | CheckToken, outcome: FileToken | Refused
) -> Answer:
    if isinstance(outcome, Refused):
        return outcome
    token = TransferToken(outcome.token, caller.service.settings.file_service_url)
    return [token_reply(caller.envid, command, token)]
