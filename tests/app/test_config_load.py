import tomllib
from pathlib import Path

import pytest

from parlour.app.config import Settings
from parlour.app.config_load import check_name, load_settings, make_settings, setting_names, setting_sources, to_toml
from parlour.app.problems import Problem
from parlour.rooms.model import Limits


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in [name for name in os.environ if name.startswith("PARLOUR_")]:
        monkeypatch.delenv(name)


def test_defaults_listen_on_loopback_only() -> None:
    listen = make_settings({}, "test").listen
    addresses = [address for name in type(listen).model_fields for address in getattr(listen, name)]
    assert addresses
    assert {address.host for address in addresses} == {"127.0.0.1"}
    assert not listen.udp


def test_defaults_of_the_rules_are_the_rules_own() -> None:
    assert make_settings({}, "test").chat.limits() == Limits()


def test_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "parlour.toml"
    path.write_text('domain = "Example.COM."\n[listen]\nsip = ["[::1]:5060"]\nws = "127.0.0.1:auto"\n')
    settings = load_settings(path)
    assert settings.domain == "example.com"
    assert str(settings.listen.sip[0]) == "[::1]:5060"
    assert settings.listen.ws[0].port == 0


def test_what_is_written_loads_back_as_the_same_value() -> None:
    settings = make_settings(
        {
            "domain": "example.com",
            "data_dir": 'a "quoted"\\path\n',
            "listen": {"sip": [], "wss": ["[::]:443", "0.0.0.0:auto"]},
            "tls": {"certificate": "/etc/ssl/한글.pem"},
            "auth": {"digest_md5": True},
        },
        "test",
    )
    assert make_settings(tomllib.loads(to_toml(settings)), "test") == settings


def test_environment_goes_before_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLOUR_LOG__LEVEL", "error")
    monkeypatch.setenv("PARLOUR_LISTEN__SIP", "127.0.0.1:1, [::1]:2")
    monkeypatch.setenv("PARLOUR_LISTEN__HTTPS", "off")
    settings = make_settings({"log": {"level": "debug", "format": "json"}}, "test")
    assert (settings.log.level, settings.log.format) == ("error", "json")
    assert [str(address) for address in settings.listen.sip] == ["127.0.0.1:1", "[::1]:2"]
    assert settings.listen.https == ()


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        make_settings({}, "test").domain = "other"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("values", "key", "closest"),
    [
        ({"listen": {"sipp": []}}, "listen.sipp", "listen.sip"),
        ({"lisen": {}}, "lisen", "listen"),
        ({"message_bites": 1}, "message_bites", "chat.message_bytes"),
    ],
)
def test_an_unknown_setting_is_refused_with_the_closest_name(values: dict, key: str, closest: str) -> None:
    with pytest.raises(Problem) as caught:
        make_settings(values, "x.toml")
    assert caught.value.id == "config-unknown-setting"
    assert caught.value.values == {"origin": "x.toml", "key": key, "closest": closest}


def test_an_unknown_variable_is_refused_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLOUR_LISTEN__SIPP", "x")
    with pytest.raises(Problem, match="PARLOUR_LISTEN__SIPP") as caught:
        make_settings({}, "x.toml")
    assert "PARLOUR_LISTEN__SIP" in caught.value.cause


@pytest.mark.parametrize(
    ("values", "key", "value"),
    [
        ({"domain": "a b"}, "domain", "'a b'"),
        ({"chat": {"message_bytes": 1}}, "chat.message_bytes", "1"),
        ({"listen": {"sip": ["127.0.0.1:5060", "::1:5060"]}}, "listen.sip", "'::1:5060'"),
        ({"log": {"level": "loud"}}, "log.level", "'loud'"),
        ({"tls": {"minimum": "1.1"}}, "tls.minimum", "'1.1'"),
    ],
)
def test_a_bad_value_is_named(values: dict, key: str, value: str) -> None:
    with pytest.raises(Problem) as caught:
        make_settings(values, "x.toml")
    assert caught.value.id == "config-bad-value"
    assert (caught.value.values["key"], caught.value.values["value"]) == (key, value)
    assert caught.value.values["origin"] == "x.toml"


