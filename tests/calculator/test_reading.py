"""What somebody types is a fact, or a fault at its field; nothing in between, and nothing breaks."""

from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kefu.calculator.address import query_of
from kefu.calculator.examples import example
from kefu.calculator.reading import MISSING, nearest, read
from kefu.calculator.selectors import Using
from kefu.calculator.shapes import shape_of
from kefu.calculator.telling import tell
from kefu.calculator.trial import try_out
from kefu.calculator.typed import MOST_ROWS, Typed, place_of, typed_of, written
from tests.calculator.conftest import BOOKS, CHINESE, KINDS
from tests.policy.people import edited

ODD = (
    "", " ", "NaN", "Infinity", "1e400", "-1", "0", "-0.001", "1" * 200, "0." + "1" * 60, "３．５", "1,000.50",
    "十", "\x00", "a\x00b", "\ud800", "<script>", "true", "false", "True", "null", "2026-02-30", "2026-03-02",
    "2026年3月2日", "9999-12-31", "0001-01-01", "2026-03", "2026-13", "25:00", "24:00", "09:00-08:00",
    "08:30-12:00 13:30-17:30", "2026-03-02 09:30", "2026-03-02T09:30Z", "2026-03-02T09:30+25:00",
    "2026-03-02 09:30 Asia/Tokyo", "1986-05-04 02:30", "9999-12-31 23:59", "0001-01-01 00:00", "any", "owner",
    "CD-05.10", "CD-99.99", "ZZ-01.01", "x" * 700, "a,b、c;d", "{}", "[[]]", "\u202e", "1;2;3", "😀",
)  # fmt: skip


UNTOLD = "这里的内容不对"  # what is said where what the schema says has no words


def typed_into(shape):
    """Anything a browser, or somebody without one, may send for a shape."""
    text = st.sampled_from(ODD)
    match shape.kind:
        case "group":
            parts = {part.name: typed_into(part) for part in shape.parts}
            return st.fixed_dictionaries({}, optional=parts).map(lambda parts: Typed(parts=parts))
        case "rows":
            rows = st.lists(typed_into(shape.item), max_size=3)
            return rows.map(lambda rows: Typed(parts={str(i): r for i, r in enumerate(rows)}))
        case "entries":
            keys = st.sampled_from([*(shape.key.values or ()), *ODD])
            row = st.builds(
                lambda key, value: Typed(parts={"key": Typed([key]), "value": value}),
                keys,
                typed_into(shape.item),
            )
            rows = st.lists(row, max_size=3)
            return rows.map(lambda rows: Typed(parts={str(i): r for i, r in enumerate(rows)}))
        case "choice":
            text = st.sampled_from([*shape.values, *ODD])
    return st.lists(text, max_size=2).map(Typed)


NAN_AND_HUGE = ["NaN", "-Infinity", "-1", "9" * 40, "1e400"]


