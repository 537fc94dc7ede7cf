"""XML from strangers."""

import pytest

from parlour.frontend.xml import MAX_DOCUMENT, children, local_name, parse_document, serialize_child
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
        (b"<a>" * 40 + b"</a>" * 40, 400),
        (b"<a>" + b"<b/>" * 5000 + b"</a>", 400),
        (b"<a>" + b" " * MAX_DOCUMENT + b"</a>", 413),
    ],
)
def test_refused(body: bytes, status: int) -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        parse_document(body)
    assert caught.value.status == status


def test_namespaces_do_not_matter_for_names() -> None:
    root = parse_document(b'<x:a xmlns:x="urn:x"><!-- hidden --><b xmlns="urn:y"/><?pi?><c/></x:a>')
    assert local_name(root) == "a"
    assert [child.tag for child in children(root, "b")] == ["{urn:y}b"]
    assert len(root) == 2


def test_an_element_stands_alone() -> None:
    root = parse_document(b'<a xmlns="urn:a" xmlns:x="urn:x"><b k="x:v">t</b>tail</a>')
    text = serialize_child(root[0])
    again = parse_document(text)
    assert again.tag == "{urn:a}b"
    assert again.nsmap["x"] == "urn:x"
    assert b"tail" not in text
