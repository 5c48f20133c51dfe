"""What a rulebook may say, and how it is told what is wrong with it."""

import json
import string
from decimal import Decimal

import pytest

from kefu.policy.rulebook import (
    FILES,
    NotSet,
    Rulebook,
    RulebookError,
    from_toml,
    load,
    load_all,
)

HEAD = """
code = "CD"
name_zh = "测试规章"
name_en = "Test regulation"

[house]
entry_allowance_minutes = ""
interruption_share = ""
"""

CLOCK = """
[[clauses]]
id = "CD-05.09"
label_zh = "两小时内反馈"
label_en = "Answer within two hours"
area = "claims"
automation = "full"
module = "kefu.policy.clocks"
kind = "elapsed"
times = "outlet_reply"
role = "queried_outlet"
limit = 2
unit = "hours"
house = { warn_before_minutes = 15, lead_before_minutes = 5 }
"""

FINE = """
[[clauses]]
id = "CD-05.10"
label_zh = "未反馈处罚"
label_en = "Fine for no answer"
area = "claims"
automation = "full"
module = "kefu.penalties"
kind = "consequence"
follows = ["CD-05.09"]
role = "queried_outlet"
fine = 200.00
condition = "complaint"
causes = ["late_reply"]
"""


def refusals(text: str) -> list[str]:
    with pytest.raises(RulebookError) as refused:
        from_toml(text, source="test.toml")
    return str(refused.value).splitlines()


def test_a_rulebook_of_a_clock_and_its_fine_is_accepted():
    rulebook = from_toml(HEAD + CLOCK + FINE, source="test.toml")

    assert [clause.id for clause in rulebook.clauses] == ["CD-05.09", "CD-05.10"]
    assert rulebook["CD-05.10"].fine == Decimal("200.00")


@pytest.mark.parametrize(
    ("written", "instead", "reason"),
    [
        ("limit = 2", "limt = 2", "CD-05.09: limit: Field required"),
        ("limit = 2", "limit = 0", "CD-05.09: limit: Input should be greater than 0"),
        ("limit = 2", 'limit = "2"', "CD-05.09: limit: Input should be a valid integer"),
        ("limit = 2", 'limit = ""', "CD-05.09: Value error, limit and unit are both given"),
        ('unit = "hours"', 'unit = "weeks"', "CD-05.09: unit: Input should be"),
        ("lead_before_minutes = 5", "lead_before_minutes = 20", "the owner, never before"),
        ('"outlet_reply"', '"Tea break"', "CD-05.09: times: String should match"),
        ('kind = "elapsed"', 'kind = "sundial"', "CD-05.09: Input tag 'sundial'"),
        ('id = "CD-05.09"', 'id = "5.9"', "5.9: id: String should match pattern"),
        ('id = "CD-05.09"', 'id = "ES-05.09"', "ES-05.09: the id belongs to another rulebook"),
        ('label_en = "Answer within two hours"', "", "CD-05.09: label_en: Field required"),
        ("fine = 200.00", "fine = -200.00", "CD-05.10: fine: Input should be greater than 0"),
        ("fine = 200.00", "fine = 200.005", "CD-05.10: fine: Decimal input should have no more"),
        ("fine = 200.00", "fine = nan", "CD-05.10: fine: "),
        (
            'share = ""',
            "share = 1e-999999",
            "interruption_share: Decimal input should have no more",
        ),
        ("fine = 200.00", "", "CD-05.10: Value error, exactly one of fine and points"),
        ("fine = 200.00", "fine = 200.00\npoints = 0.5", "exactly one of fine and points"),
        ('causes = ["late_reply"]', "", "the condition complaint and what belongs to it"),
        ('causes = ["late_reply"]', 'causes = ["bad_mood"]', "CD-05.10: causes.0: Input should"),
        ('condition = "complaint"', 'condition = "nth"', "go together"),
        ('["CD-05.09"]', '["CD-05.99"]', "CD-05.10: follows: there is no clause CD-05.99"),
        ('["CD-05.09"]', '["CD-05.10"]', "CD-05.10: follows: CD-05.10 is no clock"),
        ('role = "queried_outlet"\nfine', 'role = "the_weather"\nfine', "CD-05.10: role: Input"),
        ("[house]", "[hause]", "house: Field required"),
        ('interruption_share = ""', "interruption_share = 1.5", "house.interruption_share: Input"),
        ('code = "CD"', 'code = "CD', "Illegal character"),
    ],
)
def test_what_is_wrong_is_named_by_file_clause_and_reason(written, instead, reason):
    text = HEAD + CLOCK + FINE
    assert written in text

    faults = refusals(text.replace(written, instead, 1))

    assert all(fault.startswith("test.toml: ") for fault in faults)
    assert any(reason in fault for fault in faults), faults


