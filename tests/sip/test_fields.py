"""The header multimap."""

from __future__ import annotations

import pytest

from parlour.sip.errors import LocalProtocolError
from parlour.sip.fields import Headers, canonical_name


def test_names_have_no_case_and_no_short_forms() -> None:
    headers = Headers([("v", "1"), ("VIA", "2"), ("x-foo", "3"), ("call-id", "4"), ("I", "5")])
    assert list(headers) == [("Via", "1"), ("Via", "2"), ("X-Foo", "3"), ("Call-ID", "4"), ("Call-ID", "5")]
    assert headers.get("vIa") == "1"
    assert headers.get_all("Via") == ["1", "2"]
    assert headers.get("X-FOO") == "3"
    assert "i" in headers
    assert "To" not in headers
    assert headers.get("To") is None


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("www-authenticate", "WWW-Authenticate"),
        ("MS-DIAGNOSTICS", "ms-diagnostics"),
        ("x-new-thing", "X-New-Thing"),
        ("CSEQ", "CSeq"),
        ("L", "Content-Length"),
    ],
)
def test_spelling(given: str, expected: str) -> None:
    assert canonical_name(given) == expected


def test_changing() -> None:
    headers = Headers([("From", "a"), ("Route", "1"), ("To", "b"), ("Route", "2")])
    headers.set("route", "3")
    assert list(headers) == [("From", "a"), ("Route", "3"), ("To", "b")]
    headers.insert("Route", "0")
    headers.insert("Via", "top")
    assert list(headers) == [("Via", "top"), ("From", "a"), ("Route", "0"), ("Route", "3"), ("To", "b")]
    headers.replace_all("Route", ["x", "y", "z"])
    assert headers.get_all("Route") == ["x", "y", "z"]
    headers.remove("Route")
    headers.remove("Route")
    headers.set("Expires", "5")
    assert list(headers) == [("Via", "top"), ("From", "a"), ("To", "b"), ("Expires", "5")]
    assert len(headers) == 4


def test_a_copy_is_its_own() -> None:
    headers = Headers([("To", "a")])
    copy = headers.copy()
    copy.add("To", "b")
    assert headers.get_all("To") == ["a"]
    assert headers != copy


@pytest.mark.parametrize("value", ["a\r\nEvil: b", "a\rb", "a\nb"])
def test_a_line_break_in_a_value_is_our_bug(value: str) -> None:
    headers = Headers()
    for change in (headers.add, headers.set, headers.insert):
        with pytest.raises(LocalProtocolError):
            change("Subject", value)
    with pytest.raises(LocalProtocolError):
        headers.replace_all("Subject", ["fine", value])
    assert len(headers) == 0


@pytest.mark.parametrize("name", ["", "a b", "a:", "a\r\nb", "\xe9"])
def test_so_is_a_bad_name(name: str) -> None:
    with pytest.raises(LocalProtocolError):
        Headers().add(name, "x")


def test_so_is_text_that_is_no_text() -> None:
    with pytest.raises(LocalProtocolError):
        Headers().add("Subject", "\ud800")
    Headers().add("Subject", "\udcff")  # an octet that came from the wire


def test_what_was_asked_before_a_change_is_answered_anew_after_it() -> None:
    headers = Headers([("Via", "one"), ("To", "a")])
    assert (headers.get("Via"), headers.get("From"), headers.repeats) == ("one", None, False)
    headers.insert("Via", "zero")
    assert (headers.get("Via"), headers.get_all("v"), headers.repeats) == ("zero", ["zero", "one"], True)
    headers.set("Via", "two")
    assert (headers.get_all("Via"), headers.repeats) == (["two"], False)
    headers.replace_all("To", ["b", "c"])
    assert (headers.get("t"), headers.repeats) == ("b", True)
    headers.add("From", "d")
    assert headers.get("From") == "d"
    headers.remove("To")
    assert (headers.get("To"), headers.get_all("To"), headers.repeats) == (None, [], False)
