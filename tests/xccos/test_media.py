"""Content types that may hold an envelope."""

from __future__ import annotations

import pytest

from parlour.xccos.media import CONTENT_TYPE, is_accepted_type


@pytest.mark.parametrize("text", [CONTENT_TYPE, "Text/Plain; charset=utf-8", "application/xml", " text/xml ", None])
def test_accepted(text: str | None) -> None:
    assert is_accepted_type(text)


@pytest.mark.parametrize("text", ["application/sdp", "text/rtf", "", "text/plainer"])
def test_refused(text: str) -> None:
    assert not is_accepted_type(text)
