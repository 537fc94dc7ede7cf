import datetime
import socket
import sqlite3
from pathlib import Path

import pytest

from parlour.app.certificates import make_self_signed
from parlour.app.checks import Outcome, check
from parlour.app.config import Settings
from parlour.app.config_load import make_settings
from parlour.app.data_dir import DataDir
from parlour.app.problems import Problem
from parlour.app.wiring import open_core


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
    assert len(check(settings)) == 11


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
        "database-missing": Outcome.WARNING,
        "certificate-missing": Outcome.FAILED,
        "permissions-too-open": Outcome.WARNING,
    }


async def filled(settings: Settings) -> DataDir:
    """Both databases, as a server leaves them."""
    data_dir = DataDir(settings.data_dir)
    data_dir.prepare()
    async with open_core(settings):
        pass
    return data_dir


async def test_data_of_another_domain_is_found_by_check_and_by_a_start(settings: Settings) -> None:
    await filled(settings)
    assert problems(settings) == {}
    other = settings.model_copy(update={"domain": "other.example"})
    assert problems(other)["domain-changed"] is Outcome.FAILED
    with pytest.raises(Problem, match=r"domain-changed: .* holds the data of the domain example.com, not of other"):
        await filled(other)


async def test_a_database_that_is_missing(settings: Settings) -> None:
    data_dir = await filled(settings)
    for path in (data_dir.accounts, data_dir.store):
        content = path.read_bytes()
        path.unlink()
        assert problems(settings) == {"database-missing": Outcome.WARNING}
        path.write_bytes(content)
        path.chmod(0o600)
    assert problems(settings) == {}


async def test_databases_of_two_servers(settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The ids are of the first start, and stay."""
    data_dir = await filled(settings)
    other = await filled(settings.model_copy(update={"data_dir": tmp_path / "other"}))
    data_dir.accounts.write_bytes(other.accounts.read_bytes())
    assert problems(settings) == {"databases-apart": Outcome.WARNING}
    await filled(settings)
    assert "databases_apart" in caplog.text
    assert problems(settings) == {"databases-apart": Outcome.WARNING}
    # As docs/operations.md says, if that is meant.
    with sqlite3.connect(data_dir.accounts) as connection:
        connection.execute("DELETE FROM store")
    connection.close()
    await filled(settings)
    assert problems(settings) == {}


def test_the_trace_is_looked_at(settings: Settings, tmp_path: Path) -> None:
    for place, bad in (("trace", False), ("nowhere/trace", True), ("data", True), ("file/trace", True)):
        (tmp_path / "file").touch()
        log = settings.log.model_copy(update={"trace": tmp_path / place})
        found = problems(settings.model_copy(update={"log": log}))
        assert found == ({"trace-unusable": Outcome.FAILED} if bad else {}), place
    assert not (tmp_path / "trace").exists()


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