@pytest.mark.parametrize(
    ("kind", "code", "change", "at", "said"),
    [
        ("payslip", "CD", {"hired_on": "2026-04-01"}, ("hired_on",), "2026-03 时还没有入职"),
        ("month_score", "CD", {"hired_on": "2026-04-01"}, ("hired_on",), "2026-03 时还没有入职"),
        ("payslip", "CD", {"month": "2026-13"}, ("month",), "要填月份"),
        ("payslip", "CD", {"score": None}, ("score",), "要填 2026-03 的数"),
        ("overtime", "ES", {"worked": "2027-03-04T18:00:00+08:00"}, ("worked",), "2026-03"),
        ("request", "SD-3", {"before": {}}, ("shift",), "SD-311.06 要看“班次”"),
        ("request", "SD-3", {"filed_at": None}, ("filed_at",), "SD-311.06 要看“提出时间”"),
        *(("air_return", "CD", {"weight": odd}, ("weight",), "") for odd in NAN_AND_HUGE),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(kind, code, change, at, said):
    facts = {**beginning(kind, code)}
    if kind == "overtime":
        day = change["worked"]
        change = {"worked": [{"starts_at": day, "ends_at": day.replace("18:", "20:")}]}
    facts = {name: fact for name, fact in (facts | change).items() if fact is not None}

    found = try_out(next(one for one in KINDS if one.name == kind), BOOKS[code], facts)

    assert found.decided is None
    faults = [fault for fault in found.faults if fault.loc[: len(at)] == at]
    assert faults, found
    assert said in faults[0].text


def test_weights_that_do_not_add_up_are_told_at_their_clause():
    kind = next(one for one in KINDS if one.name == "assessment")
    book = edited("ES", ES_603_05={"share": "0.5"})

    assert try_out(kind, book, beginning("assessment", "ES")).silent == (
        "ES-603.05：各部分的权重合计不是 1"
    )


@cache
def beginning(name, code):
    return example(next(kind for kind in KINDS if kind.name == name), BOOKS[code])


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_whatever_is_typed_is_decided_on_or_refused_at_its_field(kind, data):
    shape, book = shape_of(kind), data.draw(st.sampled_from(list(BOOKS.values())))
    start = written(beginning(kind.name, book.code), shape)
    odd = data.draw(typed_into(shape))
    names = data.draw(st.sets(st.sampled_from(sorted(part.name for part in shape.parts))))
    start.parts |= {name: part for name, part in odd.parts.items() if name in names}

    form = read(kind.name, shape, start, book)
    trial = try_out(kind, book, form.fact)

    assert form.fact is not MISSING
    query_of(form, 1)
    if trial.decided:
        tell(kind, trial.decided, form, Using(book))
    for fault in trial.faults:
        assert CHINESE.search(fault.text)
        assert not fault.text.startswith(UNTOLD)
    assert not trial.silent.startswith(UNTOLD)


# By hand: how things are typed.


def form_of(kind, fields, book="CD"):
    found = next(one for one in KINDS if one.name == kind)
    texts = [(f"f.{name}", [text]) for name, text in fields.items()]
    return read(kind, shape_of(found), typed_of(texts), BOOKS[book])


def fault_of(form, place):
    field = next(one for one in form.walk() if one.place == f"f.{place}")
    return "；".join(field.faults)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("2026-03-02 09:30", "2026-03-02T09:30:00+08:00"),
        ("2026-03-02T09:30:15", "2026-03-02T09:30:15+08:00"),
        ("2026/3/2 9:30", "2026-03-02T09:30:00+08:00"),
        ("２０２６年３月２日 ０９：３０", "2026-03-02T09:30:00+08:00"),
        ("2026-03-02T01:30Z", "2026-03-02T01:30:00+00:00"),
        ("2026-03-02T03:30+02:00", "2026-03-02T03:30:00+02:00"),
        ("1986-09-14 01:30 +09:00", "1986-09-14T01:30:00+09:00"),
    ],
)
def test_a_wall_time_is_that_of_shanghai_and_a_written_zone_is_kept(typed, meant):
    form = form_of("outlet_reply", {"asked_at": typed})

    assert form.fact == {"asked_at": meant}


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("2026-02-30 09:30", "没有 2026-02-30 09:30 这个时刻"),
        ("2026-03-02", "要填日期和时间"),
        ("2026-03-02 09:30 Asia/Tokyo", "要填日期和时间"),
        ("2026-03-02 09:30 CST", "要填日期和时间"),
        ("2026-03-02 09:30+25:00", "没有"),
        ("1986-05-04 02:30", "没有过这个时刻"),
        ("1986-09-14 01:30", "有过两次这个时刻"),
        ("0001-01-01 00:00", "没有"),
        ("\x002026-03-02 09:30", "控制字符"),
    ],
)
def test_a_moment_that_is_none_says_so(typed, said):
    form = form_of("outlet_reply", {"asked_at": typed})

    assert said in fault_of(form, "asked_at")
    assert form.fact == {}


@pytest.mark.parametrize(
    "typed", ["NaN", "-NaN", "inf", "1e400", "1E5", "1" * 200, "十", "1.2.3", "0x10"]
)
def test_what_is_no_plain_number_is_refused(typed):
    form = form_of("air_return", {"weight": typed})

    assert "要填普通写法的数字" in fault_of(form, "weight")


@pytest.mark.parametrize(
    ("typed", "meant"), [("３．５", "3.5"), (" 1,000.50 ", "1000.50"), ("-2", "-2"), ("007", "007")]
)
def test_a_number_is_read_as_it_is_written_in_an_office(typed, meant):
    assert form_of("air_return", {"weight": typed}).fact == {"weight": meant}


@pytest.mark.parametrize("typed", ["2026-03", "2026-3", "2026/3", "2026年3月", "２０２６．０３"])
def test_a_month_is_read_as_people_write_it(typed):
    assert form_of("payslip", {"month": typed}).fact["month"] == "2026-03"


def test_a_code_in_wide_digits_is_the_same_place():
    assert form_of("air_return", {"destination": "３２１０００"}).fact == {"destination": "321000"}


def test_a_code_in_wide_digits_that_no_page_has_read_is_refused():
    """Taken as it is, it would be no region of any price, and so dearer."""
    chosen = next(one for one in KINDS if one.name == "air_return")
    facts = {"destination": "３２１０００", "shuttle": False, "weight": "3.5"}

    trial = try_out(chosen, BOOKS["CD"], facts)

    assert [(fault.loc, fault.text) for fault in trial.faults] == [
        (("destination",), "要填行政区划代码，如 510100")
    ]


