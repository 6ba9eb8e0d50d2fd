"""The JSON Schema of ``run.json``, read off the dataclasses that are written there."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints

from pytest_llmcal.records.gate import OUTCOMES, Attempt, Gate
from pytest_llmcal.records.record import JUDGEMENTS, Record
from pytest_llmcal.records.run import SCHEMA, Run

Schema = dict[str, Any]

_ADDRESS = "https://raw.githubusercontent.com/pytest-llmcal/pytest-llmcal/main/docs/run.schema.json"

# What the dataclasses check beyond their annotations.
_CHECKED: Mapping[tuple[type[Any], str], Schema] = {
    (Attempt, "outcome"): {"enum": list(OUTCOMES)},
    (Record, "outcome"): {"enum": list(JUDGEMENTS)},
    (Gate, "attempts"): {"minItems": 1},
}

_NUMBER = {
    "description": "A number; infinite ones are the strings inf and -inf, and there is no NaN.",
    "anyOf": [{"type": "number"}, {"enum": ["inf", "-inf"]}],
}

_BUILTINS: Mapping[Any, Schema] = {
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"$ref": "#/$defs/number"},
    str: {"type": "string"},
}


def run_schema() -> Schema:
    """Return the JSON Schema (draft 2020-12) of what `Run.to_json` writes.

    Returns
    -------
    dict
        An object of builtins. It follows the annotations, defaults and docstrings of `Run` and of
        everything in it, so it cannot differ from what is written and read.

    Examples
    --------
    >>> schema = run_schema()
    >>> schema["properties"]["seconds"]["$ref"], schema["$defs"]["Gate"]["properties"]["attempts"]["items"]
    ('#/$defs/number', {'$ref': '#/$defs/Attempt'})
    """
    definitions: dict[str, Schema] = {"number": _NUMBER}
    run = _object(Run, definitions)
    number = {"description": "Number of this schema.", "const": SCHEMA}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": _ADDRESS,
        "title": f"A run of pytest-llmcal, schema {SCHEMA}",
        **run,
        "properties": {"schema": number, **run["properties"]},
        "required": ["schema", *run["required"]],
        "$defs": {name: definitions[name] for name in sorted(definitions)},
    }


def schema_text() -> str:
    """Return the schema as JSON text."""
    return json.dumps(run_schema(), indent=2) + "\n"


def _object(kind: type[Any], definitions: dict[str, Schema]) -> Schema:
    """Describe a dataclass; other dataclasses in it are added to the definitions."""
    annotations, told = get_type_hints(kind), _told(kind)
    properties = {}
    for field in fields(kind):
        value = _value(annotations[field.name], definitions) | _CHECKED.get((kind, field.name), {})
        about = {"description": told[field.name]} if field.name in told else {}
        properties[field.name] = {**about, **value}
    return {
        "description": _first_sentence(kind),
        "type": "object",
        "properties": properties,
        "required": [field.name for field in fields(kind) if _is_required(field)],
        "additionalProperties": False,
    }


def _value(annotation: Any, definitions: dict[str, Schema]) -> Schema:
    """Describe a value by its annotation; the cases are those of ``reading.py``."""
    if annotation in _BUILTINS:
        return dict(_BUILTINS[annotation])
    if is_dataclass(annotation) and isinstance(annotation, type):
        if annotation.__name__ not in definitions:
            definitions[annotation.__name__] = {}  # one that holds others of its kind ends here
            definitions[annotation.__name__] = _object(annotation, definitions)
        return {"$ref": f"#/$defs/{annotation.__name__}"}
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is tuple:
        return {"type": "array", "items": _value(inner[0], definitions)}
    if origin is not None and isinstance(origin, type) and issubclass(origin, Mapping):
        return {"type": "object", "additionalProperties": _value(inner[1], definitions)}
    if len(inner) == 2 and inner[1] is NoneType:
        return {"anyOf": [_value(inner[0], definitions), {"type": "null"}]}
    raise TypeError(f"a run cannot hold values of the type {annotation}")


def _is_required(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _first_sentence(kind: type[Any]) -> str:
    return (inspect.getdoc(kind) or "").partition("\n")[0]


def _told(kind: type[Any]) -> dict[str, str]:
    """Return what the Attributes section of a docstring says of each field."""
    _, _, section = (inspect.getdoc(kind) or "").partition("\nAttributes\n----------\n")
    told: dict[str, str] = {}
    for entry in re.split(r"\n(?=\w)", re.split(r"\n\w+\n-+\n", section)[0]):
        names, _, text = entry.partition("\n")
        sentence = " ".join(text.split()).replace("`", "")
        told |= {name.strip(): sentence for name in names.partition(" : ")[0].split(",") if sentence}
    return told
