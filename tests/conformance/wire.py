"""SIP and XCCOS as bytes, written and read by hand: nothing of the product's is used, so that its mistakes are not
repeated here."""

from __future__ import annotations

import asyncio
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

NAMESPACE = "urn:parlano:xml:ns:xccos"
_TAG = f"{{{NAMESPACE}}}"


class Lost(Exception):
    """The connection is gone."""


# SIP ----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Message:
    """One SIP message. Header names keep their spelling; they are found without regard to it."""

    first: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""

    @property
    def status(self) -> int:
        """0 for a request."""
        return int(self.first.split(" ")[1]) if self.first.startswith("SIP/2.0 ") else 0

    @property
    def reason(self) -> str:
        return self.first.split(" ", 2)[2] if self.status else ""

    @property
    def method(self) -> str:
        return self.first.split(" ")[0]

    @property
    def text(self) -> str:
        return self.body.decode()

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def header(self, name: str) -> str:
        """The first of that name; "" if there is none."""
        return next(iter(self.all(name)), "")

    def uri(self, name: str) -> str:
        """The URI of an address header, byte for byte."""
        found = re.search(r"<([^>]*)>", self.header(name))
        return found[1] if found else self.header(name).partition(";")[0].strip()

    def render(self) -> bytes:
        lines = [self.first, *(f"{name}: {value}" for name, value in self.headers)]
        lines += [f"Content-Length: {len(self.body)}", "", ""]
        return "\r\n".join(lines).encode() + self.body


async def read_message(reader: asyncio.StreamReader) -> Message:
    """The next message of a stream; raises Lost at its end."""
    try:
        head = b""
        while not head:  # what was no message was the answer to a keep-alive
            head = (await reader.readuntil(b"\r\n\r\n")).lstrip(b"\r\n")
        first, *lines = head.decode().rstrip("\r\n").split("\r\n")
        headers = tuple((name.strip(), value.strip()) for name, _, value in (line.partition(":") for line in lines))
        message = Message(first, headers)
        body = await reader.readexactly(int(message.header("Content-Length") or 0))
    except (asyncio.IncompleteReadError, OSError) as error:
        raise Lost(str(error)) from error
    return Message(first, headers, body)


# XCCOS: what is said --------------------------------------------------------------------------------------------------


def xccos(envid: int, *inside: str) -> str:
    return f'<xccos ver="1" envid="{envid}" xmlns="{NAMESPACE}">{"".join(inside)}</xccos>'


def cmd(name: str, data: str = "", seqid: int = 1) -> str:
    return f'<cmd id="cmd:{name}" seqid="{seqid}"><data>{data}</data></cmd>'


def element(tag: str, inside: str = "", /, **attributes: object) -> str:
    """Mark-up; `None` leaves an attribute out, a final `_` of its name goes."""
    told = "".join(
        f' {name.rstrip("_")}="{escape(str(value))}"' for name, value in attributes.items() if value is not None
    )
    return f"<{tag}{told}>{inside}</{tag}>" if inside else f"<{tag}{told}/>"


def chanids(*uris: str) -> str:
    """Rooms as join commands name them."""
    parts = [uri.removeprefix("ma-chan://").split("/") for uri in uris]
    return "".join(element("chanid", key=key, domain=domain, value=guid) for key, (domain, guid) in enumerate(parts))


def chanib(uri: str, inside: str = "", /, **attributes: object) -> str:
    return element("chanib", inside, uri=uri, **attributes)


def catib(uri: str | None, inside: str = "", /, **attributes: object) -> str:
    return element("catib", inside, uri=uri, **attributes)


def role(name: str, op: str | None, *uris: str) -> str:
    return element("role", "".join(element("uib", uri=uri) for uri in uris), name=name, op=op)


def scope(kind: str, op: str | None, *uris: str) -> str:
    return element("scope", "".join(element("uib", uri=uri) for uri in uris), type=kind, op=op)


