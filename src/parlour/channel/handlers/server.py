"""Commands about the service itself."""

from __future__ import annotations

from parlour.channel.caller import Answer, Caller
from parlour.xccos.encode import request_uri_reply, server_info_reply
from parlour.xccos.ids import category_uri
from parlour.xccos.types import GetServerInfo, RequestUri, ServerInfo

__all__ = ["get_server_info", "request_uri"]


async def request_uri(caller: Caller, command: RequestUri) -> Answer:
    """COMPAT: SIPE asks for the URI wherever it was sent, be it the channel service itself: the answer is our own."""
    return [request_uri_reply(caller.envid, command, caller.service.settings.uri)]


async def get_server_info(caller: Caller, command: GetServerInfo) -> Answer:
    limits, settings = caller.hub.limits, caller.service.settings
    root = caller.hub.catalogue.root
    info = ServerInfo(
        server_time=caller.service.clock_us(),
        search_limit=limits.search_limit,
        message_size_limit=limits.message_bytes,
        story_size_limit=limits.story_bytes,
        root_uri=category_uri(settings.domain, root.id) if root is not None else "",
        db_version=settings.instance_id,
        display_name=settings.display_name,
        room_management_url=settings.room_management_url,
    )
    return [server_info_reply(caller.envid, command, info, command.info_type)]
