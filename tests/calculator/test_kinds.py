"""Each kind of decision: its form in both languages, its example decided and told without a raw word."""

import re

import pytest

from kefu.calculator import kinds, offers, words
from kefu.calculator.examples import example
from kefu.calculator.reading import read
from kefu.calculator.selectors import Using
from kefu.calculator.shapes import shape_of
from kefu.calculator.telling import tell
from kefu.calculator.trial import try_out
from kefu.calculator.typed import Typed, typed_of, written
from tests.calculator.conftest import BOOKS, CHINESE, KINDS, foreign

SHAPES = [(kind, shape) for kind in KINDS for shape in shape_of(kind).walk() if shape.path]
# Shipped rulebooks leave to the centre what this one is about.
LEFT_BLANK = {"warehouse_entry"}


def by_name(kind):
    return kind.name


def test_every_subject_has_a_name(language):
    titles = [title for title, _rows in kinds.groups()]

    assert len(titles) == len(set(titles))
    assert not any(foreign(title, language) for title in titles)
    assert "其他" not in titles
    assert sum(len(rows) for _title, rows in kinds.groups()) == len(KINDS)


def test_a_kind_is_found_by_words_of_either_language():
    def found(text):
        return {row.name for _title, rows in kinds.groups(text) for row in rows}

    assert "air_return" in found("退回运费") & found("return freight") & found("air_return")
    assert found("no such thing at all") == set()


@pytest.mark.parametrize("kind", KINDS, ids=by_name)
def test_every_fact_has_a_label_and_every_choice_its_words(kind, language):
    for shape in shape_of(kind).walk():
        if not shape.path or shape.kind == "json":
            continue
        said = [words.label(shape), words.unit(shape)]
        said += [words.value(shape.name, value) for value in shape.values]
        for text in said:
            assert not foreign(text, language), (shape.path, text)
        if language != "en":
            assert all(CHINESE.search(words.value(shape.name, value)) for value in shape.values)


@pytest.mark.parametrize("kind", KINDS, ids=by_name)
def test_a_form_asks_for_all_there_is(kind):
    kinds_of_fields = {shape.kind for shape in shape_of(kind).walk()}

    assert "json" not in kinds_of_fields


def offers_of(kind, book):
    """Every name that is offered, whatever was chosen before it: (what it is for, the choice)."""
    shape = shape_of(kind)
    chosen = [part for part in shape.parts if part.required and part.kind in ("code", "clause")]
    before = [{part.name: code} for part in chosen for code in offered(kind, part, book, {})]
    for typed in before or [{}]:
        for one in shape.walk():
            name = one.path[0] if one.name == "key" else one.name
            codes = offered(kind, one, book, typed)
            yield from ((one.path, choice) for choice in offers.choices(name, codes, book))
            for code in codes if one.name == "key" else ():
                values = offers.condition_values(kind.name, book, typed, code)
                yield from ((one.path, choice) for choice in offers.choices(code, values, book))


def offered(kind, shape, book, typed):
    return offers.offered(kind.name, shape.path, book, typed)


@pytest.mark.parametrize("kind", KINDS, ids=by_name)
def test_what_a_rulebook_offers_has_words(kind, language):
    for code, book in BOOKS.items():
        for path, choice in offers_of(kind, book):
            if language == "en":
                assert not CHINESE.search(choice.words), (code, path, choice)
            else:
                assert CHINESE.search(choice.words), (code, path, choice)


@pytest.mark.parametrize("kind", KINDS, ids=by_name)
def test_its_example_is_decided_and_told_in_both_languages(kind, language):
    decided = 0
    for book in BOOKS.values():
        facts = example(kind, book)
        form = read(kind.name, shape_of(kind), written(facts, shape_of(kind)), book)
        trial = try_out(kind, book, form.fact)

        assert not any(one.faults for one in form.walk())
        if trial.decided is None:
            assert trial.silent or trial.faults
            continue
        told = tell(kind, trial.decided, form, Using(book))
        decided += bool(trial.decided.steps)
        head = told.result.headline
        assert head.label and head.value
        for row in (head, *told.result.others):
            for text in (row.label, row.value, *(cell for line in row.lines for cell in line)):
                assert not foreign(without_ours(text), language), (kind.name, row)
        for line in told.explanation.arithmetic:
            for text in (line.text, line.value):
                assert not foreign(without_ours(text), language), (kind.name, line)
    assert decided or kind.name in LEFT_BLANK


def without_ours(text):
    """The texts of our examples are in both languages at once, the words of a script in Chinese."""
    return re.sub(r"示例 / example|您好.*", "", text)


@pytest.mark.parametrize("kind", KINDS, ids=by_name)
def test_what_is_written_as_typed_reads_as_the_same_facts(kind):
    examples = [(book, facts) for book in BOOKS.values() if (facts := example(kind, book))]

    for book, facts in examples:
        form = read(kind.name, shape_of(kind), written(facts, shape_of(kind)), book)
        assert kind.facts.model_validate(form.fact) == kind.facts.model_validate(facts)
    assert examples


@pytest.mark.parametrize("kind", ["penalty", "retention", "rate", "report"])
def test_a_rulebook_that_knows_no_name_to_begin_with_has_no_example(kind):
    found = next(one for one in KINDS if one.name == kind)

    examples = [example(found, book) for book in BOOKS.values()]

    assert {} in examples
    assert any(examples)


def test_typed_nothing_is_nothing():
    assert typed_of([("rulebook", ["1"]), ("f", ["x"]), ("other.a", ["y"])]) == Typed()
