"""`probe`: whether two people can sign in, meet in a room and hear each other, with the times it takes."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, get_args

import typer

from parlour.app.addresses import ListenAddress
from parlour.app.i18n import _
from parlour.app.os_errors import say_os_error
from parlour.app.problems import Problem
from parlour.app.terminal import pad, visible
from parlour.cli.options import AsJson, ConfigFile, DataDirectory, find_settings
from parlour.cli.output import say, say_json
from parlour.cli.usage import add_verb, one_of

if TYPE_CHECKING:
    from parlour.app.config import Settings
    from parlour.app.probe import Plan, Step

__all__ = ["add_commands"]

_ROOM = "Parlour probe"
_CATEGORY = "Parlour probes"
_LOGINS = ("probe-sender", "probe-receiver")
# Not PARLOUR_...: those are settings.
_VARIABLES = ("PROBE_SENDER_PASSWORD", "PROBE_RECEIVER_PASSWORD")
Via = Literal["tls", "tcp", "auto"]


Who = Annotated[str | None, typer.Option("--sender", metavar="ADDRESS", help=_("Who writes; default probe-sender."))]
Whom = Annotated[
    str | None, typer.Option("--receiver", metavar="ADDRESS", help=_("Who answers; default probe-receiver."))
]
MeetingRoom = Annotated[
    str, typer.Option("--room", metavar="ROOM", help=_("Name or ma-chan URI of the room to meet in."))
]
Server = Annotated[
    str | None,
    typer.Option("--server", metavar="HOST:PORT", help=_("Server to test; default the one of the settings.")),
]
Transport = Annotated[
    Via | None,
    typer.Option(
        "--transport",
        metavar="tls|tcp|auto",
        help=_("tls, tcp, or auto; default as the server listens."),
        **one_of(get_args(Via)),
    ),
]
Trusted = Annotated[
    Path | None,
    typer.Option("--certificate", metavar="FILE", help=_("PEM file to trust instead of the system's authorities.")),
]
PasswordFile = Annotated[
    Path | None,
    typer.Option(
        "--password-file", metavar="FILE", help=_("Passwords of sender and receiver, a line each; --setup makes it.")
    ),
]
Timeout = Annotated[
    float, typer.Option("--timeout", metavar="SECONDS", min=0.1, help=_("How long each step may take."))
]
Setup = Annotated[
    bool, typer.Option("--setup", help=_("First make the two people and the room, where they are missing."))
]


def _probe(
    sender: Who = None,
    receiver: Whom = None,
    room: MeetingRoom = _ROOM,
    server: Server = None,
    transport: Transport = None,
    certificate: Trusted = None,
    password_file: PasswordFile = None,
    timeout: Timeout = 10.0,
    setup: Setup = False,
    config: ConfigFile = None,
    data_dir: DataDirectory = None,
    as_json: AsJson = False,
) -> None:
    from parlour.app.probe import Plan

    known = sender is not None and receiver is not None and server is not None and not setup
    settings = None if known else find_settings(config, data_dir)
    people = _people(settings, sender, receiver)
    passwords = _passwords(password_file, setup)
    if setup and settings is not None:
        _make_missing(settings, people, passwords, room)
    if settings is not None and server is None:
        server, transport, certificate = _local(settings, transport, certificate)
    via = transport or "tls"
    plan = Plan(people[0], passwords[0], people[1], passwords[1], room, server, via, certificate, timeout)
    if not _carry_out(plan, as_json):
        raise typer.Exit(1)


def _carry_out(plan: Plan, as_json: bool) -> bool:
    """Try it and print how it went; whether it went well. Raises `Problem`."""
    import asyncio

    from parlour.app.probe import probe

    try:
        report = asyncio.run(probe(plan, (lambda _step: None) if as_json else _tell))
    except (ValueError, OSError) as error:
        raise Problem("probe-impossible", error=error) from error
    if as_json:
        say_json(report.as_json())
    else:
        say(_("everything works") if report.good else _("it does not work: {why}").format(why=report.diagnosis))
    return report.good


def _tell(step: Step) -> None:
    words = {
        "sign in": _("sign in"),
        "join": _("join"),
        "message": _("message"),
        "reply": _("reply"),
        "leave": _("leave"),
        "sign out": _("sign out"),
    }
    outcome = _("FAILED") + f": {visible(step.error)}" if step.error else _("good")
    say(f"{step.seconds * 1000:9.1f} ms  {pad(words[step.name], 10)} {pad(step.who, 32)} {outcome}")


def _people(settings: Settings | None, sender: str | None, receiver: str | None) -> tuple[str, str]:
    """Their addresses; a bare login is one of the server's domain."""
    domain = settings.domain if settings is not None else ""
    typed = (sender or _LOGINS[0], receiver or _LOGINS[1])
    first, second = (text if "@" in text or not domain else f"{text}@{domain}" for text in typed)
    return first, second


