"""One setting of a file is changed, the rest of it stays as somebody wrote it."""

import os
import stat
from pathlib import Path

import pytest

from parlour.app.config_edit import change_file, set_setting, unset_setting
from parlour.app.config_load import load_settings
from parlour.app.problems import Problem

FILE = """\
# ours since 2019
domain = "x.example"  # never change

[listen] # here
sip = [
  "127.0.0.1:5060", # old phones
]

# about the log
[log]
level = "info"   # loud
"""


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("PARLOUR_")]:
        monkeypatch.delenv(name)
    (tmp_path / "parlour.toml").write_text(FILE)
    return tmp_path / "parlour.toml"


def test_a_value_is_changed_in_its_place(path: Path) -> None:
    changed = set_setting(path, "log.level", ["debug"])
    assert (changed.name, changed.before, changed.after) == ("log.level", "info", "debug")
    assert path.read_text() == FILE.replace('"info"', '"debug"')


def test_a_new_value_stands_below_the_others_of_its_section(path: Path) -> None:
    changed = set_setting(path, "listen.sips", ["127.0.0.1:1", "[::1]:2"])
    assert (changed.before, changed.after) == (["127.0.0.1:5061"], ["127.0.0.1:1", "[::1]:2"])
    assert path.read_text() == FILE.replace("]\n\n#", ']\nsips = ["127.0.0.1:1", "[::1]:2"]\n\n#')


@pytest.mark.parametrize(
    ("name", "words", "line"),
    [
        ("chat.message_bytes", ["9000"], "message_bytes = 9000"),
        ("auth.digest_md5", ["yes"], "digest_md5 = true"),
        ("host", ["Chat.Example."], 'host = "chat.example"'),
        ("listen.ws", ["off"], "ws = []"),
        ("listen.ws", ["127.0.0.1:1,127.0.0.1:2"], 'ws = ["127.0.0.1:1", "127.0.0.1:2"]'),
        ("chat.display_name", ['우리 "대화"'], 'display_name = "우리 \\"대화\\""'),
        ("tls.certificate", ["/etc/x.pem"], 'certificate = "/etc/x.pem"'),
    ],
)
def test_values_have_their_kind(path: Path, name: str, words: list[str], line: str) -> None:
    changed = set_setting(path, name, words)
    assert line in path.read_text().splitlines()
    assert load_settings(path).flat()[name] == changed.after
    assert "# never change" in path.read_text()


@pytest.mark.parametrize("content", ["", "# only this\n", "[chat]\n", "chat.message_bytes = 300\n", "chat = {}\n"])
def test_a_section_may_be_written_in_any_way(path: Path, content: str) -> None:
    path.write_text(content)
    set_setting(path, "chat.story_bytes", ["70000"])
    set_setting(path, "domain", ["y.example"])
    settings = load_settings(path)
    assert (settings.chat.story_bytes, settings.domain) == (70000, "y.example")
    assert settings.chat.message_bytes == (300 if "300" in content else 8192)


def test_a_setting_taken_out_has_its_default_again(path: Path) -> None:
    changed = unset_setting(path, "log.level")
    assert (changed.before, changed.after) == ("info", "info")
    assert path.read_text() == FILE.replace('level = "info"   # loud\n', "")
    set_setting(path, "chat.default_history", ["7"])
    changed = unset_setting(path, "chat.default_history")
    assert (changed.before, changed.after) == (7, 30)
    assert unset_setting(path, "chat.default_history").before == 30


@pytest.mark.parametrize(
    ("name", "words", "id"),
    [
        ("chat.message_bytes", ["many"], "config-bad-value"),
        ("chat.message_bytes", ["1", "2"], "config-bad-value"),
        ("chat.mesage_bytes", ["1"], "config-unknown-setting"),
        ("chat", ["1"], "config-unknown-setting"),
        ("listen.sip", ["x"], "config-bad-value"),
    ],
)
def test_what_cannot_be_leaves_the_file_as_it_was(path: Path, name: str, words: list[str], id: str) -> None:
    with pytest.raises(Problem, match=id):
        set_setting(path, name, words)
    assert path.read_text() == FILE


def test_the_last_listener_is_not_taken_away(path: Path) -> None:
    set_setting(path, "listen.sips", ["off"])
    with pytest.raises(Problem, match="config-nothing-to-listen-on"):
        set_setting(path, "listen.sip", ["off"])


def test_a_wrong_value_can_be_mended(path: Path) -> None:
    path.write_text('[log]\nlevel = "loud"\n')
    assert set_setting(path, "log.level", ["error"]).before == "loud"
    assert load_settings(path).log.level == "error"


def test_the_environment_has_no_say_in_the_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLOUR_LOG__LEVEL", "error")
    assert set_setting(path, "log.level", ["debug"]).after == "debug"
    assert 'level = "debug"   # loud' in path.read_text()
    with pytest.raises(Problem) as caught:
        set_setting(path, "log.level", ["loud"])
    assert caught.value.values["origin"] == str(path)


def test_files_that_cannot_be_changed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Problem, match="config-not-readable"):
        set_setting(path.parent / "absent.toml", "log.level", ["debug"])

    def full(*_args: object, **_more: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("parlour.app.files.tempfile.mkstemp", full)
    with pytest.raises(Problem, match="config-not-writable"):
        set_setting(path, "log.level", ["debug"])
    path.write_text("domain =")
    with pytest.raises(Problem, match="config-not-toml"):
        set_setting(path, "log.level", ["debug"])


def test_mode_links_and_line_ends_stay(path: Path) -> None:
    path.write_bytes(FILE.replace("\n", "\r\n").encode())
    path.chmod(0o640)
    link = path.parent / "link.toml"
    link.symlink_to(path)
    set_setting(link, "log.level", ["debug"])
    assert link.is_symlink()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert path.read_bytes() == FILE.replace("info", "debug").replace("\n", "\r\n").encode()


def test_several_values_at_once(path: Path) -> None:
    change_file(path, {"domain": "y.example", "listen.sip": ["127.0.0.1:9"], "listen.ws": []})
    settings = load_settings(path)
    assert (settings.domain, str(settings.listen.sip[0]), settings.log.level) == ("y.example", "127.0.0.1:9", "info")
