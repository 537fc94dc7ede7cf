"""That the parts of a server know of each other what they have to."""

from __future__ import annotations

from pathlib import Path

import pytest

from parlour.app.config import Settings
from parlour.app.wiring import build_sip, open_core
from parlour.channel.service import ChannelService


async def test_the_channel_service_hears_of_another_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(ChannelService, "password_changed", lambda self, uri: told.append(uri))
    settings = Settings(data_dir=tmp_path)
    async with open_core(settings) as core:
        sip = build_sip(settings, core)
        person = await core.directory.add_user("alice", "first-password")
        assert told == []
        await core.directory.set_password(person.uri, "other-password")
        assert told == [person.uri]
        await sip.close()
