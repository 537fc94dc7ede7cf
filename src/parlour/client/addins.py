"""Add-ins: web pages that are shown beside rooms. `Client.addins`."""

from __future__ import annotations

from collections.abc import Callable
from types import NoneType

from parlour.client.courier import Courier
from parlour.client.errors import UnusableAnswer
from parlour.client.naming import addin_id_of
from parlour.xccos.types import AddIn, AddIns, CreateAddIn, DeleteAddIn, GetAddIns, ModifyAddIn

__all__ = ["ManageAddIns"]


class ManageAddIns:
    """Anybody may list them, administrators change them. An add-in is given by itself or by its id. Every method raises
    ClientError."""

    def __init__(self, courier: Courier) -> None:
        self._courier = courier

    async def list(self) -> tuple[AddIn, ...]:
        """All that are registered."""
        return (await self._courier.ask_list(GetAddIns(1), AddIns)).addins

    async def create(self, title: str, url: str) -> AddIn:
        """Register a page. Raises DuplicateAddInName."""
        return await self._changed(CreateAddIn(1, title, url), lambda one: one.title == title)

    async def modify(self, addin: AddIn | str, *, title: str | None = None, url: str | None = None) -> AddIn:
        """What is left out stays as it is. Raises DuplicateAddInName."""
        wanted = addin_id_of(addin)
        return await self._changed(ModifyAddIn(1, wanted, title, url), lambda one: one.id == wanted)

    async def delete(self, addin: AddIn | str, *, force: bool = False) -> None:
        """`force` also where rooms show it: then they show none. Raises NotEmpty where they do and it is not forced."""
        await self._courier.ask(DeleteAddIn(1, addin_id_of(addin), force), NoneType)

    async def _changed(self, command: CreateAddIn | ModifyAddIn, wanted: Callable[[AddIn], bool]) -> AddIn:
        answer = await self._courier.ask(command, AddIns)
        if len(answer.addins) == 1:
            return answer.addins[0]
        for one in answer.addins:
            if wanted(one):
                return one
        raise UnusableAnswer("the add-in is not in the answer")
