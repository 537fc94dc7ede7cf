"""What the service tells about itself."""

from __future__ import annotations

from parlour.rooms.model import Limits
from parlour.xccos.types import GetServerInfo, RequestUri, ServerInfo, ServiceUri
from tests.channel.scene import SERVICE, Scene, category_at
from tests.hub.fakes import ROOT


async def test_the_address_to_call_is_our_own() -> None:
    async with Scene() as scene:
        alice = await scene.called()
        assert (await alice.ask(RequestUri(1))).body == ServiceUri(SERVICE)


async def test_limits_and_identity() -> None:
    limits = Limits(search_limit=5, message_bytes=100, story_bytes=200)
    async with Scene(limits=limits, display_name="공장 대화", room_management_url="https://x/rm") as scene:
        alice = await scene.called()
        assert (await alice.ask(GetServerInfo(1, "example.com", 123))).body == ServerInfo(
            5, 5, 100, 200, category_at(ROOT.id), "one", "공장 대화", "https://x/rm"
        )