def test_a_bad_variable_is_named_as_the_origin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLOUR_DOMAIN", "..")
    with pytest.raises(Problem, match="PARLOUR_DOMAIN"):
        make_settings({}, "x.toml")


def test_at_least_one_sip_listener(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="config-nothing-to-listen-on"):
        make_settings({"listen": {"sip": [], "sips": []}}, "x.toml")


def test_somebody_can_sign_in() -> None:
    with pytest.raises(Problem, match="config-no-sign-in"):
        make_settings({"auth": {"ntlm": False, "digest": False}}, "x.toml")
    assert make_settings({"auth": {"ntlm": False, "digest": False, "digest_md5": True}}, "x.toml").auth.digest_md5


def test_a_file_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "parlour.toml"
    path.write_bytes(b'\xef\xbb\xbfdomain = "example.com"\n')
    assert load_settings(path).domain == "example.com"


def test_a_path_may_begin_at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/kim")
    made = make_settings({"data_dir": "~/data", "log": {"trace": "~/trace"}, "tls": {"key": "~/key.pem"}}, "x.toml")
    assert made.data_dir == Path("/home/kim/data")
    assert (made.log.trace, made.tls.key) == (Path("/home/kim/trace"), Path("/home/kim/key.pem"))


def test_the_home_of_nobody() -> None:
    with pytest.raises(Problem, match="config-bad-value") as problem:
        make_settings({"data_dir": "~nobody-of-that-name/data"}, "x.toml")
    assert "no user of this name" in str(problem.value)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="config-not-readable"):
        load_settings(tmp_path / "absent.toml")
    for content in (b"domain = ", b"\xff"):
        (tmp_path / "bad.toml").write_bytes(content)
        with pytest.raises(Problem, match="config-not-toml"):
            load_settings(tmp_path / "bad.toml")


def test_every_setting_says_what_it_is() -> None:
    names = list(setting_names())
    assert "listen.sip" in names
    assert "domain" in names
    for name in names:
        model: type = Settings
        *sections, last = name.split(".")
        for section in sections:
            model = model.model_fields[section].annotation  # type: ignore[attr-defined]
        assert model.model_fields[last].description, name  # type: ignore[attr-defined]


def test_each_setting_has_a_source_and_an_effective_value(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "parlour.toml"
    path.write_text('domain = "example.com"\n[listen]\nhttps = "0.0.0.0:8443"\n[log]\nlevel = "debug"\n')
    monkeypatch.setenv("PARLOUR_LOG__LEVEL", "error")
    sources, values = setting_sources(path), load_settings(path).effective()
    assert sources.keys() == values.keys() == set(setting_names())
    assert (sources["domain"], sources["listen.https"], sources["listen.sip"]) == ("file", "file", "default")
    assert (sources["log.level"], values["log.level"]) == ("environment", "error")
    assert (sources["host"], values["host"]) == ("default", "example.com")
    assert values["tls.key"] == "data/key.pem"
    assert values["web.file_service_url"] == "https://example.com:8443/PersistentChat/MGCWebService.asmx"


def test_files_go_where_the_settings_say() -> None:
    own = make_settings({"host": "chat.example"}, "test")
    assert own.file_service_url(9443) == "https://chat.example:9443/PersistentChat/MGCWebService.asmx"
    assert own.file_service_url(None) == ""
    other = make_settings({"web": {"file_service_url": "https://files.example/x"}}, "test")
    assert other.file_service_url(9443) == other.file_service_url(None) == "https://files.example/x"
    with pytest.raises(Problem, match="https://"):
        make_settings({"web": {"room_management_url": "rooms.example"}}, "test")


def test_limits_follow_their_settings() -> None:
    chat = {"strict_participant_list": True, "person_posts": 3, "room_backlog": 4, "rooms_per_query": 5}
    limits = make_settings({"chat": chat | {"file_token_seconds": 60}}, "test").chat.limits()
    assert limits == Limits(
        strict_participant_list=True, person_posts=3, room_backlog=4, rooms_per_query=5, file_token_seconds=60
    )


def test_a_section_is_no_setting() -> None:
    with pytest.raises(Problem) as caught:
        check_name("chat", "x.toml")
    assert str(caught.value.values["closest"]).startswith("chat.")
