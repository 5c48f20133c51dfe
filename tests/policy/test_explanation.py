"""Stored decisions, told in both languages, down to the last word."""

import string
from datetime import date, timedelta
from itertools import product
from typing import get_args

import pytest

from kefu.policy.clauses import Condition
from kefu.policy.clocks import (
    OutletRules,
    PickupRules,
    PromiseRules,
    ReplyFacts,
    ReplyRules,
    SeatRules,
    outlet_due,
    pickup_day,
    promise_due,
    reply_due,
    seat_due,
)
from kefu.policy.consequences import Cause, consequence, consequences_of
from kefu.policy.due import ClockFacts
from kefu.policy.due import due as due_of
from kefu.policy.explanation import (
    Step,
    explain,
    explain_cost,
    explain_due,
    explain_penalty,
    label,
)
from kefu.policy.rulebook import load, load_all
from kefu.policy.wording import WORDS
from tests.policy.moments import at

CD = load("CD")
LATE_OUTLET = consequences_of(CD, "CD-05.09")[0]
LATE_REPLY = consequences_of(CD, "CD-03.23")[0]
OUTLET_DUE = outlet_due(at("10:05:00"), OutletRules.of(CD))

# As the sweep writes it: instants as PostgreSQL prints them.
FINE = {
    **LATE_OUTLET.inputs,
    "starts_at": "2026-11-20T02:05:00+00:00",
    "due_at": "2026-11-20T04:05:00+00:00",
    "detected_at": "2026-11-20T04:05:00.183+00:00",
    "state": "provisional",
}


def pairs(facts):
    return [(fact.label, fact.value) for fact in facts]


def sums(lines):
    return [(line.text, line.value) for line in lines]


def test_a_provisional_fine_reads_like_the_picture():
    told = explain_penalty(
        FINE | {"answered_at": "2026-11-20T12:17:32+08:00"},
        "zh-hans",
        CD,
        version=3,
        effective_on=date(2026, 10, 1),
    )

    assert (told.clause, told.title) == ("CD-05.10", "超2小时未反馈处罚")
    assert told.basis == "依据 CD-05.09 2小时内反馈查件方"
    assert told.result == "暂记 200.00 元"
    assert pairs(told.facts) == [
        ("查询发出", "11-20 10:05:00"),
        ("反馈到达", "11-20 12:17:32"),
        ("计时方式", "连续，未挂起"),
        ("关联投诉", "0 件"),
    ]
    assert sums(told.arithmetic) == [
        ("截止 = 10:05:00 + 2 小时", "12:05:00"),
        ("超出 = 12:17:32 − 12:05:00", "12 分 32 秒"),
        ("每次 200.00 元 × 1 次", "200.00 元"),
        ("关联投诉 0 件，不生效", "暂记"),
    ]
    assert (told.total.text, told.total.value) == ("现在要扣", "0.00 元")
    assert pairs(told.changes) == [
        ("客户投诉", "转为应付，记入当月对账单"),
        ("网点提异议", "复核成立则冲销"),
        ("主管免罚", "写理由，另一人审批后冲销"),
        ("反馈时间更正", "不晚于 12:05:00 则自动冲销"),
    ]
    assert told.footer.rulebook == "快递客服部管理制度 第 3 版"
    assert told.footer.note == "2026-10-01 起生效；本单按建单时的版本计算，之后修订不影响。"


def test_the_same_fine_in_english():
    told = explain_penalty(FINE | {"answered_at": "2026-11-20T12:17:32+08:00"}, "en", CD)

    assert told.result == "provisional 200.00 yuan"
    assert sums(told.arithmetic) == [
        ("Due = 10:05:00 + 2 h", "12:05:00"),
        ("Overdue by = 12:17:32 − 12:05:00", "12 min 32 s"),
        ("200.00 yuan each × 1", "200.00 yuan"),
        ("No linked complaint: it does not count", "provisional"),
    ]


@pytest.mark.parametrize(
    ("state", "result", "total"),
    [
        ("provisional", "暂记 200.00 元", "0.00 元"),
        ("payable", "应付 200.00 元", "200.00 元"),
        ("settled", "已结清 200.00 元", "200.00 元"),
        ("held", "待复核 200.00 元", "0.00 元"),
        ("reversed", "已冲销 200.00 元", "0.00 元"),
        ("lapsed", "已失效 200.00 元", "0.00 元"),
    ],
)
def test_only_what_is_payable_is_owed(state, result, total):
    told = explain_penalty(FINE | {"state": state}, "zh", CD)

    assert (told.result, told.total.value) == (result, total)


def test_a_linked_complaint_is_counted_once_it_is_there():
    told = explain_penalty(FINE | {"state": "payable", "complaints": 2}, "zh", CD)

    assert ("关联投诉", "2 件") in pairs(told.facts)
    assert ("已有关联投诉，生效", "应付") in sums(told.arithmetic)
    assert "客户投诉" not in dict(pairs(told.changes))


