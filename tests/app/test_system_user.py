"""The name of who is at the console."""

from __future__ import annotations

import os
import pwd

import pytest

from parlour.app import system_user
from parlour.app.system_user import console_name, own_console_name


@pytest.mark.parametrize(
    ("signed_in", "name"),
    [(None, "console:root"), ("root", "console:root"), ("kim", "console:kim as root")],
)
def test_who_signed_in_is_told(monkeypatch: pytest.MonkeyPatch, signed_in: str | None, name: str) -> None:
    monkeypatch.setattr(system_user, "_signed_in", lambda pid: signed_in)
    assert console_name(0, 1) == name


def test_a_user_without_a_name_has_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system_user, "_signed_in", lambda pid: None)
    assert console_name(123_456_789, 1) == "console:uid 123456789"


def test_a_process_that_is_gone_is_nobody_special() -> None:
    assert console_name(os.geteuid(), 2**30).startswith("console:")
    assert pwd.getpwuid(os.geteuid()).pw_name in own_console_name()
