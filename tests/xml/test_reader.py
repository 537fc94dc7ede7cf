"""The one parser of the product: what it tells a builder, and what it refuses before anything is built."""

from __future__ import annotations

import pytest

from parlour.xml.reader import Builder, Caps, Source, XmlRefused, read_document

CAPS = Caps(size=1000, elements=10, depth=5)


class Told(Builder):
    def __init__(self, source: Source) -> None:
        self.source = source
        self.calls: list[tuple[object, ...]] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.calls.append(("start", name, attributes, self.source.position))

    def end(self, name: str) -> None:
        self.calls.append(("end", name, self.source.position))

    def data(self, text: str) -> None:
        self.calls.append(("data", text))

    def declare(self, prefix: str | None, namespace: str | None) -> None:
        self.calls.append(("declare", prefix, namespace))


def test_what_a_builder_is_told() -> None:
    told = read_document(b'\xef\xbb\xbf<a xmlns:x="urn:x"> <x:b x:k="1"/>t&amp;t<!-- no --><?no?></a>', CAPS, Told)
    assert told.calls == [
        ("declare", "x", "urn:x"),
        ("start", "a", {}, 0),
        ("data", " "),
        ("start", "urn:x b", {"urn:x k": "1"}, 20),
        ("end", "urn:x b", 34),
        ("data", "t&t"),
        ("end", "a", told.source.text.index(b"</a>")),
    ]


@pytest.mark.parametrize(
    ("body", "too_large"),
    [
        (b"", False),
        (b"<a>", False),
        (b"<!DOCTYPE a><a/>", False),
        (b'<a xmlns="' + b"x" * 300 + b'"/>', False),
        (b"<a>" + b" " * 1000 + b"</a>", True),
        (b"<a>" + b"<b/>" * 10 + b"</a>", True),
        (b"<a>" * 6 + b"</a>" * 6, True),
    ],
)
def test_refused(body: bytes, too_large: bool) -> None:
    with pytest.raises(XmlRefused) as caught:
        read_document(body, CAPS, Told)
    assert caught.value.too_large is too_large
    assert caught.value.reason


def test_caps_are_reached_before_they_are_passed() -> None:
    read_document(b"<a>" + b"<b/>" * 9 + b"</a>", CAPS, Told)
    read_document(b"<a>" * 5 + b"</a>" * 5, CAPS, Told)


def test_positions_are_in_the_text_as_the_parser_sees_it() -> None:
    told = read_document(b" <a>\xff<b/></a>", CAPS, Told)
    assert told.source.text == "<a>\ufffd<b/></a>".encode()
    assert ("start", "b", {}, 6) in told.calls
