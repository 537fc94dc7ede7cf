"""What a server says: replies, notices and live messages, by template.

Each function makes a `Fragment`, one primitive, or several where an answer may be cut; `envelope` puts fragments of one
kind into a body, `envelopes` into as many bodies as their size asks for. `encode_group_chat` is the hot path: one
message, one body, nothing in between. Kinds are never mixed in an envelope (COMPAT: SIPE reads the first kind only).
"""

from __future__ import annotations

from parlour.xccos.encode.envelope import (
    SPLIT_BYTES,
    Fragment,
    envelope,
    envelopes,
    refusal,
    reply,
    room_refusal,
)
from parlour.xccos.encode.history import (
    Page,
    encode_group_chat,
    group_chat,
    history_replies,
    message_ref_reply,
    message_removed_notice,
    message_replaced_notice,
    pages_replies,
    purged_notice,
    purged_reply,
)
from parlour.xccos.encode.managing import (
    categories_replies,
    category_reply,
    moved_reply,
    roles_replies,
    room_card_reply,
    room_changed_notice,
    room_created_notice,
    room_deleted_notice,
    room_reply,
)
from parlour.xccos.encode.people import people_replies
from parlour.xccos.encode.rooms import (
    associations_replies,
    invitation_notice,
    invitations_replies,
    joined_notice,
    kick_notice,
    part_reply,
    parted_notice,
    permissions_notice,
    permissions_reply,
    search_replies,
    unread_replies,
)
from parlour.xccos.encode.seating import (
    batch_join_replies,
    join_reply,
    participants_replies,
)
from parlour.xccos.encode.server import (
    addins_replies,
    preference_notice,
    preference_reply,
    request_uri_reply,
    server_info_reply,
    token_reply,
)

__all__ = [
    "SPLIT_BYTES",
    "Fragment",
    "Page",
    "addins_replies",
    "associations_replies",
    "batch_join_replies",
    "categories_replies",
    "category_reply",
    "encode_group_chat",
    "envelope",
    "envelopes",
    "group_chat",
    "history_replies",
    "invitation_notice",
    "invitations_replies",
    "join_reply",
    "joined_notice",
    "kick_notice",
    "message_ref_reply",
    "message_removed_notice",
    "message_replaced_notice",
    "moved_reply",
    "pages_replies",
    "part_reply",
    "parted_notice",
    "participants_replies",
    "people_replies",
    "permissions_notice",
    "permissions_reply",
    "preference_notice",
    "preference_reply",
    "purged_notice",
    "purged_reply",
    "refusal",
    "reply",
    "request_uri_reply",
    "roles_replies",
    "room_card_reply",
    "room_changed_notice",
    "room_created_notice",
    "room_deleted_notice",
    "room_refusal",
    "room_reply",
    "search_replies",
    "server_info_reply",
    "token_reply",
    "unread_replies",
]
