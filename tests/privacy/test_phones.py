"""Phone numbers as people type them, in one normal form."""

import pytest

from kefu.privacy import phones
from kefu.privacy.phones import PhoneRefused


@pytest.mark.parametrize(
    ("typed", "normal", "kind"),
    [
        ("13812345678", "13812345678", "mobile"),
        (" 138 1234 5678 ", "13812345678", "mobile"),
        ("138-1234-5678", "13812345678", "mobile"),
        ("+86 13812345678", "13812345678", "mobile"),
        ("008613812345678", "13812345678", "mobile"),
        ("8613812345678", "13812345678", "mobile"),
        ("013812345678", "13812345678", "mobile"),
        ("１３８１２３４５６７８", "13812345678", "mobile"),
        ("0514-5550137", "0514-5550137", "landline"),
        ("05145550137", "0514-5550137", "landline"),
        ("(0514) 5550137", "0514-5550137", "landline"),
        ("（０５１４）５５５０１３７", "0514-5550137", "landline"),
        ("0514-5550137-8012", "0514-5550137-8012", "landline"),
        ("0514-5550137转8012", "0514-5550137-8012", "landline"),
        ("0514 5550137 ext. 12", "0514-5550137-12", "landline"),
        ("010-65521234", "010-65521234", "landline"),
        ("+86 514 5550137", "0514-5550137", "landline"),
        ("+86 10 6552 1234", "010-65521234", "landline"),
        ("95338", "95338", "service"),
        ("400-820-8820", "4008208820", "service"),
        ("12305", "12305", "service"),
        ("+852 9123 4567", "+85291234567", "foreign"),
        ("0085291234567", "+85291234567", "foreign"),
        ("+1 650 253 0000", "+16502530000", "foreign"),
    ],
)
def test_a_number_has_one_normal_form(typed: str, normal: str, kind: str) -> None:
    assert phones.normalise(typed) == normal
    assert phones.kind(typed) == kind
    assert phones.normalise(normal) == normal


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "phone_required"),
        ("  　", "phone_required"),
        ("张三", "phone_characters"),
        ("138x2345678", "phone_characters"),
        ("13812345678'", "phone_characters"),
        ("٠١٢٣٤٥٦٧٨٩٠", "phone_characters"),
        ("1381234567", "phone_too_short"),
        ("123456", "phone_too_short"),
        ("5550137", "phone_area_code_missing"),
        ("65521234", "phone_area_code_missing"),
        ("12812345678", "phone_unknown_range"),
        ("880612045537", "phone_unknown_range"),
        ("8806120455371", "phone_too_long"),
        ("138123456789", "phone_unknown_range"),
        ("1" * 65, "phone_too_long"),
        ("+999123456789", "phone_unknown_range"),
        ("+852 123", "phone_too_short"),
        ("+" + "1" * 30, "phone_too_long"),
    ],
)
def test_what_is_no_number_is_refused_with_a_reason(typed: str, code: str) -> None:
    with pytest.raises(PhoneRefused) as refused:
        phones.normalise(typed, field="customer_phone")
    assert refused.value.code == code
    assert refused.value.field == "customer_phone"


def test_the_fast_way_takes_plain_mobiles_only() -> None:
    assert phones.mobile("13812345678") == "13812345678"
    assert phones.mobile("138 12345678") is None
    assert phones.mobile("12812345678") is None
    assert phones.mobile("１３８１２３４５６７８") is None
    assert phones.mobile("13812345678\n") is None


def test_two_spellings_are_the_same_line() -> None:
    assert phones.same("+86 138 1234 5678", "13812345678")
    assert phones.same("0514-5550137转8012", "(0514)5550137")
    assert not phones.same("13812345678", "13812345679")
    assert not phones.same("", "")


def test_the_digits_of_a_normal_form_leave_out_dash_plus_and_extension() -> None:
    assert phones.digits("0514-5550137-8012") == "05145550137"
    assert phones.digits("+85291234567") == "85291234567"
    assert phones.digits("13812345678") == "13812345678"
