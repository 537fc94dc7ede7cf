"""One registry of administrative commands: command line, admin socket, JSON API and pages all derive from it.

A command has a stable name, a frozen dataclass of parameters, a sentence of help and one function. Results are what
JSON can say. `actor` is who asks; None is the local administrator at the console, who may do everything.
"""

from parlour.hub.commands.params import InvalidParams, ParamSpec, read_params
from parlour.hub.commands.registry import Command, Commands, Context, Serving, UnknownCommand

__all__ = [
    "Command",
    "Commands",
    "Context",
    "InvalidParams",
    "ParamSpec",
    "Serving",
    "UnknownCommand",
    "read_params",
]
