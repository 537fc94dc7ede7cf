"""What a client hears: the body of an INFO from a server as a `ServerEnvelope`.

Tolerant towards servers that are not ours: a reply or notice we do not know, or whose data we cannot read, has the body
None; a message of history that we cannot read is left out. `envelope` opens the body, `parts` reads blocks, and the
other modules hold one function per answer, by the families of `types`. To add a reply: a type in `types`, a function
and a line of `REPLIES` in the module of its family.
"""

from __future__ import annotations

from parlour.xccos.decode_answers.envelope import NOTICES, REPLIES, decode_server_envelope

__all__ = ["NOTICES", "REPLIES", "decode_server_envelope"]
