"""What an agent would mark in a pasted chat, and how sure the marks are."""

import time

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from inquiries.recognition import MAX_CHARACTERS, TextTooLong, TooManyNumbers, recognise
from inquiries.recognition.found import Found
from inquiries.recognition.groups import LONGEST_SUMMARY
from inquiries.recognition.slips import near_matches, near_variants

CHAT = """云锦布艺老吴　14:19
在吗，帮查几个件，客户都急
880612045537 三天没动了
880612046612 显示签收了，收件人何女士说没收到，她电话 138 0000 4521
8806 1204 7783 这个麻烦改自提
云锦布艺老吴　14:21
还有 88061204903 也看下，昨天发的
回我 0514-5550137 就行"""


def said(found: tuple[Found, ...]) -> list[tuple[str, str, str]]:
    return [(one.value, one.confidence, one.reason) for one in found]


# --- One chat, from beginning to end -------------------------------------------------------------------------


def test_the_chat_has_four_numbers_of_which_one_is_uncertain() -> None:
    found = recognise(CHAT)

    assert said(found.waybills) == [
        ("880612045537", "high", "digits_typical"),
        ("880612046612", "high", "digits_typical"),
        ("880612047783", "high", "digits_typical"),
        ("88061204903", "low", "digits_missing"),
    ]
    assert [one.preselected for one in found.waybills] == [True, True, True, False]
    assert [one.value for one in found.uncertain] == ["88061204903"]


def test_the_chat_has_two_phones_one_to_call_back_on() -> None:
    found = recognise(CHAT)

    assert said(found.phones) == [
        ("13800004521", "high", "mobile"),
        ("0514-5550137", "high", "landline"),
    ]
    assert [one.role for one in found.phones] == ["recipient", "writer"]
    assert found.callback == found.phones[1]


def test_the_chat_names_its_writer_and_the_recipient() -> None:
    found = recognise(CHAT)

    assert said(found.names) == [("老吴", "medium", "nickname"), ("何女士", "high", "titled")]
    assert [one.role for one in found.names] == ["writer", "recipient"]
    assert found.writer == found.names[0]
    assert found.writer_firm == "云锦布艺"
    assert len(found.names[0].again) == 1


def test_every_number_has_what_is_said_about_it() -> None:
    groups = recognise(CHAT).groups

    assert [group.text for group in groups] == [
        "三天没动了",
        "显示签收了，收件人何女士说没收到，她电话 138 0000 4521",
        "这个麻烦改自提",
        "还有 也看下，昨天发的",
    ]
    assert [said(group.kinds)[0] for group in groups] == [
        ("trace", "high", "not_moving"),
        ("trace", "medium", "signed_not_received"),
        ("self_pickup", "high", "self_pickup"),
        ("trace", "medium", "asked_to_look"),
    ]
    assert [[name.value for name in group.names] for group in groups] == [[], ["何女士"], [], []]
    assert [[phone.value for phone in group.phones] for group in groups] == [
        [],
        ["13800004521"],
        [],
        [],
    ]
    assert [[one.value for one in group.times] for group in groups] == [[], [], [], ["-1"]]


def test_every_finding_stands_where_it_says() -> None:
    found = recognise(CHAT)

    for one in (*found.waybills, *found.phones, *found.names, *found.times, *found.kinds):
        assert CHAT[one.start : one.end] == one.raw
    marked = [CHAT[start:end] for start, end, _one in found.marks]
    assert marked == [
        "老吴", "880612045537", "880612046612", "何女士", "138 0000 4521", "8806 1204 7783", "老吴", "88061204903",
        "0514-5550137",
    ]  # fmt: skip


