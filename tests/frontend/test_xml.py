"""XML from strangers: what is refused, and that what is kept means what it meant. lxml is the second opinion."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from parlour.frontend.xml import MAX_DOCUMENT, Element, parse_document
from parlour.sip.errors import RemoteProtocolError

BOMB = b'<!DOCTYPE a [<!ENTITY b "bbbbbbbb"><!ENTITY c "&b;&b;&b;">]><a>&c;</a>'
FILE = b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"<a>", 400),
        (b"\xff\xff", 400),
        (BOMB, 400),
        (FILE, 400),
        (BOMB.decode().encode("utf-16"), 400),
        (b"<a " + b" ".join(b'xmlns:p%d="urn:x"' % n for n in range(40)) + b"/>", 400),
        (b"".join(b'<a xmlns:p%d="urn:x" xmlns:q%d="urn:x">' % (n, n) for n in range(20)) + b"</a>" * 20, 400),
        (b"<a xmlns:" + b"p" * 100 + b'="urn:x"/>', 400),
        (b"<a>" * 40 + b"</a>" * 40, 413),
        (b"<a>" + b"<b/>" * 5000 + b"</a>", 413),
        (b"<a>" + b" " * MAX_DOCUMENT + b"</a>", 413),
    ],
)
def test_refused(body: bytes, status: int) -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        parse_document(body)
    assert caught.value.status == status


def test_namespaces_do_not_matter_for_names() -> None:
    root = parse_document(b'<x:a xmlns:x="urn:x"><!-- hidden --><b xmlns="urn:y"/><?pi?><c k="1" x:k="2"/></x:a>')
    assert root.name == "a"
    assert [child.name for child in root.find_all("b")] == ["b"]
    assert len(root.children) == 2
    assert (root.children[1].get("k"), root.children[1].get("no")) == ("1", None)


@pytest.mark.parametrize(
    ("written", "whole"),
    [
        (b"<a><b/></a>", b"<b/>"),
        (b"<a><b></b>tail</a>", b"<b></b>"),
        (b"<a><b>/></b></a>", b"<b>/></b>"),
        (b"<a><b x='>/>'/></a>", b"<b x='>/>'/>"),
        (b'<a><b x="\'>"><b/></b\n></a>', b'<b x="\'>"><b/></b\n>'),
        (b"<a><b><![CDATA[</b>]]>&lt;</b></a>", b"<b><![CDATA[</b>]]>&lt;</b>"),
        (b'<a xmlns="urn:a"><b\tk="1"/></a>', b'<b xmlns="urn:a"\tk="1"/>'),
        (b'<a xmlns="urn:a"><b xmlns="urn:b"/></a>', b'<b xmlns="urn:b"/>'),
        (b'<a xmlns="urn:a"><b xmlns=""><c/></b></a>', b'<b xmlns=""><c/></b>'),
        (b'<a xmlns:x="urn:&amp;"><x:b k="x:v">t</x:b></a>', b'<x:b xmlns:x="urn:&amp;" k="x:v">t</x:b>'),
        ("<a><b>é</b>ü<c>ß</c></a>".encode(), "<b>é</b>".encode()),
    ],
)
def test_an_element_stands_alone_as_it_was_written(written: bytes, whole: bytes) -> None:
    child = parse_document(written).children[0]
    assert child.whole() == whole
    assert etree.fromstring(whole).tag == etree.fromstring(written)[0].tag


NAMES = st.sampled_from(["a", "b", "x:a", "y:b"])
VALUES = st.text(st.sampled_from("ab >/'&\u00e9\u4e00"), max_size=5).map(
    lambda text: text.replace("&", "&amp;").replace("<", "&lt;")
)
ATTRIBUTES = st.dictionaries(st.sampled_from(["k", "l", "x:k"]), VALUES, max_size=2)
NAMESPACES = st.dictionaries(
    st.sampled_from(["xmlns", "xmlns:x", "xmlns:y"]), st.sampled_from(["urn:x", "urn:d", "urn:&amp;"]), max_size=2
)
TEXTS = VALUES | st.sampled_from(["<![CDATA[</a>]]>", "<!-- <a> -->", "<?p /> ?>", "\r\n"])


def _written(name: str, attributes: dict[str, str], namespaces: dict[str, str], inside: list[str], short: bool) -> str:
    tag = name + "".join(f' {key}="{value}"' for key, value in (attributes | namespaces).items())
    return f"<{tag}/>" if short and not inside else f"<{tag}>{''.join(inside)}</{name} >"


ELEMENTS = st.recursive(
    st.builds(_written, NAMES, ATTRIBUTES, NAMESPACES, st.lists(TEXTS, max_size=2), st.booleans()),
    lambda inner: st.builds(
        _written, NAMES, ATTRIBUTES, NAMESPACES, st.lists(inner | TEXTS, max_size=4), st.booleans()
    ),
    max_leaves=12,
)


def _expanded(element: etree._Element) -> bytes:
    return etree.tostring(element, method="c14n", exclusive=True, with_comments=False, with_tail=False)


@given(ELEMENTS.map(lambda inside: f'<x:a xmlns:x="urn:x" xmlns:y="urn:y" xmlns="urn:d">{inside}</x:a>'))
def test_what_is_cut_out_means_what_it_meant(document: str) -> None:
    ours = parse_document(document.encode())
    _same(ours, etree.fromstring(document.encode(), etree.XMLParser(remove_pis=True, remove_comments=True)))


def _same(ours: Element, theirs: etree._Element) -> None:
    assert ours.name == etree.QName(theirs).localname
    assert len(ours.children) == len(theirs)
    alone = etree.fromstring(ours.whole(), etree.XMLParser(remove_pis=True, remove_comments=True))
    assert _expanded(alone) == _expanded(theirs)
    for child, their_child in zip(ours.children, theirs, strict=True):
        _same(child, their_child)


def test_new_names_leave_nothing_behind() -> None:
    def document(start: int) -> bytes:
        return b"<a>" + b"".join(b"<n%d/>" % number for number in range(start, start + 3000)) + b"</a>"

    parse_document(document(0))
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for start in range(10_000, 60_000, 10_000):
            parse_document(document(start))
        assert tracemalloc.get_traced_memory()[0] - before < 100_000
    finally:
        tracemalloc.stop()
