"""From a vacancy to a written confirmation, and what the company keeps of a person on the way."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from kefu.audit.models import AuditRow
from kefu.clock import SHANGHAI
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.notifications.models import Event
from kefu.replay.decisions import differences, replayables
from kefu.rulebooks.models import Acknowledgement
from kefu.rulebooks.selectors import edition, holdings
from kefu.staff.models import Employee, Position
from payroll.models import Employment, JoiningDocument, PersonalFact, Probation, RegisterEntry
from payroll.selectors import joining as selectors
from payroll.selectors.employment import wage_on
from payroll.services import employment, joining, personnel, probation, register, vacancies
from tests.centre import at
from tests.payroll import joined
from tests.payroll.joined import NOW, SINCE, TODAY

DAY = timedelta(days=1)
PHONE, ID_NUMBER = "13951440016", "320102199803070023"
CRITERIA = ("job_knowledge", "attitude", "skills", "potential", "experience")
MARKS = {name: {"mark": 4, "remark": ""} for name in CRITERIA}


@pytest.fixture
def house(db):
    return joined.build()


def refused(code, field, do):
    with pytest.raises(KefuError) as caught, transaction.atomic():
        do()
    assert (caught.value.code, caught.value.field) == (code, field)


def opened(house):
    home = house.centre
    return vacancies.open_vacancy(
        department=home.query_desk, position=home.lin.position, wanted=2, **house.ask()
    )


def offered(house, name="沈佳", **given):
    vacancy = opened(house)
    vacancies.look_outside(vacancy=vacancy, reasons=["demand_exceeds_internal"], **house.ask())
    someone = vacancies.apply(vacancy=vacancy, name=name, phone=PHONE, **house.ask())
    vacancies.evaluate(
        candidate=someone, marks=MARKS, result="pass", **house.ask(house.centre.chen)
    )
    someone.refresh_from_db()
    facts = {"starts_on": TODAY, "base": Decimal(2400), **given}
    vacancies.offer(candidate=someone, **facts, **house.ask())
    someone.refresh_from_db()
    return someone


def newcomer(house, **given):
    facts = {"number": "0850", "role": "agent", "channels": ["phone"], "hired_on": TODAY}
    return joining.report(candidate=offered(house), **(facts | given), **house.ask())


def hired(house, employee, hired_on=SINCE):
    stay = employment.hire(
        employee=employee, hired_on=hired_on, department=house.centre.query_desk,
        position=employee.position, **house.ask(),
    )  # fmt: skip
    probation.begin(employment=stay, coach=house.centre.wang, **house.ask())
    return stay


@pytest.mark.rule("ES-121.01", "ES-121.02", "ES-122.01", "ES-122.02", "ES-123.01")
def test_a_post_is_filled_from_inside_first_and_only_by_whom_the_department_passes(house):
    home, vacancy = house.centre, opened(house)
    clerk = Position.objects.create(name="前台文员")
    Employee.objects.filter(pk=home.zhou.pk).update(position=clerk, department=home.front_desk)
    home.zhou.refresh_from_db()

    def apply():
        return vacancies.apply(vacancy=vacancy, name="沈佳", phone=PHONE, **house.ask())

    refused("inside_first", None, apply)
    inside = vacancies.put_forward(vacancy=vacancy, employee=home.zhou, **house.ask())
    refused("candidate_known", "employee", lambda: vacancies.put_forward(
        vacancy=vacancy, employee=home.zhou, **house.ask()
    ))  # fmt: skip
    refused("placed_already", "employee", lambda: vacancies.put_forward(
        vacancy=vacancy, employee=home.lin, **house.ask()
    ))  # fmt: skip
    assert [key for key, _word in selectors.reasons(vacancy)] == [
        "no_suitable_internal", "demand_exceeds_internal", "special_skill",
    ]  # fmt: skip

    def look_outside(*reasons):
        vacancies.look_outside(vacancy=vacancy, reasons=reasons, **house.ask())

    refused("external_reason", "reasons", look_outside)
    refused("external_reason", "reasons", lambda: look_outside("cheaper"))
    look_outside("special_skill")
    outside = apply()
    assert (outside.masked_name, PHONE in outside.masked_phone) == ("沈*", False)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT row_to_json(c)::text FROM payroll_candidate c WHERE id = %s", [outside.pk]
        )
        assert PHONE not in cursor.fetchone()[0]

    def evaluate(candidate, marks=MARKS, result="pass", by=home.chen):
        vacancies.evaluate(candidate=candidate, marks=marks, result=result, **house.ask(by))
        candidate.refresh_from_db()

    without = {name: mark for name, mark in MARKS.items() if name != "potential"}
    refused("field_required", "potential", lambda: evaluate(outside, without))
    refused("out_of_range", "skills", lambda: evaluate(outside, MARKS | {"skills": {"mark": 6}}))
    with pytest.raises(NotAllowed):
        evaluate(outside, by=house.tan)  # the department judges, not the office

    def offer():
        return vacancies.offer(candidate=outside, starts_on=TODAY, base=None, **house.ask())

    def appoint():
        return vacancies.appoint(candidate=inside, from_on=TODAY, **house.ask())

    refused("not_passed", None, offer)
    evaluate(outside, result="fail")
    refused("not_passed", None, offer)
    evaluate(outside)
    assert offer().number == "LQ-2026-0001"
    refused("offered_already", None, offer)
    refused(
        "offers_open", None, lambda: vacancies.close(vacancy=vacancy, text="招满", **house.ask())
    )

    employment.hire(employee=home.zhou, hired_on=SINCE, department=home.front_desk, position=clerk, **house.ask())  # fmt: skip
    refused("not_passed", None, appoint)
    evaluate(inside)
    assert appoint().department == home.query_desk
    home.zhou.refresh_from_db()
    assert home.zhou.position == home.lin.position
    vacancies.withdraw(candidate=outside, **house.ask())
    vacancies.close(vacancy=vacancy, text="招满", **house.ask())
    refused("vacancy_closed", None, apply)


@pytest.mark.rule("ES-123.01", "ES-123.02", "ES-123.03", "ES-123.05", "ES-111.01", "ES-124.02")
def test_a_newcomer_reports_with_the_letter_brings_papers_and_signs_what_she_was_told(house):
    home = house.centre
    refused("number_taken", "number", lambda: newcomer(house, number="0826"))
    stay, password = newcomer(house, coach=home.wang)

    shen = stay.employee
    assert (shen.name, shen.department, shen.user.check_password(password)) == (
        "沈佳",
        home.query_desk,
        True,
    )
    assert wage_on(shen, TODAY).base == 2400
    assert stay.candidate.state == "joined"
    refused("no_offer", None, lambda: joining.report(
        candidate=stay.candidate, number="0851", role="agent", channels=["phone"], hired_on=TODAY, **house.ask()
    ))  # fmt: skip

    def lines():
        return [(line.code, line.settled) for line in selectors.document_lines(stay, NOW)]

    assert lines() == [
        ("offer_letter", True), ("id_card", False), ("credentials", False), ("photos", False),
    ]  # fmt: skip

    def receive(kind, **given):
        return joining.receive(employment=stay, kind=kind, **given, **house.ask())

    refused("no_such_document", "kind", lambda: receive("dowry"))
    refused("too_few", "count", lambda: receive("photos", count=2))
    receive("photos", count=3)
    receive("id_card")
    receive("credentials", not_applicable="客服岗位不需要资格证")
    assert dict(lines())["id_card"] is False  # received is not verified
    for row in JoiningDocument.objects.filter(employment=stay, received_on=TODAY, verified_on=None):
        joining.verify(document=row, **house.ask())
    assert all(settled for _code, settled in lines())
    refused("verified_already", None, lambda: receive("id_card"))

    def brief(*told, supervisor=home.chen):
        return joining.brief(employment=stay, told=told, supervisor=supervisor, **house.ask())

    refused("not_told", "told", lambda: brief("rules_told", "benefits_told"))
    refused("supervisor_named", "supervisor", lambda: brief(supervisor=None))
    induction = brief("rules_told", "benefits_told", "work_told")
    with pytest.raises(NotAllowed):
        joining.sign(induction=induction, **house.ask())  # nobody signs for her
    joining.sign(induction=induction, **house.ask(shen))
    refused("signed_already", None, lambda: joining.sign(induction=induction, **house.ask(shen)))

    # Bound by the rules: the edition that holds for her stands open until she confirms it.
    held = holdings(employee_id=shen.pk, department_id=shen.department_id, at=NOW)[0]
    assert held.holds and held.confirmed_at is None
    Acknowledgement.objects.create(version_id=held.version_id, employee=shen, at=NOW)
    assert holdings(employee_id=shen.pk, department_id=shen.department_id, at=NOW)[0].confirmed_at

    # On trial from the first day, with somebody who guides her and a week before the job.
    trial = Probation.objects.get(employment=stay)
    assert (trial.clause, trial.coach, trial.ends_on) == ("ES-124.01", home.wang, date(2027, 2, 20))
    week = selectors.pre_job_week(stay, NOW)
    assert [day.number for day in week] == [1, 2, 3, 4, 5, 6, 7] and week[0].on == TODAY


@pytest.mark.rule("ES-125.02")
def test_a_false_document_goes_to_the_register_for_management_to_decide(house):
    stay, _password = newcomer(house)
    row = joining.receive(employment=stay, kind="credentials", **house.ask())
    clauses = selectors.false_document_clauses(stay.employee, NOW).clauses
    assert clauses[0][0] == "ES-125.02"

    def false(clause="ES-125.02", reason="学校回函查无此证"):
        joining.found_false(document=row, clause=clause, reason=reason, **house.ask())

    refused("no_clause", "clause", lambda: false("ES-134.04"))
    refused("text_required", "reason", lambda: false(reason=""))
    false()

    entry = RegisterEntry.objects.get(employee=stay.employee)
    assert (entry.clause, entry.state, entry.kind) == ("ES-125.02", "reported", "remark")
    assert (
        entry.inputs["measures"][-1] == "dismissal"
    )  # up to that, and nobody is dismissed by itself
    assert Employment.objects.get(pk=stay.pk).left_on is None
    told = Event.objects.filter(kind=Event.Kind.PERSON_DUE, data__what="false_document")
    assert house.centre.chen.user_id in {one.user_id for one in told}
    verified = {"entry": entry, **house.ask(house.centre.chen)}
    refused("to_be_proposed", None, lambda: register.verify(**verified))
    refused("false_already", None, false)
    row.refresh_from_db()
    assert not row.settled


@pytest.mark.rule("ES-123.04", "ES-125.03", "ES-125.04", "ES-125.05")
def test_what_is_kept_of_a_person_is_sealed_and_changes_are_reported_within_a_month(house):
    lin = house.centre.lin
    hired(house, lin)
    contact = {"name": "林国强", "relation": "父亲", "phone": "13800005678"}
    personnel.fill_form(
        employee=lin,
        values={
            "id_number": {"value": ID_NUMBER}, "address": {"value": "扬州市邗江区文昌西路 88 号 3 幢 501 室"},
            "marital_status": {"value": "single"}, "emergency_contact": contact, "phone": {"value": ""},
        },
        **house.ask(),
    )  # fmt: skip
    refused("bad_id_number", "id_number", lambda: personnel.fill_form(
        employee=lin, values={"id_number": {"value": ID_NUMBER[:-1] + "7"}}, **house.ask()
    ))  # fmt: skip
    shown = dict(PersonalFact.objects.filter(employee=lin).values_list("field", "masked"))
    assert shown["id_number"] == "*" * 14 + ID_NUMBER[-4:]
    assert "501" not in shown["address"] and "国强" not in shown["emergency_contact"]
    assert shown["marital_status"] == "***"
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(row_to_json(f)::text, ' ') FROM payroll_personalfact f")
        stored = cursor.fetchone()[0]
    assert not any(plain in stored for plain in (ID_NUMBER, "文昌西路 88", "林国强", "13800005678"))

    def report(field, value, on, by=lin):
        return personnel.report_change(
            employee=lin, field=field, value=value, changed_on=on, **house.ask(by)
        )

    address = {"value": "扬州市广陵区汶河南路 12 号"}
    refused("in_the_future", "changed_on", lambda: report("address", address, TODAY + DAY))
    refused("before_hire", "changed_on", lambda: report("address", address, SINCE - DAY))
    with pytest.raises(NotAllowed):
        report("address", address, TODAY, by=house.centre.zhou)
    in_time = report("address", address, date(2026, 10, 20))  # the month ends today at midnight
    late = report("phone", {"value": "13951440099"}, date(2026, 10, 19))
    listed = [
        report("emergency_contact", contact, date(2026, 10, 19)),
        report("course", {"value": "夜大行政管理"}, date(2026, 11, 1)),
    ]
    for row in (in_time, late, *listed):
        row.refresh_from_db()
    assert (in_time.clause, in_time.late, late.clause, late.late) == (
        "ES-125.03",
        False,
        "ES-125.03",
        True,
    )
    assert in_time.due_at.astimezone(SHANGHAI).date() == date(2026, 11, 21)  # 24:00 of the 20th
    assert [(row.clause, row.late) for row in listed] == [("ES-125.04", True), ("ES-125.05", False)]
    again = replayables()["personal_change"]
    decisions = again.read("2026-11", None, after=0, limit=10, at=NOW)
    assert again.count("2026-11", None) == len(decisions) == 4
    rules = edition(in_time.rulebook_id).rules
    assert [list(differences(one, again.decide(one.facts, rules))) for one in decisions] == [[]] * 4
    with pytest.raises(DatabaseError), transaction.atomic():
        PersonalFact.objects.filter(pk=late.pk).update(reported_at=NOW - 3 * DAY)


@pytest.mark.django_db(transaction=True)
@pytest.mark.rule("ES-123.04")
def test_every_look_at_personal_data_has_a_reason_on_record(house):
    lin = house.centre.lin
    personnel.fill_form(employee=lin, values={"id_number": {"value": ID_NUMBER}}, **house.ask())
    with pytest.raises(NotAllowed):
        personnel.reveal(employee=lin, reason="想看看她", **house.ask(house.centre.chen))
    refused(
        "reason_required",
        "reason",
        lambda: personnel.reveal(employee=lin, reason="看", **house.ask()),
    )

    found = personnel.reveal(employee=lin, reason="办理社保增员", **house.ask())

    assert found["id_number"] == [{"value": ID_NUMBER}]
    look = AuditRow.objects.get(action="reveal", table="payroll_personalfact")
    assert (look.actor_name, look.reason, look.after) == (
        "0900",
        "办理社保增员",
        {"fields": ["id_number"]},
    )
    assert ID_NUMBER not in str(list(AuditRow.objects.values("before", "after", "reason")))


@pytest.mark.rule("ES-124.01", "ES-124.03", "ES-125.01")
def test_a_probation_is_judged_by_the_supervisor_and_confirmed_by_the_manager_in_writing(house):
    home = house.centre
    lin, zhou = home.lin, home.zhou
    trial = hired(house, lin, date(2026, 8, 25)).probation
    assert trial.ends_on == date(2026, 11, 25)  # three months at least
    again = replayables()["probation"]
    (decision,) = again.read("2026-08", None, after=0, limit=10, at=NOW)
    assert not list(
        differences(decision, again.decide(decision.facts, edition(trial.rulebook_id).rules))
    )
    hired(house, zhou, date(2026, 8, 19))  # ended yesterday, and nobody has said anything

    def rung(what):
        rows = Event.objects.filter(kind=Event.Kind.PERSON_DUE, data__what=what)
        return {(row.user_id, row.data["who"]) for row in rows}

    assert probation.remind(now=NOW) > 0
    assert (home.chen.user_id, str(lin)) in rung("probation")
    assert (home.wang.user_id, str(lin)) in rung("probation")  # who guides her
    assert {who for _user, who in rung("probation_over")} == {str(zhou)}
    with CaptureQueriesContext(connection) as asked:
        assert (
            probation.remind(now=NOW + timedelta(hours=1)) == 0
        )  # nothing twice, and nothing written
    assert not [one for one in asked if one["sql"].startswith("UPDATE")]
    assert trial in selectors.to_evaluate(home.chen.user, TODAY)

    def review(outcome, by=home.chen, **given):
        facts = {"evaluation": "接线稳，查件熟练", **given}
        return probation.review(probation=trial, outcome=outcome, **facts, **house.ask(by))

    def confirm(day, by=house.luo):
        return probation.confirm(probation=trial, confirmed_on=day, **house.ask(by))

    with pytest.raises(NotAllowed):
        review("confirm", by=house.tan)
    refused("text_required", "evaluation", lambda: review("confirm", evaluation=" "))
    refused("required", "ends_on", lambda: review("extend"))
    refused("not_longer", "ends_on", lambda: review("extend", ends_on=trial.ends_on))
    refused("not_shorter", "ends_on", lambda: review("shorten", ends_on=date(2026, 8, 1)))
    refused("no_such_outcome", "outcome", lambda: review("forget"))
    review("extend", ends_on=date(2026, 12, 25), evaluation="打字速度还差一些")
    trial.refresh_from_db()
    assert (trial.first_ends_on, trial.ends_on) == (date(2026, 11, 25), date(2026, 12, 25))
    refused("not_evaluated", None, lambda: confirm(date(2026, 12, 26)))
    review("shorten", ends_on=date(2026, 11, 19), evaluation="进步很快")
    review("confirm")
    with pytest.raises(NotAllowed):
        confirm(TODAY, by=home.chen)
    with pytest.raises(DatabaseError), transaction.atomic():  # regular only with a paper
        Probation.objects.filter(pk=trial.pk).update(state="confirmed")
    trial.refresh_from_db()
    refused("probation_not_over", "confirmed_on", lambda: confirm(date(2026, 11, 19)))
    paper = confirm(TODAY)
    assert (paper.state, paper.confirmation[:8]) == ("confirmed", "ZZ-2026-")
    with pytest.raises(Conflict):
        review("dismiss")

    parted = zhou.employments.get().probation
    probation.review(
        probation=parted, outcome="dismiss", evaluation="多次旷工", **house.ask(home.chen)
    )
    assert Employee.objects.get(pk=zhou.pk).status == "active"  # human resources parts with him
    assert rung("probation_ended") == {(house.tan.user_id, str(zhou))}


def test_who_left_comes_back_under_the_old_number_with_a_second_employment(house):
    home = house.centre
    first, _password = newcomer(house)
    LEFT = at("2026-11-20 18:00")
    employment.leave(
        employee=first.employee, last_day=TODAY, reason="回老家", at_once=True,
        actor=house.tan.user, now=LEFT,
    )  # fmt: skip
    tomorrow = {"actor": house.tan.user, "now": NOW + DAY}

    def again(name, number):
        someone = offered(house, name, starts_on=TODAY + DAY)
        return joining.report(
            candidate=someone, number=number, role="agent", channels=["phone"],
            hired_on=TODAY + DAY, **tomorrow,
        )  # fmt: skip

    refused("number_taken", "number", lambda: again("王小二", "0850"))
    second, password = again("沈佳", "0850")

    assert second.employee == first.employee
    assert first.employee.employments.count() == 2
    back = Employee.objects.select_related("user").get(pk=first.employee_id)
    assert (back.status, back.user.check_password(password)) == ("active", True)
    assert second.probation.ends_on == date(2027, 2, 21)
    assert home.query_desk == back.department
