import dataclasses
import datetime
import errno
import stat
from pathlib import Path

import pytest

from parlour.app import quickstart
from parlour.app.certificates import make_self_signed, read_facts
from parlour.app.config_edit import set_setting
from parlour.app.config_load import load_settings, to_toml
from parlour.app.data_dir import DataDir
from parlour.app.problems import Problem
from parlour.app.quickstart import (
    Wishes,
    demo_password,
    ensure_certificate,
    keep_settings,
    said_at_every_start,
    settings_for,
    sign_in_lines,
)
from parlour.app.ready import Demo, DemoRoom, DemoUser, Listening

PORTS = {"sip": "5060", "sips": "auto", "ws": "off", "https": "0"}


def wishes(path: Path, domain: str | None = None, listen: str = "127.0.0.1", **ports: str) -> Wishes:
    return Wishes(path, domain, listen, {**PORTS, **ports})


def test_flags_become_settings(tmp_path: Path) -> None:
    settings = settings_for(wishes(tmp_path, listen="::1"))
    assert settings.domain == "parlour.local"
    assert [str(address) for address in settings.listen.sip] == ["[::1]:5060"]
    assert [str(address) for address in settings.listen.sips] == ["[::1]:auto"]
    assert settings.listen.ws == settings.listen.https == settings.listen.udp == ()
    assert settings_for(wishes(tmp_path, listen="[::1]")).listen == settings.listen


def test_the_domain_stays(tmp_path: Path) -> None:
    settings = settings_for(wishes(tmp_path, "chat.example"))
    DataDir(tmp_path).settings.write_text(to_toml(settings))
    assert settings_for(wishes(tmp_path)).domain == "chat.example"
    assert settings_for(wishes(tmp_path, "Chat.Example")).domain == "chat.example"
    with pytest.raises(Problem, match="domain-changed"):
        settings_for(wishes(tmp_path, "other.example"))
    assert load_settings(DataDir(tmp_path).settings) == settings


def test_what_was_changed_stays_but_for_what_the_options_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLOUR_LOG__LEVEL", "error")
    keep_settings(wishes(tmp_path, "chat.example"))
    path = DataDir(tmp_path).settings
    assert 'level = "info"' in path.read_text()
    path.write_text(path.read_text().replace("default_history = 30", "default_history = 7  # few") + "# mine\n")
    set_setting(path, "listen.udp", ["127.0.0.1:7"])
    again = wishes(tmp_path, sip="7777")
    keep_settings(again)
    assert "default_history = 7  # few" in path.read_text()
    assert path.read_text().rstrip().endswith("# mine")
    settings = settings_for(again)
    assert (settings.domain, settings.chat.default_history, settings.log.level) == ("chat.example", 7, "error")
    assert [str(address) for address in (*settings.listen.sip, *settings.listen.udp)] == [
        "127.0.0.1:7777",
        "127.0.0.1:7",
    ]
    assert load_settings(path).listen == settings.listen
    assert all(said_at_every_start(f"listen.{name}") for name in PORTS)
    assert not said_at_every_start("listen.udp")


@pytest.mark.parametrize("port", ["x", "65536", "-1", ""])
def test_a_bad_port_names_its_option(tmp_path: Path, port: str) -> None:
    with pytest.raises(Problem) as caught:
        settings_for(wishes(tmp_path, ws=port))
    assert caught.value.values["option"] == "--ws-port"


def test_the_password_is_kept_privately(tmp_path: Path) -> None:
    data_dir = DataDir(tmp_path)
    made = demo_password(data_dir, None)
    assert len(made) >= 14
    assert demo_password(data_dir, None) == made
    assert stat.S_IMODE(data_dir.demo_password.stat().st_mode) == 0o600
    assert demo_password(data_dir, "given") == "given"
    assert demo_password(data_dir, None) == "given"


def test_the_certificate_is_renewed_only_when_due(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_for(wishes(tmp_path))
    ensure_certificate(settings, "127.0.0.1")
    first = settings.certificate_path.read_bytes()
    ensure_certificate(settings, "127.0.0.1")
    assert settings.certificate_path.read_bytes() == first
    ensure_certificate(settings, "192.0.2.7")
    assert "192.0.2.7" in read_facts(settings.certificate_path).names
    second = settings.certificate_path.read_bytes()
    monkeypatch.setattr(quickstart, "_RENEW", datetime.timedelta(days=4000))
    ensure_certificate(settings, "192.0.2.7")
    assert settings.certificate_path.read_bytes() != second


def test_a_certificate_of_somebody_else_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_for(wishes(tmp_path))
    make_self_signed(settings.certificate_path, settings.key_path, ["elsewhere"])
    before = settings.certificate_path.read_bytes()
    facts = dataclasses.replace(read_facts(settings.certificate_path), self_signed=False)
    monkeypatch.setattr(quickstart, "read_own_facts", lambda _path: facts)
    ensure_certificate(settings, "127.0.0.1")
    assert settings.certificate_path.read_bytes() == before
    settings.key_path.unlink()
    ensure_certificate(settings, "127.0.0.1")
    assert settings.key_path.exists()


def test_what_is_printed_is_enough_to_sign_in(tmp_path: Path) -> None:
    demo = Demo(
        (
            DemoUser("alice", "sip:alice@parlour.local", "alice@parlour.local", "secret-word"),
            DemoUser("bob", "sip:bob@parlour.local", "bob@parlour.local", None),
        ),
        (DemoRoom("Lobby", "ma-chan://parlour.local/1", "open"),),
    )
    listening = [Listening("sip", "127.0.0.1", 5060), Listening("sips", "127.0.0.1", 5061)]
    text = "\n".join(sign_in_lines(listening, demo))
    for word in ("127.0.0.1:5060", "127.0.0.1:5061", "alice@parlour.local", "secret-word", "bob@", "Lobby", "ma-chan:"):
        assert word in text


def test_where_nothing_can_be_written_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    settings = settings_for(wishes(tmp_path, sips="5061"))
    monkeypatch.setattr("parlour.app.quickstart.write_atomically", full)
    monkeypatch.setattr("parlour.app.certificates.write_atomically", full)
    for act in (
        lambda: keep_settings(wishes(tmp_path)),
        lambda: ensure_certificate(settings, "127.0.0.1"),
        lambda: demo_password(DataDir(tmp_path), "a-pass-word"),
    ):
        with pytest.raises(Problem, match="data-dir-unusable"):
            act()
