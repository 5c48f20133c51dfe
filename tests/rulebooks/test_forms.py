"""The form of a clause comes from the schema alone: every kind there is, and every kind that will be."""

from decimal import Decimal
from typing import Literal

import pytest
from django.http import QueryDict

from kefu.policy.clauses.base import Blank, ClauseBase, Count, Money, Name, Strict
from kefu.policy.rulebook import load_all
from kefu.rulebooks import shapes
from kefu.rulebooks.faults import Fault
from kefu.rulebooks.forms import ClauseForm
from kefu.rulebooks.services import UNWRITTEN


class Step(Strict):
    at_least: Count
    bonus: Money | None = None


class Oracle(ClauseBase):
    """A kind of clause that nobody has thought of."""

    kind: Literal["oracle"]
    foresees: Name
    mood: Literal["good", "bad"] = "good"
    sure: bool = False
    price: Blank[Money]
    tip: Blank[Money] = None
    limits: dict[Name, Count] = {}
    when: dict[Name, tuple[Name, ...]] = {}
    signs: tuple[Name, ...] = ()
    steps: tuple[Step, ...] = ()
    rest: Step | None = None
    odd: tuple[tuple[Name, Name], ...] = ()


WRITTEN = {"kind": "oracle", "foresees": "rain", "price": None, "label_zh": "预言", "label_en": "x"}


def sent(form, **typed):
    """What a browser sends of the form, with some fields filled in otherwise; None: unticked."""
    data = QueryDict(mutable=True)
    for name, field in form.fields.items():
        initial = typed.pop(name, field.initial)
        if isinstance(initial, list):
            data.setlist(name, initial)
        elif initial is True:
            data[name] = "on"
        elif initial not in (False, None):
            data[name] = initial
    assert not typed, typed
    return data


def filled(written=WRITTEN, **typed):
    form = ClauseForm(Oracle, written, sent(ClauseForm(Oracle, written), **typed))
    assert form.is_valid(), form.errors
    return form


def result(**typed):
    form = filled(**typed)
    found = {name: value for name, value in form.settings().items() if value is not UNWRITTEN}
    assert not form.faulty
    return found


UNTOUCHED = {"foresees": "rain", "price": None, "label_zh": "预言", "label_en": "x"}


def test_what_nobody_touches_stays_as_it_was_and_what_was_not_written_stays_unwritten():
    assert result() == UNTOUCHED


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ({"price": "12.50", "price:blank": None}, {"price": "12.50"}),
        ({"price": "1,200", "price:blank": None}, {"price": "1200"}),
        ({"price": "１２．５", "price:blank": None}, {"price": "12.5"}),
        ({"tip:blank": True}, {"tip": None}),
        ({"tip": "3"}, {"tip": "3"}),
        ({"mood": "bad"}, {"mood": "bad"}),
        ({"sure": True}, {"sure": True}),
        ({"signs": "crow\n\n owl "}, {"signs": ["crow", "owl"]}),
        (
            {"signs": "cr\u200bow\n\u202eowl"},
            {"signs": ["crow", "owl"]},
        ),  # nothing that is not seen
        ({"limits": "a = 3\nb＝4"}, {"limits": {"a": 3, "b": 4}}),
        ({"when": "sky = dark, red、grey"}, {"when": {"sky": ["dark", "red", "grey"]}}),
        ({"odd": '[["a", "b"]]'}, {"odd": [["a", "b"]]}),
        ({"odd": "[0.5]"}, {"odd": ["0.5"]}),  # never a float
        ({"steps.0.at_least": "5"}, {"steps": [{"at_least": 5}]}),
        ({"rest:there": True, "rest.at_least": "7"}, {"rest": {"at_least": 7}}),
        ({"rest.at_least": "7"}, {"rest": {"at_least": 7}}),  # the tick forgotten
        ({"steps.0.at_least": "many"}, {"steps": [{"at_least": "many"}]}),  # the schema's business
    ],
)
def test_what_is_typed_becomes_what_is_written(typed, found):
    assert result(**typed) == UNTOUCHED | found