def test_a_reversal_says_why_and_claims_nothing_it_was_not_told():
    told = explain_penalty(FINE | {"state": "reversed", "reversal": "in_time"}, "zh", CD)

    assert sums(told.arithmetic)[-1] == ("答复其实按时，自动冲销", "已冲销")
    assert "关联投诉" not in dict(pairs(told.facts))  # there may have been one
    assert pairs(told.changes) == [("已了结", "不再变化，原记录保留")]


def test_the_deadlines_own_arithmetic_is_shown_when_it_is_given():
    due = reply_due(ReplyFacts(at("19:00:00")), ReplyRules.of(CD))
    row = LATE_REPLY.inputs | {
        "starts_at": "2026-11-20T19:00:00+08:00",
        "due_at": "2026-11-21T09:00:00+08:00",
        "detected_at": "2026-11-21T09:00:00.5+08:00",
        "state": "provisional",
        "due": due.inputs(),
    }

    told = explain_penalty(row, "zh", CD)

    assert sums(told.arithmetic) == [
        ("19:00:00 收到，查询线 18:30 已停", "停线后"),
        ("截止 = 次日 09:00", "11-21 09:00:00"),
        ("截至 11-21 09:00:00 尚无答复", "已超时"),
        ("每次 0.5 分 × 1 次", "0.5 分"),
        ("超时后客户未再次来电，不生效", "暂记"),
    ]
    assert (told.result, told.total.value) == ("暂记 0.5 分", "0 分")
    assert told.changes[0].value == "答复前来电才算，记入当月考核"


def test_without_it_a_due_time_that_two_hours_do_not_explain_is_not_explained_by_them():
    told = explain_penalty(FINE | {"due_at": "2026-11-20T04:35:00+00:00"}, "zh", CD)

    assert sums(told.arithmetic)[0] == ("按 CD-05.09 计时截止", "12:35:00")


def test_a_repeat_call_can_no_longer_come_before_the_answer_once_it_is_given():
    row = FINE | LATE_REPLY.inputs | {"answered_at": "2026-11-20T12:17:32+08:00"}

    assert "客户再次来电" not in dict(pairs(explain_penalty(row, "zh", CD).changes))


def test_a_fine_without_a_clock_and_without_an_amount():
    row = consequence(CD, "CD-07.21").inputs
    row |= {"happened_at": "2026-11-20T10:00:00+08:00", "state": "provisional"}

    told = explain_penalty(row, "zh", CD)

    assert told.result == "暂记 待主管填写"
    assert pairs(told.facts) == [("发生", "11-20 10:00:00")]
    assert (told.basis, told.total.value) == ("", "0.00 元")


def test_a_running_reply_says_when_it_is_due_and_what_stops_it():
    due = reply_due(ReplyFacts(at("10:08:00")), ReplyRules.of(CD))

    told = explain_due(due.inputs(), "zh", CD, version=3, effective_on=date(2026, 10, 1))

    assert (told.clause, told.title) == ("CD-03.23", "查件30分钟内回复")
    assert told.result == "计时中"
    assert sums(told.arithmetic) == [("截止 = 10:08:00 + 30 分钟", "10:38:00")]
    assert (told.total.text, told.total.value) == ("截止时间", "10:38:00")
    assert pairs(told.changes) == [
        ("实质答复客户", "停表；10:38:00 整仍算按时"),
        ("只说“正在查”", "不停表"),
        ("转交", "时限不变，由接手人承担"),
    ]


def test_a_reply_of_the_evening_duty_may_be_put_off():
    due = reply_due(ReplyFacts(at("17:30:00")), ReplyRules.of(CD))

    told = explain_due(due.inputs(), "zh", CD)

    assert pairs(told.changes)[-1] == ("晚班联系不上对方", "记下联系时间，改为次日 09:00")


@pytest.mark.parametrize(
    ("state", "answered", "line"),
    [
        ("met", "12:05:00", ("用时 = 12:05:00 − 10:05:00", "2 小时")),
        ("met", "10:05:00", ("用时 = 10:05:00 − 10:05:00", "不到 1 秒")),
        ("breached", "12:05:01", ("超出 = 12:05:01 − 12:05:00", "1 秒")),
        ("breached", "13:35:01", ("超出 = 13:35:01 − 12:05:00", "1 小时 30 分 1 秒")),
    ],
)
def test_an_answer_is_measured(state, answered, line):
    row = OUTLET_DUE.inputs() | {"state": state, "answered_at": f"2026-11-20T{answered}+08:00"}

    assert sums(explain_due(row, "zh", CD).arithmetic)[-1] == line


