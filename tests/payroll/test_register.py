"""The register of rewards and penalties: who writes a line, who verifies it, what it may say."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction

from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.notifications.models import Event
from kefu.policy.entries import enterable
from kefu.rulebooks.selectors import edition_in_force
from kefu.staff.models import Department
from payroll.models import EntryDecision, RegisterEntry
from payroll.services import months, register
from tests import centre as centres
from tests.centre import Centre, at
from tests.policy.people import book
from tests.threads import at_once

NOON = at("12:00")
TODAY = date(2026, 11, 20)


@pytest.fixture
def centre(db: None) -> Centre:
    made = centres.build(now=at("08:00"))
    made.he.department = made.front_desk
    made.he.save(update_fields=["department"])
    return made


def entered(centre, clause="CD-12.18", *, by=None, of=None, **given):
    employee = of or centre.lin
    using = edition_in_force(department_id=employee.department_id, at=NOON)
    facts = {
        "employee": employee,
        "clause": clause,
        "rulebook_id": using.version_id,
        "kind": enterable(using.rules)[clause].kind
        if clause in enterable(using.rules)
        else "points",
        "happened_on": TODAY,
        "reason": "接听时没有报工号",
        "actor": (by or centre.chen).user,
        "now": NOON,
    }
    return register.enter(**(facts | given))


@pytest.mark.rule("CD-12.18", "SD-233.02", "ES-118.01", "ES-138.02")
def test_a_lead_reports_a_supervisor_verifies_and_only_then_it_counts(centre):
    entry = entered(centre, by=centre.wang, reason="没有报工号，客户电话 13800004545")

    assert (entry.state, entry.kind, entry.value, entry.month) == (
        "reported", "points", None, date(2026, 11, 1),
    )  # fmt: skip
    assert "13800004545" not in entry.reason
    with pytest.raises(NotAllowed):
        register.verify(entry=entry, actor=centre.wang.user, now=NOON)
    with pytest.raises(NotAllowed, match="自己部门"):
        register.verify(entry=entry, actor=centre.he.user, now=NOON)
    assert not RegisterEntry.objects.counted().exists()

    register.verify(entry=entry, actor=centre.chen.user, now=NOON)

    assert RegisterEntry.objects.counted().get() == entry
    with pytest.raises(Conflict):
        register.not_upheld(entry=entry, reason="看错了", actor=centre.chen.user, now=NOON)
    with pytest.raises(DatabaseError), transaction.atomic():
        RegisterEntry.objects.filter(pk=entry.pk).update(reason="改写")
    with pytest.raises(DatabaseError), transaction.atomic():
        RegisterEntry.objects.filter(pk=entry.pk).update(state="reported")
    register.withdraw(entry=entry, reason="听错了录音", actor=centre.chen.user, now=NOON)
    assert [d.state for d in EntryDecision.objects.all()] == ["counted", "withdrawn"]


@pytest.mark.rule("SD-233.02")
@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"clause": "CD-12.06"}, "clause"),  # by the month's number of calls
        ({"clause": "CD-12.17"}, "clause"),  # by a clock
        ({"clause": "CD-12.66"}, "clause"),  # off until the house switches it on
        ({"clause": "CD-99.99"}, "clause"),
        ({"kind": "fine"}, "kind"),
        ({"value": Decimal(3)}, "value"),
        ({"happened_on": date(2026, 11, 21)}, "happened_on"),
        ({"reason": "  "}, "reason"),
    ],
)
def test_a_line_that_the_rulebook_does_not_know_is_refused_by_field(centre, given, field):
    with pytest.raises(KefuError) as refused:
        entered(centre, **given)

    assert refused.value.field == field
    assert not RegisterEntry.objects.exists()


def test_nobody_writes_about_himself_or_about_another_department(centre):
    front = Department.objects.get(code="front")
    for actor, employee in ((centre.chen, centre.chen), (centre.he, centre.lin)):
        with pytest.raises(KefuError):
            entered(centre, by=actor, of=employee)
    with pytest.raises(NotAllowed):
        entered(centre, by=centre.zhou)

    centre.lin.department = front
    centre.lin.save(update_fields=["department"])
    assert entered(centre, by=centre.he, verified=True).state == "counted"


@pytest.mark.rule("SD-233.45", "SD-233.46")
def test_an_adopted_idea_is_given_three_to_twenty_points(centre):
    centre.work_by("SD-2")

    for points in ("2", "21", None):
        with pytest.raises(KefuError) as refused:
            entered(centre, "SD-233.45", value=points and Decimal(points))
        assert refused.value.field == "value"
    assert entered(centre, "SD-233.45", value=Decimal(20)).value == 20
    assert entered(centre, "SD-233.46", value=Decimal(500)).kind == "award"


@pytest.mark.rule("SD-233.62")
def test_whoever_gave_the_instruction_does_not_verify_the_disobedience_alone(centre):
    centre.work_by("SD-2")
    centre.he.department = centre.query_desk
    centre.he.save(update_fields=["department"])

    with pytest.raises(Conflict):
        entered(centre, "SD-233.62", verified=True)
    entry = entered(centre, "SD-233.62", reason="拒绝接手转来的工单")
    with pytest.raises(Conflict, match="另一位主管"):
        register.verify(entry=entry, actor=centre.chen.user, now=NOON)
    register.verify(entry=entry, actor=centre.he.user, now=NOON)
    assert entry in RegisterEntry.objects.counted()


@pytest.mark.rule("SD-233.54", "SD-233.63")
def test_one_incident_is_entered_once_unless_a_clause_is_the_more_specific(centre):
    centre.work_by("SD-2")
    entered(centre, "SD-233.43", incident="投诉 1120")

    entered(centre, "SD-233.54", incident="投诉 1120")  # the more specific of both counts
    for clause in ("SD-233.43", "SD-233.52"):
        with pytest.raises(Conflict) as refused:
            entered(centre, clause, incident="投诉 1120")
        assert refused.value.code == "incident_counted"
    assert entered(centre, "SD-233.43", incident="投诉 1121")


def test_what_follows_from_a_fact_is_entered_once_and_counts_in_the_month_that_is_open(centre):
    months.lock(date(2026, 10, 1), actor=centre.he.user, now=NOON)
    given = {"source": "punch:2026-10-30:in", "happened_on": date(2026, 10, 30), "verified": True}

    entry = entered(centre, "CD-12.57", actor=None, **given)

    assert entered(centre, "CD-12.57", actor=None, **given) == entry
    assert (entry.month, entry.inputs) == (date(2026, 11, 1), {"original_month": "2026-10"})
    assert entry.decisions.get().decided_by is None


@pytest.mark.rule("CD-02.08")
def test_the_person_concerned_objects_and_another_supervisor_decides(centre):
    centre.he.department = centre.query_desk
    centre.he.save(update_fields=["department"])
    entry = entered(centre, verified=True)

    with pytest.raises(NotAllowed):
        register.object_to(entry=entry, text="不是我", actor=centre.zhou.user, now=NOON)
    objection = register.object_to(
        entry=entry, text="录音里报了工号", actor=centre.lin.user, now=NOON
    )
    rung = Event.objects.filter(kind="objection.changed")
    assert {one.user_id for one in rung} == {centre.he.user_id}  # Chen wrote the line
    with pytest.raises(Conflict):
        register.object_to(entry=entry, text="再说一次", actor=centre.lin.user, now=NOON)
    decide = {"objection": objection, "upheld": True, "answer": "复听属实", "now": NOON}
    with pytest.raises(Conflict, match="登记这条的人"):
        register.decide_objection(**decide, actor=centre.chen.user)
    assert entry in RegisterEntry.objects.counted()

    register.decide_objection(**decide, actor=centre.he.user)
    last = rung.order_by("pk").last()
    assert (last.user_id, last.data["state"]) == (centre.lin.user_id, "upheld")

    entry.refresh_from_db()
    assert entry.state == "withdrawn"
    assert "复听属实" in entry.decisions.get(state="withdrawn").reason
    with pytest.raises(Conflict):
        register.decide_objection(**decide, actor=centre.he.user)


@pytest.mark.rule(
    "CD-12.88", "SD-233.22", "SD-233.23", "ES-137.03", "ES-138.03", "ES-136.08", "ES-204.06"
)
def test_each_clause_is_entered_as_what_it_is():
    kinds = {
        clause: (line.kind, str(line.value), line.chosen)
        for code in ("CD", "ES", "SD-2", "OS")
        for clause, line in enterable(book(code)).items()
    }

    assert kinds["CD-12.88"] == ("forfeit", "None", False)
    assert kinds["SD-233.22"] == ("fine", "30.00", False)
    assert kinds["SD-233.23"] == ("forfeit", "None", False)
    assert kinds["ES-137.03"] == ("remark", "None", False)
    assert kinds["ES-138.03"] == ("remark", "None", False)
    assert kinds["ES-136.08"] == ("charge", "None", True)  # what it was worth
    assert kinds["ES-204.06"][0] == "award"
    assert kinds["OS-04.22"] == ("fine", "60.00", False)  # twice the first


@pytest.mark.django_db(transaction=True)
def test_of_one_incident_one_line_is_written_however_many_write_it_at_once():
    made = centres.build(now=at("08:00"))

    done = at_once(*[lambda: entered(made, incident="客户 4545 的投诉")] * 8)

    refused = [one for one in done if not isinstance(one, RegisterEntry)]
    assert {one.code for one in refused} == {"incident_counted"} and len(refused) == 7
    assert RegisterEntry.objects.count() == 1
