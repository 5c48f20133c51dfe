"""One version beside another: only what is not the same, in both languages."""

import copy

import pytest
from django.utils.translation import override

from kefu.policy.rulebook import Rulebook, load
from kefu.rulebooks.comparison import compare

CD = load("CD")


def changed(language="zh-hans", drop=(), **clauses):
    """CD against CD with some settings of these clauses written otherwise."""
    content = copy.deepcopy(CD.to_json())
    content["clauses"] = [one for one in content["clauses"] if one["id"] not in drop]
    for one in content["clauses"]:
        for name, value in clauses.get(one["id"].replace("-", "_").replace(".", "_"), {}).items():
            one.pop(name) if value is ... else one.update({name: value})
    with override(language):
        return compare(CD, Rulebook.from_json(content), language)


def changes(found):
    return {
        clause.id: [(one.setting, one.before, one.after) for one in clause.changes]
        for clause in found.changed
    }


def test_a_version_does_not_differ_from_itself():
    found = compare(CD, Rulebook.from_json(CD.to_json()), "zh-hans")

    assert not found.anything
    assert found.same == len(CD.clauses)


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("zh-hans", [("罚款（元）", "200.00", "100.00")]),
        ("en", [("Fine (yuan)", "200.00", "100.00")]),
    ],
)
def test_a_fine_that_changes_is_told_with_both_amounts(language, told):
    found = changed(language, CD_05_10={"fine": "100"})

    assert changes(found) == {"CD-05.10": told}
    assert found.same == len(CD.clauses) - 1


def test_the_same_amount_written_otherwise_is_the_same():
    assert not changed(CD_05_10={"fine": "200"}).anything


def test_a_blank_of_the_regulation_is_told_as_one():
    found = changed(CD_05_09={"limit": None, "unit": None})

    assert changes(found)["CD-05.09"] == [
        ("时限", "2", "规章未定"),
        ("单位", "小时", "规章未定"),
    ]


def test_the_settings_of_the_house_are_told_one_by_one():
    house = {"warn_before_minutes": 20, "lead_before_minutes": None}

    assert changes(changed(CD_05_09={"house": house}))["CD-05.09"] == [
        ("本中心自定 · 提前预警（分钟）", "15", "20"),
        ("本中心自定 · 提前通知组长（分钟）", "5", "不设"),
    ]


def test_of_a_list_only_what_left_and_what_came_is_told():
    items = [{"zh": "业务部", "en": "Business desk"}, {"zh": "夜班", "en": "Night desk"}]

    (clause,) = changed(CD_01_02={"items": items}).changed

    (one,) = clause.changes
    assert one.come == ("夜班",)
    assert "查询部" in one.gone
    assert "业务部" not in one.gone


def test_title_and_reading_are_told_in_the_language_they_are_written_in():
    (clause,) = changed(CD_05_10={"label_en": "Late", "reading_zh": "新的解读"}).changed

    assert [one.setting for one in clause.changes] == ["条款标题（英文）", "解读（中文）"]
    assert clause.reading == ""  # told as a change already


def test_clauses_that_came_and_went():
    found = changed(drop={"CD-05.10"})
    back = compare(
        Rulebook.from_json(
            {
                **CD.to_json(),
                "clauses": [c for c in CD.to_json()["clauses"] if c["id"] != "CD-05.10"],
            }
        ),
        CD,
        "zh-hans",
    )

    assert [one.id for one in found.removed] == ["CD-05.10"]
    assert [one.id for one in back.added] == ["CD-05.10"]
    assert (found.added, back.removed) == ((), ())


def test_what_the_rulebook_sets_as_a_whole_is_told_beside_its_clauses():
    content = {**CD.to_json(), "name_en": "Other"}

    found = compare(CD, Rulebook.from_json(content), "zh-hans")

    assert [(one.setting, one.after) for one in found.whole] == [("名称（英文）", "Other")]
    assert found.changed == ()
