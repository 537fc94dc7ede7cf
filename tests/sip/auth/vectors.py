"""One NTLM sign-in as it went over the wire between SIPE and a stub server, password `Secret123`."""

from __future__ import annotations

import base64

SERVER_CHALLENGE = bytes.fromhex("9251b921880921c2")
PASSWORD = "Secret123"
TYPE2 = base64.b64decode(
    "TlRMTVNTUAACAAAACAAIADgAAABVgpriklG5IYgJIcIAAAAAAAAAAGAAYABAAAAABgGxHQAAAA9TAFQAVQBCAAIADgBDAE8ATgBUAE8AUwBPAAEA"
    "CABTAFQAVQBCAAQAFgBjAG8AbgB0AG8AcwBvAC4AYwBvAG0AAwAgAHMAdAB1AGIALgBjAG8AbgB0AG8AcwBvAC4AYwBvAG0AAAAAAA=="
)
TYPE3_TEXT = (
    "TlRMTVNTUAADAAAAGAAYAGQAAACQAJAAfAAAAA4ADgBIAAAACgAKAFYAAAAEAAQAYAAAABAAEAAMAQAAVYKYYgUBKAoAAAAPQwBPAE4AVABPAFMA"
    "TwBhAGwAaQBjAGUAVgBNAPESZkZileu6kkhOm02GZtdklLk9j9GJA++Elb05LPWn/NGuBjwpUBIBAQAAAAAAAICXgD9med0BZJS5PY/RiQMAAAAA"
    "AgAOAEMATwBOAFQATwBTAE8AAQAIAFMAVABVAEIABAAWAGMAbwBuAHQAbwBzAG8ALgBjAG8AbQADACAAcwB0AHUAYgAuAGMAbwBuAHQAbwBzAG8A"
    "LgBjAG8AbQAAAAAAAAAAANQ8SOkIolfnsAdCXA3pk6w="
)
TYPE3 = base64.b64decode(TYPE3_TEXT)
EXPORTED_KEY = bytes.fromhex("476b9c30e16c012ddb62e67b3d928340")
REALM = "SIP Communications Service"
TARGET = "stub.contoso.com"

REGISTER = (
    "REGISTER sip:contoso.com SIP/2.0\r\n"
    "Via: SIP/2.0/tcp 127.0.0.1:56510;branch=z9hG4bK60816DE2800530F096F1\r\n"
    "From: <sip:alice@contoso.com>;tag=4691029580;epid=c97532c1946f\r\n"
    "To: <sip:alice@contoso.com>\r\n"
    "Max-Forwards: 70\r\n"
    "CSeq: 3 REGISTER\r\n"
    "Call-ID: 8B45gBC28a4168i47F3mFB7At2231b0A6DxA790x\r\n"
    "Content-Length: 0\r\n"
    f'Authorization: NTLM qop="auth", opaque="D10CEA1A", realm="{REALM}", targetname="{TARGET}", '
    f'gssapi-data="{TYPE3_TEXT}", version=4, crand="47782294", cnum="1", '
    'response="01000000D75B51D6F473CEE764000000"\r\n'
).encode()

REGISTER_OK = (
    "SIP/2.0 200 OK\r\n"
    "Via: SIP/2.0/tcp 127.0.0.1:56510;branch=z9hG4bK60816DE2800530F096F1\r\n"
    "From: <sip:alice@contoso.com>;tag=4691029580;epid=c97532c1946f\r\n"
    "To: <sip:alice@contoso.com>;tag=D1DFA433\r\n"
    "Call-ID: 8B45gBC28a4168i47F3mFB7At2231b0A6DxA790x\r\n"
    "CSeq: 3 REGISTER\r\n"
    "Expires: 7200\r\n"
    'Authentication-Info: NTLM rspauth="01000000C91566F89718919E64000000", srand="B76D9E8B", snum="1", '
    f'opaque="D10CEA1A", qop="auth", targetname="{TARGET}", realm="{REALM}"\r\n'
    "Content-Length: 0\r\n"
).encode()

INFO = (
    "INFO sip:alice@contoso.com;opaque=user:epid:hf7VwVNWJR5mYIcfHzOVIQ;gruu SIP/2.0\r\n"
    "Via: SIP/2.0/TCP 127.0.0.1:16070;branch=z9hG4bKC010F3B8\r\n"
    "Max-Forwards: 70\r\n"
    "From: <sip:GC-1-Channel.stub@contoso.com>;tag=E6773C2F\r\n"
    "To: <sip:alice@contoso.com>;tag=1659661061;epid=c97532c1946f\r\n"
    "Call-ID: 3925g0C51a5DACi1C1Cm359At8A1Fb99A8xA868x\r\n"
    "CSeq: 1 INFO\r\n"
    "Content-Type: text/plain\r\n"
    'Authentication-Info: NTLM rspauth="01000000F27C315398177E0764000000", srand="F9F6D775", snum="13", '
    f'opaque="D10CEA1A", qop="auth", targetname="{TARGET}", realm="{REALM}"\r\n'
).encode()

INFO_OK = (
    "SIP/2.0 200 OK\r\n"
    "Via: SIP/2.0/TCP 127.0.0.1:16070;branch=z9hG4bKC010F3B8\r\n"
    "From: <sip:GC-1-Channel.stub@contoso.com>;tag=E6773C2F\r\n"
    "To: <sip:alice@contoso.com>;tag=1659661061;epid=c97532c1946f\r\n"
    "Call-ID: 3925g0C51a5DACi1C1Cm359At8A1Fb99A8xA868x\r\n"
    "CSeq: 1 INFO\r\n"
    "Contact: <sip:alice@contoso.com;opaque=user:epid:hf7VwVNWJR5mYIcfHzOVIQ;gruu>\r\n"
    "Content-Length: 0\r\n"
    "User-Agent: Purple/2.14.12 Sipe/1.25.0 (linux-x86_64)\r\n"
    f'Authorization: NTLM qop="auth", opaque="D10CEA1A", realm="{REALM}", targetname="{TARGET}", crand="28ae5beb", '
    'cnum="15", response="01000000FE41643173FA2F0864000000"\r\n'
).encode()

INFO_DIALOG = (
    "3925g0C51a5DACi1C1Cm359At8A1Fb99A8xA868x",
    "sip:GC-1-Channel.stub@contoso.com",
    "E6773C2F",
    "sip:alice@contoso.com",
    "1659661061",
)
