"""Any bytes published or asked with give a document or a documented refusal; what is kept of a document is well-formed,
stands alone, and is kept the same when it comes back.

It begins with the bodies of real clients.
"""

from __future__ import annotations

from pathlib import Path

from parlour.client.provisioning import read_provisioning
from parlour.frontend.provisioning import requested_groups
from parlour.frontend.publications import MAX_CONTENT, decode_publish
from parlour.frontend.xml import parse_document
from parlour.sip.errors import RemoteProtocolError

STATUSES = (400, 413)
WIRE = Path(__file__).resolve().parents[1] / "tests" / "frontend" / "wire"


def seeds() -> list[bytes]:
    """Bodies to begin with: what real clients sent."""
    bodies = [path.read_bytes().partition(b"\n\n")[2] for path in sorted(WIRE.glob("*.sip"))]
    return [body for body in bodies if body.lstrip().startswith(b"<")]


def check(body: bytes) -> None:
    """The invariant: raises AssertionError, or anything but RemoteProtocolError, when it does not hold."""
    read_provisioning(body)
    try:
        requested_groups(body)
    except RemoteProtocolError as error:
        assert error.status in STATUSES
    try:
        _, publications = decode_publish(body)
    except RemoteProtocolError as error:
        assert error.status in STATUSES
        assert error.reason
        return
    for publication in publications:
        content = publication.content.encode()
        assert len(content) <= MAX_CONTENT
        again = parse_document(b"<category>" + content + b"</category>")
        assert b"".join(child.whole() for child in again.children) == content
