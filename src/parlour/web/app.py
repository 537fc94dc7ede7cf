"""The ASGI application: `/health/live`, `/health/ready`, `/metrics`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

__all__ = ["Readiness", "make_app"]

_METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether the server takes work, and each part's own answer (`{"store": True, ...}`)."""

    ready: bool
    parts: Mapping[str, bool]


def make_app(version: str, readiness: Callable[[], Awaitable[Readiness]], metrics: Callable[[], bytes]) -> Starlette:
    """The application. `readiness` and `metrics` (Prometheus text) are asked at each request and must not block;
    anybody may ask."""

    async def live(_request: Request) -> Response:
        # Answering at all is the answer: the event loop turns.
        return JSONResponse({"status": "live", "version": version})

    async def ready(_request: Request) -> Response:
        found = await readiness()
        body = {"status": "ready" if found.ready else "not ready", "parts": dict(found.parts)}
        return JSONResponse(body, status_code=200 if found.ready else 503)

    async def numbers(_request: Request) -> Response:
        return Response(metrics(), headers={"content-type": _METRICS_TYPE})

    return Starlette(routes=[Route("/health/live", live), Route("/health/ready", ready), Route("/metrics", numbers)])
