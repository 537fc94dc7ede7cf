"""The whole server as a process of its own, seen from outside: killed, starved, and told nonsense."""