def test_dates_and_codes_stand_one_a_line_or_with_commas_between():
    form = form_of("working_hours", {"holidays": "2026-10-01、2026/10/2\n2026-10-03"})

    assert form.fact["holidays"] == ["2026-10-01", "2026-10-02", "2026-10-03"]


def test_one_of_many_that_is_wrong_is_named():
    form = form_of("working_hours", {"holidays": "2026-10-01, soon, 2026-10-03"})

    assert fault_of(form, "holidays") == "第 2 项“soon”：要填日期，如 2026-03-01"


def test_the_hours_of_a_day_are_written_as_people_write_them():
    form = form_of("working_hours", {"windows": "8:30–12:00 13:30~17:30"})

    assert form.fact["windows"] == [
        {"opens": "08:30", "closes": "12:00"},
        {"opens": "13:30", "closes": "17:30"},
    ]
    assert "要填时段" in fault_of(form_of("working_hours", {"windows": "mornings"}), "windows")


def test_a_cleared_list_is_empty_and_one_that_was_not_touched_keeps_its_default():
    assert form_of("working_hours", {"weekdays": ""}).fact["weekdays"] == []
    assert form_of("working_hours", {}).fact["weekdays"] == [1, 2, 3, 4, 5]


def test_a_blank_row_is_no_row():
    typed = {"pauses.0.starts_at": "", "pauses.1.starts_at": "2026-03-02 09:30"}

    form = form_of("claim_settlement", typed)

    (pause,) = form.fact["pauses"]
    assert pause["starts_at"] == "2026-03-02T09:30:00+08:00"


def test_a_fault_stands_in_the_row_that_was_typed_and_not_in_a_blank_one():
    kind = next(one for one in KINDS if one.name == "lateness")
    typed = {
        "month": "2026-03",
        "lates.0.minutes": "",
        "lates.1.on": "2026-03-03",
        "lates.1.minutes": "0",
    }
    form = form_of("lateness", typed, "ES")

    (fault,) = try_out(kind, BOOKS["ES"], form.fact).faults

    assert nearest(form.places(), fault.loc).place == "f.lates.1.minutes"
    assert fault.text == "不能小于 1"


def test_a_name_that_is_given_twice_is_refused():
    typed = {"metrics.0.key": "exam_mark", "metrics.0.value": "90"}
    typed |= {"metrics.1.key": "exam_mark", "metrics.1.value": "80"}

    form = form_of("month_score", typed)

    assert any("写了两次" in fault for one in form.walk() for fault in one.faults)


def test_ten_thousand_rows_are_too_many_for_a_page():
    rows = {f"lates.{i}.minutes": "5" for i in range(10_000)}

    form = form_of("lateness", rows, "ES")

    assert f"最多 {MOST_ROWS} 行" in fault_of(form, "lates")
    assert len(form.fact["lates"]) == MOST_ROWS


def test_what_a_clause_asks_for_stands_in_the_form_by_name():
    form = form_of("form", {"form": "order_remark"}, "SD-2")
    asked = next(one for one in form.parts if one.shape.name == "facts")

    (row,) = asked.parts

    assert row.known
    assert [choice.code for choice in row.parts[1].choices]
    assert form.fact == {"form": "order_remark"}


def test_a_text_is_judged_as_the_desk_would_store_it():
    form = form_of("text", {"field": "problem_remark", "text": "\u202e回\u200b电"})

    assert form.fact["text"] == "回电"


def test_an_address_holds_what_was_typed_and_no_more():
    form = form_of("air_return", {"destination": "510100", "shuttle": "false", "weight": " 3.2"})

    assert query_of(form, 7) == "rulebook=7&f.destination=510100&f.shuttle=false&f.weight=3.2"
    assert query_of(form_of("reply", {"channel": "phone", "first": "true"}), 7) == "rulebook=7"


def test_what_looks_like_personal_data_stays_out_of_the_address():
    form = form_of("text", {"field": "problem_remark", "text": "回电 13812345678"})

    assert form.fact["text"] == "回电 13812345678"
    assert query_of(form, 1) == "rulebook=1&f.field=problem_remark"


@pytest.mark.parametrize(
    ("kind", "typed"),
    [
        ("air_return", {"weight": "13812345678"}),
        ("reply", {"channel": "13812345678"}),
        ("penalty", {"evidence": "recording\n13812345678"}),
    ],
)
def test_nor_does_it_get_there_from_a_field_it_does_not_belong_in(kind, typed):
    assert query_of(form_of(kind, typed), 1) == "rulebook=1"


def test_more_than_an_address_can_hold_has_none():
    form = form_of("text", {"field": "problem_remark", "text": "字" * 2000})

    assert query_of(form, 1) == ""


def test_places_are_named_as_the_form_names_them():
    assert place_of(["worked", 0, "starts_at"]) == "f.worked.0.starts_at"
