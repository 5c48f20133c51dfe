"""Surnames are read as surnames."""

import pytest

from kefu.privacy import names


@pytest.mark.parametrize(
    ("name", "pinyin", "initials"),
    [
        ("张三", "zhangsan", "zs"),
        ("仇英", "qiuying", "qy"),
        ("曾国", "zengguo", "zg"),
        ("解放", "xiefang", "xf"),
        ("查良", "zhaliang", "zl"),
        ("朴先玉", "piaoxianyu", "pxy"),
        ("单田芳", "shantianfang", "stf"),
        ("区伟", "ouwei", "ow"),
        ("盖叫天", "gejiaotian", "gjt"),
        ("欧阳修", "ouyangxiu", "oyx"),
        ("尉迟恭", "yuchigong", "ycg"),
        ("万俟卨", "moqixie", "mqx"),
        ("长孙无忌", "zhangsunwuji", "zswj"),
        ("吕布", "lvbu", "lb"),
        ("阿依古丽·买买提", "ayigulimaimaiti", "ayglmmt"),
        ("John Smith", "johnsmith", "js"),
        ("O'Neil", "oneil", "o"),
        ("张San", "zhangsan", "zs"),
        ("云锦布艺 2店", "yunjinbuyi2dian", "yjby2d"),
        ("張三", "zhangsan", "zs"),
        ("😀", "", ""),
        ("", ""  , ""),
    ],
)  # fmt: skip
def test_a_name_has_pinyin_and_initials(name: str, pinyin: str, initials: str) -> None:
    assert names.pinyin(name) == pinyin
    assert names.initials(name) == initials


def test_a_surname_that_families_read_differently_has_every_reading() -> None:
    assert names.readings("朴先玉") == ("piaoxianyu", "puxianyu")
    assert names.readings("覃刚") == ("qingang", "tangang")
    assert names.readings("张三") == ("zhangsan",)
    assert names.readings("") == ()


@pytest.mark.parametrize(
    ("name", "surname"),
    [
        ("张三", "张"),
        ("欧阳修", "欧阳"),
        ("欧阳", "欧"),
        ("单于", "单"),
        ("John", ""),
        ("", ""),
        ("😀", ""),
    ],
)
def test_a_name_begins_with_its_surname(name: str, surname: str) -> None:
    assert names.surname(name) == surname


def test_folding_gives_one_spelling() -> None:
    assert names.fold(" Ｊｏｈｎ  Smith ") == "john smith"
    assert names.fold("张 三") == "张三"
    assert names.fold("张　三") == "张三"
    assert names.fold("阿依古丽•买买提") == "阿依古丽·买买提"


def test_typed_pinyin_is_written_as_the_table_writes_it() -> None:
    assert names.fold_pinyin("Zhang San") == "zhangsan"
    assert (
        names.fold_pinyin("lü bu")
        == names.fold_pinyin("lyu bu")
        == names.fold_pinyin("lv bu")
        == "lvbu"
    )


def test_every_surname_is_one_chinese_character() -> None:
    assert all(len(char) == 1 and "\u4e00" <= char <= "\u9fff" for char in names.SINGLE_SURNAMES)
    assert all(len(pair) == 2 for pair in names.COMPOUND_READINGS)
    assert all(len(reading.split()) == 2 for reading in names.COMPOUND_READINGS.values())
    assert len(names.SINGLE_SURNAMES) > 350