def test_a_setting_that_is_cleared_does_not_stand_there_any_more():
    written = WRITTEN | {"tip": "3", "rest": {"at_least": 1}, "signs": ["crow"]}
    form = filled(written, tip="", signs="", **{"rest:there": None})

    found = form.settings()

    assert (found["tip"], found["rest"], found["signs"]) == (UNWRITTEN, UNWRITTEN, [])


def test_rows_are_put_in_order_taken_out_and_added():
    written = WRITTEN | {"steps": [{"at_least": 10}, {"at_least": 5}, {"at_least": 1}]}
    form = filled(
        written,
        **{
            "steps.0:gone": True,
            "steps.3.at_least": "7",
            "steps.3:position": "1.5",
            "steps.2.bonus": "2.00",
        },
    )

    assert form.settings()["steps"] == [
        {"at_least": 7},
        {"at_least": 5},
        {"at_least": 1, "bonus": "2.00"},
    ]
    form.show([Fault("X", ("steps", 0, "at_least"), "no")], "X")
    (rows,) = [part for part in form.parts if part.name == "steps"]
    assert [cell.errors for cell in rows.rows[3].cells] == [["no"], []]


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ({"price": "3"}, "price"),  # filled in, and ticked as open
        ({"odd": "[["}, "odd"),
        ({"odd": "[NaN]"}, "odd"),
        ({"limits": "three"}, "limits"),
        ({"signs": "cr\x01ow"}, "signs"),
    ],
)
def test_what_has_no_form_at_all_is_told_at_its_field(typed, name):
    form = filled(**typed)
    form.settings()

    assert form.faulty
    assert [part.name for part in form.parts if part.errors] == [name]


def test_a_fault_deeper_than_any_field_is_told_at_the_nearest():
    form = filled()
    form.settings()

    form.show(
        [
            Fault("X", ("limits", "a", "[key]"), "deep"),
            Fault("X", (), "all of it"),
            Fault("Y", ("limits",), "another clause"),
        ],
        "X",
    )

    assert [part.errors for part in form.parts if part.name == "limits"] == [["deep"]]
    assert [fault.text for fault in form.elsewhere] == ["all of it", "another clause"]


def test_words_for_a_setting_that_has_none_are_its_name():
    labels = {part.name: part.label for part in ClauseForm(Oracle, WRITTEN).parts}

    assert labels["foresees"] == "foresees"
    assert labels["label_zh"] == "条款标题（中文）"
    assert set(labels) & set(shapes.FIXED) == set()


def test_bounds_and_blanks_are_read_from_the_schema():
    found = {one.name: one for one in shapes.settings(Oracle)}

    price = found["price"].shape
    assert (price.what, price.nullable, price.blank) == ("number", True, True)
    assert (price.bounds.above, price.bounds.at_most, price.bounds.places) == (0, 1_000_000, 2)
    assert found["price"].required
    assert not found["tip"].required
    assert found["rest"].shape.table is Step
    assert found["rest"].shape.blank is False
    assert found["mood"].shape.choices == ("good", "bad")
    assert isinstance(price.bounds.at_most, Decimal)


def test_every_shipped_clause_survives_its_form_unchanged():
    """Whoever opens a clause and saves it has changed nothing, whatever its kind."""
    for rules in load_all().values():
        for clause in rules.to_json()["clauses"]:
            table = shapes.kinds()[clause["kind"]]
            form = ClauseForm(table, clause, sent(ClauseForm(table, clause)))
            assert form.is_valid(), (clause["id"], form.errors)
            found = {k: v for k, v in form.settings().items() if v is not UNWRITTEN}
            again = table.model_validate(
                {k: clause[k] for k in shapes.FIXED if k in clause} | found
            )
            assert again.model_dump(mode="json", exclude_unset=True) == clause
            assert not form.faulty, clause["id"]
