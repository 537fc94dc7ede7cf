import datetime
import socket
from pathlib import Path

import pytest

from parlour.app.certificates import make_self_signed
from parlour.app.checks import Outcome, check
from parlour.app.config import Settings
from parlour.app.config_load import make_settings
from parlour.app.data_dir import DataDir


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    data_dir = tmp_path / "data"
    data_dir.mkdir(mode=0o700)
    listen = {"sip": "127.0.0.1:auto", "sips": "[::1]:auto", "udp": "127.0.0.1:auto", "https": "off"}
    made = make_settings({"domain": "example.com", "data_dir": str(data_dir), "listen": listen}, "test")
    make_self_signed(made.certificate_path, made.key_path, ["example.com"])
    return made


def problems(settings: Settings, now: datetime.datetime | None = None) -> dict[str, Outcome]:
    return {finding.problem.id: finding.outcome for finding in check(settings, now) if finding.problem}


def test_a_good_server_has_no_finding(settings: Settings) -> None:
    assert problems(settings) == {}
    assert len(check(settings)) == 8


def test_looking_changes_nothing(tmp_path: Path) -> None:
    settings = make_settings({"data_dir": str(tmp_path / "new" / "data"), "listen": {"sip": "127.0.0.1:auto"}}, "test")
    check(settings)
    assert list(tmp_path.iterdir()) == []


def test_what_keeps_a_server_from_starting_is_found(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        listen = settings.listen.model_copy(update={"sip": (type(settings.listen.sip[0])("127.0.0.1", port),)})
        DataDir(settings.data_dir).store.write_bytes(b"no database at all, but long enough to look like one" * 100)
        settings.key_path.unlink()
        found = problems(settings.model_copy(update={"listen": listen}))
    assert found == {
        "listen-port-in-use": Outcome.FAILED,
        "database-unusable": Outcome.FAILED,
        "certificate-missing": Outcome.FAILED,
        "permissions-too-open": Outcome.WARNING,
    }


def test_ports_of_the_running_server_are_not_a_problem(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        listen = settings.listen.model_copy(update={"sip": (type(settings.listen.sip[0])("127.0.0.1", port),)})
        with DataDir(settings.data_dir).lock():
            assert problems(settings.model_copy(update={"listen": listen})) == {}


def test_certificates_and_clocks_are_compared(settings: Settings) -> None:
    later = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=1000)
    assert problems(settings, later) == {"certificate-expired": Outcome.FAILED}
    assert problems(settings, datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)) == {
        "clock-implausible": Outcome.FAILED,
        "certificate-expired": Outcome.FAILED,
    }
    assert problems(settings.model_copy(update={"domain": "other.example"})) == {
        "certificate-other-name": Outcome.WARNING
    }


def test_findings_are_jsonable(settings: Settings) -> None:
    settings.key_path.unlink()
    found = [finding.as_json() for finding in check(settings)]
    assert {"name": "clock", "outcome": "good"} in found
    (failed,) = [finding for finding in found if finding["outcome"] == "failed"]
    assert failed["problem"]["id"] == "certificate-missing"
    assert set(failed["problem"]) == {"id", "what", "cause", "remedy"}
