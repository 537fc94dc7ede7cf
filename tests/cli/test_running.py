import json
from pathlib import Path

import pytest

from parlour.cli.main import main


def run(*words: object) -> int:
    with pytest.raises(SystemExit) as left:
        main([str(word) for word in words])
    return int(left.value.code or 0)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "parlour.toml"
    path.write_text(
        f'domain = "example.com"\ndata_dir = "{tmp_path / "data"}"\n'
        '[listen]\nsip = "off"\nsips = "127.0.0.1:auto"\nhttps = "127.0.0.1:auto"\n'
    )
    return path


def test_a_certificate_is_made_once(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("certificate", "--config", config, "--json") == 0
    made = json.loads(capsys.readouterr().out)
    assert made["made"] is True
    before = Path(made["certificate"]).read_bytes()
    assert run("certificate", "--config", config) == 0
    assert "--force" in capsys.readouterr().out
    assert Path(made["certificate"]).read_bytes() == before
    assert run("certificate", "--config", config, "--force") == 0
    assert Path(made["certificate"]).read_bytes() != before


def test_check_says_what_is_wrong_and_what_is_not(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", "--config", config) == 1
    printed = capsys.readouterr().out
    assert "FAILED   certificate" in printed
    assert "[certificate-missing]" in printed
    run("certificate", "--config", config)
    capsys.readouterr()
    assert run("check", "--config", config, "--json") == 0
    assert {finding["outcome"] for finding in json.loads(capsys.readouterr().out)} == {"good"}


def test_every_setting_is_shown_with_its_source(
    config: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PARLOUR_CHAT__DISPLAY_NAME", "우리 대화")
    assert run("config", "show", "--config", config, "--json") == 0
    rows = {row["setting"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows["domain"] == {"setting": "domain", "value": "example.com", "source": "file"}
    assert rows["chat.display_name"] == {"setting": "chat.display_name", "value": "우리 대화", "source": "environment"}
    assert rows["log.level"]["source"] == "default"
    assert run("config", "show", "--config", config) == 0
    assert "chat.display_name              우리 대화" in capsys.readouterr().out
