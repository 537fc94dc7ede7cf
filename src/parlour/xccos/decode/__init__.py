"""What a server hears: the body of an INFO as an `Envelope`.

`envelope` opens the body; the other modules hold one function per command, by the families of `types`. To add a
command: one type in `types`, one function and one line of `COMMANDS` in the module of its family here, and the same in
`encode_requests`; the answer likewise in `encode` and `decode_answers`.
"""

from __future__ import annotations

from parlour.xccos.decode.envelope import COMMANDS, decode_envelope, open_envelope, primitive_name
from parlour.xccos.decode.history import group_chat
from parlour.xccos.xml import SERVER_LIMITS

__all__ = ["COMMANDS", "SERVER_LIMITS", "decode_envelope", "group_chat", "open_envelope", "primitive_name"]