# --- Numbers -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value", "confidence", "reason"),
    [
        ("880612045537", "880612045537", "high", "digits_typical"),
        ("8806 1204 5537", "880612045537", "high", "digits_typical"),
        ("8806-1204-5537", "880612045537", "high", "digits_typical"),
        ("８８０６１２０４５５３７", "880612045537", "high", "digits_typical"),
        ("单号：880612045537。", "880612045537", "high", "digits_typical"),
        ("1. 880612045537", "880612045537", "high", "digits_typical"),
        ("880612 045537", "880612045537", "medium", "joined_from_groups"),
        ("SF1380000452112", "SF1380000452112", "medium", "letters_and_digits"),
        ("ea123456789cn", "EA123456789CN", "medium", "letters_and_digits"),
        ("88061204553", "88061204553", "low", "digits_missing"),
        ("8806 1204 553", "88061204553", "low", "digits_missing"),
        ("8806120455", "8806120455", "low", "digits_missing"),
        ("8806120455371", "8806120455371", "low", "digits_extra"),
        ("051455501378", "051455501378", "low", "phone_or_waybill"),
        ("013800004521", "013800004521", "low", "phone_or_waybill"),
        ("单号13800004521", "13800004521", "low", "phone_or_waybill"),
        ("电话880612045537", "880612045537", "low", "phone_or_waybill"),
        ("YT13800004521", "YT13800004521", "low", "phone_or_waybill"),
    ],
)
def test_a_number_is_as_sure_as_it_looks(
    text: str, value: str, confidence: str, reason: str
) -> None:
    found = recognise(text)

    assert said(found.waybills) == [(value, confidence, reason)]
    assert found.waybills[0].preselected == (confidence == "high")


@pytest.mark.parametrize(
    "text",
    [
        "13800004521",
        "0514-5550137",
        "11010519491231002X",
        "6222021234567890128",
        "QQ 123456789012",
        "微信880612045537",
        "2026-11-20 14:19",
        "20261120",
        "1234567",
        "重量 12 公斤",
        "WD-1120-087",
    ],
)
def test_what_is_no_waybill_is_none(text: str) -> None:
    assert recognise(text).waybills == ()


def test_two_numbers_stuck_together_are_two_that_a_person_must_look_at() -> None:
    found = recognise("880612045537880612046612")

    assert said(found.waybills) == [
        ("880612045537", "low", "glued"),
        ("880612046612", "low", "glued"),
    ]
    assert [(one.start, one.end) for one in found.waybills] == [(0, 12), (12, 24)]


def test_a_number_is_listed_once_with_its_later_mentions() -> None:
    text = "880612045537 催一下\n8806 1204 5537 还没到"

    found = recognise(text)

    assert len(found.waybills) == 1
    assert found.waybills[0].again == ((17, 31),)
    assert found.groups[0].text == "催一下，还没到"


def test_another_company_has_numbers_of_another_length() -> None:
    assert said(recognise("771234567890123", lengths=(15,)).waybills) == [
        ("771234567890123", "high", "digits_typical")
    ]
    assert said(recognise("880612045537", lengths=(15,)).waybills) == []
    assert said(recognise("77123456789012", lengths=(15,)).waybills) == [
        ("77123456789012", "low", "digits_missing")
    ]


# --- Phones --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value", "confidence", "reason", "role"),
    [
        ("13800004521", "13800004521", "high", "mobile", ""),
        ("138-0000-4521", "13800004521", "high", "mobile", ""),
        ("+86 138 0000 4521", "13800004521", "high", "mobile", ""),
        ("１３８００００４５２１", "13800004521", "high", "mobile", ""),
        ("(0514)5550137", "0514-5550137", "high", "landline", ""),
        ("05145550137", "0514-5550137", "medium", "landline", ""),
        ("电话05145550137", "0514-5550137", "high", "landline", ""),
        ("400-820-8820", "4008208820", "medium", "service", ""),
        ("+852 9123 4567", "+85291234567", "medium", "foreign", ""),
        ("电话5550137", "5550137", "low", "area_code_missing", ""),
        ("电话1380000452", "1380000452", "low", "digits_wrong", ""),
        ("打我13800004521", "13800004521", "high", "mobile", "writer"),
        ("我的电话是13800004521", "13800004521", "high", "mobile", "writer"),
        ("他手机13800004521", "13800004521", "high", "mobile", "recipient"),
        ("收件人:张三 电话:13800004521", "13800004521", "high", "mobile", "recipient"),
        ("寄件人电话13800004521", "13800004521", "high", "mobile", "sender"),
    ],
)
def test_a_phone_has_a_normal_form_and_somebody_it_belongs_to(
    text: str, value: str, confidence: str, reason: str, role: str
) -> None:
    (found,) = recognise(text).phones

    assert (found.value, found.confidence, found.reason, found.role) == (
        value,
        confidence,
        reason,
        role,
    )


