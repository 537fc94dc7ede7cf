import io
import json
import logging
from collections.abc import Iterator

import pytest

from parlour.app.logs import configure_logging


@pytest.fixture(autouse=True)
def restore() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def test_json_lines_from_both_kinds_of_logger() -> None:
    stream = io.StringIO()
    configure_logging("info", "json", stream)
    logging.getLogger("ours").info("registered", extra={"user": "sip:alice@example.com", "password": "pw"})
    logging.getLogger("theirs").warning("slow %s", "disk", extra={"seconds": 3, "text": "hello"})
    logging.getLogger("theirs").debug("not written")
    ours, theirs = map(json.loads, stream.getvalue().splitlines())
    assert ours["event"] == "registered"
    assert ours["logger"] == "ours"
    assert ours["password"] == "[blanked]"
    assert theirs["event"] == "slow disk"
    assert (theirs["level"], theirs["seconds"], theirs["text"]) == ("warning", 3, "[blanked]")


def test_console_lines_are_one_per_event() -> None:
    stream = io.StringIO()
    configure_logging("warning", "console", stream)
    log = logging.getLogger("ours")
    log.info("not written")
    log.error("closed", extra={"connection": 7, "why": "line\nbreak"})
    assert len(stream.getvalue().splitlines()) == 1
    assert "connection=7" in stream.getvalue()


def test_tracebacks_are_kept() -> None:
    stream = io.StringIO()
    configure_logging("info", "json", stream)
    try:
        raise RuntimeError("bug")
    except RuntimeError:
        logging.getLogger("ours").exception("failed")
    line = json.loads(stream.getvalue())
    assert line["event"] == "failed"
    assert "RuntimeError: bug" in line["exception"]
