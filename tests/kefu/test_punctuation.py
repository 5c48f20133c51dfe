"""What stands between words is that of the reader's language."""

import pytest
from django.utils.translation import override

from kefu import punctuation


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("zh-hans", ["电话，已答复", "超时；暂记", "座机、工号", "电话：太短"]),
        ("en", ["电话, 已答复", "超时; 暂记", "座机, 工号", "电话: 太短"]),
    ],
)
def test_chinese_runs_on_and_english_wants_a_space(language: str, said: list[str]) -> None:
    with override(language):
        assert [
            punctuation.listed("电话", "", "已答复"),
            punctuation.in_turn("超时", "", "暂记"),
            punctuation.alike("座机", "", "工号"),
            punctuation.headed("电话", "太短"),
        ] == said
