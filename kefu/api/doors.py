"""The OpenAPI document as a page for people: each door with its words, its fields and its examples."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import override
from drf_spectacular.generators import SchemaGenerator

DEEPEST = 4  # levels of fields within fields that a table shows


@dataclass(frozen=True, slots=True)
class Field:
    name: str  # with the way to it: results[].costs[].clause
    type: str
    required: bool
    description: str


@dataclass(frozen=True, slots=True)
class Message:
    """A body, or an answer."""

    status: str  # empty: a body
    description: str
    fields: tuple[Field, ...]
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Door:
    name: str
    method: str
    path: str
    summary: str
    description: str
    parameters: tuple[Field, ...]
    body: Message | None
    answers: tuple[Message, ...]
    refusals: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    doors: tuple[Door, ...]


@cache
def groups(language: str) -> tuple[Group, ...]:
    """Return all doors in the words of ``language``, by what they are about. Kept: only a new version changes it."""
    if language not in dict(settings.LANGUAGES):
        raise ValueError(f"no language of ours: {language}")
    with override(language):
        document = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
        found: dict[str, list[Door]] = {}
        for path, operations in document["paths"].items():
            for method, operation in operations.items():
                door = _door(method.upper(), path, operation, document["components"]["schemas"])
                found.setdefault(operation["tags"][0], []).append(door)
    return tuple(Group(slugify(name), tuple(doors)) for name, doors in found.items())


def _door(method: str, path: str, operation: dict[str, Any], forms: dict[str, Any]) -> Door:
    taken = operation.get("requestBody", {}).get("content", {})
    answers = [_answer(status, each, forms) for status, each in operation["responses"].items()]
    return Door(
        name=operation["operationId"],
        method=method,
        path=path,
        summary=operation.get("summary", ""),
        description=operation.get("description", ""),
        parameters=tuple(_parameter(each, forms) for each in operation.get("parameters", ())),
        body=_message("", "", taken, forms) if taken else None,
        answers=tuple(each for each in answers if each.status < "4"),
        refusals=tuple(each for each in answers if each.status >= "4"),
    )


def _parameter(parameter: dict[str, Any], forms: dict[str, Any]) -> Field:
    schema, place = parameter["schema"], parameter["in"]
    kind = _type(schema, forms)
    if "default" in schema:
        kind += " = " + json.dumps(schema["default"], ensure_ascii=False)
    where = {"header": _("请求头"), "path": _("路径"), "query": _("网址参数")}[place]
    return Field(
        name=parameter["name"],
        type=f"{where} · {kind}",
        required=parameter.get("required", False),
        description=parameter.get("description", ""),
    )


def _answer(status: str, answer: dict[str, Any], forms: dict[str, Any]) -> Message:
    return _message(status, answer.get("description", ""), answer.get("content", {}), forms)


def _message(
    status: str, description: str, content: dict[str, Any], forms: dict[str, Any]
) -> Message:
    media: dict[str, Any] = next(iter(content.values()), {})
    examples = [
        json.dumps(example["value"], ensure_ascii=False, indent=2, default=str)
        for example in media.get("examples", {}).values()
    ]
    return Message(
        status, description, tuple(_fields(media.get("schema", {}), forms)), tuple(examples)
    )


def _fields(schema: dict[str, Any], forms: dict[str, Any], way: str = "") -> Iterator[Field]:
    """Yield the fields of a form, and right after each those within it."""
    form = _form(schema, forms)
    for name, inner in form.get("properties", {}).items():
        place = f"{way}{name}"
        required = name in form.get("required", ())
        words = inner.get("description") or _form(inner, forms).get("description", "")
        yield Field(place, _type(inner, forms), required, words)
        if place.count(".") < DEEPEST:
            yield from _fields(inner, forms, f"{place}.")
            yield from _fields(inner.get("items", {}), forms, f"{place}[].")


def _form(schema: dict[str, Any], forms: dict[str, Any]) -> dict[str, Any]:
    """Return what a schema refers to, if to one form."""
    several = [each for key in ("allOf", "oneOf", "anyOf") for each in schema.get(key, ())]
    name = schema.get("$ref") or next((each["$ref"] for each in several if "$ref" in each), "")
    form: dict[str, Any] = forms[name.rsplit("/", 1)[1]] if name else schema
    return form


def _type(schema: dict[str, Any], forms: dict[str, Any]) -> str:
    """Return the type in the format's own words: ``string · date-time | null``, or the values to choose from."""
    if several := [each for key in ("allOf", "oneOf", "anyOf") for each in schema.get(key, ())]:
        return " | ".join(_type(each, forms) for each in several)
    if "$ref" in schema:
        return _type(_form(schema, forms), forms)
    if "enum" in schema:
        return " | ".join(json.dumps(value, ensure_ascii=False) for value in schema["enum"])
    kinds = schema.get("type", "object")
    kind = kinds if isinstance(kinds, str) else " | ".join(kinds)
    if "format" in schema:
        kind += f" · {schema['format']}"
    if "items" in schema:
        kind += f" · {_type(schema['items'], forms)}"
    return kind
