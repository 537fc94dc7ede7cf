"""Response codes and their texts."""

from __future__ import annotations

from parlour.xccos.codes import ResponseCode, text_of


def test_texts() -> None:
    assert text_of(200) == ResponseCode.OK.text == "SUCCESS_OK"
    assert text_of(404) == ResponseCode.NO_SUCH_NODE.text == "ERROR_NO_SUCH_NODE"
    assert text_of(ResponseCode.SERVER_BUSY) == "ERROR_SERVER_BUSY"
    assert text_of(299) == "ERROR_UNKNOWN"


def test_every_code_has_a_readable_text() -> None:
    assert all(code.text.replace("_", "").isalpha() for code in ResponseCode)
