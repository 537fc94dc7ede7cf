"""The fuzzer's invariant, on arbitrary bytes, on documents made of our vocabulary, and on bent real bodies."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from fuzz.fuzz_xccos import check, seeds
from parlour.xccos.decode import COMMANDS
from parlour.xccos.decode_answers import NOTICES, REPLIES

BODIES = seeds()
IDS = [
    *(f"cmd:{name}" for name in COMMANDS),
    *(f"rpl:{name}" for name in REPLIES),
    *(f"ntc:{name}" for name in NOTICES),
]
NAMES = st.sampled_from(
    [
        "xccos",
        "cmd",
        "rpl",
        "ntc",
        "grpchat",
        "data",
        "chanid",
        "chanib",
        "bcq",
        "last",
        "qib",
        "inv",
        "sib",
        "uib",
        "aib",
        "fib",
        "chat",
        "rtf",
        "msg",
        "info",
        "prop",
        "resp",
        "commandid",
        "catib",
        "role",
        "scope",
        "audit",
        "affil",
        "msgref",
        "purge",
        "pref",
        "siop",
        "ftdb",
        "token",
        "association",
        "perms",
        "unread",
        "date",
        "author",
        "msgid",
        "limit",
        "sort",
        "text",
        "b",
        "x:y",
    ]
)
KEYS = st.sampled_from(
    [
        "id",
        "seqid",
        "ver",
        "envid",
        "key",
        "domain",
        "value",
        "uri",
        "chanUri",
        "author",
        "authdisp",
        "alert",
        "chatId",
        "ts",
        "cnt",
        "qtype",
        "criteria",
        "extended",
        "maxResults",
        "inviteId",
        "infoType",
        "code",
        "name",
        "parent",
        "siopid",
        "visibility",
        "behavior",
        "disabled",
        "op",
        "type",
        "label",
        "content",
        "from",
        "to",
        "until",
        "msgid",
        "jmsg",
        "mt",
        "updatedon",
        "token",
        "channelUri",
        "fileUrl",
        "searchInvites",
        "invite",
    ]
)
VALUES = st.one_of(
    st.sampled_from(
        [
            "1",
            "-1",
            "true",
            "cmd:join",
            "CMD:BJOIN",
            "cmd:part",
            "cmd:chansrch",
            "cmd:bccontext",
            "cmd:getinv",
            "cmd:x y",
            "ma-chan://example.com/5d1f2c9e-7a34-4f7b-9e0c-8f4b6f0a2203",
            "MA-CHAN://Example.COM/{5D1F2C9E-7A34-4F7B-9E0C-8F4B6F0A2203}",
            "2013-06-11T20:14:05.1234567Z",
            "9999-12-31T23:59:60Z",
            " 7 ",
            "&lt;&#xD;&#xA;&quot;&gt;",
        ]
    ),
    st.text(alphabet=st.characters(exclude_characters='<&"', exclude_categories=("Cs", "Cc")), max_size=12),
)


def _element(name: str, attributes: dict[str, str], inside: list[str]) -> str:
    written = "".join(f' {key}="{value}"' for key, value in attributes.items())
    return f"<{name}{written}>{''.join(inside)}</{name}>"


ELEMENTS = st.recursive(
    st.builds(_element, NAMES, st.dictionaries(KEYS, VALUES, max_size=4), st.lists(VALUES, max_size=1)),
    lambda inner: st.builds(_element, NAMES, st.dictionaries(KEYS, VALUES, max_size=4), st.lists(inner, max_size=4)),
    max_leaves=12,
)


@settings(max_examples=300)
@given(st.sampled_from(IDS), st.lists(ELEMENTS, max_size=4))
def test_any_data_of_any_command_reply_and_notice(name: str, elements: list[str]) -> None:
    tag, data = name.partition(":")[0], "".join(elements)
    inside = f'<{tag} id="{name}" seqid="1"><resp code="200"/><data>{data}</data></{tag}>'
    check(f'<xccos ver="1" envid="7" xmlns="urn:parlano:xml:ns:xccos" xmlns:x="urn:x">{inside}</xccos>'.encode())


@given(st.binary(max_size=400))
def test_any_bytes(body: bytes) -> None:
    check(body)


@settings(max_examples=150)
@given(st.lists(ELEMENTS, max_size=4))
def test_any_arrangement_of_our_words(elements: list[str]) -> None:
    inside = "".join(elements)
    check(f'<xccos ver="1" envid="7" xmlns="urn:parlano:xml:ns:xccos" xmlns:x="urn:x">{inside}</xccos>'.encode())


@settings(max_examples=150)
@given(st.sampled_from(BODIES), st.integers(0, 1500), st.integers(0, 30), st.binary(max_size=8))
def test_a_real_body_bent(body: bytes, start: int, length: int, instead: bytes) -> None:
    check(body[:start] + instead + body[start + length :])
