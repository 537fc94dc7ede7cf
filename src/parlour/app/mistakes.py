"""What is wrong with a value that cannot be taken, in our own words: for settings and for options of commands.

Where pydantic found the mistake, the kind of it is translated; where we did, our sentence is taken.
"""

from __future__ import annotations

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from parlour.app.i18n import _, mark

__all__ = ["first_mistake", "say_reason"]

_WHOLE_NUMBER = mark("a whole number is needed")
_NUMBER = mark("a number is needed")
_SWITCH = mark("true or false is needed")
_TEXT = mark("a text is needed")
_PATH = mark("a path is needed")
_LIST = mark("a list is needed")
_SECTION = mark("this is the name of a section; its settings stand below it in brackets")
# By the kinds of pydantic, https://docs.pydantic.dev/latest/errors/validation_errors/; values are those of its context.
_REASONS = {
    "bool_parsing": _SWITCH,
    "bool_type": _SWITCH,
    "float_parsing": _NUMBER,
    "float_type": _NUMBER,
    "finite_number": _NUMBER,
    "greater_than_equal": mark("at least {ge} is needed"),
    "int_from_float": _WHOLE_NUMBER,
    "int_parsing": _WHOLE_NUMBER,
    "int_parsing_size": _WHOLE_NUMBER,
    "int_type": _WHOLE_NUMBER,
    "less_than_equal": mark("at most {le} is possible"),
    "literal_error": mark("one of {expected} is needed"),
    "model_type": _SECTION,
    "path_type": _PATH,
    "string_sub_type": _TEXT,
    "string_too_long": mark("at most {max_length} characters are possible"),
    "string_too_short": mark("at least {min_length} characters are needed"),
    "string_type": _TEXT,
    "tuple_type": _LIST,
}


def first_mistake(error: ValidationError) -> ErrorDetails:
    """The first thing that is wrong; of a value in a list, that value."""
    details = error.errors(include_url=False)[0]
    inner = details.get("ctx", {}).get("error")
    return first_mistake(inner) if isinstance(inner, ValidationError) else details


def say_reason(details: ErrorDetails) -> str:
    """Why the value cannot be taken, translated."""
    context = details.get("ctx", {})
    ours = context.get("error")
    if isinstance(ours, ValueError):
        return str(ours)
    reason = _REASONS.get(details["type"])
    if reason is None:
        return details["msg"]
    values = {name: str(value).replace(" or ", ", ").replace("'", "") for name, value in context.items()}
    return _(reason).format(**values)
