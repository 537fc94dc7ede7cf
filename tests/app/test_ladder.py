"""Lines of a trace, drawn as a ladder."""

from typing import Any

from parlour.app.ladder import parse_trace, render_ladder, select

LOBBY = "ma-chan://x/1"
POOL = "GC-1-PersistentChatService-1@x"


def line(direction: str, first: str, to: str = "x", *, who: str = "alice@x", connection: int = 1, **more: Any) -> Any:
    return {"connection": connection, "direction": direction, "first": first, "from": who, "to": to, **more}


def said(*primitives: dict[str, Any]) -> dict[str, Any]:
    return {"envid": "1", "primitives": list(primitives)}


FLOW = [
    line("in", "REGISTER sip:x SIP/2.0", "alice@x", cseq="1 REGISTER"),
    line("out", "SIP/2.0 200 OK", "alice@x", cseq="1 REGISTER"),
    line("in", "INFO sip:ocschat@x SIP/2.0", "ocschat@x", xccos=said({"id": "cmd:requri"})),
    line("out", "SIP/2.0 200 OK", "ocschat@x", cseq="2 INFO"),
    line("in", "INFO sip:x SIP/2.0", POOL, xccos=said({"id": "cmd:getpref"}, {"id": "cmd:getpref"})),
    line("in", "INFO sip:x SIP/2.0", POOL, xccos=said({"id": "cmd:join", "rooms": [{"uri": LOBBY}]})),
    line(
        "out",
        "INFO sip:alice@x SIP/2.0",
        "alice@x",
        who=POOL,
        xccos=said({"id": "rpl:join", "code": "200", "rooms": [{"uri": LOBBY, "name": "로비"}]}),
    ),
]

DRAWN = """\
alice                         front end    lookup    channel service
|---REGISTER----------------->|            |         |
|<--200 OK (REGISTER)---------|            |         |
|---INFO cmd:requri----------------------->|         |
|<--200 OK (INFO)--------------------------|         |
|---INFO cmd:getpref x2----------------------------->|
|---INFO cmd:join (로비)---------------------------->|
|<--INFO rpl:join 200 (로비)-------------------------|"""


def test_a_call_flow_as_it_is_published() -> None:
    assert render_ladder(FLOW) == DRAWN.splitlines()


def test_each_connection_has_its_column() -> None:
    rows = render_ladder(
        [
            line("in", "REGISTER sip:x SIP/2.0", connection=7),
            line("in", "REGISTER sip:x SIP/2.0", connection=9),
            line("in", "BYE sip:x SIP/2.0", who="bob@x", connection=8),
            line("out", "BYE sip:x SIP/2.0", who="bob@x", connection=8),
            line("out", "SIP/2.0 400 Bad Request", connection=3),
        ]
    )
    assert rows[0].split("  ")[0] == "alice"
    assert [title for title in ("alice", "alice #2", "bob", "?", "front end") if title not in rows[0]] == []
    bob = rows[0].index("bob")
    assert rows[3][:bob].replace(" ", "") == "||"
    assert rows[3][bob:].startswith("|---BYE--")
    assert rows[4][bob:].startswith("|<--BYE--")


def test_long_lines_are_cut_and_many_rooms_counted() -> None:
    rooms = [{"uri": f"ma-chan://x/{number}"} for number in range(50)]
    rows = render_ladder(
        [
            line("in", "INFO x SIP/2.0", POOL, xccos=said({"id": "cmd:bjoin", "rooms": rooms})),
            line("in", f"INVITE sip:{'x' * 200} SIP/2.0", POOL),
        ]
    )
    assert "INFO cmd:bjoin (50 rooms)-" in rows[1]
    assert "xxx...-" in rows[2]
    assert len(rows[1]) == len(rows[2]) < 130


def test_parse_trace_leaves_out_what_is_no_line() -> None:
    good = '{"connection":1,"direction":"in","first":"BYE"}'
    assert [one["first"] for one in parse_trace([good, good[:20], "[]", "{}", ""])] == ["BYE"]
    assert render_ladder([]) == []


def test_select_by_call_and_by_person() -> None:
    lines = [line("in", "BYE", "bob@x", call_id="1"), line("in", "BYE", "carol@x", who="bob@x", call_id="2")]
    assert select(lines) == lines
    assert select(lines, call_id="2") == lines[1:]
    assert select(lines, user="ALICE") == lines[:1]
    assert select(lines, user="bob@x") == lines
    assert select(lines, user="bo") == []
