"""Any bytes published or asked with give a document or a documented refusal; what is kept of a document is well-formed,
stands alone, and is kept the same when it comes back.

Run: `python fuzz/fuzz_documents.py [corpus]` (needs Atheris). It begins with the bodies of real clients.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import NoReturn

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


def _one_input(data: bytes) -> None:
    check(data)


def main() -> None:
    """Fuzz until stopped. What is found beyond the seeds is kept in the corpus that was named, if any."""
    with tempfile.TemporaryDirectory(prefix="parlour-fuzz-") as corpus:
        for number, body in enumerate(seeds()):
            Path(corpus, f"{number:03}.xml").write_bytes(body)
        # Atheris ends its process without coming back, so somebody else has to clean up.
        child = os.fork() or _fuzz(corpus)
        _, status = os.waitpid(child, 0)
    sys.exit(os.waitstatus_to_exitcode(status))


def _fuzz(corpus: str) -> NoReturn:
    import atheris

    atheris.instrument_all()
    atheris.Setup([*sys.argv, corpus], _one_input)
    atheris.Fuzz()
    os._exit(0)


if __name__ == "__main__":
    main()