def test_an_unknown_setting_is_refused():
    assert refusals(HEAD + CLOCK + "colour = 'red'\n") == [
        "test.toml: CD-05.09: colour: Extra inputs are not permitted"
    ]


def test_an_id_stands_once():
    assert "test.toml: CD-05.09: the id is given twice" in refusals(HEAD + CLOCK + CLOCK)


def test_two_clauses_that_answer_one_question_are_one_too_many():
    other = CLOCK.replace("CD-05.09", "CD-05.15")

    assert refusals(HEAD + CLOCK + other) == [
        "test.toml: CD-05.15: says what CD-05.09 says already; one has to yield_to the other"
    ]
    yielding = other + 'yields_to = "CD-05.09"\n'
    assert "CD-05.15" in from_toml(HEAD + CLOCK + yielding, source="test.toml")


def test_a_reading_speaks_both_languages():
    text = HEAD + CLOCK + 'reading_zh = "夜间不停"\n'

    assert "in both languages" in refusals(text)[0]


def test_a_blank_is_not_set_and_never_a_default():
    text = (HEAD + CLOCK).replace("limit = 2", 'limit = ""').replace('"hours"', '""')

    rulebook = from_toml(text, source="test.toml")

    for read in (
        lambda: rulebook["CD-05.09"].length,
        lambda: rulebook["CD-05.09"].given("limit"),
        lambda: rulebook.entry_allowance,
        lambda: rulebook.interruption_share,
    ):
        with pytest.raises(NotSet, match="is not set"):
            read()


def test_an_unknown_clause_is_a_key_error():
    with pytest.raises(KeyError, match=r"CD has no clause CD-99\.99"):
        load("CD")["CD-99.99"]
    assert load("CD").get("CD-99.99") is None


@pytest.mark.parametrize("code", FILES)
def test_a_rulebook_survives_the_database(code):
    rulebook = load(code)

    stored = json.loads(json.dumps(rulebook.to_json()))

    assert Rulebook.from_json(stored) == rulebook
    assert Rulebook.from_json(stored).to_json() == stored


def test_json_from_an_editor_is_checked_like_a_file():
    content = load("CD").to_json()
    clause = next(clause for clause in content["clauses"] if clause["id"] == "CD-05.10")

    clause["fine"] = 150.5
    with pytest.raises(RulebookError, match="not as a float"):
        Rulebook.from_json(content)
    clause["fine"] = "150.50"
    assert Rulebook.from_json(content)["CD-05.10"].fine == Decimal("150.50")


@pytest.mark.parametrize("content", [{}, {"clauses": 7}, {"clauses": [7]}, {"clauses": [{}]}, []])
def test_json_of_any_shape_is_refused_with_a_reason(content):
    with pytest.raises(RulebookError):
        Rulebook.from_json(content)


@pytest.mark.parametrize("code", FILES)
def test_labels_are_chinese_and_english(code):
    for clause in load(code).clauses:
        assert any("\u4e00" <= sign <= "\u9fff" for sign in clause.label_zh), clause.id
        assert set(clause.label_en) <= set(string.printable), clause.id


def test_places_brands_and_partners_are_no_constants():
    everything = json.dumps([book.to_json() for book in load_all().values()], ensure_ascii=False)

    for name in ("五亭龙", "山东", "扬州", "QQ", "门市", "Shandong", "Yangzhou"):
        assert name not in everything
