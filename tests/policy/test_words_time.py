"""Every step that time takes is spoken in both languages, from the same inputs."""

import string

import pytest

from kefu.policy.words_time import TIME


@pytest.mark.parametrize("key", TIME)
def test_both_languages_say_the_same(key):
    both = TIME[key]

    named = [{n for _t, n, _f, _c in string.Formatter().parse(text) if n} for text in both]

    assert named[0] == named[1]
    assert any("\u4e00" <= sign <= "\u9fff" or sign == "{" for sign in both.zh)
    assert set(both.en) <= set(string.printable)
    assert key.endswith(".value") or not key.startswith("step.") or f"{key}.value" in TIME
