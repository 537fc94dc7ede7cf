"""The hardened parser: what it takes, what it refuses, and that refusing is cheap."""

from __future__ import annotations

import tracemalloc

import pytest

from parlour.xccos.errors import XccosError
from parlour.xccos.xml import SERVER_LIMITS, DecodeLimits, Element, parse_document

NS = b'xmlns="urn:parlano:xml:ns:xccos"'


def parse(body: bytes) -> Element:
    return parse_document(body, SERVER_LIMITS)


def status(body: bytes, limits: DecodeLimits = SERVER_LIMITS) -> int:
    with pytest.raises(XccosError) as caught:
        parse_document(body, limits)
    return caught.value.status


@pytest.mark.parametrize(
    "body",
    [
        b"<xccos %s/>" % NS,
        b"\xef\xbb\xbf<xccos %s/>" % NS,
        b'\xef\xbb\xbf<?xml version="1.0" encoding="utf-8"?>\r\n<xccos %s/>' % NS,
        b'\r\n <?xml version="1.0"?><!-- hello --><xccos %s/>\r\n' % NS,
        b'<?xml version="1.0" encoding="utf-16"?><xccos %s/>' % NS,
        b'<x:xccos xmlns:x="urn:parlano:xml:ns:xccos"></x:xccos>',
    ],
)
def test_wrappings(body: bytes) -> None:
    assert parse(body).tag == "xccos"


def test_other_namespaces_are_told_apart() -> None:
    root = parse(
        b'<xccos %s><cmd xmlns="urn:other"/><x:cmd xmlns:x="urn:x"/><cmd x:id="1" xmlns:x="urn:x"/></xccos>' % NS
    )
    assert [child.tag for child in root.children] == [None, None, "cmd"]
    assert root.children[2].get("id") is None
    assert parse(b"<xccos/>").tag is None


def test_text_keeps_its_words_and_loses_its_markup() -> None:
    root = parse(b"<data %s><chat>a<b>c<i>d</i></b>e<!-- x --><![CDATA[<f>]]>&amp;&#xD;\ng</chat><last/></data>" % NS)
    assert [child.tag for child in root.children] == ["chat", "last"]
    assert root.children[0].text == "acde<f>&\r\ng"
    assert root.children[0].children == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"hello",
        b"<xccos",
        b"<xccos>",
        b"<a/><b/>",
        b"<a>\x01</a>",
        b"<a>&#1;</a>",
        b"<a>&nbsp;</a>",
        b'<a b="1" b="2"/>',
        b"<x:a/>",
        b"\x00",
        "<a/>".encode("utf-16"),
        b"<!DOCTYPE a><a/>",
        b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
        b'<!-- x --><!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        b'<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><l>&b;</l>',
        b'<a xmlns="' + b"x" * 300 + b'"/>',
        b'<xccos xmlns="urn:parlano:xml:ns:xccos x"/>',
    ],
)
def test_refused_with_400(body: bytes) -> None:
    assert status(body) == 400


def text_of(inside: bytes, limits: DecodeLimits = SERVER_LIMITS) -> str:
    body = b'<xccos xmlns="urn:parlano:xml:ns:xccos"><chat>' + inside + b"</chat></xccos>"
    return parse_document(body, limits).children[0].text


@pytest.mark.parametrize(
    ("inside", "text"),
    [
        (b"a\r\nb", "a\r\nb"),
        (b"a\nb", "a\nb"),
        (b"\r\r\n\n\r", "\r\r\n\n\r"),
        (b"a&#xD;\nb&#xD;&#xA;\r\nc", "a\r\nb\r\n\r\nc"),
        (b"a<![CDATA[b\r\nc]]>\r\nd", "ab\r\nc\r\nd"),
        (b"\r\n<b>x</b>\r\n", "\r\nx\r\n"),
        ("펌프\r\n3번 \r\n&amp;".encode(), "펌프\r\n3번 \r\n&"),
        (b"\xff\r\nb", "\ufffd\r\nb"),
    ],
)
def test_line_ends_are_kept_as_they_stand(inside: bytes, text: str) -> None:
    assert text_of(inside) == text


def test_so_many_line_ends_as_no_message_has_are_not_looked_at_one_by_one() -> None:
    assert text_of(b"\r\n" * 11, DecodeLimits(elements=10)) == "\n" * 11


def test_refused_with_413() -> None:
    limits = DecodeLimits(size=1000, elements=10, depth=5)
    assert status(b"<a>" + b" " * 1000 + b"</a>", limits) == 413
    assert status(b"<a>" + b"<b/>" * 10 + b"</a>", limits) == 413
    assert status(b"<a><a><a><a><a><a/></a></a></a></a></a>", limits) == 413
    assert parse_document(b"<a><a><a><a><a/></a></a></a></a>", limits).children


def test_a_doctype_in_a_text_is_only_text() -> None:
    assert parse(b"<chat %s><![CDATA[<!DOCTYPE html>]]></chat>" % NS).text == "<!DOCTYPE html>"


def test_invalid_utf_8_is_replaced_and_the_rest_understood() -> None:
    root = parse(b'<part %s uri="ma-chan://\xff\xfe\x02"><chat>ok \xed\xa0\x80</chat></part>' % NS)
    assert root.get("uri") == "ma-chan://\ufffd\ufffd"
    assert root.children[0].text == "ok \ufffd\ufffd\ufffd"


def test_new_names_leave_nothing_behind() -> None:
    def document(start: int) -> bytes:
        return b"<a>" + b"".join(b"<n%d/>" % number for number in range(start, start + 9000)) + b"</a>"

    parse(document(0))
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for start in range(10_000, 60_000, 10_000):
            parse(document(start))
        assert tracemalloc.get_traced_memory()[0] - before < 100_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("inside", [b"<b>word</b>", b"a<b/>", b"a\r\n<b/>"])
def test_a_text_full_of_markup_is_put_together_once(inside: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    written = 0

    class Counted(Element):
        __slots__ = ()

        def __setattr__(self, name: str, value: object) -> None:
            nonlocal written
            written += len(value) if isinstance(value, str) else 0
            super().__setattr__(name, value)

    monkeypatch.setattr("parlour.xccos.xml.Element", Counted)
    text = text_of(inside * 2000)
    assert len(text) == 2000 * len(inside.replace(b"<b>", b"").replace(b"</b>", b"").replace(b"<b/>", b""))
    assert written < 2 * len(text) + 1000
