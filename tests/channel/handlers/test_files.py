"""Leave to transfer files."""

from __future__ import annotations

from typing import Any

import pytest

from parlour.xccos.types import CheckToken, GetDownloadToken, GetRoom, GetUploadToken, TransferToken
from tests.channel.scene import MISSING, OPEN, OTHER, SECRET, Scene, room_at

SERVICE = "https://server.example.com/PersistentChat/MGCWebService.asmx"


async def test_tokens_are_for_those_inside_and_are_still_good_afterwards() -> None:
    async with Scene(file_service_url=SERVICE) as scene:
        await scene.equip()
        alice, bob = await scene.joined(), await scene.called("bob")
        up = await alice.ask(GetUploadToken(1, room_at(OPEN), "보고서.txt"))
        assert isinstance(up.body, TransferToken)
        assert (up.name, up.code, up.body.service_uri) == ("getftok", 200, SERVICE)
        down = await bob.ask(GetDownloadToken(1, room_at(OPEN), "보고서.txt"))
        assert isinstance(down.body, TransferToken)
        assert down.name == "getftok"
        assert down.body.token != up.body.token
        assert (await alice.ask(CheckToken(1, up.body.token))).body == up.body
        assert (await bob.ask(CheckToken(1, up.body.token))).code == 417
        assert (await bob.ask(CheckToken(1, "00000000-0000-0000-0000-0000000000ee"))).code == 417


async def test_refusals() -> None:
    async with Scene(file_service_url=SERVICE) as scene:
        alice = await scene.joined()
        assert (await alice.ask(GetUploadToken(1, room_at(OPEN), "x.txt"))).code == 422
        await scene.equip()
        refused = await alice.ask(GetUploadToken(1, room_at(OTHER), "x.txt"))
        assert (refused.name, refused.code) == ("getftok", 406)


@pytest.mark.parametrize("service", ["", SERVICE])
async def test_without_a_service_there_are_no_files_and_secrets_stay_secret(service: str) -> None:
    async with Scene(file_service_url=service) as scene:
        await scene.equip()
        alice = await scene.joined()
        for command in (GetUploadToken, GetDownloadToken):
            assert (await alice.ask(command(1, room_at(OPEN), "x.txt"))).code == (200 if service else 422)
            for room in (SECRET, MISSING):
                assert (await alice.ask(command(1, room_at(room), "x.txt"))).code == 404
        # Without the service a room says no more than with it.
        assert (await alice.ask(GetUploadToken(1, room_at(OTHER), "x.txt"))).code == 406
        card: Any = (await alice.ask(GetRoom(1, room_at(OPEN)))).body
        assert (card.room.filestore_uri, card.room.filepost) == (service, bool(service))
