"""The pushed INFOs of one dialog: what is rendered, how many at a time, and what each answer does."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from parlour.sip.dialog import Dialog
from parlour.sip.framing import Frame, StreamFramer
from parlour.sip.headers import NameAddr
from parlour.sip.message import Request, parse_message
from parlour.sip.pipeline import InfoPipeline, Outcome, PipelineOverflow, PipelineSettings, info_content

HEAD = b"SIP/2.0 200 OK\r\n"


def dialog(target: str = "sip:alice@example.com;opaque=user:epid:Zq3w;gruu", *routes: str) -> Dialog:
    return Dialog(
        call_id="C76Bg09D4a",
        local=NameAddr.parse("<sip:GC-1@example.com>;tag=ours"),
        remote=NameAddr.parse("<sip:alice@example.com>;tag=theirs;epid=01"),
        remote_target=target,
        route_set=routes,
    )


class Signer:
    """Signs with the CSeq; believes answers whose head says `signed`."""

    def header(self, cseq: int) -> bytes:
        return b"Authentication-Info: %%s signed=%d\r\n" % cseq

    def verify_response(self, head: bytes, cseq: int, status: int) -> bool:
        return head == b"signed %d" % cseq


def pipeline(signer: Signer | None = None, of: Dialog | None = None, **settings: float) -> InfoPipeline:
    return InfoPipeline(
        of or dialog(),
        token=b"abc1",
        via=b"SIP/2.0/TCP 192.0.2.1:5060",
        signer=signer,
        settings=PipelineSettings(**settings),  # type: ignore[arg-type]
    )


def send(pipe: InfoPipeline, bodies: Sequence[bytes], now: float) -> bytes:
    return pipe.send([info_content(body) for body in bodies], now)


def messages(data: bytes) -> list[Request]:
    found = []
    for frame in StreamFramer().receive(data):
        assert isinstance(frame, Frame)
        message = parse_message(frame.head, frame.body)
        message.check()
        assert isinstance(message, Request)
        found.append(message)
    return found


def bodies(data: bytes) -> list[bytes]:
    return [message.body for message in messages(data)]


def test_an_info_is_the_dialogs_prefix_a_number_and_the_body() -> None:
    pipe = pipeline()
    (info,) = messages(send(pipe, [b"hello"], 0.0))
    assert (info.method, info.uri) == ("INFO", "sip:alice@example.com;opaque=user:epid:Zq3w;gruu")
    assert info.via.branch == "z9hG4bKabc1.1"
    assert (info.cseq.number, info.cseq.method) == (1, "INFO")
    assert (str(info.from_), str(info.to)) == (
        "<sip:GC-1@example.com>;tag=ours",
        "<sip:alice@example.com>;tag=theirs;epid=01",
    )
    assert (info.call_id, info.content_type, info.body) == ("C76Bg09D4a", "text/plain", b"hello")
    assert info.max_forwards == 70


def test_branch_and_cseq_go_up_together_and_are_shared_with_the_dialog() -> None:
    shared = dialog()
    pipe = pipeline(of=shared)
    shared.build_request("UPDATE")  # takes number 1
    infos = messages(send(pipe, [b"a", b"b"], 0.0))
    assert [info.cseq.number for info in infos] == [2, 3]
    assert [info.via.branch for info in infos] == ["z9hG4bKabc1.2", "z9hG4bKabc1.3"]
    assert shared.build_request("BYE").cseq.number == 4


@pytest.mark.parametrize(
    "target", ["sip:50%25%30%b@example.com;x=%d", "sip:j\N{LATIN SMALL LETTER U WITH DIAERESIS}rg@example.com"]
)
def test_percent_signs_and_other_alphabets_in_uris_stand_as_they_are(target: str) -> None:
    pipe = pipeline(Signer(), dialog(target))
    (info,) = messages(send(pipe, [b"100 %d %s"], 0.0))
    assert info.uri == target
    assert info.body == b"100 %d %s"
    assert info.headers.get("Authentication-Info") == "%s signed=1"


def test_octets_that_are_no_utf8_come_back_as_they_came() -> None:
    target = b"sip:j\xfcrg@example.com".decode("utf-8", "surrogateescape")
    assert send(pipeline(of=dialog(target)), [b"x"], 0.0).startswith(b"INFO sip:j\xfcrg@example.com SIP/2.0\r\n")


def test_the_route_set_is_in_every_info() -> None:
    pipe = pipeline(of=dialog("sip:a@b", "<sip:p1@192.0.2.9;lr>", "<sip:p2@192.0.2.8;lr>"))
    (info,) = messages(send(pipe, [b"x"], 0.0))
    assert [route.uri for route in info.routes] == ["sip:p1@192.0.2.9;lr", "sip:p2@192.0.2.8;lr"]


def test_a_peer_that_moved_is_written_to_at_its_new_place() -> None:
    shared = dialog("sip:old@example.com")
    pipe = pipeline(of=shared)
    send(pipe, [b"a"], 0.0)
    shared.remote_target = "sip:new@example.com"
    pipe.retarget()
    (info,) = messages(send(pipe, [b"b"], 0.0))
    assert (info.uri, info.cseq.number) == ("sip:new@example.com", 2)


def test_no_more_than_the_window_is_in_flight_and_answers_let_more_out() -> None:
    pipe = pipeline(window=2)
    assert bodies(send(pipe, [b"1", b"2", b"3", b"4"], 0.0)) == [b"1", b"2"]
    assert send(pipe, [b"5"], 0.0) == b""
    assert bodies(pipe.receive_response(1, 200, HEAD, 0.1)[1]) == [b"3"]
    outcome, out = pipe.receive_response(2, 200, HEAD, 0.1)
    assert outcome is Outcome.GOING_ON
    assert bodies(out) == [b"4"]


def test_the_first_that_does_not_fit_waits_behind_those_that_do() -> None:
    pipe = pipeline(window=3)
    assert bodies(send(pipe, [b"1", b"2"], 0.0)) == [b"1", b"2"]
    assert bodies(send(pipe, [b"3", b"4"], 0.0)) == [b"3"]
    assert not pipe.idle


@pytest.mark.parametrize("settings", [{"waiting": 3}, {"waiting_bytes": 3 * len(info_content(bytes(10)))}])
def test_a_peer_that_answers_nothing_is_given_up(settings: dict[str, int]) -> None:
    pipe = pipeline(window=1, **settings)
    send(pipe, [bytes(10)] * 4, 0.0)
    with pytest.raises(PipelineOverflow):
        send(pipe, [bytes(10)], 0.0)


def test_what_has_left_the_queue_counts_no_more() -> None:
    pipe = pipeline(window=1, waiting_bytes=3 * len(info_content(bytes(10))))
    send(pipe, [bytes(10)] * 3, 0.0)
    for cseq in range(1, 50):
        pipe.receive_response(cseq, 200, HEAD, 0.0)
        send(pipe, [bytes(10)], 0.0)


def test_503_means_again_later_and_in_order() -> None:
    pipe = pipeline(window=3, busy_pause=5.0)
    send(pipe, [b"1", b"2", b"3", b"4"], 0.0)
    for cseq in (2, 1, 3):
        assert pipe.receive_response(cseq, 503, HEAD, 1.0) == (Outcome.GOING_ON, b"")
    assert send(pipe, [b"5"], 2.0) == b""
    assert pipe.handle_timer(5.9) == (Outcome.GOING_ON, b"")
    outcome, out = pipe.handle_timer(6.0)
    assert (outcome, bodies(out)) == (Outcome.GOING_ON, [b"1"])
    assert send(pipe, [b"6"], 6.0) == b""
    for cseq, due in ((4, [b"2"]), (5, [b"3"]), (6, [b"4", b"5", b"6"])):
        assert messages(out)[0].cseq.number == cseq
        out = pipe.receive_response(cseq, 200, HEAD, 6.1)[1]
        assert bodies(out) == due


def test_nothing_newer_is_sent_before_what_was_refused_is_through() -> None:
    pipe = pipeline(window=3, busy_pause=5.0)
    send(pipe, [b"1", b"2"], 0.0)
    pipe.receive_response(1, 503, HEAD, 0.0)
    pipe.receive_response(2, 200, HEAD, 0.0)  # it was on its way already
    for turn in range(3):
        now = 5.0 * (turn + 1)
        assert send(pipe, [b"%d" % (3 + turn)], now - 1) == b""
        assert bodies(pipe.handle_timer(now)[1]) == [b"1"]
        assert pipe.handle_timer(now) == (Outcome.GOING_ON, b"")
        out = pipe.receive_response(3 + turn, 503 if turn < 2 else 200, HEAD, now)[1]
    assert bodies(out) == [b"3", b"4", b"5"]


def test_what_is_refused_late_goes_before_what_was_refused_early() -> None:
    pipe = pipeline(window=3, busy_pause=5.0)
    send(pipe, [b"1", b"2", b"3"], 0.0)
    pipe.receive_response(2, 503, HEAD, 0.0)
    assert bodies(pipe.handle_timer(5.0)[1]) == [b"2"]
    pipe.receive_response(1, 503, HEAD, 5.0)
    pipe.receive_response(4, 503, HEAD, 5.0)
    pipe.receive_response(3, 503, HEAD, 5.0)
    out = pipe.handle_timer(10.0)[1]
    heard = []
    while out:
        (info,) = messages(out)
        heard.append(info.body)
        out = pipe.receive_response(info.cseq.number, 200, HEAD, 10.0)[1]
    assert heard == [b"1", b"2", b"3"]
    assert pipe.idle
    assert bodies(send(pipe, [b"4", b"5"], 10.0)) == [b"4", b"5"]


@pytest.mark.parametrize(
    ("wish", "pause"),
    [(b"12", 12.0), (b" 12;duration=60", 12.0), (b"0", 1.0), (b"86400", 300.0), (b"soon", 5.0), (b"", 5.0)],
)
def test_a_peer_says_when_it_wants_to_be_told_again(wish: bytes, pause: float) -> None:
    pipe = pipeline(busy_pause=5.0, busy_most=300.0)
    send(pipe, [b"1", b"2"], 0.0)
    head = b"SIP/2.0 503 Service Unavailable\r\nCall-ID: x\r\nretry-after:%b\r\nContent-Length: 0" % wish
    pipe.receive_response(1, 503, head, 100.0)
    pipe.receive_response(2, 200, HEAD, 100.0)
    assert pipe.handle_timer(100.0 + pause - 0.1) == (Outcome.GOING_ON, b"")
    assert bodies(pipe.handle_timer(100.0 + pause)[1]) == [b"1"]


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (408, Outcome.UNANSWERED),
        (410, Outcome.DIALOG_GONE),
        (481, Outcome.DIALOG_GONE),
        (487, Outcome.DIALOG_GONE),
    ],
)
def test_answers_that_say_the_dialog_is_gone(status: int, outcome: Outcome) -> None:
    pipe = pipeline()
    send(pipe, [b"1"], 0.0)
    assert pipe.receive_response(1, status, HEAD, 0.1) == (outcome, b"")
    assert not pipe.idle  # it was not taken


@pytest.mark.parametrize("status", [202, 302, 400, 404, 415, 500, 603])
def test_other_answers_cost_the_message_only(status: int) -> None:
    pipe = pipeline(window=1)
    send(pipe, [b"1", b"2"], 0.0)
    outcome, out = pipe.receive_response(1, status, HEAD, 0.1)
    assert (outcome, bodies(out)) == (Outcome.GOING_ON, [b"2"])


def test_provisional_repeated_and_unknown_answers_are_ignored() -> None:
    pipe = pipeline()
    send(pipe, [b"1"], 0.0)
    ignored = (Outcome.IGNORED, b"")
    assert pipe.receive_response(1, 100, HEAD, 0.1) == ignored
    assert pipe.receive_response(2, 200, HEAD, 0.1) == ignored
    assert pipe.receive_response(1, 200, HEAD, 0.1)[0] is Outcome.GOING_ON
    assert pipe.receive_response(1, 481, HEAD, 0.2) == ignored
    assert pipe.idle


def test_a_badly_signed_answer_is_nobodys_answer() -> None:
    pipe = pipeline(Signer(), timeout=32.0)
    send(pipe, [b"1"], 0.0)
    assert pipe.receive_response(1, 481, b"forged", 31.0) == (Outcome.IGNORED, b"")
    assert not pipe.idle
    assert pipe.handle_timer(32.0)[0] is Outcome.UNANSWERED
    assert pipe.receive_response(1, 200, b"signed 1", 32.0)[0] is Outcome.GOING_ON
    assert pipe.idle


def test_silence_ends_the_dialog_and_any_answer_is_a_sign_of_life() -> None:
    pipe = pipeline(timeout=32.0)
    send(pipe, [b"1", b"2"], 100.0)
    assert pipe.handle_timer(131.9)[0] is Outcome.GOING_ON
    pipe.receive_response(2, 200, HEAD, 131.9)
    assert pipe.handle_timer(163.8)[0] is Outcome.GOING_ON
    assert pipe.handle_timer(163.9)[0] is Outcome.UNANSWERED


def test_silence_counts_from_the_first_unanswered_message() -> None:
    pipe = pipeline(timeout=32.0)
    send(pipe, [b"1"], 0.0)
    pipe.receive_response(1, 200, HEAD, 0.1)
    assert pipe.handle_timer(1000.0) == (Outcome.GOING_ON, b"")
    send(pipe, [b"2"], 1000.0)
    assert pipe.handle_timer(1031.0)[0] is Outcome.GOING_ON
    assert pipe.handle_timer(1032.0)[0] is Outcome.UNANSWERED


@given(st.lists(st.binary(max_size=200), min_size=1, max_size=40))
def test_any_body_goes_through(sent: list[bytes]) -> None:
    pipe = pipeline(Signer(), window=64)
    assert bodies(send(pipe, sent, 0.0)) == sent


class Model(RuleBasedStateMachine):
    """Whatever is sent and however it is answered (but for 503, which repeats): nothing is lost, nothing overtakes."""

    def __init__(self) -> None:
        super().__init__()
        self.pipe = pipeline(window=4, waiting=10_000)
        self.said: list[bytes] = []
        self.heard: list[bytes] = []
        self.open: dict[int, bytes] = {}
        self.now = 0.0

    def _written(self, data: bytes) -> None:
        for info in messages(data):
            assert info.via.branch == f"z9hG4bKabc1.{info.cseq.number}"
            assert info.cseq.number not in self.open
            self.open[info.cseq.number] = info.body
            if info.body not in self.heard:
                self.heard.append(info.body)

    @rule(count=st.integers(0, 9))
    def send(self, count: int) -> None:
        new = [b"%d" % number for number in range(len(self.said), len(self.said) + count)]
        self.said += new
        self._written(send(self.pipe, new, self.now))

    @precondition(lambda self: self.open)
    @rule(data=st.data(), status=st.sampled_from([100, 200, 200, 200, 400, 503]))
    def answer(self, data: st.DataObject, status: int) -> None:
        cseq = data.draw(st.sampled_from(sorted(self.open)))
        if status >= 200:
            del self.open[cseq]
        outcome, out = self.pipe.receive_response(cseq, status, HEAD, self.now)
        assert outcome is (Outcome.IGNORED if status < 200 else Outcome.GOING_ON)
        self._written(out)

    @rule(seconds=st.sampled_from([0.5, 1.0, 6.0]))
    def wait(self, seconds: float) -> None:
        self.now += seconds
        outcome, out = self.pipe.handle_timer(self.now)
        if outcome is Outcome.GOING_ON:
            self._written(out)

    @invariant()
    def in_order_and_bounded(self) -> None:
        assert len(self.open) <= 4
        assert self.heard == self.said[: len(self.heard)]

    def teardown(self) -> None:
        for _ in range(20 * len(self.said) + 2):
            self.now += 6.0
            self._written(self.pipe.handle_timer(self.now)[1])
            for cseq in sorted(self.open):
                del self.open[cseq]
                self._written(self.pipe.receive_response(cseq, 200, HEAD, self.now)[1])
            if self.pipe.idle:
                break
        assert self.pipe.idle
        assert self.heard == self.said


TestModel = Model.TestCase
