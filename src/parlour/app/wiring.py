"""The only module that knows everybody: which concrete parts make a server, and how they are put together.

`open_core` makes what needs no network (the command line opens just that when no server runs); `build_sip` puts SIP on
top of it. Order of building is order of need; closing goes the other way.
"""

from __future__ import annotations

import itertools
import logging
import secrets
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass

from parlour.app.config import Settings
from parlour.app.data_dir import DataDir
from parlour.app.problems import Problem
from parlour.app.trace import Trace, open_trace
from parlour.channel.service import ChannelService, ChannelSettings
from parlour.directory.local import AccountsUnusable, LocalDirectory, OtherDomain, VerifierSchemes
from parlour.frontend.frontend import Frontend
from parlour.frontend.settings import FrontendSettings, Schemes
from parlour.hub.catalogue import BrokenCatalogue
from parlour.hub.commands import Commands, Context, Serving
from parlour.hub.endpoint_book import EndpointBook
from parlour.hub.hub import Hub
from parlour.lookup.choose import ChannelLoad
from parlour.lookup.service import LookupService
from parlour.store.api import StoreUnavailable
from parlour.store.sqlite import DataDirectoryInUse, SqliteStore
from parlour.ua.endpoint import Endpoint

__all__ = ["Core", "SipSide", "build_sip", "open_core"]

log = logging.getLogger(__name__)

LOOKUP_USER = "ocschat"
POOL_USER = "GC-1-PersistentChatService-1"


@dataclass(frozen=True, slots=True)
class Core:
    """Rules and data, open and ready, without any network."""

    directory: LocalDirectory
    store: SqliteStore
    hub: Hub
    commands: Commands
    endpoints: EndpointBook
    serving: Serving


@dataclass(frozen=True, slots=True)
class SipSide:
    """SIP on top of a core: the sockets, the front end, and the services it routes to."""

    endpoint: Endpoint
    frontend: Frontend
    channel: ChannelService
    trace: Trace | None = None

    async def close(self) -> None:
        """Take nobody new, hang up on those who are here, then let go of the sockets."""
        self.endpoint.stop_listening()
        await self.channel.close()
        await self.frontend.close()
        await self.endpoint.close()
        if self.trace is not None:
            self.trace.close()


def clock_us() -> int:
    """Microseconds since 1970, UTC: the time that posts carry."""
    return time.time_ns() // 1000


@asynccontextmanager
async def open_core(settings: Settings) -> AsyncIterator[Core]:
    """Open directory, store and hub; the data directory exists and is held by the caller. Raises `Problem`."""
    data_dir = DataDir(settings.data_dir)
    for path, other in data_dir.missing():
        log.warning("database_missing", extra={"path": str(path), "though_there_is": str(other)})
    async with AsyncExitStack() as stack:
        directory = stack.enter_context(closing(_open_directory(data_dir, settings)))
        store = SqliteStore(data_dir.path)
        try:
            await store.open()
            stack.push_async_callback(store.close)
            if not directory.belongs_to(store.instance_id):
                log.warning("databases_apart", extra={"see": "parlour check"})
            hub = Hub(
                store,
                directory,
                domain=settings.domain,
                limits=settings.chat.limits(),
                clock_us=clock_us,
                new_guid=lambda: str(uuid.uuid4()),
            )
            endpoints = EndpointBook(store.documents, settings.domain, frozenset(_addresses(settings)))
            await endpoints.load()
            await hub.start()
            await hub.auditing.carry_over(directory)
            await hub.departing.settle(directory)
        except DataDirectoryInUse as error:
            raise Problem("data-dir-in-use", path=data_dir.path) from error
        except (StoreUnavailable, BrokenCatalogue) as error:
            raise Problem("database-unusable", path=data_dir.store, error=error) from error
        stack.push_async_callback(hub.stop)
        stack.push_async_callback(endpoints.settle)
        serving = Serving()
        context = Context(hub, directory, lambda: secrets.token_bytes(16), endpoints, serving)
        yield Core(directory, store, hub, Commands(context), endpoints, serving)


