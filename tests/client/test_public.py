"""The public surface: what programs may rely on."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path
from typing import Any

import pytest

import parlour.client
from parlour.client import Client, ClientError, MessageStream, Room
from parlour.client.addins import ManageAddIns
from parlour.client.categories import Categories
from parlour.client.files import Files
from parlour.client.finding import FindRooms
from parlour.client.managing import ManageRooms
from parlour.client.messages import Messages, Wanted
from parlour.client.people import People
from parlour.client.preferences import Preferences
from tests.client.house import DOMAIN, PASSWORD, house

PAGE = (Path(__file__).parents[2] / "docs" / "sdk.md").read_text(encoding="utf-8")


def test_everything_promised_is_there_and_nothing_else_is() -> None:
    promised = set(parlour.client.__all__)
    public = {
        name for name, value in vars(parlour.client).items() if not name.startswith("_") and not inspect.ismodule(value)
    }
    assert promised == public
    assert parlour.client.__all__ == sorted(promised)


def test_all_errors_are_promised() -> None:
    def below(kind: type) -> set[str]:
        return {kind.__name__}.union(*(below(one) for one in kind.__subclasses__()))

    assert below(ClientError) <= set(parlour.client.__all__)


COMMANDS = {
    Client: "join join_named join_many part post recent_history search_rooms room_card room_card_named participants "
    "permissions get_invitations get_server_info get_service_uri open close",
    Room: "post part participants permissions card recent_history jump_to message mark_read unread delete_message "
    "replace_message purge modify roles add_to_role remove_from_role upload_token download_token",
    FindRooms: "by_name by_filter by_category by_user by_member by_manager by_addin by_uri by_exact_name "
    "memberships managed",
    Messages: "recent jump_to get mark_read unread unread_in delete replace purge",
    ManageRooms: "creatable_categories create_room modify_room move_room disable_room enable_room delete_room roles "
    "add_to_role remove_from_role set_role edit_roles",
    Categories: "create modify delete get search scope add_to_scope remove_from_scope set_scope edit_scope",
    People: "find_users eligible_for_room eligible_for_category user group",
    ManageAddIns: "list create modify delete",
    Files: "upload_token download_token check_token",
    Preferences: "get set",
    MessageStream: "collect",
}
STREAMS = {Client: "history", Room: "history", Messages: "history search"}


@pytest.mark.parametrize("kind", COMMANDS, ids=lambda kind: kind.__name__)
def test_commands(kind: type) -> None:
    """Exactly these: what is added is promised, and described."""
    public = {name: value for name, value in vars(kind).items() if not name.startswith("_")}
    commands = {name for name, value in public.items() if inspect.iscoroutinefunction(value)}
    assert commands == set(COMMANDS[kind].split())
    streams = {name for name, value in public.items() if "MessageStream" in str(_returned(value))}
    assert streams == set(STREAMS.get(kind, "").split())
    for name in commands | streams:
        assert public[name].__doc__, name
        assert f"`{name}`" in PAGE, name


def _returned(value: object) -> object:
    return getattr(value, "__annotations__", {}).get("return")


def test_groups() -> None:
    client = Client.connect("alice@example.com", "x")
    groups = {name: type(value) for name, value in vars(client).items() if type(value) in COMMANDS}
    assert groups == GROUPS
    assert not [name for name in groups if f"`{name}`" not in PAGE]
    assert list(inspect.signature(Client.connect).parameters)[:2] == ["address", "password"]


def test_everything_promised_is_on_the_page() -> None:
    assert not [name for name in parlour.client.__all__ if not re.search(rf"\b{name}\b", PAGE)]


def test_every_argument_of_connect_is_on_the_page() -> None:
    assert not [name for name in inspect.signature(Client.connect).parameters if f"`{name}`" not in PAGE]


GROUPS = {
    "find": FindRooms,
    "messages": Messages,
    "manage": ManageRooms,
    "categories": Categories,
    "people": People,
    "addins": ManageAddIns,
    "files": Files,
    "preferences": Preferences,
}


def _words(text: str) -> list[str]:
    """What is written as code and may be a method."""
    return re.findall(r"`([a-z_]+)`", text)


@pytest.mark.parametrize("group", GROUPS)
def test_every_method_on_the_page_is_there(group: str) -> None:
    rows = re.findall(rf"^\| `{group}` \| (.*) \|$", PAGE, re.MULTILINE)
    assert len(rows) == 1
    assert [name for name in _words(rows[0]) if not hasattr(GROUPS[group], name)] == []


def test_every_method_of_rooms_and_clients_on_the_page_is_there() -> None:
    found = re.search(r"^A `Room` has (.*?)\n\n", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None
    assert [name for name in _words(found[1]) if name not in {*dir(Room), "info"}] == []
    table = PAGE.partition("| every day | |")[2].partition("\n\n")[0]
    methods = [name for row in table.splitlines()[2:] for name in _words(row.split("|")[1])]
    assert len(methods) > 10
    assert [name for name in methods if not hasattr(Client, name)] == []


def test_what_can_be_asked_of_a_history_is_on_the_page() -> None:
    history = inspect.signature(Room.history).parameters.keys() - {"self", "wanted"}
    assert [name for name in {*history, *Wanted.__annotations__} if f"`{name}`" not in PAGE] == []
    stream = vars(Client.connect("alice@example.com", "x").history([]))
    assert [name for name in stream if not name.startswith("_") and f"`{name}`" not in PAGE] == []


def test_the_calls_on_the_page_fit() -> None:
    """The blocks that only begin something: what they call takes these arguments."""
    names: dict[str, Any] = {}
    for language, example in re.findall(r"^```(\w*)\n(.*?)\n```$", PAGE, re.MULTILINE | re.DOTALL):
        if language == "python":
            exec(example, names)
            continue
        outer = ast.parse(example, mode="eval").body
        assert isinstance(outer, ast.Call)
        (inner,) = outer.args
        assert isinstance(inner, ast.Call)
        assert isinstance(inner.func, ast.Name)
        arguments = [ast.literal_eval(one) for one in inner.args]
        inspect.signature(names[inner.func.id]).bind(*arguments)
        Client.connect(*arguments[:2])
        names["called"] = True
    assert names["called"]


async def test_the_examples_on_the_page_work(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {}
    for example in re.findall(r"```python\n(.*?)\n```", PAGE, re.DOTALL):
        exec(example, names)
    async with house(tmp_path / "data") as there:
        await names["main"](
            f"alice@{DOMAIN}", PASSWORD, there.room("Lobby"), server=there.server, transport="tcp", auth="digest"
        )
        assert capsys.readouterr().out == "Alice Archer hello\n"
        await there.run("user.admin", user="alice", on=True)
        async with there.client("alice") as alice, there.client("bob") as bob:
            lobby, shift = await alice.join_many([there.room("Lobby"), there.room("Night Shift")])
            await alice.post(shift.uri, "pump 3, valve 2")
            await names["read_back"](alice, lobby, there.room("Board"))
            assert capsys.readouterr().out.splitlines()[0] == "1 hello"
            await names["read_back"](alice, lobby, shift)
            assert capsys.readouterr().out == f"1 hello\n{shift.uri} pump 3, valve 2\n0 unread after 1\n"
            await lobby.post("an ordinary text comes first")
            await names["report"](lobby, shift)
            assert capsys.readouterr().out == "Shift report ['Lobby']\n"
            await names["manage"](alice, bob.uri)
            assert capsys.readouterr().out == "['Alice Archer', 'Bob Baker']\n"
            theirs = await bob.join(lobby)
            await alice.messages.delete(lobby, 1)
            await lobby.post("last")
            await alice.manage.disable_room(lobby)
            await names["watch"](theirs)
            assert capsys.readouterr().out.splitlines() == [
                "1 is gone",
                "4 last",
                f"put out: 407 ERROR_NODE_DISABLED ({lobby.uri})",
            ]
