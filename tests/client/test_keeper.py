"""Losing sessions and coming back, without any network."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from parlour.client.backoff import Backoff
from parlour.client.errors import Busy, ClientClosed, ClientError, ConnectFailed, Disconnected, SignInRefused
from parlour.client.keeper import Keeper


class Session:
    def __init__(self, on_ended: Callable[[str], None]) -> None:
        self._on_ended = on_ended
        self.ended: str | None = None
        self.discarded = False

    def end(self, reason: str = "cut") -> None:
        self.ended = reason
        self._on_ended(reason)


class World:
    """Sessions as they are begun; `script` has what beginning and resuming do next, None being success."""

    def __init__(self, *, reconnect: bool = True) -> None:
        self.begins: list[Exception | None] = []
        self.resumes: list[Exception | None] = []
        self.sessions: list[Session] = []
        self.resumed: list[Session] = []
        self.lost: list[str] = []
        self.given_up: list[ClientError] = []
        self.keeper: Keeper[Session] = Keeper(
            begin=self._begin,
            resume=self._resume,
            discard=self._discard,
            on_lost=self.lost.append,
            on_given_up=self.given_up.append,
            backoff=Backoff(0.001, 0.002, lambda: 0.0) if reconnect else None,
        )

    async def _begin(self, on_ended: Callable[[str], None]) -> Session:
        failure = self.begins.pop(0) if self.begins else None
        if failure is not None:
            raise failure
        self.sessions.append(Session(on_ended))
        return self.sessions[-1]

    async def _resume(self, session: Session) -> None:
        failure = self.resumes.pop(0) if self.resumes else None
        if failure is not None:
            raise failure
        self.resumed.append(session)

    async def _discard(self, session: Session) -> None:
        session.discarded = True
        if session.ended is None:
            session.end("discarded")


async def test_a_session_is_there() -> None:
    world = World()
    await world.keeper.start()
    assert await world.keeper.current() is world.sessions[0]
    assert world.resumed == []
    await world.keeper.close()
    assert world.sessions[0].discarded
    assert world.lost == []


async def test_not_started() -> None:
    with pytest.raises(ClientClosed):
        await World().keeper.current()


async def test_the_first_failure_is_told_at_once() -> None:
    world = World()
    world.begins = [ConnectFailed("nobody")]
    with pytest.raises(ConnectFailed):
        await world.keeper.start()
    with pytest.raises(ClientClosed):
        await world.keeper.current()
    await world.keeper.start()
    assert await world.keeper.current() is world.sessions[0]
    with pytest.raises(ClientClosed, match="opened once"):
        await world.keeper.start()
    await world.keeper.close()
    with pytest.raises(ClientClosed):
        await world.keeper.start()


async def test_coming_back_after_several_attempts() -> None:
    world = World()
    await world.keeper.start()
    world.begins = [ConnectFailed("nobody"), Busy(503, "later", 0.001), None, None]
    world.resumes = [Disconnected("again"), None]
    world.sessions[0].end("cable")
    session = await asyncio.wait_for(world.keeper.current(), 60)
    assert session is world.sessions[2]
    assert world.resumed == [session]
    assert [one.discarded for one in world.sessions] == [True, True, False]
    assert world.lost == ["cable"]
    await world.keeper.close()


async def test_a_session_that_ends_while_it_resumes_does_not_count() -> None:
    world = World()
    await world.keeper.start()

    async def end_once(session: Session) -> None:
        if len(world.sessions) == 2:
            session.end()

    world.keeper._resume = end_once
    world.sessions[0].end()
    assert await asyncio.wait_for(world.keeper.current(), 60) is world.sessions[2]
    assert world.lost == ["cut"]
    await world.keeper.close()


async def test_lost_again_and_again() -> None:
    world = World()
    await world.keeper.start()
    for number in range(5):
        world.sessions[-1].end(str(number))
        await asyncio.wait_for(world.keeper.current(), 60)
    assert world.lost == ["0", "1", "2", "3", "4"]
    await world.keeper.close()


@pytest.mark.parametrize("failure", [SignInRefused(403, "Account Disabled"), ValueError("a bug")])
async def test_giving_up(failure: Exception) -> None:
    world = World()
    await world.keeper.start()
    world.begins = [failure]
    world.sessions[0].end()
    with pytest.raises(ClientClosed):
        await asyncio.wait_for(world.keeper.current(), 60)
    assert len(world.given_up) == 1
    await world.keeper.close()


async def test_without_reconnecting_the_first_loss_is_the_end() -> None:
    world = World(reconnect=False)
    await world.keeper.start()
    world.sessions[0].end("cable")
    with pytest.raises(ClientClosed, match="cable"):
        await asyncio.wait_for(world.keeper.current(), 60)
    assert isinstance(world.given_up[0].__cause__, Disconnected)
    await world.keeper.close()


async def test_closing_while_away_frees_those_who_wait() -> None:
    world = World()
    await world.keeper.start()
    world.begins = [ConnectFailed("nobody")] * 10_000
    world.sessions[0].end()
    waiting = asyncio.create_task(world.keeper.current())
    await asyncio.sleep(0.01)
    await world.keeper.close()
    with pytest.raises(ClientClosed):
        await waiting
    with pytest.raises(ClientClosed):
        await world.keeper.current()


async def test_somebody_who_stops_waiting_takes_nothing_from_the_others() -> None:
    world = World()
    await world.keeper.start()
    world.begins = [ConnectFailed("nobody")]
    world.sessions[0].end()
    impatient, patient = (asyncio.create_task(world.keeper.current()) for _ in range(2))
    await asyncio.sleep(0)
    impatient.cancel()
    assert await asyncio.wait_for(patient, 60) is world.sessions[1]
    await world.keeper.close()
