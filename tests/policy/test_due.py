"""Any clock of a rulebook: which clause it is, where it begins, and what it refuses."""

from datetime import timedelta

import pytest

from kefu.policy.clauses import NotSet
from kefu.policy.clocks import NoCalendar, Pause, ReplyFacts, ReplyRules, reply_due
from kefu.policy.due import ClockFacts, MissingMoment, NoClock, age, clock_for, due
from kefu.policy.explanation import explain, explain_due
from kefu.policy.rulebook import Rulebook, RulebookError, from_toml
from tests.policy.moments import at, shown
from tests.policy.timetables import FIVE_DAYS

HEAD = """
code = "CD"
name_zh = "测试规章"
name_en = "Test regulation"

[house]
entry_allowance_minutes = ""
interruption_share = ""
"""
CLAUSE = """
[[clauses]]
id = "CD-99.{number}"
label_zh = "时限"
label_en = "A clock"
area = "claims"
automation = "full"
module = "kefu.policy.due"
role = "owner"
house = {{ warn_before_minutes = "", lead_before_minutes = "" }}
"""


def rules(*settings: str) -> Rulebook:
    clauses = [CLAUSE.format(number=n) + text for n, text in enumerate(settings, 10)]
    return from_toml(HEAD + "".join(clauses), source="test.toml")


WORKING = 'kind = "elapsed"\ntimes = "check"\nlimit = 4\nunit = "hours"\ncounts = "working"'
DAYS = 'kind = "calendar_days"\ntimes = "check"\nlength = 2\npause_reasons = ["police"]'


def test_a_clock_of_working_time_runs_by_the_calendar():
    facts = ClockFacts({"start": at("16:30:00")}, calendar=FIVE_DAYS)

    found = due("check", facts, rules(WORKING))

    assert shown(found.due_at) == "11-23 11:00:00"
    lines = explain_due(found.inputs(), "zh", rules(WORKING)).arithmetic
    assert [line.value for line in lines] == [
        "4 小时",
        "1 小时",
        "3 小时",
        "节假日未知",
        "11-23 11:00:00",
    ]
    assert lines[2].text == "11-23 08:00:00 至 11-23 11:00:00 计 3 小时，还剩 0 分钟"


def test_without_a_calendar_working_time_is_refused():
    with pytest.raises(NoCalendar, match=r"CD-99\.10 counts working time"):
        due("check", ClockFacts({"start": at("16:30:00")}), rules(WORKING))
    with pytest.raises(NoCalendar):
        age("check", ClockFacts({"start": at("16:30:00")}), rules(WORKING), at("17:00:00"))


def test_a_reply_in_working_time_runs_by_the_calendar_too():
    book = rules(WORKING.replace("check", "customer_reply"))
    facts = ReplyFacts(at("16:30:00"), calendar=FIVE_DAYS)

    assert shown(reply_due(facts, ReplyRules.of(book)).due_at) == "11-23 11:00:00"


def test_the_clause_made_for_the_case_goes_before_the_one_for_any():
    hours = 'kind = "elapsed"\ntimes = "check"\nunit = "hours"\n'
    book = rules(
        hours + "limit = 1",
        hours + 'limit = 2\ncases = ["major", "grave"]',
        hours + 'limit = 3\nchannel = "chat"',
        hours + 'limit = 4\nmessage = "later"',
    )

    def found(**facts: str) -> str:
        return clock_for("check", ClockFacts({}, **facts), book).id

    assert found() == "CD-99.10"
    assert found(case="minor") == "CD-99.10"
    assert found(case="grave") == "CD-99.11"
    assert found(channel="chat") == "CD-99.12"
    assert found(message="later") == "CD-99.13"
    with pytest.raises(NoClock, match="'other' of case 'any'"):
        clock_for("other", ClockFacts({}), book)


def test_two_clauses_for_one_case_are_one_too_many():
    hours = 'kind = "elapsed"\ntimes = "check"\nlimit = 1\nunit = "hours"\n'

    with pytest.raises(RulebookError, match=r"CD-99\.11: says what CD-99\.10 says already"):
        rules(hours + 'cases = ["major"]', hours + 'cases = ["minor", "major"]')


def test_a_clock_counts_from_what_its_clause_names():
    book = rules('kind = "elapsed"\ntimes = "check"\nsince = "resolved"\nlimit = 1\nunit = "days"')

    found = due("check", ClockFacts({"start": at("08:00:00"), "resolved": at("09:00:00")}), book)

    assert shown(found.due_at) == "11-21 09:00:00"
    with pytest.raises(MissingMoment, match=r"CD-99\.10: when was 'resolved'"):
        due("check", ClockFacts({"start": at("08:00:00")}), book)


