"""What can go wrong for the person who runs Parlour, each with an id, its likely cause and the command that mends it.

    Problem                      raised by anything in `app` and `cli`; carries an id and the values of its text
      .id                        `certificate-missing`; described in docs/operations.md
      .what / .cause / .remedy   translated sentences, with the values filled in

`PROBLEMS` is the whole list. Texts are templates for `str.format`; every problem says what failed and with which value.
"""

from __future__ import annotations

from dataclasses import dataclass

from parlour.app.i18n import _, mark

__all__ = ["PROBLEMS", "Advice", "Problem"]


@dataclass(frozen=True, slots=True)
class Advice:
    """The three sentences of a problem, untranslated."""

    what: str
    cause: str
    remedy: str


PROBLEMS: dict[str, Advice] = {
    "config-not-readable": Advice(
        mark("cannot read the configuration file {path}: {error}"),
        mark("the path is mistyped, or this user may not read the file"),
        mark("check it with `ls -l {path}`; for a first try run `parlour quickstart`, which needs no file"),
    ),
    "config-not-writable": Advice(
        mark("cannot write the configuration file {path}: {error}"),
        mark("this user may not write the file or its directory, or the disk is full or read-only"),
        mark("check it with `ls -ld {path}` and `df {path}`, or run the command as the user who owns it"),
    ),
    "config-not-toml": Advice(
        mark("{path} is not valid TOML: {error}"),
        mark("a missing quote, bracket or equals sign near the place named above"),
        mark("correct that line, then run `parlour check --config {path}`"),
    ),
    "config-unknown-setting": Advice(
        mark("{origin}: there is no setting `{key}`"),
        mark("a typing error, or a setting of another version; the closest one is `{closest}`"),
        mark("rename or remove it; docs/configuration.md lists them all"),
    ),
    "config-bad-value": Advice(
        mark("{origin}: setting `{key}` cannot be {value}: {error}"),
        mark("the value has the wrong form or is out of range"),
        mark("docs/configuration.md gives the form, unit and default; then run `parlour check`"),
    ),
    "config-nothing-to-listen-on": Advice(
        mark("every SIP listener is off"),
        mark("listen.sip, listen.sips, listen.ws, listen.wss and listen.udp are all empty"),
        mark('give at least one an address, for example `sip = ["127.0.0.1:5060"]`'),
    ),
    "config-no-sign-in": Advice(
        mark("every way to sign in is off"),
        mark("auth.ntlm, auth.digest and auth.digest_md5 are all false"),
        mark("switch at least one on; `ntlm = true` and `digest = true` are the defaults"),
    ),
    "trace-unusable": Advice(
        mark("cannot open the trace file {path}: {error}"),
        mark("the path is mistyped, or this user may not use it"),
        mark("check it with `ls -l {path}`, or name another"),
    ),
    "usage-no-such-command": Advice(
        mark("there is no command `{command} {word}`"),
        mark("a typing error; the closest one is `{closest}`"),
        mark("see `{command} --help`"),
    ),
    "usage-no-such-option": Advice(
        mark("`{command}` has no option {option}"),
        mark("a typing error, the closest one being {closest}; or a name that begins with a dash"),
        mark("see `{command} --help`; write -- before names that begin with a dash"),
    ),
    "usage-missing": Advice(
        mark("`{command}` lacks {parameter}"),
        mark("it was left out"),
        mark("see `{command} --help`"),
    ),
    "usage-too-many": Advice(
        mark("`{command}` does not know what to do with: {words}"),
        mark("a name with blanks that is not in quotes, or a word too many"),
        mark("put names with blanks in quotes; see `{command} --help`"),
    ),
    "usage-lacks-value": Advice(
        mark("`{command}`: {option} needs a value"),
        mark("it stands at the end of the line, and its value was left out"),
        mark("see `{command} --help`"),
    ),
    "usage-takes-no-value": Advice(
        mark("`{command}`: {option} takes no value"),
        mark("it is a switch, and something stands behind its equals sign"),
        mark("see `{command} --help`"),
    ),
    "usage-bad-value": Advice(
        mark("{option} cannot be {value}: {error}"),
        mark("a typing error"),
        mark("see `{command} --help`"),
    ),
    "usage-wrong": Advice(
        mark("`{command}` cannot be used like this: {error}"),
        mark("a typing error"),
        mark("see `{command} --help`"),
    ),
    "data-dir-unusable": Advice(
        mark("cannot use the data directory {path}: {error}"),
        mark("it belongs to another user, is not a directory, or its disk is full or read-only"),
        mark("check it with `ls -ld {path}` and `df {path}`, or choose another with --data-dir"),
    ),
    "data-dir-in-use": Advice(
        mark("the data directory {path} is in use by another Parlour process"),
        mark("a server is running on it, or a `parlour` command is changing it right now"),
        mark("stop that server first, or choose another directory with --data-dir"),
    ),
    "data-dir-empty": Advice(
        mark("there is no Parlour server in {path}"),
        mark("it was never set up, or its data is elsewhere"),
        mark("run `parlour quickstart`, or name the right place with --data-dir or --config"),
    ),
    "domain-changed": Advice(
        mark("{path} holds the data of the domain {old}, not of {new}"),
        mark("the setting `domain`, or --domain, differs from what the data directory was made with"),
        mark("set it to {old}, or choose another data directory"),
    ),
    "listen-port-in-use": Advice(
        mark("cannot listen on {address} for {listener}: the port is taken"),
        mark("another program, perhaps another Parlour, listens there"),
        mark("find it with `ss -ltnp`, stop it, or choose another port for listen.{listener}"),
    ),
    "listen-not-permitted": Advice(
        mark("cannot listen on {address} for {listener}: not permitted"),
        mark("ports below 1024 need a privilege"),
        mark("choose a higher port for listen.{listener}, or grant CAP_NET_BIND_SERVICE to the service"),
    ),
    "listen-failed": Advice(
        mark("cannot listen on {address} for {listener}: {error}"),
        mark("this machine has no such address"),
        mark("list its addresses with `ip address`, then correct listen.{listener}"),
    ),
    "certificate-missing": Advice(
        mark("there is no certificate or key at {path}"),
        mark("TLS listeners are on and tls.certificate or tls.key names a file that does not exist"),
        mark("put the files there, make a self-signed pair with `parlour certificate`, or switch the listeners off"),
    ),
    "certificate-unusable": Advice(
        mark("cannot use the certificate {path}: {error}"),
        mark("the file is not PEM, or the key belongs to another certificate"),
        mark(
            "compare with `openssl x509 -noout -text -in {path}`, or make a new pair with `parlour certificate --force`"
        ),
    ),
    "certificate-expired": Advice(
        mark("the certificate {path} is valid from {start} to {end} only"),
        mark("it has run out, or the clock of this machine is wrong"),
        mark("renew it; a self-signed one with `parlour certificate --force`"),
    ),
    "certificate-other-name": Advice(
        mark("the certificate {path} does not name the domain {domain}"),
        mark("it was made for another host"),
        mark("get one with {domain} among its subject alternative names, or run `parlour certificate --force`"),
    ),
    "database-unusable": Advice(
        mark("cannot use the database {path}: {error}"),
        mark("the file is damaged, locked, or of a newer Parlour; or the disk is full"),
        mark("check `df {path}`; if it is damaged, restore a backup as docs/operations.md says, step by step"),
    ),
    "database-missing": Advice(
        mark("{path} is missing, though {other} is there"),
        mark("a backup was taken or brought back without it"),
        mark("stop the server, then bring back both files of one backup as docs/operations.md says"),
    ),
    "databases-apart": Advice(
        mark("{path} and {other} do not belong together"),
        mark("they are of different servers, or one of them was made anew"),
        mark("bring back both files of one backup; docs/operations.md says how to use them together after all"),
    ),
    "permissions-too-open": Advice(
        mark("{path} can be read by other users (mode {mode})"),
        mark("it holds keys or passwords and was copied or created with a wide mode"),
        mark("run `chmod go-rwx {path}`"),
    ),
    "clock-implausible": Advice(
        mark("the clock of this machine says {now}"),
        mark("no time synchronisation, or an empty battery; posts would carry wrong times"),
        mark("set it, for example with `timedatectl set-ntp true`"),
    ),
    "ready-file-unwritable": Advice(
        mark("cannot write the ready file {path}: {error}"),
        mark("its directory does not exist or is not writable"),
        mark("choose another place with --ready-file"),
    ),
    "server-not-answering": Advice(
        mark("the server's admin socket {path} does not answer: {error}"),
        mark("the server is stopping, overloaded, or of another version"),
        mark("look at its log, then try again"),
    ),
    "server-failed": Advice(
        mark("{command} failed at the server: {error}"),
        mark("a bug in Parlour"),
        mark("report what stands in the server's log (see SECURITY.md if it is about safety)"),
    ),
    "server-of-another": Advice(
        mark("this user may not ask the server: {path} is closed to it"),
        mark("the server runs as another user; it takes commands from its own user and from root"),
        mark("run the command as that user, for example with `sudo -u parlour`; see `ls -ld {path}`"),
    ),
    "server-needed": Advice(
        mark("{command} needs a running server, and none runs on {path}"),
        mark("it was not started, or its data is elsewhere"),
        mark("start it with `parlour serve`, or name the right place with --data-dir or --config"),
    ),
    "command-refused": Advice(
        mark("{command} was refused: {reason}"),
        mark("{detail}"),
        mark("{hint}"),
    ),
    "command-unknown": Advice(
        mark("the server does not know the command {command}"),
        mark("the server and this `parlour` are of different versions"),
        mark("restart the server with the installed version"),
    ),
    "password-needed": Advice(
        mark("a password is needed, and there is no terminal to ask for it"),
        mark("the command runs in a script"),
        mark("pipe it in and add --password-stdin"),
    ),
    "password-empty": Advice(
        mark("no password came on standard input"),
        mark("the first line of what was piped in is empty"),
        mark("put the password there, for example with `printf '%s\\n' \"$PASSWORD\" | parlour ... --password-stdin`"),
    ),
    "not-confirmed": Advice(
        mark("nothing was done"),
        mark("the question was not answered with y"),
        mark("try again, or add --yes"),
    ),
    "probe-impossible": Advice(
        mark("the probe cannot begin: {error}"),
        mark("an option is mistyped, or the settings do not say enough"),
        mark("see `parlour probe --help`"),
    ),
    "probe-passwords": Advice(
        mark("the probe needs the passwords of sender and receiver"),
        mark("there is no terminal to ask at, or the file has fewer than two lines"),
        mark("set PROBE_SENDER_PASSWORD and PROBE_RECEIVER_PASSWORD, or name a file with --password-file"),
    ),
    "password-mismatch": Advice(
        mark("the two passwords differ"),
        mark("a typing error"),
        mark("try again"),
    ),
    "unexpected": Advice(
        mark("unexpected failure: {error}"),
        mark("a bug in Parlour"),
        mark("run again with --debug and report the traceback (see SECURITY.md if it is about safety)"),
    ),
}


class Problem(Exception):
    """One of `PROBLEMS`, with the values that fill its sentences. Unknown ids and missing values are bugs."""

    def __init__(self, id: str, /, **values: object) -> None:
        self.id = id
        self.values = values
        advice = PROBLEMS[id]
        super().__init__(f"{id}: {advice.what.format(**values)}")

    @property
    def exit_code(self) -> int:
        """What the process leaves with: 2 where the words of the command were wrong, else 1."""
        return 2 if self.id.startswith("usage-") else 1

    @property
    def what(self) -> str:
        """What failed, with which value."""
        return self._say(PROBLEMS[self.id].what)

    @property
    def cause(self) -> str:
        """The likely cause."""
        return self._say(PROBLEMS[self.id].cause)

    @property
    def remedy(self) -> str:
        """What to do about it, with the command where there is one."""
        return self._say(PROBLEMS[self.id].remedy)

    def _say(self, template: str) -> str:
        return _(template).format(**self.values)
