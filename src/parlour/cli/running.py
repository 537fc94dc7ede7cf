"""`quickstart`, `serve`, `check`, `certificate`: the commands that have to do with a server of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from parlour.app.i18n import _
from parlour.app.terminal import pad
from parlour.cli.options import AsJson, ConfigFile, DataDirectory, find_settings
from parlour.cli.output import say, say_json
from parlour.cli.usage import add_verb

__all__ = ["add_commands"]

ReadyFile = Annotated[
    Path | None,
    typer.Option("--ready-file", metavar="PATH", help=_("Write a JSON file here once connections are accepted.")),
]


def _quickstart(
    data_dir: Annotated[Path, typer.Option("--data-dir", metavar="DIR", help=_("Where everything is kept."))] = Path(
        "data"
    ),
    domain: Annotated[
        str | None,
        typer.Option(
            "--domain", metavar="NAME", help=_("SIP domain of the users (default: as last time, or parlour.local).")
        ),
    ] = None,
    listen: Annotated[
        str, typer.Option("--listen", metavar="ADDR", help=_("Address to listen on; 0.0.0.0 or :: for all."))
    ] = "127.0.0.1",
    sip_port: Annotated[
        str, typer.Option("--sip-port", metavar="N", help=_("Port for SIP over TCP; 0 or off: none; auto: a free one."))
    ] = "5060",
    sips_port: Annotated[
        str,
        typer.Option("--sips-port", metavar="N", help=_("Port for SIP over TLS; 0 or off: none; auto: a free one.")),
    ] = "5061",
    ws_port: Annotated[
        str,
        typer.Option(
            "--ws-port", metavar="N", help=_("Port for SIP over WebSocket; 0 or off: none; auto: a free one.")
        ),
    ] = "5066",
    https_port: Annotated[
        str,
        typer.Option(
            "--https-port", metavar="N", help=_("Port for health and metrics; 0 or off: none; auto: a free one.")
        ),
    ] = "8443",
    demo_password: Annotated[
        str | None,
        typer.Option(
            "--demo-password", metavar="TEXT", help=_("Password of new demo users (default: made up and kept).")
        ),
    ] = None,
    ready_file: ReadyFile = None,
) -> None:
    from parlour.app.quickstart import Wishes, quickstart

    ports = {"sip": sip_port, "sips": sips_port, "ws": ws_port, "https": https_port}
    quickstart(Wishes(data_dir, domain, listen, ports, demo_password, ready_file), say)


def _serve(
    config: Annotated[Path, typer.Option("--config", metavar="FILE", help=_("TOML file with the server's settings."))],
    ready_file: ReadyFile = None,
) -> None:
    from parlour.app.config_load import load_settings
    from parlour.app.lifespan import serve

    serve(load_settings(config), ready_file)


def _check(config: ConfigFile = None, data_dir: DataDirectory = None, as_json: AsJson = False) -> None:
    from parlour.app.checks import Outcome, check

    findings = check(find_settings(config, data_dir))
    if as_json:
        say_json([finding.as_json() for finding in findings])
    else:
        words = {Outcome.GOOD: _("good"), Outcome.WARNING: _("warning"), Outcome.FAILED: _("FAILED")}
        for finding in findings:
            say(f"{pad(words[finding.outcome], 8)} {finding.name}")
            if finding.problem is not None:
                say(f"         {finding.problem.what}")
                say(f"         {_('likely cause')}: {finding.problem.cause}")
                say(f"         {_('to mend it')}: {finding.problem.remedy}  [{finding.problem.id}]")
    if any(finding.outcome is Outcome.FAILED for finding in findings):
        raise typer.Exit(1)


def _certificate(
    config: ConfigFile = None,
    data_dir: DataDirectory = None,
    force: Annotated[bool, typer.Option("--force", help=_("Replace the certificate that is there."))] = False,
    as_json: AsJson = False,
) -> None:
    from parlour.app.certificates import local_names, make_self_signed
    from parlour.app.data_dir import DataDir

    settings = find_settings(config, data_dir)
    DataDir(settings.data_dir).prepare()
    certificate, key = settings.certificate_path, settings.key_path
    made = force or not (certificate.exists() and key.exists())
    if made:
        make_self_signed(certificate, key, local_names(settings.domain))
    if as_json:
        say_json({"made": made, "certificate": str(certificate), "key": str(key)})
    elif made:
        say(_("wrote {certificate} and {key}; restart the server to use them").format(certificate=certificate, key=key))
    else:
        say(_("{certificate} is there already; --force replaces it").format(certificate=certificate))


def add_commands(app: typer.Typer) -> None:
    """Add the four commands to `app`."""
    add_verb(
        app, "quickstart", _("Start a server with demo users and rooms; asks nothing, safe to repeat."), _quickstart
    )
    add_verb(app, "serve", _("Run a server with a configuration file."), _serve)
    add_verb(app, "check", _("Check settings, ports, certificate, database, permissions and clock."), _check)
    add_verb(
        app,
        "certificate",
        _("Make a self-signed certificate where the settings expect one, unless it is there."),
        _certificate,
    )
