"""Words that a reply had better do without."""

import pytest

from kefu.policy.phrases import banned_words
from kefu.policy.rulebook import Rulebook, load

ES = load("ES")


@pytest.mark.rule("ES-203.04")
@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("您的件今天派送，请留意电话", []),
        ("急什么，明天就到", ["急什么"]),
        ("急 什 么，明天就到", ["急什么"]),  # spaces hide nothing
        ("随便你，关我什么事", ["关我什么事", "随便你"]),  # in the order of the list
        ("随便。你先看看", []),  # two sentences make no word
        ("Suit  Yourself!", ["suit yourself"]),
        ("ＳＵＩＴ　ＹＯＵＲＳＥＬＦ", ["suit yourself"]),  # full width
        ("what’s the hurry?", ["what's the hurry"]),
        ("a suit yourselfie", []),  # part of a longer word
        ("", []),
    ],
)
def test_the_houses_words_are_found_however_they_are_written(text, found):
    assert banned_words(text, ES) == found


@pytest.mark.rule("ES-203.04")
@pytest.mark.parametrize(
    "word", ["关我什么事", "随便你", "急什么", "自己看", "爱要不要", "没空", "说了多少遍", "搞笑"]
)
def test_these_words_are_on_the_list_that_ships(word):
    assert banned_words(f"客户您好，{word}。", ES) == [word]


@pytest.mark.rule("ES-203.04")
def test_a_word_that_the_house_adds_is_found_and_one_it_strikes_out_is_not():
    content = ES.to_json()
    clause = next(c for c in content["clauses"] if c["id"] == "ES-203.04")
    clause["items"] = [{"zh": "呵呵", "en": "whatever"}]
    edited = Rulebook.from_json(content)

    assert banned_words("呵呵，whatever，急什么", edited) == ["呵呵"]
    assert banned_words("Whatever.", edited) == ["whatever"]


def test_a_rulebook_without_a_list_bans_nothing():
    assert banned_words("急什么", load("CD")) == []
