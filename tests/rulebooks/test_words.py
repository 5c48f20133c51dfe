"""What the schema knows by code, people read in words. A code without any is still readable; here it is missed."""

import ast
from pathlib import Path

import pytest

from kefu.rulebooks import faults, sentences, shapes, terms, wording

POLICY = Path(__file__).resolve().parents[2] / "kefu" / "policy"


def test_every_kind_of_clause_has_its_word():
    assert set(shapes.kinds()) - set(terms.KINDS) == set()


def test_every_setting_has_its_word():
    without = {
        f"{table.__name__}.{one.name}"
        for table in shapes.tables()
        for one in shapes.settings(table)
        if one.name not in shapes.FIXED | {"clauses"}
        and one.name not in terms.SETTINGS
        and (wording.table_of(table, one.name), one.name) not in terms.SETTINGS_OF
    }

    assert without == set()


def test_every_choice_has_its_word():
    without = {
        f"{name}: {choice}"
        for name, choice in shapes.choices()
        if name not in shapes.FIXED
        and not {choice} & (terms.VALUES.keys() | terms.CHOICES.keys())
        and (name, choice) not in terms.VALUES_OF
    }

    assert without == set()


def said(node):
    """A sentence of the schema; what is put in as ``{}``."""
    if isinstance(node, ast.JoinedStr):
        return "".join(one.value if isinstance(one, ast.Constant) else "{}" for one in node.values)
    return node.value if isinstance(node, ast.Constant) else None


def schema_says():
    for file in sorted((POLICY / "clauses").glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Raise)
                and isinstance(node.exc, ast.Call)
                and ast.unparse(node.exc.func) == "ValueError"
            ):
                yield said(node.exc.args[0])


def test_every_sentence_of_the_schema_is_there_in_chinese():
    assert {one for one in schema_says() if one} - set(sentences.CHINESE) == set()


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        ("the table has 3 rows, not 2", "这张表应有 3 行，现在是 2 行"),
        ("the id is given twice", "这个条款编号用了两次"),
        ("{filler} in the template and the filler go together", None),
        ("nobody has thought of this", "nobody has thought of this"),
    ],
)
def test_a_sentence_keeps_what_the_schema_put_in(sentence, told):
    found = sentences.in_chinese(sentence)

    assert found == (told or sentences.CHINESE[sentence])
    assert faults.wording(sentence) == found


def test_a_word_of_one_setting_is_not_put_into_the_mouth_of_another():
    assert wording.value_in_words("by", "service") == "按工龄"  # a base wage
    assert wording.value_in_words("when", "service") == "服务"  # a fact of that name
    assert wording.value_in_words("causes", "late_reply") == "回复超时"


def test_a_code_without_a_word_is_shown_readably():
    assert wording.setting("has_no_word_yet") == "has no word yet"
    assert wording.kind("crystal_ball") == "crystal ball"
    assert wording.value_in_words("role", "sooth_sayer") == "sooth sayer"
    assert wording.value_in_words("title", "WB-1_x") == "WB-1_x"