def test_a_day_ends_at_its_own_midnight_not_at_that_of_the_next():
    told = due_of(
        "missed_punch_explanation", ClockFacts({"missed_punch": at("10:00:00")}), load("SD-2")
    )

    explained = explain_due(told.inputs(), "zh", load("SD-2"))

    assert sums(explained.arithmetic) == [("截止 = 2026-11-20 之后第 2 天 24:00", "11-22 24:00")]
    assert explained.total.value == "11-22 24:00"
    assert ("完成", "停表；11-22 24:00 整仍算按时") in pairs(explained.changes)


@pytest.mark.parametrize(
    ("hours", "zh", "en"),
    [
        (48, "48 小时", "48 h"),
        (72, "72 小时", "72 h"),
        (96, "4 天", "4 d"),
        (1.5, "1 小时 30 分", "1 h 30 min"),
    ],
)
def test_a_limit_reads_as_the_clause_writes_it(hours, zh, en):
    step = Step.of(
        "ES-302.11",
        "due_elapsed",
        start=at("10:00:00"),
        limit=timedelta(hours=hours),
        at=at("11:00:00"),
    )

    assert [explain([step], language)[0].text for language in ("zh", "en")] == [
        f"截止 = 10:00:00 + {zh}",
        f"Due = 10:00:00 + {en}",
    ]


def test_steps_survive_the_database():
    due = reply_due(ReplyFacts(at("18:00:00"), at("18:10:00")), ReplyRules.of(CD))
    stored = due.inputs()["steps"]

    assert tuple(Step.from_json(step) for step in stored) == due.steps
    assert [line.text for line in explain(due.steps, "en")] == [
        "Evening duty from 17:30, counterpart called in vain 18:10:00",
        "Due = next day 09:00",
    ]


def test_what_a_breach_would_cost_in_one_line():
    assert explain_cost(LATE_OUTLET.inputs, "zh") == "超时罚 200.00 元，有投诉才罚"
    assert explain_cost(LATE_REPLY.inputs, "zh") == "超时后客户再来电，扣 0.5 分"


# Nothing an explanation can say is missing in a language.


@pytest.mark.parametrize("key", WORDS)
def test_every_text_is_complete_in_both_languages(key):
    zh, en = WORDS[key]

    def names(text):
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    assert zh.strip()
    assert en.strip()
    assert names(en) <= names(zh)  # English may leave out a word that it does not need
    assert not any("\u4e00" <= sign <= "\u9fff" for sign in en)


def dues():
    es = PromiseRules.of(load("ES"))
    reply = ReplyRules.of(CD)
    yield CD, OUTLET_DUE
    yield CD, seat_due(date(2026, 11, 20), SeatRules.of(CD))
    yield CD, promise_due(at("10:00:00"), at("10:20:00"), PromiseRules.of(CD))
    yield load("ES"), promise_due(at("10:00:00"), at("15:00:00"), es)
    for received, failed in [("07:00:00", None), ("10:00:00", None), ("17:40:00", "17:50:00")]:
        yield CD, reply_due(ReplyFacts(at(received), failed and at(failed)), reply)


LANGUAGES = ("zh", "en")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("state", ["running", "met", "breached", "cancelled", "set_aside"])
def test_every_clock_explains_itself_in_every_state(state, language):
    for rulebook, due in dues():
        told = explain_due(due.inputs() | {"state": state}, language, rulebook)

        assert told.title
        assert told.arithmetic
        assert told.changes


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_consequence_explains_itself_in_every_state(language):
    states = ("provisional", "payable", "held", "reversed", "lapsed", "settled")
    times = {name: FINE[name] for name in ("starts_at", "due_at", "detected_at")}
    for rulebook in load_all().values():
        for clause in rulebook.clauses:
            if clause.kind == "consequence":
                row = consequence(rulebook, clause.id).inputs
                for state, breach in product(states, (times, {})):
                    assert explain_penalty(row | breach | {"state": state}, language, rulebook)
                assert explain_cost(row, language)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", ["fine", "points"])
@pytest.mark.parametrize("condition", get_args(Condition))
def test_every_condition_has_its_words(condition, kind, language):
    row = FINE | {"condition": condition, "kind": kind}

    open_, met = (explain_penalty(row | {"met": met}, language, CD) for met in ([], [condition]))

    assert (open_.changes == met.changes) == (condition == "at_once")
    assert explain_cost(row, language)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("reversal", ["in_time", "waiver", "appeal", "correction", ""])
def test_every_reversal_has_its_words(reversal, language):
    row = FINE | {"state": "reversed", "reversal": reversal}

    assert explain_penalty(row, language, CD).arithmetic[-1].value == label(
        "state.reversed", language
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("clock", "kept"), [("10:00:00", False), ("20:00:00", True)])
def test_a_pickup_explains_itself(clock, kept, language):
    steps = pickup_day(at(clock), PickupRules.of(CD), same_day_override=kept).steps

    assert len(explain(steps, language)) == 1 + kept


@pytest.mark.parametrize("cause", Cause)
def test_every_complaint_cause_has_a_name(cause):
    assert label(f"cause.{cause}", "zh") != label(f"cause.{cause}", "en")
