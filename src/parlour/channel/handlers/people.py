"""Looking for people and other principals, and who they are."""

from __future__ import annotations

from parlour.channel.caller import Answer, Caller, made
from parlour.rooms.model import Role
from parlour.rooms.refusals import Refused
from parlour.xccos.encode import people_replies
from parlour.xccos.types import FindPrincipals, FindUsers, GetGroupInfo, GetUserInfo

__all__ = ["find_principals", "find_users", "get_group_info", "get_user_info"]


async def find_users(caller: Caller, command: FindUsers) -> Answer:
    """People by parts of their names or mail addresses."""
    found = caller.hub.principals.find_people(
        caller.person,
        first=command.first_name,
        last=command.last_name,
        email=command.email,
        text=command.criteria,
        limit=command.max_results,
    )
    rows = (caller.cards.person(one) for one in found.rows)
    return await made(people_replies(caller.envid, command, rows, found.more))


async def find_principals(caller: Caller, command: FindPrincipals) -> Answer:
    """Who may stand in a role of a room, or of a category."""
    found = caller.hub.principals.eligible(
        caller.person,
        room=caller.room_id(command.room_uri) if command.room_uri else None,
        category=caller.category_id(command.category_uri) if command.category_uri else None,
        role=Role(command.role),
        text=command.criteria,
        limit=command.max_results,
    )
    if isinstance(found, Refused):
        return found
    rows = (caller.cards.principal(one) for one in found.rows)
    return await made(people_replies(caller.envid, command, rows, found.more))


async def get_user_info(caller: Caller, command: GetUserInfo) -> Answer:
    """Everything about oneself; administrators may ask about others."""
    person = caller.hub.principals.user(caller.person, command.uri)
    if isinstance(person, Refused):
        return person
    return list(people_replies(caller.envid, command, [caller.cards.whole_person(person)]))


async def get_group_info(caller: Caller, command: GetGroupInfo) -> Answer:
    group = caller.hub.principals.group(caller.person, command.uri)
    if isinstance(group, Refused):
        return group
    return list(people_replies(caller.envid, command, [caller.cards.principal(group)]))
