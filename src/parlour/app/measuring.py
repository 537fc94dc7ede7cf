"""What a running server says about itself: the readings behind `/metrics`, and whether it is ready."""

from __future__ import annotations

import shutil

from parlour.app.config import Settings
from parlour.app.metrics import Metrics
from parlour.app.wiring import Core, SipSide
from parlour.channel.service import ChannelService
from parlour.hub.hub import Hub
from parlour.store.sqlite.tally import COMMIT_BOUNDS, WriteTally
from parlour.web.app import Readiness

__all__ = ["name_readings", "readiness", "service_readings"]

_LEAST_FREE = 16 * 1024 * 1024


async def readiness(settings: Settings, core: Core, sip: SipSide) -> Readiness:
    """`sessions`: new ones are taken; `disk`: there is room for posts (16 MiB at least where the data is); `store`:
    what is written is kept, as of two seconds ago at most."""
    draining = sip.channel.draining or core.hub.draining
    parts = {
        "sessions": not draining and sip.channel.session_count < sip.channel.settings.sessions,
        "disk": shutil.disk_usage(settings.data_dir).free >= _LEAST_FREE,
        "store": await core.store.can_write(),
    }
    return Readiness(all(parts.values()), parts)


def service_readings(core: Core, sip: SipSide) -> dict[str, object]:
    """What `parlour service status` shows of a running server, beside what the hub knows."""
    return {
        "sessions": sip.channel.session_count,
        "connections": sip.endpoint.connection_count,
        "commands_waiting": sip.channel.backlog.count,
        "posts_waiting": core.hub.posts_waiting,
        "reads_waiting": core.hub.turns.waiting,
    }


def name_readings(metrics: Metrics, core: Core, sip: SipSide) -> None:
    """Give every number that the parts keep its Prometheus name. docs/operations.md lists them."""
    _name_rooms(metrics, core)
    _name_waiting(metrics, core.hub, sip.channel)
    _name_refusals(metrics, sip)
    _name_commits(metrics, core.store.writing)
    _name_sip(metrics, sip)


def _name_rooms(metrics: Metrics, core: Core) -> None:
    hub = core.hub
    metrics.gauge("parlour_rooms", "Rooms, disabled ones included.", lambda: len(hub.catalogue.rooms))
    metrics.gauge("parlour_categories", "Categories, the root included.", lambda: len(hub.catalogue.categories))
    metrics.gauge("parlour_rooms_live", "Rooms with somebody in them.", lambda: len(hub.presence.live))
    metrics.counter(
        "parlour_events_total",
        "Events told to rooms with listeners: posts, people coming and going.",
        lambda: hub.teller.events,
    )
    metrics.counter(
        "parlour_deliveries_total",
        "Listeners told, one for each device and batch of events.",
        lambda: hub.teller.deliveries,
    )
    metrics.counter("parlour_joins_total", "Seats taken in rooms, one for each device.", lambda: hub.presence.joins)
    metrics.counter("parlour_parts_total", "Seats given up or taken away.", lambda: hub.presence.parts)
    metrics.gauge("parlour_people", "People in the directory.", lambda: len(core.directory.people()))


def _name_waiting(metrics: Metrics, hub: Hub, channel: ChannelService) -> None:
    """What is under way, and what was turned away."""
    metrics.gauge("parlour_sessions", "Open chat sessions (one per device).", lambda: channel.session_count)
    metrics.gauge("parlour_draining", "1 while no new sessions are taken.", lambda: int(hub.draining))
    metrics.gauge("parlour_posts_waiting", "Posts that wait to be written.", lambda: hub.posts_waiting)
    metrics.gauge(
        "parlour_reads_waiting", "Searches and histories that wait for their turn.", lambda: hub.turns.waiting
    )
    metrics.gauge(
        "parlour_commands_waiting",
        "Envelopes of commands that wait or are being carried out.",
        lambda: channel.backlog.count,
    )
    metrics.gauge(
        "parlour_records_owed",
        "Records of acts that the archive is still owed, because the store could not write.",
        lambda: hub.recorder.owed,
    )


def _name_refusals(metrics: Metrics, sip: SipSide) -> None:
    """Who was told no, and why."""
    channel, authenticator = sip.channel, sip.frontend.authenticator
    metrics.counters(
        "parlour_refusals_total",
        "Calls and messages refused by the chat service in SIP, by status and by code of ms-diagnostics.",
        ("status", "code"),
        lambda: {(str(status), str(code)): number for (status, code), number in channel.refusals.items()},
    )
    metrics.counters(
        "parlour_denials_total",
        "Commands and posts refused inside a session, by reason.",
        ("reason",),
        lambda: {(reason.value,): number for reason, number in channel.denials.items()},
    )
    metrics.counters(
        "parlour_sign_in_failures_total",
        "Sign-ins and requests refused by authentication, by reason.",
        ("reason",),
        lambda: {(why.value,): number for why, number in authenticator.failures.items()},
    )


def _name_commits(metrics: Metrics, writing: WriteTally) -> None:
    metrics.histogram(
        "parlour_commit_seconds",
        "Commits of posts and records, each flushed to disk.",
        COMMIT_BOUNDS,
        lambda: (writing.commits, writing.seconds),
    )
    metrics.counter(
        "parlour_writes_lost_total", "Posts, records and changes that could not be written.", lambda: writing.lost
    )


def _name_sip(metrics: Metrics, sip: SipSide) -> None:
    counters = sip.endpoint.counters
    metrics.gauge("parlour_sip_connections", "Open SIP connections.", lambda: sip.endpoint.connection_count)
    metrics.counter("parlour_sip_connections_total", "SIP connections accepted.", lambda: counters.accepted)
    metrics.counter("parlour_sip_requests_total", "SIP requests received.", lambda: counters.requests)
    metrics.counter(
        "parlour_sip_responses_total",
        "SIP responses received, answers to chat deliveries excluded.",
        lambda: counters.responses,
    )
    metrics.counters(
        "parlour_sip_answers_total",
        "Final answers given to SIP requests, by status.",
        ("status",),
        lambda: {(str(status),): number for status, number in sip.endpoint.answers.items()},
    )
    metrics.counter(
        "parlour_deliveries_failed_total",
        "Messages to clients that waited or were not answered when their session ended.",
        lambda: counters.undelivered,
    )
    metrics.counter("parlour_sip_malformed_total", "Messages that were no SIP.", lambda: counters.malformed)
    metrics.counter("parlour_sip_strays_total", "Responses to nothing we asked.", lambda: counters.strays)
