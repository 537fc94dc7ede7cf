"""The settings of a server: one frozen value, validated once when it is loaded.

Sources, strongest first: environment variables `PARLOUR_<SECTION>__<NAME>` (`PARLOUR_LOG__LEVEL=debug`), then the TOML
file. Lists in the environment are separated by commas. Every field carries its meaning, unit and default; the same
texts stand in docs/configuration.md. `load_settings` in `parlour.app.config_load` turns mistakes into `Problem`s.
"""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, PlainValidator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from parlour.app.addresses import ListenAddress, parse_listen_address
from parlour.app.i18n import _
from parlour.rooms.model import Limits

__all__ = ["Auth", "Chat", "FileSettings", "Listen", "Log", "Settings", "Tls", "Web"]

_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
_DEFAULTS = Limits()
_FILE_SERVICE = "/PersistentChat/MGCWebService.asmx"


def _address(value: object) -> ListenAddress:
    return value if isinstance(value, ListenAddress) else parse_listen_address(str(value))


def _split(value: object) -> object:
    """Environment variables hold lists as `a,b`; a bare string in the file means a list of one. `off` is no address."""
    if not isinstance(value, str):
        return value
    return () if value.strip().lower() in ("", "off", "0") else tuple(part.strip() for part in value.split(","))


def _domain(value: object) -> str:
    name = str(value).strip().rstrip(".").lower()
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in name.split(".")):
        raise ValueError(_("write a host name in ASCII letters, digits and hyphens (punycode for others)"))
    return name


def _url(value: object) -> str:
    url = str(value).strip()
    if url and not url.startswith(("https://", "http://")):
        raise ValueError(_("write an address that begins with https://"))
    return url


def _host(value: object) -> str:
    return _domain(value) if value else ""


def _path(value: object) -> object:
    """`~/data` begins at home, as on a command line."""
    if not isinstance(value, str | Path):
        return value
    try:
        return Path(value).expanduser()
    except RuntimeError as error:
        raise ValueError(_("there is no user of this name, whose home it would begin at")) from error


