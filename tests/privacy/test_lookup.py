"""Tokens find people by what agents type, and tell nobody else anything."""

import hashlib
import hmac

import pytest
from pytest_django.fixtures import Settings

from kefu.privacy import lookup
from kefu.privacy.keys import KeysMissing
from kefu.privacy.lookup import token, tokens_for_person, tokens_for_query


@pytest.fixture(autouse=True)
def key(settings: Settings) -> None:
    settings.KEFU_LOOKUP_KEY = b"k" * 32


def test_a_token_is_the_first_eight_bytes_of_the_hmac() -> None:
    digest = hmac.new(b"k" * 32, "name:张三".encode(), hashlib.sha256).digest()

    assert token("name", "张三") == int.from_bytes(digest[:8], "big", signed=True)
    assert -(2**63) <= token("name", "张三") < 2**63


def test_a_token_depends_on_tag_value_and_key(settings: Settings) -> None:
    before = token("tail", "5678")
    assert token("tail", "5678") == before
    assert token("phone", "5678") != before
    assert token("tail", "5679") != before

    settings.KEFU_LOOKUP_KEY = b"l" * 32
    assert token("tail", "5678") != before


def test_a_person_has_five_tokens() -> None:
    assert tokens_for_person("张三", "+86 138 1234 5678") == [
        token("phone", "13812345678"),
        token("tail", "5678"),
        token("name", "张三"),
        token("pinyin", "zhangsan"),
        token("initials", "zs"),
    ]


def test_every_reading_of_a_surname_has_a_token() -> None:
    tokens = tokens_for_person("朴先玉")

    assert token("pinyin", "piaoxianyu") in tokens
    assert token("pinyin", "puxianyu") in tokens
    assert tokens.count(token("initials", "pxy")) == 1


def test_a_landline_is_found_by_its_digits_without_extension() -> None:
    assert tokens_for_person(phone="0514-5550137-8012") == [
        token("phone", "05145550137"),
        token("tail", "0137"),
    ]


@pytest.mark.parametrize("phone", ["", "无", "12", "+999123456789", "1381234567"])
def test_a_phone_that_is_none_is_left_out(phone: str) -> None:
    assert tokens_for_person(phone=phone) == []


def test_nobody_has_no_tokens() -> None:
    assert tokens_for_person() == []
    assert tokens_for_person(" ", " ") == []


@pytest.mark.parametrize(
    ("typed", "tagged"),
    [
        ("5678", [("tail", "5678")]),
        (" ５６７８ ", [("tail", "5678")]),
        ("13812345678", [("phone", "13812345678")]),
        ("+86 138-1234-5678", [("phone", "13812345678")]),
        ("（0514）5550137", [("phone", "05145550137")]),
        ("95338", [("phone", "95338")]),
        ("张三", [("name", "张三")]),
        ("张 三", [("name", "张三")]),
        ("zhangsan", [("name", "zhangsan"), ("pinyin", "zhangsan"), ("initials", "zhangsan")]),
        ("Zhang San", [("name", "zhang san"), ("pinyin", "zhangsan"), ("initials", "zhangsan")]),
        ("ZS", [("name", "zs"), ("pinyin", "zs"), ("initials", "zs")]),
        ("Lü", [("name", "lü"), ("pinyin", "lv"), ("initials", "lv")]),
        ("", []),
        ("567", []),
        ("12345678", []),
        ("880612045537", []),
        ("WD-1120-087", []),
        ("张三13812345678", []),
        ("%", []),
    ],
)
def test_a_search_term_is_read_as_what_it_looks_like(
    typed: str, tagged: list[tuple[str, str]]
) -> None:
    assert tokens_for_query(typed) == [token(*pair) for pair in tagged]


def test_without_a_key_there_are_no_tokens(settings: Settings) -> None:
    settings.KEFU_LOOKUP_KEY = ""

    for refused in (
        lambda: tokens_for_person("张三"),
        lambda: tokens_for_query("张三"),
        lambda: lookup.token("a", "b"),
    ):
        with pytest.raises(KeysMissing):
            refused()
