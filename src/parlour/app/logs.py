"""Logging: the standard library's loggers everywhere, rendered by structlog, to standard error.

One line per event, named like `registered` or `listening`, with ids as fields (`extra={...}`). Never a message body,
never a secret: fields with such names are blanked whoever logs them.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO

__all__ = ["configure_logging"]

_SECRET = frozenset({"password", "secret", "token", "ha1", "nt_hash", "authorization", "body", "text", "rtf"})


def configure_logging(level: str, form: str, stream: TextIO | None = None) -> None:
    """Set up logging for this process: `level` as in `log.level`, `form` `console` or `json`; default stderr."""
    stream = stream or sys.stderr
    number = getattr(logging, level.upper())
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_Renderer(form, stream.isatty()))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(number)
    for chatty in ("uvicorn.error", "uvicorn.access", "alembic", "asyncio"):
        logging.getLogger(chatty).setLevel(max(number, logging.WARNING))


class _Renderer(logging.Formatter):
    """Makes its structlog formatter at the first line: its import takes 0.1 s, and a start that goes well writes its
    first line when it is ready."""

    def __init__(self, form: str, colors: bool) -> None:
        super().__init__()
        self._form = form
        self._colors = colors
        self._formatter: logging.Formatter | None = None

    def format(self, record: logging.LogRecord) -> str:
        if self._formatter is None:
            self._formatter = _make_formatter(self._form, self._colors)
        return self._formatter.format(record)


def _make_formatter(form: str, colors: bool) -> logging.Formatter:
    import structlog

    renderer: structlog.typing.Processor
    if form == "json":
        renderer = structlog.processors.JSONRenderer(ensure_ascii=False)
    else:
        renderer = structlog.dev.ConsoleRenderer(
            colors=colors, exception_formatter=structlog.dev.plain_traceback, pad_event_to=0
        )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.stdlib.ExtraAdder(),
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _blank_secrets,
        ],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
    )


def _blank_secrets(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for name in event.keys() & _SECRET:
        event[name] = "[blanked]"
    return event
