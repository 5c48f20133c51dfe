"""The examples of the document: every operation has them, and each is what its own schema says."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator, FormatChecker

DOCUMENT = yaml.safe_load(
    (Path(__file__).resolve().parents[2] / "docs" / "openapi.yaml").read_text()
)
OPERATIONS = {
    operation["operationId"]: operation
    for methods in DOCUMENT["paths"].values()
    for operation in methods.values()
}
WITH_EXAMPLES = ("application/json", "application/problem+json")  # files show nothing as text
formats = FormatChecker()


@formats.checks("date-time", raises=ValueError)
def is_an_instant(text: object) -> bool:
    return not isinstance(text, str) or datetime.fromisoformat(text).tzinfo is not None


def closed(schema: Any) -> Any:
    """Return the schema refusing what it does not list: an example must not tell of a field that is gone."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    tight = {name: closed(inner) for name, inner in schema.items()}
    if schema.get("type") == "object" and "properties" in schema:
        tight.setdefault("additionalProperties", False)
    return tight


COMPONENTS = closed(DOCUMENT["components"])


def contents(operation: dict[str, Any]) -> dict[str, Any]:
    """What an operation takes and gives back as JSON: by the words a failure shall name it with."""
    found = {}
    for media, content in operation.get("requestBody", {}).get("content", {}).items():
        found[f"the body, {media}"] = (media, content)
    for status, answer in operation["responses"].items():
        for media, content in answer.get("content", {}).items():
            found[f"the answer {status}, {media}"] = (media, content)
    return {where: content for where, (media, content) in found.items() if media in WITH_EXAMPLES}


def faults(example: Any, schema: Any) -> list[str]:
    validator = Draft202012Validator(
        {**closed(schema), "components": COMPONENTS}, format_checker=formats
    )
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(example)]


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_shows_what_it_takes_and_gives_by_true_examples(name):
    for where, content in contents(OPERATIONS[name]).items():
        examples = content.get("examples", {})

        assert examples, (
            f"{name}: {where} has no example; give one with answered(), paged() or OpenApiExample"
        )
        for title, example in examples.items():
            wrong = faults(example["value"], content["schema"])
            assert not wrong, f"{name}: {where}, example {title}: {wrong}"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"colour": "red"}, "colour"),
        ({"state": "lost"}, "lost"),
        ({"asked_at": "2026-11-20T14:00:00"}, "asked_at"),
        ({"due_at": 16}, "due_at"),
    ],
)
def test_an_example_that_is_no_longer_true_is_noticed(change, said):
    content = OPERATIONS["read_network_query"]["responses"]["200"]["content"]["application/json"]
    (example,) = content["examples"].values()

    assert not faults(example["value"], content["schema"])
    assert said in str(faults(example["value"] | change, content["schema"]))
    lacking = {name: value for name, value in example["value"].items() if name != "costs"}
    assert "costs" in str(faults(lacking, content["schema"]))