def _local(
    settings: Settings, transport: Via | None, certificate: Path | None
) -> tuple[str | None, Via | None, Path | None]:
    """Where the server of these settings is reached from its own machine, and what to trust there. Raises `Problem`."""
    from parlour.app.certificates import read_own_facts

    secure = bool(settings.listen.sips) if transport in (None, "auto") else transport == "tls"
    addresses = settings.listen.sips if secure else settings.listen.sip
    if not addresses or not addresses[0].port:
        raise Problem("probe-impossible", error=_("the settings name no port for it; say it with --server"))
    if secure and certificate is None:
        facts = read_own_facts(settings.certificate_path)
        certificate = settings.certificate_path if facts is not None and facts.self_signed else None
    return _loopback(addresses[0]), "tls" if secure else "tcp", certificate


def _loopback(address: ListenAddress) -> str:
    """All addresses of this machine include its own loopback."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address.host, address.host)  # noqa: S104 - to be left out
    return str(ListenAddress(host, address.port))


def _passwords(file: Path | None, setup: bool) -> tuple[str, str]:
    """From the file, the environment, or the terminal. Raises `Problem`."""
    if file is not None:
        return _read_passwords(file, setup)
    given = [os.environ.get(name) for name in _VARIABLES]
    if given[0] and given[1]:
        return given[0], given[1]
    if not sys.stdin.isatty():
        raise Problem("probe-passwords")
    import getpass

    return getpass.getpass(_("Password of the sender: ")), getpass.getpass(_("Password of the receiver: "))


def _read_passwords(file: Path, setup: bool) -> tuple[str, str]:
    import secrets

    from parlour.app.files import write_atomically

    try:
        if setup and not file.exists():
            write_atomically(file, f"{secrets.token_urlsafe(18)}\n{secrets.token_urlsafe(18)}\n".encode())
        lines = file.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise Problem("probe-impossible", error=f"{file}: {say_os_error(error)}") from error
    if len(lines) < 2 or not all(lines[:2]):
        raise Problem("probe-passwords")
    return lines[0], lines[1]


def _make_missing(settings: Settings, people: tuple[str, str], passwords: tuple[str, str], room: str) -> None:
    """Two people, a category for them, and a room, through the admin socket; what is there stays. Raises `Problem`."""
    from parlour.cli import link

    there = {user["uri"] for user in link.run(settings, "user.list", {})}
    for address, password in zip(people, passwords, strict=True):
        if f"sip:{address.lower()}" not in there:
            params = {"login": address, "password": password, "display_name": address.partition("@")[0]}
            link.run(settings, "user.add", params)
    if room.startswith("ma-chan:") or any(one["name"] == room for one in link.run(settings, "room.list", {})):
        return
    if not any(one["name"] == _CATEGORY for one in link.run(settings, "category.list", {})):
        link.run(settings, "category.create", {"name": _CATEGORY, "allow": list(people)})
    link.run(settings, "room.create", {"name": room, "category": _CATEGORY, "member": list(people)})


def add_commands(app: typer.Typer) -> None:
    """Add the command to `app`."""
    add_verb(app, "probe", _("Try it out: two people sign in, meet in a room and write to each other."), _probe)