def _addresses(settings: Settings) -> tuple[str, str]:
    """Where channel service and lookup service are called."""
    return f"sip:{POOL_USER}@{settings.domain}".lower(), f"sip:{LOOKUP_USER}@{settings.domain}"


def build_sip(settings: Settings, core: Core, https_port: int | None = None) -> SipSide:
    """The SIP side, not listening yet. `https_port` is where our own web server answers, if it does. Raises
    `Problem`."""
    domain = settings.domain
    frontend = Frontend(
        frozenset({domain}),
        core.directory,
        core.store.documents,
        FrontendSettings(
            host=settings.host_name,
            domain=domain,
            schemes=Schemes(settings.auth.ntlm, settings.auth.digest, settings.auth.digest_md5),
            pool_uri=f"sip:{POOL_USER}@{domain}",
            lookup_uri=f"sip:{LOOKUP_USER}@{domain}",
            web_manager_internal=settings.web.room_management_url,
            web_manager_external=settings.web.room_management_url,
        ),
        clock=time.monotonic,
        wall=time.time,
        token=secrets.token_bytes,
    )
    trace = open_trace(settings.log.trace, time.time) if settings.log.trace is not None else None
    endpoint = Endpoint(frontend.receive, tracer=trace)
    frontend.attach(endpoint)
    told = _channel_settings(settings, core.store.instance_id, https_port)
    return SipSide(endpoint, frontend, _add_services(core, endpoint, frontend, told), trace)


def _channel_settings(settings: Settings, instance_id: str, https_port: int | None) -> ChannelSettings:
    return ChannelSettings(
        uri=f"sip:{POOL_USER}@{settings.domain}",
        domain=settings.domain,
        host=settings.host_name,
        instance_id=instance_id,
        display_name=settings.chat.display_name,
        room_management_url=settings.web.room_management_url,
        file_service_url=settings.file_service_url(https_port),
        push_history=settings.chat.push_history,
    )


def _add_services(core: Core, endpoint: Endpoint, frontend: Frontend, settings: ChannelSettings) -> ChannelService:
    """Lookup and channel service, at the addresses that provisioning names, and at those that were added."""
    pool_uri = settings.uri
    next_envid = itertools.count(1).__next__
    channel = ChannelService(
        core.hub,
        endpoint,
        settings,
        next_envid=next_envid,
        clock=time.monotonic,
        clock_us=clock_us,
    )

    def loads() -> list[ChannelLoad]:
        closed = channel.busy is not None
        return [ChannelLoad(pool_uri, channel.session_count, channel.settings.sessions, closed)]

    lookup = LookupService(endpoint, loads, next_envid, channel.turns_away, channel.refuse_stray)
    channel.stand_in = lookup.stand_in
    core.directory.subscribe_passwords(channel.password_changed)
    frontend.add_service(pool_uri, channel)
    frontend.add_service(f"sip:{LOOKUP_USER}@{settings.domain}", lookup)

    def answer_at(uri: str, present: bool) -> None:
        if present:
            frontend.add_service(uri, channel)
        else:
            frontend.remove_service(uri)

    core.endpoints.subscribe(answer_at)
    return channel


def _open_directory(data_dir: DataDir, settings: Settings) -> LocalDirectory:
    auth = settings.auth
    schemes = VerifierSchemes(ntlm=auth.ntlm, digest=auth.digest, digest_md5=auth.digest_md5)
    try:
        return LocalDirectory(data_dir.accounts, settings.domain, schemes)
    except OtherDomain as error:
        raise Problem("domain-changed", path=data_dir.path, old=error.domain, new=settings.domain) from error
    except AccountsUnusable as error:
        raise Problem("database-unusable", path=data_dir.accounts, error=error) from error
