"""Each door of ``/api/v1/``, each verb and each name of an object, before everybody who may knock (see ``rules.py``)."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
import yaml
from django.conf import settings
from schemathesis.core.transport import Response

from kefu.api import services as keys
from tests.matrix.addresses import VERBS, doors
from tests.matrix.rules import COMMITTED, OPEN, PLAIN, RULES, Rule, Thing
from tests.matrix.world import HOME, World, call, undone

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "openapi.yaml"
SCHEMA = schemathesis.openapi.from_path(DOCUMENT)
EVERYWHERE = pytest.mark.parametrize("door", sorted(RULES))


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """Made once: what a call does is undone, and in the end all of it."""
    with django_db_blocker.unblock(), undone(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "KEFU_NOW", World.now)
        patch.setattr(keys, "MOST_KEYS", 1_000)  # of a program for each scope it might lack
        made = World()
        for rule in RULES.values():
            for thing in things(rule):
                made.name_of(thing)
        made.seen = looked_at(made)
        yield made


@pytest.fixture(scope="module")
def document() -> Any:
    return yaml.load(DOCUMENT.read_text(), yaml.CSafeLoader)


def things(rule: Rule) -> list[Thing]:
    return [each for each in (rule.id, rule.holds, *named(rule.send).values()) if each]


def named(sent: Any, path: str = "") -> dict[str, Thing]:
    """The Things in what is sent, by their place in it: ``items.waybill_number``."""
    if isinstance(sent, Thing):
        return {path: sent}
    if isinstance(sent, list):
        return {k: v for each in sent for k, v in named(each, path).items()}
    inner = sent.items() if isinstance(sent, dict) else ()
    return {
        k: v for name, each in inner for k, v in named(each, f"{path}.{name}".strip(".")).items()
    }


def said(sent: Any, name: Any) -> Any:
    """What is sent, with each Thing by the name that it is given."""
    if isinstance(sent, Thing):
        return name(sent)
    if isinstance(sent, list):
        return [said(each, name) for each in sent]
    return {k: said(v, name) for k, v in sent.items()} if isinstance(sent, dict) else sent


def place(door: str, name: str | None) -> tuple[str, str]:
    """The verb and the address of a door, with this id in it; what is counted within an object begins with 1."""
    verb, path = door.split(" ")
    return verb, path.replace("<number>", "1").replace("<pk>", name or "")


def own(world: World, door: str) -> tuple[str, str]:
    rule = RULES[door]
    return place(door, world.name_of(rule.id) if rule.id else None)


def told(answer: Any, *names: str) -> tuple[int, str]:
    """What an answer tells, without the names by which its request asked and without the request's own number."""
    text = answer.content.decode(errors="replace")  # a paper tells with its bytes
    for name in names:
        text = text.replace(name, "…")
    return answer.status_code, re.sub(r'"request_id":"[^"]*"', "", text)


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].removeprefix("/problems/")


# -- The table is whole -----------------------------------------------------------------------


def test_each_door_has_its_rule_and_each_rule_its_door():
    missing, left_over = doors() - OPEN - set(RULES), (set(RULES) | OPEN) - doors()

    assert not missing, f"give these doors a line in RULES (tests/matrix/rules.py): {missing}"
    assert not left_over, f"these rules are of no door, take them out: {left_over}"


@EVERYWHERE
def test_each_name_of_an_object_is_known_for_one(door, document):
    fields, known = set(fields_of(document, door)), named(RULES[door].send)
    _verb, path = door.split()
    plain = {one for one in fields if one.split(".")[-1] in PLAIN or f"{path} {one}" in PLAIN}

    strange = fields - plain - set(known)
    assert not strange, (
        f"{door}: if one of {strange} names an object, send a Thing by it in RULES; if it does not, add it to PLAIN"
        " (tests/matrix/rules.py)"
    )
    assert set(known) <= fields, "a rule names an object by a field that the door does not have"
    assert ("<" in path) == (RULES[door].id is not None), "an address with an id, a rule without"
    listed = "cursor" in fields and door not in COMMITTED
    assert not listed or RULES[door].holds, "say what of Chengdu's this list holds"


