"""The words of group chat (XCCOS): one XML document per SIP INFO, as frozen types on our side of the codec.

Pure: bytes in, values out; values in, bytes out. Which fact of the wire is verified and which is our own design is told
in docs/protocol/xccos.md. Read `types` first, then `decode` (what a server hears), `encode` (what a server says),
`encode_requests` and `decode_answers` (the same two for a client).
"""
