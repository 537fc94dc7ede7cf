"""What a running server says about itself: the readings behind `/metrics`, and whether it is ready."""

from __future__ import annotations

import shutil

from parlour.app.config import Settings
from parlour.app.metrics import Metrics
from parlour.app.wiring import Core, SipSide
from parlour.web.app import Readiness

__all__ = ["name_readings", "readiness"]

_LEAST_FREE = 16 * 1024 * 1024


def readiness(settings: Settings, sip: SipSide) -> Readiness:
    """`sessions`: new ones are taken; `disk`: there is room for posts (16 MiB at least where the data is)."""
    parts = {
        "sessions": not sip.channel.draining and sip.channel.session_count < sip.channel.settings.sessions,
        "disk": shutil.disk_usage(settings.data_dir).free >= _LEAST_FREE,
    }
    return Readiness(all(parts.values()), parts)


def name_readings(metrics: Metrics, core: Core, sip: SipSide) -> None:
    """Give every number that the parts keep its Prometheus name. docs/operations.md lists them."""
    hub, counters = core.hub, sip.endpoint.counters
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
    metrics.gauge("parlour_sessions", "Open chat sessions (one per device).", lambda: sip.channel.session_count)
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