FilePath = Annotated[Path, BeforeValidator(_path)]
Address = Annotated[ListenAddress, PlainValidator(_address), PlainSerializer(str, return_type=str)]
Addresses = Annotated[tuple[Address, ...], BeforeValidator(_split)]
Domain = Annotated[str, BeforeValidator(_domain)]
Url = Annotated[str, BeforeValidator(_url)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Listen(_Section):
    """Where to listen, per transport: lists of `ADDRESS:PORT`; `[]` leaves the transport out."""

    sip: Addresses = Field(
        default=(ListenAddress("127.0.0.1", 5060),),
        description="SIP over TCP, unencrypted. Addresses; default 127.0.0.1:5060.",
    )
    sips: Addresses = Field(
        default=(ListenAddress("127.0.0.1", 5061),), description="SIP over TLS. Addresses; default 127.0.0.1:5061."
    )
    ws: Addresses = Field(
        default=(), description="SIP over WebSocket (RFC 7118), unencrypted. Addresses; off by default."
    )
    wss: Addresses = Field(default=(), description="SIP over secure WebSocket. Addresses; off by default.")
    udp: Addresses = Field(
        default=(),
        description="SIP over UDP, for standard SIP clients that know nothing else. Addresses; off by default.",
    )
    https: Addresses = Field(
        default=(ListenAddress("127.0.0.1", 8443),),
        description="Health and Prometheus metrics over HTTPS. Addresses; default 127.0.0.1:8443.",
    )


class Tls(_Section):
    """Certificate of the TLS listeners. Versions below TLS 1.2 are never spoken."""

    certificate: FilePath | None = Field(
        default=None, description="PEM file, the server's certificate first. Path; default DATA_DIR/certificate.pem."
    )
    key: FilePath | None = Field(
        default=None, description="PEM file with its private key. Path; default DATA_DIR/key.pem."
    )
    minimum: Literal["1.2", "1.3"] = Field(
        default="1.2", description="Lowest TLS version spoken: `1.2` or `1.3`. Default `1.2`."
    )


class Auth(_Section):
    """Ways to sign in. Only the verifiers of the schemes that are on are kept beside a password."""

    ntlm: bool = Field(
        default=True, description="NTLM with signed messages, for Communicator, Lync and SIPE. Default true."
    )
    digest: bool = Field(default=True, description="Digest with SHA-256 (RFC 8760). Default true.")
    digest_md5: bool = Field(
        default=False, description="Digest with MD5, for old SIP phones; weak, prefer it over TLS only. Default false."
    )


class Chat(_Section):
    """The chat service: its name, and the sizes that its rules enforce."""

    display_name: str = Field(
        default="Parlour",
        min_length=1,
        max_length=64,
        description="Name that the service gives itself. Default Parlour.",
    )
    message_bytes: int = Field(
        default=_DEFAULTS.message_bytes,
        ge=256,
        le=65536,
        description="Longest post. UTF-8 bytes, 256 to 65536; default 8192.",
    )
    story_bytes: int = Field(
        default=_DEFAULTS.story_bytes,
        ge=256,
        le=262144,
        description="Longest post with a title (a story). UTF-8 bytes, 256 to 262144; default 65536.",
    )
    default_history: int = Field(
        default=_DEFAULTS.default_history,
        ge=1,
        le=500,
        description="Posts shown when somebody opens a room and names no number. Posts, 1 to 500; default 30.",
    )
    search_limit: int = Field(
        default=_DEFAULTS.search_limit,
        ge=1,
        le=10000,
        description="Most rows of one search. Rows, 1 to 10000; default 999.",
    )
    participant_update_limit: int = Field(
        default=_DEFAULTS.participant_update_limit,
        ge=1,
        le=100000,
        description="Rooms with this many people in them stop announcing who comes and goes. People; default 75.",
    )
    endpoints_per_user: int = Field(
        default=_DEFAULTS.endpoints_per_user,
        ge=1,
        le=100,
        description="Devices on which one person may chat at once. Endpoints, 1 to 100; default 8.",
    )
    name_chars: int = Field(
        default=_DEFAULTS.name_chars,
        ge=1,
        le=256,
        description="Longest name of a room or category. Characters; default 256.",
    )
    description_chars: int = Field(
        default=_DEFAULTS.description_chars,
        ge=1,
        le=1024,
        description="Longest description of a room or category. Characters, 1 to 1024; default 256.",
    )

    strict_participant_list: bool = Field(
        default=_DEFAULTS.strict_participant_list,
        description="Hand out the list of participants of large rooms only, as the original does. Default false.",
    )
    push_history: bool = Field(
        default=False,
        description="Send the newest posts after a room is entered, unasked, for clients that wait for them. "
        "Default false.",
    )
    rooms_per_query: int = Field(
        default=_DEFAULTS.rooms_per_query,
        ge=1,
        le=1000,
        description="Most rooms that one search for messages may name. Rooms, 1 to 1000; default 100.",
    )
    person_posts: int = Field(
        default=_DEFAULTS.person_posts,
        ge=1,
        le=10000,
        description="Posts of one person that may wait to be written at a time; one more is told to come again. "
        "Posts, 1 to 10000; default 128.",
    )
    room_backlog: int = Field(
        default=_DEFAULTS.room_backlog,
        ge=1,
        le=100000,
        description="Events that a room may have still to tell before its authors are told to come again. "
        "Events, 1 to 100000; default 256.",
    )
    file_token_seconds: int = Field(
        default=_DEFAULTS.file_token_seconds,
        ge=60,
        le=86400,
        description="How long the leave to transfer a file lasts. Seconds, 60 to 86400; default 1800.",
    )

    def limits(self) -> Limits:
        """The same numbers as the rules of chat take them."""
        return Limits(**self.model_dump(include={field.name for field in fields(Limits)}))


class Web(_Section):
    """Addresses of pages and services over HTTPS that clients are told."""

    file_service_url: Url = Field(
        default="",
        description="Where clients transfer files. URL; default "
        "`https://HOST:PORT/PersistentChat/MGCWebService.asmx` of the first `listen.https`.",
    )
    room_management_url: Url = Field(
        default="", description="Page on which people manage rooms. URL; none by default, and clients are told of none."
    )


class Log(_Section):
    """The log goes to standard error, one line per event; never message bodies, never secrets."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least severity written: debug, info, warning or error. Default info."
    )
    format: Literal["console", "json"] = Field(
        default="console",
        description="`console` for people, `json` for machines (one object per line). Default console.",
    )
    trace: FilePath | None = Field(
        default=None,
        description="One JSON line per SIP message is written here, for `parlour trace`. File; off by default.",
    )


class Settings(BaseSettings):
    """All settings of one server."""

    model_config = SettingsConfigDict(
        env_prefix="PARLOUR_", env_nested_delimiter="__", enable_decoding=False, frozen=True, extra="forbid"
    )

    domain: Domain = Field(
        default="parlour.local",
        description="SIP domain of the users (`alice@DOMAIN`). Host name; default parlour.local.",
    )
    host: Annotated[str, BeforeValidator(_host)] = Field(
        default="",
        description="Name or IPv4 address under which clients reach this server. Host name; default: the domain.",
    )
    data_dir: FilePath = Field(
        default=Path("data"),
        description="Everything the server keeps. Directory, created with mode 0700; default ./data.",
    )
    listen: Listen = Field(default=Listen(), description="Listeners.")
    tls: Tls = Field(default=Tls(), description="Certificate.")
    auth: Auth = Field(default=Auth(), description="Ways to sign in.")
    chat: Chat = Field(default=Chat(), description="The chat service.")
    web: Web = Field(default=Web(), description="Pages.")
    log: Log = Field(default=Log(), description="Logging.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment over the file; no .env files, no secrets directory."""
        return (init_settings,) if settings_cls is FileSettings else (env_settings, init_settings)

    @property
    def host_name(self) -> str:
        """What this server calls itself in SIP."""
        return self.host or self.domain

    @property
    def certificate_path(self) -> Path:
        """The certificate file in use."""
        return self.tls.certificate or self.data_dir / "certificate.pem"

    @property
    def key_path(self) -> Path:
        """The private key file in use."""
        return self.tls.key or self.data_dir / "key.pem"

    def flat(self) -> dict[str, object]:
        """Every setting by its dotted name, as JSON has it."""
        flat: dict[str, object] = {}
        for name, value in self.model_dump(mode="json").items():
            if isinstance(value, dict):
                flat |= {f"{name}.{inner}": each for inner, each in value.items()}
            else:
                flat[name] = value
        return flat

    def effective(self) -> dict[str, object]:
        """As `flat`, with what stands in for those that are not given."""
        return self.flat() | {
            "host": self.host_name,
            "tls.certificate": str(self.certificate_path),
            "tls.key": str(self.key_path),
            "web.file_service_url": self.file_service_url(self.listen.https[0].port if self.listen.https else None),
        }

    def file_service_url(self, https_port: int | None) -> str:
        """Where clients are told to transfer files, with our own web server at `https_port` (None: there is none)."""
        if self.web.file_service_url or https_port is None:
            return self.web.file_service_url
        return f"https://{self.host_name}:{https_port or 'auto'}{_FILE_SERVICE}"

    @property
    def needs_certificate(self) -> bool:
        """Whether any listener speaks TLS."""
        return bool(self.listen.sips or self.listen.wss or self.listen.https)


class FileSettings(Settings):
    """What a file says, whatever the environment says."""