def test_only_the_pauses_of_the_clause_count():
    pause = Pause(at("10:00:00", "2026-11-21"), at("12:00:00", "2026-11-21"), "police")
    facts = ClockFacts({"start": at("10:00:00")}, pauses=(pause,))

    found = due("check", facts, rules(DAYS))

    assert shown(found.due_at) == "11-24 00:00:00"
    assert explain(found.steps, "zh")[-1].text == "挂起 2 小时，按整天顺延"
    with pytest.raises(ValueError, match=r"CD-99\.10 does not pause for 'police'"):
        due("check", facts, rules(WORKING))


def test_working_days_name_the_days_that_are_not_worked():
    book = rules(DAYS + '\nday_type = "working"')
    facts = ClockFacts({"start": at("10:00:00")}, calendar=FIVE_DAYS)

    found = due("check", facts, book)

    assert shown(found.due_at) == "11-25 00:00:00"
    rests = [step.inputs["rest_on"] for step in found.steps if step.key == "day_not_worked"]
    assert rests == ["2026-11-21", "2026-11-22"]
    assert explain_due(found.inputs(), "en", book).facts[-1].value.startswith("working days")


def test_the_age_leaves_pauses_out():
    book = rules('kind = "elapsed"\ntimes = "check"\nlimit = ""\nunit = ""\npause_reasons = ["x"]')
    pauses = (
        Pause(at("11:00:00"), at("12:00:00"), "x"),
        Pause(at("13:00:00"), at("15:00:00"), "x"),
    )

    found = age("check", ClockFacts({"start": at("10:00:00")}, pauses=pauses), book, at("14:00:00"))

    assert (found.age, found.remind_at) == (timedelta(hours=2), None)
    with pytest.raises(ValueError, match="lies before the start"):
        age("check", ClockFacts({"start": at("10:00:00")}), book, at("09:59:59"))


def test_the_age_of_working_time_leaves_the_night_out():
    facts = ClockFacts({"start": at("16:30:00")}, calendar=FIVE_DAYS)

    found = age("check", facts, rules(WORKING), at("09:00:00", "2026-11-23"))

    assert found.age == timedelta(hours=2)


def test_a_notice_warns_from_the_day_it_could_be_given():
    book = rules('kind = "notice"\ntimes = "leave"\nbefore = "shift"\nahead = 2\nunit = "hours"')
    known = ClockFacts({"shift": at("09:00:00"), "start": at("06:00:00")})

    found = due("leave", known, book)

    assert (shown(found.starts_at), shown(found.due_at)) == ("11-20 06:00:00", "11-20 07:00:00")
    assert due("leave", ClockFacts({"shift": at("09:00:00")}), book).starts_at == found.due_at


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ('kind = "elapsed"\ntimes = "x"\nlimit = 1\nunit = ""', "both given or both blank"),
        (
            'kind = "elapsed"\ntimes = "x"\nlimit = 1\nunit = "days"\ncounts = "working"',
            "for working days",
        ),
        (
            'kind = "elapsed"\ntimes = "x"\nlimit = 1\nunit = "hours"\npromised = true',
            "case by case",
        ),
        (
            'kind = "calendar_days"\ntimes = "x"\nlength = 1\nunit = "months"\nday_type = "working"',
            "counted in days",
        ),
        ('kind = "calendar_days"\ntimes = "x"\nlength = 0\nstart_counts = true', "one day or more"),
        (
            'kind = "calendar_days"\ntimes = "x"\nlength = 1\nunit = "years"\npause_reasons = ["y"]',
            "only days can be paused",
        ),
        ('kind = "calendar_days"\ntimes = "x"\nlength = -1', "greater than or equal to 0"),
        ('kind = "calendar_days"\ntimes = "x"\nlength = 99999', "less than or equal to 3660"),
    ],
)
def test_a_clause_that_makes_no_sense_is_refused(settings, reason):
    with pytest.raises(RulebookError, match=reason):
        rules(settings)


def test_a_reminder_is_for_what_never_breaches():
    reminded = CLAUSE.format(number=10).replace(
        'lead_before_minutes = ""', 'lead_before_minutes = "", remind_after_minutes = 5'
    )

    with pytest.raises(RulebookError, match="without a time of its own"):
        from_toml(HEAD + reminded + WORKING, source="test.toml")


def test_the_house_has_no_number_where_the_regulation_has_one():
    own = CLAUSE.format(number=10).replace(
        'warn_before_minutes = ""', 'warn_before_minutes = "", ahead = 3'
    )
    notice = 'kind = "notice"\ntimes = "x"\nbefore = "y"\nahead = 2\nunit = "days"'

    with pytest.raises(RulebookError, match="the house has none to choose"):
        from_toml(HEAD + own + notice, source="test.toml")
    blank = rules(notice.replace("ahead = 2", 'ahead = ""'))
    assert due("x", ClockFacts({"y": at("10:00:00")}), blank) is None
    with pytest.raises(NotSet, match="ahead"):
        _ = blank["CD-99.10"].length
