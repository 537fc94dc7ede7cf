"""The rooms of the bench: which there are and who is in them."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["BIG_POSTS", "CONTEXT_POSTS", "JOIN_ROOMS", "MEMORY_ROOMS", "ROOMS", "USERS", "Scene", "user_login"]

USERS = 1000
JOIN_ROOMS = 400
MEMORY_ROOMS = 10
CONTEXT_POSTS = 25
BIG_POSTS = 100_000

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


def user_login(number: int) -> str:
    """As bench/c/endpoint.c makes it."""
    return f"bench{number:05d}"


@dataclass(frozen=True, slots=True)
class Scene:
    """What the seed left behind: room name -> `ma-chan` URI."""

    rooms: dict[str, str]
