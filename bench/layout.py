"""The rooms of the bench: which there are and who is in them."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "BATCH_ROOMS",
    "BIG_POSTS",
    "CONTEXT_POSTS",
    "JOIN_ROOMS",
    "MEMORY_ROOMS",
    "ROOMS",
    "USERS",
    "Scene",
    "growth_rooms",
    "user_login",
]

USERS = 1000
JOIN_ROOMS = 400
MEMORY_ROOMS = 10
CONTEXT_POSTS = 25
BIG_POSTS = 100_000
BATCH_ROOMS = 24

# Room name -> number of messages in it before the server starts.
ROOMS: dict[str, int] = {
    "r10": 0,
    "r100": 0,
    "r200": 0,
    "r1000": 0,
    **{f"t{number}": 0 for number in range(10)},
    **{f"m{number}": 0 for number in range(MEMORY_ROOMS)},
    **{f"j{number}": CONTEXT_POSTS for number in range(JOIN_ROOMS)},
    "big": BIG_POSTS,
}


def growth_rooms(largest: int) -> dict[str, int]:
    """Room name -> messages: a hundredth, a tenth and all of `largest`; then the rooms that are joined together."""
    grown = {f"g{size}": size for size in (largest // 100, largest // 10, largest)}
    return grown | {f"b{number}": CONTEXT_POSTS for number in range(BATCH_ROOMS)}


def user_login(number: int) -> str:
    """As bench/c/endpoint.c makes it."""
    return f"bench{number:05d}"


@dataclass(frozen=True, slots=True)
class Scene:
    """What the seed left behind: room name -> `ma-chan` URI."""

    rooms: dict[str, str]
