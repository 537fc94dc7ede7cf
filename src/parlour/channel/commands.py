"""Who answers which command. One line per command; handlers return what to say and never send it themselves."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from parlour.channel.caller import Answer, Caller
from parlour.channel.handlers import (
    addins,
    categories,
    files,
    history,
    managing,
    marks,
    membership,
    messages,
    people,
    preferences,
    search,
    server,
)
from parlour.rooms.refusals import Refusal, Refused
from parlour.xccos import types
from parlour.xccos.codes import ResponseCode

__all__ = ["HANDLERS", "ONCE", "ONCE_IN_A_DIALOG", "READING", "RECORDED", "Handler", "refuse"]

Handler = Callable[[Caller, Any], Awaitable[Answer]]

_BAD = Refused(Refusal.INVALID, "a field is missing or malformed")
_TOO_MANY = Refused(Refusal.LIMIT_EXCEEDED, "too many rooms")
_UNKNOWN = Refused(Refusal.NO_SUCH_COMMAND, "there is no such command")


async def refuse(caller: Caller, command: types.Request) -> Answer:
    """A command that we do not speak, or that is missing something (docs/protocol/xccos.md, Unknown commands)."""
    if not isinstance(command, types.BadCommand):
        return _UNKNOWN
    return _TOO_MANY if command.code is ResponseCode.LIMIT_EXCEEDED else _BAD


HANDLERS: Mapping[type, Handler] = {
    types.RequestUri: server.request_uri,
    types.GetServerInfo: server.get_server_info,
    types.GetPreference: preferences.get_preference,
    types.SetPreference: preferences.set_preference,
    types.GetAddIns: addins.get_addins,
    types.CreateAddIn: addins.create_addin,
    types.ModifyAddIn: addins.modify_addin,
    types.DeleteAddIn: addins.delete_addin,
    types.GetUploadToken: files.get_upload_token,
    types.GetDownloadToken: files.get_download_token,
    types.CheckToken: files.check_token,
    types.Join: membership.join,
    types.BatchJoin: membership.batch_join,
    types.Part: membership.part,
    types.GetInvitations: membership.get_invitations,
    types.GetParticipants: membership.get_participants,
    types.SearchRooms: search.search_rooms,
    types.GetAssociations: search.get_associations,
    types.GetRoom: search.get_room,
    types.GetPermissions: search.get_permissions,
    types.MarkRead: marks.mark_read,
    types.GetUnread: marks.get_unread,
    types.RecentHistory: history.recent_history,
    types.HistoryByDate: history.find_history,
    types.HistoryByMessage: history.find_history,
    types.DeleteMessage: messages.delete_message,
    types.ReplaceMessage: messages.replace_message,
    types.PurgeRoom: messages.purge_room,
    types.CreatableCategories: managing.creatable_categories,
    types.CreateRoom: managing.create_room,
    types.ModifyRoom: managing.modify_room,
    types.DeleteRoom: managing.delete_room,
    types.MoveRoom: managing.move_room,
    types.GetRoles: managing.get_roles,
    types.SetRoles: managing.set_roles,
    types.CreateCategory: categories.create_category,
    types.ModifyCategory: categories.modify_category,
    types.DeleteCategory: categories.delete_category,
    types.GetCategory: categories.get_category,
    types.SearchCategories: categories.search_categories,
    types.GetScope: categories.get_scope,
    types.SetScope: categories.set_scope,
    types.FindUsers: people.find_users,
    types.FindPrincipals: people.find_principals,
    types.GetUserInfo: people.get_user_info,
    types.GetGroupInfo: people.get_group_info,
    types.BadCommand: refuse,
    types.UnknownCommand: refuse,
}

ONCE: frozenset[type] = frozenset(
    {
        types.SetPreference,
        types.CreateAddIn,
        types.ModifyAddIn,
        types.DeleteAddIn,
        types.GetUploadToken,
        types.GetDownloadToken,
        types.DeleteMessage,
        types.ReplaceMessage,
        types.PurgeRoom,
        types.CreateRoom,
        types.ModifyRoom,
        types.DeleteRoom,
        types.MoveRoom,
        types.SetRoles,
        types.CreateCategory,
        types.ModifyCategory,
        types.DeleteCategory,
        types.SetScope,
    }
)
"""Commands that would be answered differently the second time, or leave something twice: what was answered when they
were carried out is remembered, and a command sent again gets it again, over another dialog too
(docs/decisions/0009-commands-sent-again.md). One that was refused has done nothing, and is tried anew. All others may
be carried out again, which is right and costs no memory in between: they read, enter a room, or mark it read."""

ONCE_IN_A_DIALOG: frozenset[type] = frozenset({types.Part})
"""As `ONCE`, but what was done was done to the dialog: in another one the endpoint may be in the room again."""

READING: frozenset[type] = frozenset(
    {
        types.RequestUri,
        types.GetServerInfo,
        types.GetPreference,
        types.GetAddIns,
        types.CheckToken,
        types.GetParticipants,
        types.SearchRooms,
        types.GetAssociations,
        types.GetRoom,
        types.GetPermissions,
        types.GetUnread,
        types.RecentHistory,
        types.HistoryByDate,
        types.HistoryByMessage,
        types.CreatableCategories,
        types.GetRoles,
        types.GetCategory,
        types.SearchCategories,
        types.GetScope,
        types.FindUsers,
        types.FindPrincipals,
        types.GetUserInfo,
        types.GetGroupInfo,
        types.BadCommand,
        types.UnknownCommand,
    }
)
"""Commands that leave nothing but their answer: when there is nobody left to read it, they are passed over."""

RECORDED: Mapping[type, tuple[str, str]] = {
    types.CreateAddIn: ("addin.create", "addin"),
    types.ModifyAddIn: ("addin.modify", "addin"),
    types.DeleteAddIn: ("addin.delete", "addin"),
    types.DeleteMessage: ("message.remove", "room"),
    types.ReplaceMessage: ("message.remove", "room"),
    types.PurgeRoom: ("room.clear", "room"),
    types.CreateRoom: ("room.create", "room"),
    types.ModifyRoom: ("room.modify", "room"),
    types.DeleteRoom: ("room.delete", "room"),
    types.MoveRoom: ("room.move", "room"),
    types.SetRoles: ("room.roles", "room"),
    types.CreateCategory: ("category.create", "category"),
    types.ModifyCategory: ("category.modify", "category"),
    types.DeleteCategory: ("category.delete", "category"),
    types.SetScope: ("category.scope", "category"),
}
"""Commands that go into the audit trail: how they are called there, as on the command line where there is such a verb,
and what they are about."""
