"""SIGTERM: dialogs get their BYE, what was acknowledged is kept, the exit code is 0, and the next start goes on.

How quick a start and a stop are is measured by the benchmark; here they end.
"""

from __future__ import annotations

import asyncio
import contextlib

from tests.interop.server import Server
from tests.system.archive import check_archive, read_archive
from tests.system.client import PATIENCE, Chatter, Lost
from tests.system.conftest import Enter


async def test_everybody_is_told_and_let_go(server: Server, enter: Enter) -> None:
    lobby = server.room("Lobby")
    people = [await enter(server, name, lobby) for name in ("alice", "bob", "carol") * 2]
    signed_in = await Chatter("bob").open(server.ports["sip"])
    assert await asyncio.to_thread(server.stop) == 0
    async with asyncio.timeout(PATIENCE):
        for person in people:
            await person.hung_up.wait()
            await person.lost.wait()
        await signed_in.lost.wait()
    # Everybody is leaving: that is no news about each other.
    assert not any("ntc:part" in body for person in people for body in person.bodies)
    await signed_in.close()
    log = server.log.read_text()
    assert "stopped" in log.splitlines()[-1]
    assert "Traceback" not in log


async def test_posts_under_way_are_kept_if_they_were_acknowledged(server: Server, enter: Enter) -> None:
    lobby = server.room("Lobby")
    bob = await enter(server, "bob", lobby)
    acknowledged: list[str] = []
    under_way = asyncio.Event()

    async def post_on(person: Chatter, name: str) -> None:
        with contextlib.suppress(Lost, TimeoutError):
            for number in range(10_000):
                text = f"{name} {number}"
                status = (await person.post(lobby, text)).status
                if status != 200:
                    # Hung up: the session is over and the post was not kept.
                    assert status in (481, 503)
                    return
                acknowledged.append(text)
                if number == 20:
                    under_way.set()

    posters = [
        asyncio.create_task(post_on(await enter(server, name, lobby), f"{name} {number}"))
        for number, name in enumerate(("alice", "bob", "carol"))
    ]
    async with asyncio.timeout(PATIENCE):
        await under_way.wait()
    assert await asyncio.to_thread(server.stop) == 0
    await asyncio.gather(*posters)
    async with asyncio.timeout(PATIENCE):
        await bob.lost.wait()
    archive = read_archive(server.data_dir)
    check_archive(archive)
    kept = {text for _, text in archive.posts}
    assert set(acknowledged) <= kept
    heard = [one.text for one in bob.heard]
    assert len(set(heard)) == len(heard)
    assert set(heard) <= kept

    await asyncio.to_thread(server.start)
    alice = await enter(server, "alice", lobby)
    assert (await alice.post(lobby, "open again")).status == 200
    await alice.hears("open again")


async def test_a_peer_that_reads_nothing_does_not_hold_up_the_end(server: Server, enter: Enter) -> None:
    lobby = server.room("Lobby")
    alice, slow = await enter(server, "alice", lobby), await enter(server, "bob", lobby)
    slow.reading.clear()
    for number in range(80):
        assert (await alice.post(lobby, f"[STORY] {number} ".ljust(60_000, "z"))).status == 200
    assert await asyncio.to_thread(server.stop) == 0
    assert "Traceback" not in server.log.read_text()
