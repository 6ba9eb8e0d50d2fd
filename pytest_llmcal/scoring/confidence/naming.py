"""Methods as they are written: a name, and perhaps options in parentheses."""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Hashable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from typing import Any

from pytest_llmcal.scoring.protocol import ModelError

_PLACE = re.compile(r" at 0x[0-9a-fA-F]+")
_LONGEST = 40  # characters of an option's value that are told as they are


def read(text: str) -> tuple[str, dict[str, Any]]:
    """Read a name and its options, whose values are numbers, texts in quotes, True, False, None, or tuples of these.

    Raises
    ------
    ModelError
        The text is none of the two.

    Examples
    --------
    >>> read("p_true(shown=4)")
    ('p_true', {'shown': 4})
    """
    found = _parsed(text, text)
    return _named(found, text)


def read_many(text: str) -> list[str]:
    """Cut a list at its commas, but not inside of parentheses.

    Examples
    --------
    >>> read_many("sequence_mean, p_true(shown=4, seed=1)")
    ['sequence_mean', 'p_true(shown=4, seed=1)']
    """
    found = _parsed(f"[{text}]", text)
    if not isinstance(found, ast.List) or not found.elts:
        raise ModelError(_refusal(text))
    for part in found.elts:
        _named(part, text)
    return [ast.unparse(part) for part in found.elts]


def written(name: str, method: object) -> str:
    """Return a name with those options of a method that are not the default: the inverse of `read`.

    Long values are told by the first eight digits of a hash.
    """
    if not is_dataclass(method):
        return name
    own = {field.name: getattr(method, field.name) for field in fields(method) if _differs(field, method)}
    return f"{name}({', '.join(f'{key}={_told(value)}' for key, value in own.items())})" if own else name


def identity(method: object) -> tuple[object, ...]:
    """Return what is the same for methods that do the same, and hashable; a name may not tell two functions apart."""
    if not is_dataclass(method):
        return (id(method),)
    values = [getattr(method, field.name) for field in fields(method)]
    return (type(method), *(value if isinstance(value, Hashable) else id(value) for value in values))


def _differs(field: Any, method: object) -> bool:
    default = field.default if field.default_factory is MISSING else field.default_factory()
    return bool(getattr(method, field.name) != default)


def _told(value: object) -> str:
    plain = sorted(value.items()) if isinstance(value, Mapping) else value
    # where a function lies in memory is another in every run
    text = getattr(value, "__qualname__", _PLACE.sub("", repr(plain)))
    return text if len(text) <= _LONGEST else f"#{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def _parsed(text: str, given: str) -> ast.expr:
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError):
        raise ModelError(_refusal(given)) from None


def _named(found: ast.expr, text: str) -> tuple[str, dict[str, Any]]:
    if isinstance(found, ast.Name):
        return found.id, {}
    if not (isinstance(found, ast.Call) and isinstance(found.func, ast.Name)) or found.args:
        raise ModelError(_refusal(text))
    try:
        options = {str(each.arg): ast.literal_eval(each.value) for each in found.keywords if each.arg}
    except ValueError:
        raise ModelError(_refusal(text)) from None
    if len(options) < len(found.keywords):
        raise ModelError(_refusal(text))
    return found.func.id, options


def _refusal(text: str) -> str:
    return f"confidence {text!r} is no name of a method, nor one with options, for instance 'p_true(shown=4)'"
