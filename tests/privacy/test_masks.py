"""Guarantee 37: what a mask leaves to see."""

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from kefu.privacy import masks


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("张三", "张*"),
        ("郑小华", "郑*华"),
        ("郑小华明", "郑**明"),
        ("欧阳修", "欧阳*"),
        ("司马相如", "司马*如"),
        ("欧阳", "欧*"),
        ("王", "*"),
        ("何女士", "何*"),
        ("欧阳女士", "欧阳*"),
        ("李总", "李*"),
        ("老吴", "吴*"),
        ("小林", "林*"),
        (" 张 三 ", "张*"),
        ("云锦布艺", "云**艺"),
        ("云锦布艺商行", "云****行"),
        ("云锦布艺商行有限公司", "云******"),
        ("John Smith", "J*** S****"),
        ("J", "*"),
        ("J S", "* *"),
        ("阿依古丽·买买提", "阿*******"),
        ("张三13812345678", "张***********"),
        ("13812345678", "***********"),
        ("张三（同事）", "张*****"),
        ("𠮷野", "𠮷*"),
        ("😀😀", "**"),
        ("", ""),
        ("\x00\n", "*"),
    ],
)
def test_a_name_keeps_its_surname_and_loses_the_rest(name: str, shown: str) -> None:
    assert masks.mask_name(name) == shown


def test_the_name_of_a_firm_stays_without_the_numbers_in_it() -> None:
    assert masks.mask_name("云锦布艺", firm=True) == "云锦布艺"
    assert masks.mask_name("云锦布艺 13812345678", firm=True) == "云锦布艺 ***********"
    assert masks.mask_name("第98医院", firm=True) == "第98医院"


@pytest.mark.parametrize(
    ("phone", "shown"),
    [
        ("13812345621", "138******21"),
        ("138 1234 5621", "138******21"),
        ("+86 138-1234-5621", "138******21"),
        ("１３８１２３４５６２１", "138******21"),
        ("0514-5550137", "0514-******7"),
        ("05145550137", "0514-******7"),
        ("021-65521234", "021-******34"),
        ("0514-5550137-8012", "0514-******7-****"),
        ("0514-5550137转8012", "0514-******7-****"),
        ("4008208820", "40******20"),
        ("+85291234567", "+852******67"),
        ("5550137", "******7"),
        ("555013", "******"),
        ("95338", "*****"),
        ("张三", "**"),
        ("tel 13812345621", "***************"),
        ("", ""),
    ],
)
def test_a_phone_hides_six_digits(phone: str, shown: str) -> None:
    assert masks.mask_phone(phone) == shown


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("江苏省扬州市邗江区文昌西路88号阳光小区3栋2单元501室", "江苏省扬州市邗江区文昌西路***"),
        ("江苏省扬州市邗江区文昌西路八十八号", "江苏省扬州市邗江区文昌西路***"),
        ("江苏省扬州市邗江区文昌西路", "江苏省扬州市邗江区文昌西路"),
        ("江苏省扬州市邗江区某某大厦", "江苏省扬州市邗江区***"),
        ("浙江省台州市路桥区腾达路12号", "浙江省台州市路桥区腾达路***"),
        ("北京市朝阳区望京街道阜通东大街6号院A座", "北京市朝阳区望京街道阜通东大街***"),
        ("天津市和平区南京道１２号", "天津市和平区南京道***"),
        ("李家村12组", "李家村***"),
        ("扬州市文昌路张三收", "扬州市文昌路***"),
        ("阳光小区3栋501", "阳***"),
        ("A座501", "***"),
        ("老地方", "老***"),
        ("501", "***"),
        ("5", "*"),
        ("", ""),
    ],
)
def test_an_address_ends_with_the_street(address: str, shown: str) -> None:
    assert masks.mask_address(address) == shown


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("11010519491231002X", "**************002X"),
        ("110105 19491231 002X", "**************002X"),
        ("110105491231002", "***********1002"),
        ("E12345678", "*********"),
        ("", ""),
    ],
)
def test_an_id_number_shows_its_last_four_characters(number: str, shown: str) -> None:
    assert masks.mask_id_number(number) == shown


@examples(deadline=None)  # other work may hold the machine
@given(st.text(max_size=200))
def test_no_text_makes_a_mask_fail_or_outgrow_its_column(text: str) -> None:
    assert len(masks.mask_name(text)) <= masks.LONGEST
    assert len(masks.mask_phone(text)) <= masks.LONGEST
    assert len(masks.mask_id_number(text)) <= masks.LONGEST
    assert len(masks.mask_address(text)) <= masks.LONGEST_ADDRESS + len("***")


@examples(deadline=None)  # other work may hold the machine
@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True))
def test_of_every_mobile_number_six_digits_are_hidden(number: str) -> None:
    shown = masks.mask_phone(number)

    assert shown == f"{number[:3]}******{number[9:]}"


@examples(deadline=None)  # other work may hold the machine
@given(
    st.text(alphabet="张王欧阳诸葛小华明丽·abcXYZ ", min_size=2, max_size=12).filter(
        lambda text: len(text.split()) > 0
    )
)
def test_of_every_name_a_character_is_hidden(name: str) -> None:
    assert "*" in masks.mask_name(name) or not any(char.isalpha() for char in name)