# --- Names ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value", "confidence", "reason", "role"),
    [
        ("何女士说没收到", "何女士", "medium", "titled", ""),
        ("收件人何女士说没收到", "何女士", "high", "titled", "recipient"),
        ("寄件人：王先生", "王先生", "high", "titled", "sender"),
        ("欧阳先生的件", "欧阳先生", "medium", "titled", ""),
        ("麻烦李总看下", "李总", "medium", "titled", ""),
        ("查先生的件", "查先生", "low", "titled", ""),
        ("老吴在催", "老吴", "medium", "nickname", ""),
        ("收件人：张三，电话", "张三", "high", "labelled", "recipient"),
        ("收件人姓名：欧阳修", "欧阳修", "high", "labelled", "recipient"),
        ("收件人何丽说没收到", "何丽", "medium", "after_label", "recipient"),
        ("发件人郑小华已发", "郑小华", "medium", "after_label", "sender"),
        ("张三 14:19\n在吗", "张三", "medium", "header", "writer"),
        ("2026-11-20 14:19:05 张三\n在吗", "张三", "medium", "header", "writer"),
        ("老吴:\n在吗", "老吴", "medium", "nickname", "writer"),
        ("老吴：帮查", "老吴", "medium", "nickname", "writer"),
    ],
)
def test_a_name_is_found_where_people_put_names(
    text: str, value: str, confidence: str, reason: str, role: str
) -> None:
    (found,) = recognise(text).names

    assert (found.value, found.confidence, found.reason, found.role) == (
        value,
        confidence,
        reason,
        role,
    )


@pytest.mark.parametrize(
    "text",
    [
        "收件人都没收到",
        "收件人要求改地址",
        "收件人何时能收到",
        "收件人电话打不通",
        "收件人应该在家",
        "这位女士很急",
        "小包裹",
        "小区门口",
        "老板在吗",
        "老师",
        "由经理处理",
        "客服小林 14:20",
        "今天 14:20",
        "客户要求送货时间 14:19",
        "收件人：",
    ],
)
def test_a_word_is_no_name(text: str) -> None:
    assert recognise(text).names == ()


def test_the_agent_who_answers_is_not_the_writer() -> None:
    found = recognise("客服小林 14:20\n您好\n云锦布艺老吴 14:21\n880612045537 催")

    assert found.writer is not None
    assert found.writer.value == "老吴"
    assert found.writer_firm == "云锦布艺"


# --- Times ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value", "reason"),
    [
        ("昨天发的", "-1", "day"),
        ("前天发的", "-2", "day"),
        ("今天 14:19 到", "0 14:19", "day_and_clock"),
        ("昨天下午3点半", "-1 15:30", "day_and_clock"),
        ("昨晚8点", "-1 20:00", "day_and_clock"),
        ("中午12点", "12:00", "clock"),
        ("中午1点", "13:00", "clock"),
        ("上午9点05分", "09:05", "clock"),
        ("14：19", "14:19", "clock"),
        ("11-19 16:20 签收", "11-19 16:20", "day_and_clock"),
        ("11月19日", "11-19", "date"),
        ("2026年11月19日", "2026-11-19", "date"),
        ("2026/11/19 16:20:05", "2026-11-19 16:20", "day_and_clock"),
        ("老吴 14:19\n在吗", "14:19", "header"),
    ],
)
def test_a_time_is_read(text: str, value: str, reason: str) -> None:
    (found,) = recognise(text).times

    assert (found.value, found.reason) == (value, reason)


@pytest.mark.parametrize(
    "text", ["下午", "25:00", "2026-13-40", "13月1日", "3-2", "880612045537", "1234:56", "1点点"]
)
def test_what_is_no_time_is_none(text: str) -> None:
    assert [one.value for one in recognise(text).times if one.value != "01:00"] == []


