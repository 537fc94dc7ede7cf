"""What a running server says about itself: the readings behind `/metrics`, and whether it is ready."""

from __future__ import annotations

import shutil

from parlour.app.config import Settings
from parlour.app.metrics import Metrics
from parlour.app.wiring import Core, SipSide
from parlour.channel.service import ChannelService
from parlour.hub.hub import Hub
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
    metrics.counter(
        "parlour_refusals_total", "Calls and messages of the chat service refused in SIP.", lambda: channel.refusals
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
    metrics.counter("parlour_sip_malformed_total", "Messages that were no SIP.", lambda: counters.malformed)
    metrics.counter("parlour_sip_strays_total", "Responses to nothing we asked.", lambda: counters.strays)
