"""A full disk and a locked database: posts get 503 and are not kept, everything else goes on, and posting comes back by
itself."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import shutil
import sqlite3
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.interop.server import Server
from tests.system.archive import check_archive, read_archive
from tests.system.client import PATIENCE, Chatter, command, join_data
from tests.system.conftest import ONLY_TCP, Enter

DISK = 16 * 1024 * 1024
# Enough for the log of SQLite to need more room, wherever in it the last checkpoint left off.
_LONG = 8000


@dataclass(frozen=True)
class Disk:
    """Where a server keeps its data. `small`: a file system of its own, that can be filled to the last byte; where
    nothing may be mounted, a limit on the size of files stands in for it. `beside`: where there is always room."""

    place: Path
    small: bool
    beside: Path

    def server(self) -> Server:
        """Its log is elsewhere: what it says when the disk is full must find room."""
        return Server(self.place / "data", **ONLY_TCP, beside=self.beside)

    def full(self, server: Server, *, running: bool = True) -> contextlib.AbstractContextManager[None]:
        if self.small:
            return filled(self.place)
        return small_files(server) if running else tiny_files(server)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "none", str(place)]
    small = shutil.which("mount") is not None and subprocess.run(command, check=False).returncode == 0
    yield Disk(place, small, tmp_path)
    if small:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


@contextlib.contextmanager
def filled(place: Path) -> Iterator[None]:
    """Not a byte is left."""
    filler = place / "filler"
    file = os.open(filler, os.O_CREAT | os.O_WRONLY)
    with contextlib.suppress(OSError):
        while os.write(file, b"\0" * 4096):
            pass
    os.close(file)
    yield
    filler.unlink()


@contextlib.contextmanager
def small_files(server: Server) -> Iterator[None]:
    """The server may make no file larger than its largest now is."""
    size = max(file.stat().st_size for file in server.data_dir.iterdir() if file.is_file())
    limits = resource.prlimit(server.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (size, limits[1]))
    yield
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, limits)


@contextlib.contextmanager
def tiny_files(server: Server) -> Iterator[None]:
    """The server, once started, may write a few lines of log, and no index of SQLite's."""
    program = server.program
    # In blocks of 512 bytes, as POSIX has it.
    server.program = ("/bin/sh", "-c", 'ulimit -f 32 && exec "$0" "$@"', *program)
    yield
    server.program = program


@contextlib.contextmanager
def locked(data_dir: Path) -> Iterator[None]:
    """Another program writes and does not finish."""
    with closing(sqlite3.connect(data_dir / "parlour.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


async def history(person: Chatter, room: str) -> str:
    return await person.ask(command("bccontext", f'<chanib uri="{room}"/><bcq><last cnt="5"/></bcq>'))


async def post_until_refused(person: Chatter, room: str) -> tuple[list[str], str, int]:
    """What was kept still (a log may have room to use up), the first that was not, and its envelope's number."""
    kept: list[str] = []
    for number in range(2000):
        text, envid = f"{number} {uuid.uuid4()} ".ljust(_LONG, "x"), person.envids()
        answer = await person.post(room, text, envid)
        if answer.status == 503:
            assert int(answer.header("retry-after")) > 0
            return kept, text, envid
        assert answer.status == 200
        kept.append(text)
    raise AssertionError("nothing was refused")


async def go_through(server: Server, trouble: contextlib.AbstractContextManager[None], enter: Enter) -> None:
    """Before, during and after."""
    lobby = server.room("Lobby")
    alice, bob = await enter(server, "alice", lobby), await enter(server, "bob", lobby)
    pid = server.pid
    before = f"before {uuid.uuid4()}"
    assert (await alice.post(lobby, before)).status == 200
    lost = [f"lost {number} {uuid.uuid4()}".ljust(_LONG, "x") for number in range(20)]

    with trouble:
        kept, refused, envid = await post_until_refused(alice, lobby)
        # A burst as well as one by one; whoever is refused heard nothing of it.
        answers = await asyncio.gather(*(alice.post(lobby, text) for text in lost))
        assert [answer.status for answer in answers] == [503] * len(lost)
        # Looking around and signing in go on.
        assert lobby in await bob.ask(command("chansrch", '<qib qtype="BYNAME" criteria="Lobby"/>'))
        carol = await enter(server, "carol")
        # Who enters is written in the archive; what cannot be written is not done.
        assert 'resp code="200"' not in await carol.ask(command("join", join_data(lobby)))

    async with asyncio.timeout(PATIENCE):
        while (answer := await alice.post(lobby, refused, envid)).status == 503:
            await asyncio.sleep(0.1)
    assert answer.status == 200
    after = f"after {uuid.uuid4()}"
    assert (await bob.post(lobby, after)).status == 200
    await alice.hears(after)
    await bob.hears(after)
    everything = [before, *kept, refused, after]
    assert [one.text for one in bob.heard] == everything
    assert [one.text for one in alice.heard] == everything
    assert 'resp code="200"' in await carol.ask(command("join", join_data(lobby)))
    assert server.pid == pid
    assert server.stop() == 0
    archive = read_archive(server.data_dir)
    check_archive(archive)
    assert [text for _, text in archive.posts] == everything
    log = server.log.read_text()
    assert log.count("the store cannot write") == 1
    assert log.count("the store can write again") == 1
    assert "Traceback" not in log


@pytest.mark.slow
async def test_reading_back_goes_on(server: Server, enter: Enter) -> None:
    lobby = server.room("Lobby")
    alice, bob = await enter(server, "alice", lobby), await enter(server, "bob", lobby)
    assert (await alice.post(lobby, "kept")).status == 200
    with locked(server.data_dir):
        assert (await alice.post(lobby, "not kept")).status == 503
        answer = await history(bob, lobby)
    assert "kept" in answer
    assert "not kept" not in answer


@pytest.mark.slow
async def test_locked_database(server: Server, enter: Enter) -> None:
    await go_through(server, locked(server.data_dir), enter)


async def test_full_disk(disk: Disk, enter: Enter) -> None:
    with disk.server() as server:
        await go_through(server, disk.full(server), enter)


async def test_files_that_may_not_grow(server: Server, enter: Enter) -> None:
    await go_through(server, small_files(server), enter)


async def test_a_start_on_a_full_disk_is_explained_and_the_next_one_works(disk: Disk, enter: Enter) -> None:
    with disk.server() as server:
        lobby = server.room("Lobby")
        alice = await enter(server, "alice", lobby)
        assert (await alice.post(lobby, "kept")).status == 200
        server.kill()
        with disk.full(server, running=False):
            # Whatever it comes to first.
            with pytest.raises(AssertionError, match=r"\[(config-not-writable|data-dir-unusable|database-unusable)\]"):
                server.start()
            assert "Traceback" not in server.log.read_text()
        server.start()
        bob = await enter(server, "bob", lobby)
        assert "kept" in await history(bob, lobby)
        assert (await bob.post(lobby, "and more")).status == 200