# --- What the customer wants ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "kind", "confidence", "reason"),
    [
        ("880612045537 查件", "trace", "high", "asked_to_trace"),
        ("880612045537 三天没动了", "trace", "high", "not_moving"),
        ("880612045537 还没更新", "trace", "high", "not_moving"),
        ("880612045537 没收到", "trace", "medium", "not_received"),
        ("880612045537 显示签收没收到", "trace", "medium", "signed_not_received"),
        ("880612045537 催一下", "expedite", "high", "urged"),
        ("880612045537 麻烦快点", "expedite", "medium", "hurried"),
        ("880612045537 改地址到杭州", "address_change", "high", "address_change"),
        ("880612045537 电话写错了", "address_change", "high", "phone_change"),
        ("880612045537 改一下收件人电话", "address_change", "high", "phone_change"),
        ("880612045537 改自提", "self_pickup", "high", "self_pickup"),
        ("880612045537 放驿站", "self_pickup", "high", "self_pickup"),
        ("880612045537 再不到就投诉", "complaint", "high", "complaint"),
        ("880612045537 破损了", "claim", "medium", "damaged"),
        ("880612045537 破了要赔", "claim", "high", "compensation"),
        ("880612045537 丢件了", "claim", "medium", "lost"),
        ("880612045537 退回", "return", "high", "return"),
        ("880612045537 拦截", "return", "high", "intercept"),
        ("880612045537 客户拒收", "refusal", "high", "refused"),
        ("880612045537 上门取件", "pickup", "high", "pickup"),
        ("880612045537 没动，要投诉", "complaint", "high", "complaint"),
        ("880612045537 催一下，没动", "trace", "high", "not_moving"),
    ],
)
def test_the_words_tell_what_the_customer_wants(
    text: str, kind: str, confidence: str, reason: str
) -> None:
    found = recognise(text).groups[0].kind

    assert found is not None
    assert (found.value, found.confidence, found.reason) == (kind, confidence, reason)


@pytest.mark.parametrize(
    "text",
    ["880612045537", "880612045537 寄件人王先生", "880612045537 不投诉", "880612045537 谢谢"],
)
def test_nothing_is_read_into_words_that_say_nothing(text: str) -> None:
    assert recognise(text).groups[0].kind is None


def test_what_is_said_of_all_holds_for_each_a_little_less_surely() -> None:
    found = recognise("老吴 14:19\n帮我催一下\n老吴 14:20\n880612045537\n880612046612 改自提")

    assert [group.kind and (group.kind.value, group.kind.confidence) for group in found.groups] == [
        ("expedite", "medium"),
        ("self_pickup", "high"),
    ]


# --- What belongs together -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "texts"),
    [
        ("880612045537\n880612046612\n都没动了", ["都没动了", "都没动了"]),
        ("查下这几个\n880612045537\n880612046612", ["查下这几个", "查下这几个"]),
        ("帮查880612045537、880612046612和880612047783", ["帮查"] * 3),
        ("880612045537、880612046612都没动", ["都没动"] * 2),
        ("880612045537三天没动，880612046612没收到", ["三天没动", "没收到"]),
        ("催880612045537，改自提880612046612", ["催", "改自提"]),
        ("880612045537 没动\n880612046612\n880612047783 没收到", ["没动", "", "没收到"]),
        ("880612045537\n收件人：何丽\n说没收到", ["收件人：何丽，说没收到"]),
        ("在吗\n880612045537 催", ["催"]),
        ("880612045537", [""]),
    ],
)
def test_each_number_gets_its_own_words(text: str, texts: list[str]) -> None:
    assert [group.text for group in recognise(text).groups] == texts


def test_people_belong_to_the_number_they_are_named_with() -> None:
    found = recognise("880612045537 何女士 13800004521 没收到\n880612046612 王先生 13900001234 催")

    assert [[name.value for name in group.names] for group in found.groups] == [
        ["何女士"],
        ["王先生"],
    ]
    assert [[call.value for call in group.phones] for group in found.groups] == [
        ["13800004521"],
        ["13900001234"],
    ]


def test_a_block_of_numbers_becomes_as_many_groups() -> None:
    numbers = [str(880612045537 + index) for index in range(500)]

    found = recognise("\n".join(numbers))

    assert [group.waybill.value for group in found.groups] == numbers
    assert all(group.waybill.confidence == "high" for group in found.groups)


# --- Limits --------------------------------------------------------------------------------------------------


def test_an_empty_text_has_nothing() -> None:
    found = recognise("")

    assert (found.waybills, found.phones, found.names, found.times, found.kinds, found.groups) == (
        (),
    ) * 6
    assert found.writer is None
    assert found.callback is None
    assert found.marks == ()


def test_twenty_thousand_characters_are_read_and_one_more_is_refused() -> None:
    assert recognise("急" * MAX_CHARACTERS).waybills == ()
    with pytest.raises(TextTooLong) as refused:
        recognise("急" * (MAX_CHARACTERS + 1))
    assert refused.value.code == "paste_too_long"
    assert refused.value.field == "text"


