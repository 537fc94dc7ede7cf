"""`parlour quickstart`: settings from a few flags, a certificate, demo users and rooms, then the ordinary server.

Safe to repeat: data, rooms, accounts and passwords stay. The settings it used are left in DATA_DIR/parlour.toml, which
`parlour serve --config` takes, so that a trial can become a server.
"""

from __future__ import annotations

import datetime
import ipaddress
import logging
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parlour.app.addresses import ListenAddress, parse_port
from parlour.app.certificates import CertificateFacts, local_names, make_self_signed, read_own_facts
from parlour.app.config import Settings
from parlour.app.config_load import make_file_settings, make_settings, read_values, to_toml
from parlour.app.data_dir import DataDir
from parlour.app.files import write_atomically
from parlour.app.i18n import _, mark
from parlour.app.os_errors import say_os_error
from parlour.app.problems import Problem
from parlour.app.ready import Demo, Listening
from parlour.app.terminal import pad, visible

if TYPE_CHECKING:
    from parlour.app.wiring import Core

__all__ = [
    "Wishes",
    "demo_password",
    "ensure_certificate",
    "keep_settings",
    "quickstart",
    "said_at_every_start",
    "settings_for",
    "sign_in_lines",
]

_OFF = frozenset({"0", "off"})
# Letters and digits that are not taken for one another.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_RENEW = datetime.timedelta(days=30)
_LABELS = {
    "sip": mark("SIP over TCP"),
    "sips": mark("SIP over TLS"),
    "ws": mark("SIP over WebSocket"),
    "https": mark("health and metrics"),
}
_SAID = ("domain", "host", "data_dir")
_LISTENERS = ("sip", "sips", "ws", "https")
_HEADER = (
    "# Made by `parlour quickstart`, which says domain, host, data_dir and the listen.* of its options anew at every\n"
    "# start; all else stays as it is changed here or by `parlour config set`.\n"
)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What was asked for on the command line. `ports` by listener: a number, `auto`, or `0`/`off`."""

    data_dir: Path
    domain: str | None
    listen: str
    ports: Mapping[str, str]
    demo_password: str | None = None
    ready_file: Path | None = None


def quickstart(wishes: Wishes, say: Callable[[str], None]) -> None:
    """Run until a signal ends it; `say` prints one line. Raises `Problem`."""
    from parlour.app.demo import make_demo
    from parlour.app.lifespan import Occasion, serve
    from parlour.hub.auditing import AUDIT_LOG

    data_dir = DataDir(wishes.data_dir)
    data_dir.prepare()
    settings = settings_for(wishes)

    def announce(listening: Sequence[Listening], demo: Demo) -> None:
        for line in sign_in_lines(listening, demo):
            say(line)

    def furnish() -> None:
        if settings.needs_certificate:
            ensure_certificate(settings, wishes.listen)
        keep_settings(wishes)

    async def populate(core: Core) -> Demo:
        with _unsaid(AUDIT_LOG):
            return await make_demo(core, settings, demo_password(data_dir, wishes.demo_password))

    serve(settings, wishes.ready_file, Occasion(furnish, populate, announce))


@contextmanager
def _unsaid(logger: str) -> Iterator[None]:
    """The log says nothing of what goes as expected: what comes next on the screen is what somebody has to read. The
    audit trail has it all the same."""
    quiet = logging.getLogger(logger)
    before = quiet.level
    quiet.setLevel(logging.WARNING)
    try:
        yield
    finally:
        quiet.setLevel(before)


def settings_for(wishes: Wishes) -> Settings:
    """The settings of this run: as the options say, the rest as an earlier run or `config set` left it. A data
    directory keeps the domain it was made with. Raises `Problem`."""
    path = DataDir(wishes.data_dir).settings
    kept = _kept(path)
    settings = make_settings(_values(wishes, kept), origin=str(path))
    domain = kept.get("domain", settings.domain)
    if settings.domain != domain:
        raise Problem("domain-changed", path=wishes.data_dir, old=domain, new=settings.domain)
    return settings


def _kept(path: Path) -> dict[str, Any]:
    return read_values(path) if path.exists() else {}


def _values(wishes: Wishes, kept: Mapping[str, Any]) -> dict[str, Any]:
    listen = {name: _addresses(name, wishes.listen, port) for name, port in wishes.ports.items()}
    kept_listen = kept.get("listen")
    return dict(kept) | {
        "domain": wishes.domain or kept.get("domain", "parlour.local"),
        "host": _reachable(wishes.listen),
        "data_dir": str(wishes.data_dir),
        "listen": kept_listen | listen if isinstance(kept_listen, dict) else listen,
    }


def keep_settings(wishes: Wishes) -> None:
    """Leave the settings of this run in the data directory, without what the environment says. Raises `Problem`."""
    path = DataDir(wishes.data_dir).settings
    settings = make_file_settings(_values(wishes, _kept(path)), origin=str(path))
    if not path.exists():
        with _writing(path):
            write_atomically(path, (_HEADER + to_toml(settings)).encode())
        return
    from parlour.app.config_edit import change_file

    values = settings.flat()
    change_file(path, {name: values[name] for name in (*_SAID, *(f"listen.{name}" for name in wishes.ports))})


def said_at_every_start(name: str) -> bool:
    """Whether a setting is as the options of `quickstart` have it, whatever was left in the file."""
    return name in (*_SAID, *(f"listen.{listener}" for listener in _LISTENERS))


def _reachable(listen: str) -> str:
    """A made-up domain is in no DNS; an IPv4 address is a name that everybody can reach."""
    try:
        address = ipaddress.IPv4Address(listen)
    except ValueError:
        return ""
    return "" if address.is_unspecified else str(address)


def _addresses(name: str, host: str, port: str) -> list[str]:
    if port.lower() in _OFF:
        return []
    try:
        return [str(ListenAddress(host.strip("[]"), parse_port(port.lower())))]
    except ValueError as error:
        raise Problem(
            "usage-bad-value", option=f"--{name}-port", value=port, error=error, command="parlour quickstart"
        ) from None


def ensure_certificate(settings: Settings, host: str) -> None:
    """Make a self-signed certificate, or a new one when ours runs out or was made for other names. One that somebody
    else signed is never touched. Raises `Problem`."""
    certificate, key = settings.certificate_path, settings.key_path
    names = local_names(settings.domain, [host.strip("[]")])
    if not (certificate.exists() and key.exists()) or _is_stale(read_own_facts(certificate), names):
        with _writing(certificate):
            make_self_signed(certificate, key, names)


def _is_stale(facts: CertificateFacts | None, names: Sequence[str]) -> bool:
    soon = datetime.datetime.now(datetime.UTC) + _RENEW
    return facts is not None and facts.self_signed and (facts.not_after < soon or not set(names) <= facts.names)


def demo_password(data_dir: DataDir, wanted: str | None) -> str:
    """The password for new demo users: the one asked for, else last time's, else a new one; kept with mode 0600. Raises
    `Problem`."""
    if wanted is None and data_dir.demo_password.exists():
        return data_dir.demo_password.read_text(encoding="utf-8").strip()
    password = wanted or "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(3))
    with _writing(data_dir.demo_password):
        write_atomically(data_dir.demo_password, f"{password}\n".encode())
    return password


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """A full disk, above all, is no surprise."""
    try:
        yield
    except OSError as error:
        raise Problem("data-dir-unusable", path=path.parent, error=say_os_error(error)) from error


def sign_in_lines(listening: Sequence[Listening], demo: Demo) -> list[str]:
    """What to enter in a SIP client, ready to print."""
    first = {listener.transport: listener for listener in reversed(listening)}
    lines = ["", _("Parlour is running. Press Ctrl+C to stop it; everything is kept."), ""]
    for transport, label in _LABELS.items():
        if transport in first:
            lines.append(f"  {first[transport]!s:28} {_(label)}")
    lines += ["", _("Sign in with a SIP client as one of:"), ""]
    for user in demo.users:
        password = user.password or _("(changed; set a new one with `parlour user password`)")
        lines.append(f"  {user.login:28} {_('password')} {password}")
    lines += [
        "",
        _("In Pidgin with SIPE: Username and Login as above, Connection Type TCP or SSL/TLS,"),
        *_server(first),
    ]
    lines += ["", _("Rooms:"), ""]
    lines += [f"  {pad(visible(room.name), 28)} {room.uri}" for room in demo.rooms]
    return [*lines, ""]


def _server(first: Mapping[str, Listening]) -> list[str]:
    """The `Server[:Port]` field of the client: connections are not looked up in DNS for a made-up domain."""
    shown = first.get("sip") or first.get("sips") or next(iter(first.values()))
    return [_("Server {address}, User Agent and authentication left as they are.").format(address=shown)]
