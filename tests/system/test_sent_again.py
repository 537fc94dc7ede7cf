"""A changing command whose connection, or server, dies before the reply comes: sent again, it is done once and told as
done (docs/decisions/0009-commands-sent-again.md)."""

from __future__ import annotations

import asyncio
import re
import uuid

import pytest

from tests.interop.server import DOMAIN, Server
from tests.system.client import Chatter, command, xccos

CUTS = ("at once", "when it was accepted", "when the reply was there")


def created(name: str, category: str) -> str:
    return command("chancreate", f'<chanib name="{name}" parent="{category}" description="펌프"/>')


def added(room: str, manager: str) -> str:
    return command(
        "setroles", f'<chanib uri="{room}"><role name="MANAGER" op="ADD"><uib uri="{manager}"/></role></chanib>'
    )


class Person:
    """Somebody whose program loses its connection and comes back, as the same endpoint."""

    def __init__(self, server: Server, name: str) -> None:
        self.server, self.name, self.instance = server, name, str(uuid.uuid4())
        self.envid = 4711

    async def say(self, commands: str, *, envid: int | None = None) -> str:
        """The reply, over a new connection."""
        async with await self._come() as chatter:
            return await self._ask(chatter, commands, self.envid if envid is None else envid)

    async def lose(self, commands: str, when: str) -> str:
        """Say something, and be gone; the reply if it was there."""
        async with await self._come() as chatter:
            if when == "at once":
                saying = asyncio.create_task(chatter.info(xccos(self.envid, commands)))
                await asyncio.sleep(0)
                await chatter.writer.drain()
                saying.cancel()
            elif when == "when it was accepted":
                assert (await chatter.info(xccos(self.envid, commands))).status == 200
            else:
                # A client that has answered the reply knows it, and does not ask again.
                chatter.answering = False
                return await self._ask(chatter, commands, self.envid)
        return ""

    async def _come(self) -> Chatter:
        chatter = Chatter(self.name, self.instance)
        await chatter.open(self.server.ports["sip"])
        return await chatter.call()

    @staticmethod
    async def _ask(chatter: Chatter, commands: str, envid: int) -> str:
        assert (await chatter.info(xccos(envid, commands))).status == 200
        return await chatter.reply_to(envid)


def code(reply: str) -> int:
    return int(re.findall(r'<resp code="(\d+)"', reply)[0])


def rooms_in(reply: str) -> list[str]:
    return re.findall(r'uri="(ma-chan://[^"]*)"', reply)


async def somewhere_to_create(person: Person) -> str:
    """A category in which they may make rooms."""
    await asyncio.to_thread(person.server.cli, "category", "creator", "set", "Demo", person.name)
    return re.findall(r'<catib uri="([^"]*)"', await person.say(command("nodespermcreatechild"), envid=1))[0]


async def named(person: Person, name: str) -> list[str]:
    return rooms_in(await person.say(command("chansrch", f'<qib qtype="BYEXACTNAME" criteria="{name}"/>'), envid=2))


@pytest.mark.parametrize("cut", CUTS)
async def test_the_connection_is_lost(shared: Server, cut: str) -> None:
    alice = Person(shared, "alice")
    category, name = await somewhere_to_create(alice), f"Room {cut}"
    for number in range(3):
        alice.envid += 1
        make = created(f"{name} {number}", category)
        first = await alice.lose(make, cut)
        again = await alice.say(make)
        assert code(again) == 200
        assert not first or rooms_in(first) == rooms_in(again)
        assert await named(alice, f"{name} {number}") == rooms_in(again)
        assert code(await alice.say(make, envid=alice.envid + 100)) == 409
        add = added(rooms_in(again)[0], f"sip:bob@{DOMAIN}")
        await alice.lose(add, cut)
        assert code(await alice.say(add)) == 200
        assert code(await alice.say(add, envid=alice.envid + 100)) == 411


async def test_the_server_is_killed(server: Server) -> None:
    """What is not remembered is seen: the room is there, as the command wanted it, by the same person, just now."""
    alice, bob = Person(server, "alice"), Person(server, "bob")
    category = await somewhere_to_create(alice)
    make = created("야간 근무", category)
    keep = command("setpref", '<pref label="a" seqid="0" content="QQ=="/>')
    first, kept = await alice.lose(make, CUTS[2]), await alice.say(keep, envid=5)
    await asyncio.to_thread(server.kill)
    await asyncio.to_thread(server.start)
    again = await alice.say(make)
    assert (code(again), rooms_in(again)) == (200, rooms_in(first))
    assert re.findall("<pref .*", await alice.say(keep, envid=5)) == re.findall("<pref .*", kept) != []
    assert await named(alice, "야간 근무") == rooms_in(first)
    await asyncio.to_thread(server.cli, "category", "creator", "set", "Demo", "bob")
    assert code(await bob.say(make)) == 409
    assert code(await alice.say(created("야간 근무 2", category))) == 418