def grpchat(room: str, author: str, text: str, *, seqid: int = 1, alert: bool | None = None, rtf: str = "") -> str:
    inside = element("chat", escape(text, quote=False).replace("\r", "&#xD;"))
    inside += element("rtf", escape(rtf, quote=False)) if rtf else ""
    told = {} if alert is None else {"alert": str(alert).lower()}
    return element(
        "grpchat", inside, id="grpchat", seqid=seqid, chanUri=room, author=author, ts="2026-01-01T00:00:00Z", **told
    )


# XCCOS: what is heard ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Told:
    """A primitive of the server's: `rpl:join`, `ntc:part`, `grpchat`."""

    id: str
    xml: ET.Element
    envid: int
    raw: bytes
    """The whole envelope."""

    @property
    def kind(self) -> str:
        return self.xml.tag.removeprefix(_TAG)

    @property
    def quotes(self) -> tuple[int, int] | None:
        """(envid, seqid) of the command that a reply answers."""
        quoted = self.xml.find(f"{_TAG}commandid")
        return None if quoted is None else (int(quoted.attrib["envid"]), int(quoted.attrib["seqid"]))

    @property
    def code(self) -> int:
        """As a client counts: 500 without `resp`."""
        resp = self.xml.find(f"{_TAG}resp")
        return 500 if resp is None else int(resp.attrib["code"])

    @property
    def words(self) -> str:
        """The text beside the code."""
        return self.xml.findtext(f"{_TAG}resp") or ""

    @property
    def data(self) -> ET.Element:
        found = self.xml.find(f"{_TAG}data")
        assert found is not None, f"{self.id} without data"
        return found

    def all(self, path: str) -> list[ET.Element]:
        """Elements below `data` by a path of local names: `chanib/aib`."""
        return self.data.findall("/".join(_TAG + step for step in path.split("/")))

    def one(self, path: str) -> ET.Element:
        found = self.all(path)
        assert len(found) == 1, f"{len(found)} {path} in {self.source}"
        return found[0]

    @property
    def rooms(self) -> list[str]:
        """URIs of the rooms in it."""
        return [room.attrib["uri"] for room in self.all("chanib")]

    @property
    def names(self) -> list[str]:
        return [room.attrib["name"] for room in self.all("chanib")]

    @property
    def people(self) -> list[str]:
        """URIs of the people in it."""
        return [person.attrib["uri"] for person in self.all("uib")]

    @property
    def source(self) -> str:
        return ET.tostring(self.xml, encoding="unicode")


def text_of(parent: ET.Element, tag: str, id: str = "") -> str | None:
    """Text of a child by local name, and by its id if that is given (`info`, `prop`)."""
    for child in parent.findall(_TAG + tag):
        if not id or child.attrib.get("id") == id:
            return child.text or ""
    return None


def children(parent: ET.Element, tag: str) -> list[ET.Element]:
    return parent.findall(_TAG + tag)


def info(chanib: ET.Element, name: str) -> str | None:
    return text_of(chanib, "info", f"urn:parlano:ma:info:{name}")


def prop(chanib: ET.Element, name: str) -> str | None:
    return text_of(chanib, "prop", f"urn:parlano:ma:prop:{name}")


def primitives(body: bytes) -> Iterator[Told]:
    """What an envelope of the server's holds; raises AssertionError when it is not what the protocol says."""
    root = ET.fromstring(body)
    assert root.tag == f"{_TAG}xccos", root.tag
    assert root.attrib["ver"] == "1"
    envid = int(root.attrib["envid"])
    assert 0 < envid < 2**64
    for number, one in enumerate(root, 1):
        assert one.attrib["seqid"] == str(number), f"seqid {one.attrib['seqid']} in place {number}"
        yield Told(one.attrib["id"], one, envid, body)


def check_mixture(told: Sequence[Told], *, reads_many: bool) -> None:
    """docs/protocol/xccos.md, Envelope: one kind in an envelope, and one message for clients that read no more."""
    kinds = {one.kind for one in told}
    assert len(kinds) == 1, f"an envelope mixes {sorted(kinds)}"
    assert reads_many or kinds != {"grpchat"} or len(told) == 1, f"{len(told)} messages in one envelope"