def test_five_hundred_numbers_are_read_and_one_more_is_refused() -> None:
    numbers = [str(880612045537 + index) for index in range(501)]

    assert len(recognise(" ".join(numbers[:500])).waybills) == 500
    assert len(recognise(" ".join([*numbers[:500], *numbers[:500]])).waybills) == 500
    with pytest.raises(TooManyNumbers) as refused:
        recognise(" ".join(numbers))
    assert refused.value.code == "paste_too_many_numbers"


@pytest.mark.parametrize(
    "unit",
    [
        "1", "1 ", "1   ", "(1", "+", "138 ", "1234567 ", "a", "A1", "老", "何", "收件人", "收件人张", "签收", "签收没", "少了",
        "12:", "14:19 ", "今天", "1月", "1点", "没收到", "电话 ", "何女士13800004521 ", "880612045537、", "88061204553 ", "\n",
        "老吴:\n", "云锦布艺老吴 14:19\n", " ", "，", "改一下", "帮  查", "\x00", "\ud800", "😀", "甲" * 30 + " 14:19\n",
    ],
)  # fmt: skip
def test_no_text_is_slow(unit: str) -> None:
    text = (unit * 20_000)[:20_000]

    started = time.process_time()
    recognise(text)

    # Of its own work, about 0.3 s: what else the machine does is no matter.
    assert time.process_time() - started < 3


def test_five_hundred_numbers_that_share_one_long_line_are_not_slow() -> None:
    numbers = "、".join(str(880612045537 + index) for index in range(500))

    started = time.process_time()
    found = recognise((numbers + "何女士13800004521查件昨天14:19催，" * 1_000)[:20_000])

    assert time.process_time() - started < 3
    assert len(found.groups) == 500
    assert all(len(group.text) <= LONGEST_SUMMARY for group in found.groups)


@examples(deadline=None)  # other work may hold the machine
@given(
    st.text(alphabet="0123456789 -:：，、\n何吴老女士收件人电话没动催昨天点张三Aa", max_size=200)
)
def test_no_text_breaks_recognition(text: str) -> None:
    found = recognise(text)

    for one in (*found.waybills, *found.phones, *found.names, *found.times, *found.kinds):
        assert 0 <= one.start < one.end <= len(text)
        assert text[one.start : one.end] == one.raw
    assert [group.waybill for group in found.groups] == list(found.waybills)
    ends = [0, *(end for _start, end, _one in found.marks)]
    assert all(start >= end for (start, _end, _one), end in zip(found.marks, ends, strict=False))


# --- One slip away -------------------------------------------------------------------------------------------

KNOWN = ["880612049036", "880612049031", "880612045537", "808612049036", "980612049036"]


def test_a_number_with_a_digit_left_out_is_near_those_that_have_it() -> None:
    assert near_matches("88061204903", KNOWN) == ["880612049036", "880612049031"]


def test_swapped_neighbours_come_before_a_wrong_digit() -> None:
    assert near_matches("880612049036", [*KNOWN, "880612049035"]) == [
        "808612049036",
        "880612049031",
        "880612049035",
        "980612049036",
    ]


@pytest.mark.parametrize(
    ("number", "near"),
    [
        ("8806120490361", ["880612049036"]),
        ("880612049036", []),
        ("880612049", []),
        ("8806120490", []),
        ("88061204906", ["880612049036"]),
        ("", []),
    ],
)
def test_two_slips_are_too_many(number: str, near: list[str]) -> None:
    assert near_matches(number, ["880612049036"]) == near


def test_the_variants_of_a_number_are_all_that_are_one_slip_away() -> None:
    missing = near_variants("88061204903")
    assert len(missing) == 12 * 10 - 11
    assert {"880612049036", "880612049031"} <= set(missing)
    assert all(len(variant) == 12 for variant in missing)

    extra = near_variants("8806120490361")
    assert "880612049036" in extra
    assert all(len(variant) == 12 for variant in extra)

    wrong = near_variants("880612049036")
    assert "880612049036" not in wrong
    assert {"808612049036", "980612049036", "880612049031"} <= set(wrong)
    assert near_variants("8806120490") == []


@examples(deadline=None)  # other work may hold the machine
@given(st.from_regex(r"[0-9]{11,13}", fullmatch=True))
def test_every_variant_is_a_near_match(number: str) -> None:
    variants = near_variants(number)

    assert sorted(near_matches(number, variants)) == sorted(variants)