def operation(document: Any, door: str) -> Any:
    """What the document says of a door; it may call the id otherwise than the address does."""
    verb, path = door.split()
    alike = {re.sub(r"{\w+}", "<>", each): told for each, told in document["paths"].items()}
    return alike[HOME + re.sub(r"<\w+>", "<>", path)][verb.lower()]


def as_documented(door: str, answer: Any) -> None:
    """The status is one that the document tells of, and the answer looks as told there."""
    verb, path = door.split()
    alike = {re.sub(r"{\w+}", "<>", each): each for each in SCHEMA}
    told = SCHEMA[alike[HOME + re.sub(r"<\w+>", "<>", path)]][verb]
    got = Response(
        answer.status_code,
        {name.lower(): [value] for name, value in answer.headers.items()},
        answer.content,
        requests.Request(verb, "http://localhost" + HOME + path).prepare(),
        elapsed=0,
        verify=True,
    )
    assert str(answer.status_code) in told.definition.raw["responses"], (door, answer.status_code)
    told.validate_response(got)


def fields_of(document: Any, door: str) -> Iterator[str]:
    """The parameters of the address and the fields of the body, as the document tells them."""
    told_of = operation(document, door)
    yield from (one["name"] for one in told_of.get("parameters", ()) if one["in"] == "query")
    for form in told_of.get("requestBody", {}).get("content", {}).values():
        yield from _leaves(document, form["schema"], "")


def _leaves(document: Any, schema: Any, path: str) -> Iterator[str]:
    if ref := schema.get("$ref"):
        schema = document["components"]["schemas"][ref.rpartition("/")[2]]
    if "items" in schema:
        yield from _leaves(document, schema["items"], path)
    elif schema.get("properties"):
        for name, inner in schema["properties"].items():
            yield from _leaves(document, inner, f"{path}.{name}".strip("."))
    else:
        yield path


def test_the_resolver_is_really_read():
    assert {"GET claims/", "POST network-queries/<pk>/withdraw/"} <= doors()


# -- Who may ----------------------------------------------------------------------------------


@EVERYWHERE
def test_the_outlet_that_owns_it_is_answered(door, world):
    rule, (verb, path) = RULES[door], own(world, door)
    sent = said(rule.send, world.good_name) if verb != "GET" else None
    just_this = world.outlet(world.chengdu, [rule.scope])

    answer = call(just_this, verb, path, sent)

    assert answer.status_code == rule.answers, answer.content
    as_documented(door, answer)
    if verb == "GET":
        head = call(just_this, "HEAD", path)
        assert (head.status_code, head.content) == (rule.answers, b"")
        assert not rule.holds or world.name_of(rule.holds) in answer.content.decode()


@EVERYWHERE
def test_everybody_else_is_turned_away_and_changes_nothing(door, world):
    rule, (verb, path) = RULES[door], own(world, door)
    sent = said(rule.send, world.good_name) if verb != "GET" else None
    others = ("a key without the scope", world.without[rule.scope], 403, "scope_missing")
    with undone():
        for who, client, status, why in [*world.refused, others]:
            for each in {verb, "HEAD"} if verb == "GET" else {verb}:
                answer = call(client, each, path, sent, undo=False)
                assert answer.status_code == status, (who, each, answer.content)
                assert each == "HEAD" or code(answer) == (status, why), who
                if each != "HEAD":
                    as_documented(door, answer)
        answer = call(world.unsigned, verb, path, sent, undo=False)
        if verb == "GET":
            assert answer.status_code == rule.answers
        else:
            assert code(answer) == (403, "signature_required")
        assert looked_at(world) == world.seen


def looked_at(world: World) -> dict[str, Any]:
    """All that Chengdu can see by any door."""
    return {
        door: told(call(world.owner, *own(world, door)))
        for door in RULES
        if door.startswith("GET ")
    }


