"""The life of a server: open in order, serve until a signal, close in reverse. Every post answered with 200 is flushed
before that answer, so closing only has to be polite: stop accepting, end dialogs, drain what is queued."""

from __future__ import annotations

import asyncio
import gc
import logging
import resource
import signal
import socket
import ssl
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path

from parlour import __version__
from parlour.app.addresses import ListenAddress
from parlour.app.admin_server import AdminServer
from parlour.app.certificates import server_context
from parlour.app.config import Settings
from parlour.app.data_dir import DataDir
from parlour.app.logs import configure_logging
from parlour.app.measuring import name_readings, readiness, service_readings
from parlour.app.metrics import Metrics
from parlour.app.ready import Demo, Listening, remove_ready_file, write_ready_file
from parlour.app.sockets import bind, listen_problem
from parlour.app.wiring import Core, SipSide, build_sip, open_core

__all__ = ["Occasion", "opened", "serve"]

log = logging.getLogger(__name__)

# SIP listeners: the setting's name and the transport that `ua` knows it by.
_TRANSPORTS = {"sip": "TCP", "sips": "TLS", "ws": "WS", "wss": "WSS", "udp": "UDP"}
_SECURE = frozenset({"sips", "wss"})
# The store's writer thread asks a busy loop for the GIL at each step of a commit. Python's own 5 ms per request make a
# commit of 0.2 ms take 10 ms; this interval brings it to 1.5 ms.
_SWITCH_SECONDS = 0.0005
_MANY_FILES = 1_048_576


def _nothing() -> None:
    return None


async def _nobody(_core: Core) -> Demo:
    return Demo()


def _silence(_listening: Sequence[Listening], _demo: Demo) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Occasion:
    """What a start has beyond the ordinary. `furnish` runs once the data directory is ours, before anything opens;
    `populate` once hub and directory are open; `announce` once connections are accepted."""

    furnish: Callable[[], None] = _nothing
    populate: Callable[[Core], Awaitable[Demo]] = _nobody
    announce: Callable[[Sequence[Listening], Demo], None] = _silence


def serve(settings: Settings, ready_file: Path | None = None, occasion: Occasion | None = None) -> None:
    """Run a server until SIGTERM or SIGINT; a second signal ends it at once. Raises `Problem` when it cannot start."""
    # Collecting while everything is imported and built finds nothing and costs a tenth of the start.
    gc.disable()
    configure_logging(settings.log.level, settings.log.format)
    _raise_file_limit()
    sys.setswitchinterval(_SWITCH_SECONDS)
    data_dir = DataDir(settings.data_dir)
    data_dir.prepare()
    if ready_file is not None:
        remove_ready_file(ready_file)
    with data_dir.lock(), asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_serve(settings, ready_file, occasion or Occasion()))


async def _serve(settings: Settings, ready_file: Path | None, occasion: Occasion) -> None:
    stop = _stop_on_signals()
    occasion.furnish()
    async with open_core(settings) as core:
        demo = await occasion.populate(core)
        async with opened(settings, core) as listening:
            if ready_file is not None:
                write_ready_file(ready_file, settings, listening, demo)
            occasion.announce(listening, demo)
            _tune_collector()
            listeners = [f"{one.transport} {one}" for one in listening]
            log.info("ready", extra={"version": __version__, "listeners": listeners})
            await stop.wait()
            log.info("stopping")
    log.info("stopped")


@asynccontextmanager
async def opened(settings: Settings, core: Core) -> AsyncIterator[list[Listening]]:
    """Everything that has a network, on top of `core`: accepting while the block runs. Raises `Problem`."""
    async with AsyncExitStack() as stack:
        context = None
        if settings.needs_certificate:
            context = server_context(settings.certificate_path, settings.key_path, settings.tls.minimum)
        web_sockets = [stack.enter_context(closing(bind("https", address))) for address in settings.listen.https]
        # Clients are told the real port, which is known from here on.
        sip = build_sip(settings, core, web_sockets[0].getsockname()[1] if web_sockets else None)
        stack.push_async_callback(sip.close)
        metrics = Metrics(__version__)
        name_readings(metrics, core, sip)
        core.serving.readings = lambda: service_readings(core, sip)
        listening = await _listen_sip(settings, sip, context)
        if web_sockets:
            assert context is not None
            listening += await _listen_https(settings, core, sip, metrics, web_sockets, context, stack)
        admin = AdminServer(DataDir(settings.data_dir).admin_socket, core.commands)
        await admin.start()
        stack.push_async_callback(admin.close)
        yield listening


async def _listen_sip(settings: Settings, sip: SipSide, context: ssl.SSLContext | None) -> list[Listening]:
    listening = []
    for name, transport in _TRANSPORTS.items():
        for address in getattr(settings.listen, name):
            try:
                host, port = await sip.endpoint.listen(
                    transport, address.host, address.port, ssl_context=context if name in _SECURE else None
                )
            except OSError as error:
                raise listen_problem(name, address, error) from error
            listening.append(Listening(name, host, port))
    return listening


async def _listen_https(
    settings: Settings,
    core: Core,
    sip: SipSide,
    metrics: Metrics,
    sockets: Sequence[socket.socket],
    context: ssl.SSLContext,
    stack: AsyncExitStack,
) -> list[Listening]:
    # Here, so that a server without HTTPS starts without them.
    from parlour.web.app import make_app
    from parlour.web.server import WebServer

    listening = [Listening("https", *one.getsockname()[:2]) for one in sockets]
    web = WebServer(make_app(__version__, lambda: readiness(settings, core, sip), metrics.render), sockets, context)
    try:
        await web.start()
    except OSError as error:
        address = ListenAddress(listening[0].host, listening[0].port)
        raise listen_problem("https", address, error) from error
    stack.push_async_callback(web.close)
    return listening


def _stop_on_signals() -> asyncio.Event:
    """Set by the first SIGTERM or SIGINT; the next one has its usual effect again."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def received(number: signal.Signals) -> None:
        stop.set()
        loop.remove_signal_handler(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, received, number)
    return stop


def _tune_collector() -> None:
    """What is there now stays for good: keep it out of collections, and make full ones (up to 100 ms) rare."""
    gc.freeze()
    gc.set_threshold(10_000, 20, 100)
    gc.enable()


def _raise_file_limit() -> None:
    """One connection is one file; use all that the system allows without asking."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MANY_FILES if hard == resource.RLIM_INFINITY else min(hard, _MANY_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    try:
        import uvloop
    except ImportError:  # not on this platform
        return asyncio.new_event_loop
    return uvloop.new_event_loop