@EVERYWHERE
def test_a_verb_that_is_not_offered_is_refused(door, world):
    _verb, path = own(world, door)
    _one, _space, pattern = door.partition(" ")
    offered = {each.split()[0] for each in RULES if each.split()[1] == pattern}
    offered |= {"HEAD"} if "GET" in offered else set()

    for verb in sorted(VERBS - offered):
        for client in (world.owner, world.stranger):
            answer = call(client, verb, path)
            assert answer.status_code == 405, verb
            assert verb == "HEAD" or code(answer) == (405, "method_not_allowed"), verb
            assert set(answer["Allow"].split(", ")) == offered
        assert call(world.nobody, verb, path).status_code == 401, verb


# -- What is another's and what is not there ---------------------------------------------------


@pytest.mark.parametrize("door", [door for door in sorted(RULES) if RULES[door].id])
def test_a_foreign_id_looks_like_one_that_is_not_there(door, world):
    rule, (verb, path) = RULES[door], own(world, door)
    sent = said(rule.send, lambda thing: thing.theirs or thing.missing) if verb != "GET" else None
    another_kind = next(t for r in RULES.values() if (t := r.id) and t.missing != rule.id.missing)

    for each in {verb, "HEAD"} if verb == "GET" else {verb}:
        foreign = call(world.stranger, each, path, sent)
        assert foreign.status_code == 404
        if each != "HEAD":
            as_documented(door, foreign)
        for name in (rule.id.missing, "nothing", world.name_of(another_kind)):
            answer = call(world.stranger, each, place(door, name)[1], sent)
            assert told(answer) == told(foreign), name
            assert headers(answer) == headers(foreign), name
            assert call(world.owner, each, place(door, name)[1], sent).status_code == 404


def headers(answer: Any) -> dict[str, str]:
    own = {"X-Request-ID", "RateLimit-Remaining"}
    return {name: value for name, value in answer.headers.items() if name not in own}


@pytest.mark.parametrize(
    ("door", "field"),
    [(door, field) for door in sorted(RULES) for field in named(RULES[door].send)],
)
def test_a_foreign_name_in_what_is_sent_looks_like_one_that_is_not_there(door, field, world):
    """The foreign outlet sends what would do of its own, but for this; where the address names an object, Chengdu does."""
    rule = RULES[door]
    thing = named(rule.send)[field]
    verb, path = own(world, door)
    asker, others = (
        (world.owner, thing.theirs) if rule.id else (world.stranger, world.name_of(thing))
    )
    assert others, (
        "beside an id in the address this Thing needs what the foreign outlet has (theirs)"
    )

    def ask(name: str) -> Any:
        rest = world.good_name if rule.id else lambda one: one.theirs or one.missing
        return call(asker, verb, path, said(rule.send, lambda t: name if t is thing else rest(t)))

    foreign, nothing = ask(others), ask(thing.missing)

    as_documented(door, foreign)
    assert foreign.status_code == nothing.status_code
    if verb == "GET" or foreign.status_code >= 400:
        assert told(foreign, others) == told(nothing, thing.missing)


@pytest.mark.parametrize("door", [d for d in sorted(RULES) if d[:3] == "GET" and not RULES[d].id])
def test_a_list_holds_nothing_of_another(door, world):
    verb, path = place(door, None)
    ids = {world.name_of(one) for rule in RULES.values() if (one := rule.holds or rule.id)}
    first = call(world.owner, verb, path, {"limit": "1"})
    cursor = first.json().get("next_cursor") if first.status_code == 200 else None

    for sent in [None, {"limit": "1", "cursor": cursor}] if cursor else [None]:
        answer = call(world.stranger, verb, path, sent)
        assert answer.status_code == 200
        assert not {name for name in ids if name in answer.content.decode()}


# -- The rest of /api/ ------------------------------------------------------------------------


def test_the_document_is_open_and_any_other_address_is_not_there(world):
    for door in OPEN:
        assert call(world.nobody, *place(door, None)).status_code == 200
    for verb in VERBS - {"HEAD"}:
        for client in (world.nobody, world.owner):
            assert code(call(client, verb, "nothing/of/the/kind/")) == (404, "not_found"), verb
