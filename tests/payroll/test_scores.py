"""Scores as people live them: the running one, what moved it, what is judged, published and proposed."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from inquiries.models import Complaint, ComplaintStep
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.policy.entries import enterable
from kefu.policy.scores import ScoreRules
from kefu.replay.decisions import differences, replayables
from kefu.rulebooks.selectors import edition, edition_in_force
from payroll.models import Call, Employment, MonthScore, RegisterEntry
from payroll.selectors import scores as selectors
from payroll.services import months, register
from payroll.services import scores as services
from payroll.services.scores import Plan
from problem_parcels.models import Volume
from tests import centre as centres
from tests.centre import Centre, at
from tests.policy.people import edited

NOON, NEXT = at("12:00"), at("2026-12-01 09:00")
NOVEMBER = date(2026, 11, 1)


@pytest.fixture
def centre(db: None) -> Centre:
    made = centres.build(now=at("08:00"))
    Employment.objects.bulk_create(
        Employment(employee=one, hired_on=date(2024, 1, 15))
        for one in (made.lin, made.zhou, made.wang, made.chen, made.he)
    )
    made.lin.channels = ["online"]  # no calls to count
    made.lin.save(update_fields=["channels"])
    return made


def line(centre, clause, *, of=None, on=20, kind="points", **given):
    employee = of or centre.lin
    using = edition_in_force(department_id=employee.department_id, at=NOON)
    facts = {
        "employee": employee,
        "clause": clause,
        "rulebook_id": using.version_id,
        "kind": kind,
        "happened_on": date(2026, 11, on),
        "reason": "主管记录",
        "verified": True,
        "actor": centre.chen.user,
        "now": NOON,
    }
    return register.enter(**(facts | given))


def score(centre, employee=None, month=NOVEMBER):
    employee = employee or centre.lin
    return selectors.score_of([employee], month)[employee.pk]


def answered(centre, month, in_time, calls):
    """So many calls of the month, and of them so many by the third ring."""
    Call.objects.bulk_create(
        Call(
            employee=centre.lin, at=at(f"{month} 09:00") + timedelta(minutes=n), direction="in",
            answered=True, ring_seconds=9, rings=3 if n < in_time else 4, talk_seconds=60,
            recorded_by=centre.chen.user, recorded_at=at("2027-06-01 08:00"),
        )
        for n in range(calls)
    )  # fmt: skip


def publish(centre, *people, now=NEXT, month=NOVEMBER, by=None):
    return services.publish(employees=people, month=month, actor=(by or centre.chen).user, now=now)


@pytest.mark.rule("CD-12.01", "CD-12.18", "CD-12.35", "CD-12.57", "CD-12.98")
def test_a_sheet_of_fifty_points_is_what_the_register_leaves_of_it(centre):
    assert score(centre).points == 50
    line(centre, "CD-12.18", on=3)
    line(centre, "CD-12.35", on=5)
    line(centre, "CD-12.57", on=6)
    undecided = line(centre, "CD-12.57", on=7, verified=False)

    assert score(centre).points == Decimal("48.5")
    register.verify(entry=undecided, actor=centre.chen.user, now=NOON)
    assert score(centre).points == 48
    line(centre, "CD-12.98", on=8)  # a commendation
    assert score(centre).points == Decimal("48.5")
    register.withdraw(entry=undecided, reason="看错人了", actor=centre.chen.user, now=NOON)
    assert score(centre).points == 49
    for _n in range(12):  # the section is empty at nought
        line(centre, "CD-12.35", on=9)
    assert score(centre).points == Decimal("44.5")


@pytest.mark.rule("CD-12.04", "CD-12.10", "CD-12.12", "CD-12.25")
@pytest.mark.parametrize(
    ("desk", "metric", "number", "points"),
    [
        ("processing_desk", "outbound_problem_parcels", 5500, 50),
        ("processing_desk", "outbound_problem_parcels", 5499, 49),
        ("warehouse_office", "inbound_problem_parcels", 1999, 46),
        ("query_desk", "outbound_problem_parcels", 5, 50),
    ],
)
def test_the_number_that_counts_is_that_of_ones_desk(centre, desk, metric, number, points):
    centre.query_desk.desk = desk
    centre.query_desk.save(update_fields=["desk"])
    Volume.objects.create(employee=centre.lin, month=NOVEMBER, metric=metric, number=number)

    assert score(centre).points == points


@pytest.mark.rule("CD-12.06", "CD-12.53", "CD-12.91")
def test_a_number_that_nobody_knows_holds_the_sheet_up_and_a_new_person_has_none(centre):
    lin = centre.lin
    lin.channels = ["phone"]
    lin.save(update_fields=["channels"])

    assert score(centre).points is None
    assert list(score(centre).refused) == ["metrics.answered_calls"]
    assert publish(centre, lin).left[0][0] == lin
    lin.channels = ["online"]
    lin.save(update_fields=["channels"])
    Employment.objects.filter(employee=lin).update(hired_on=date(2026, 11, 2))
    found = score(centre)
    assert (found.points, found.assessed, found.refused) == (None, False, {})


@pytest.mark.rule("SD-233.07", "SD-233.08", "SD-233.12", "SD-233.17", "SD-233.54", "SD-233.63")
def test_an_account_of_a_hundred_falls_below_sixty_and_dismissal_is_only_proposed(centre):
    centre.work_by("SD-2")
    for day in range(1, 14):
        line(centre, "SD-233.63", on=day)
    line(centre, "SD-233.54", on=14, incident="投诉 7")
    line(centre, "SD-233.63", on=14, incident="投诉 7")  # one incident, the most specific clause
    line(centre, "SD-233.45", on=15, value=Decimal(3), kind="points")

    found = score(centre)

    assert found.points == 100 - 13 * 3 - 3 + 3
    assert found.money == 1000 - 40
    line(centre, "SD-233.52", on=16)
    line(centre, "SD-233.52", on=17)
    assert score(centre).points == 59
    assert not publish(centre, centre.lin, now=NOON).done  # the period is not over

    [row] = publish(centre, centre.lin, centre.zhou).done[:1]

    assert (row.points, row.employee) == (59, centre.lin)
    proposed = RegisterEntry.objects.filter(source="score:2026-11").order_by("clause")
    assert [(one.clause, one.employee, one.kind, one.state) for one in proposed] == [
        ("SD-233.12", centre.lin, "remark", "reported"),
        ("SD-233.17", centre.chen, "fine", "reported"),
    ]
    centre.lin.refresh_from_db()
    assert centre.lin.status == "active"


@pytest.mark.rule(
    "ES-603.02", "ES-603.05", "ES-603.06", "ES-603.11", "ES-603.12", "ES-603.15", "ES-603.24",
    "ES-604.03", "ES-604.04", "ES-604.05",
)  # fmt: skip
def test_an_assessment_is_published_whole_and_talked_about(centre):
    centre.work_by("ES")
    answered(centre, NOVEMBER, 38, 40)

    def judge(part, points, *, by=centre.chen, of=centre.lin, month=NOVEMBER):
        return services.judge(
            employee=of,
            month=month,
            part=part,
            points=Decimal(points),
            note="随听三通",
            actor=by.user,
            now=NOON,
        )

    for by, of in ((centre.lin, centre.lin), (centre.chen, centre.chen), (centre.zhou, centre.lin)):
        with pytest.raises(KefuError):
            judge("attitude", 100, by=by, of=of)
    with pytest.raises(DatabaseError), transaction.atomic():
        services.JudgedPart.objects.create(
            employee=centre.lin, month=NOVEMBER, part="attitude", points=100, note="我自己",
            given_by=centre.lin.user, given_as="supervisor", given_at=NOON,
        )  # fmt: skip
    with pytest.raises(KefuError):
        judge("attitude", 101)
    judge("attitude", 20)
    [(_who, why)] = publish(centre, centre.lin).left
    assert "制度遵守" in why
    judge("compliance", 40)
    judge("compliance", 30)  # the latest counts

    [row] = publish(centre, centre.lin, now=at("2026-11-30 17:00")).done

    assert (row.points, row.grade) == (Decimal("70.00"), "pass")  # 100 × 60% + 25 × 40%
    with pytest.raises(Conflict):
        judge("attitude", 90)
    with pytest.raises(KefuError, match="填写"):
        services.record_talk(
            employee=centre.lin, month=NOVEMBER, talked_on=date(2026, 12, 1), strengths="", weaknesses="慢",
            actor=centre.chen.user, now=NEXT,
        )  # fmt: skip
    talk = services.record_talk(
        employee=centre.lin, month=NOVEMBER, talked_on=date(2026, 12, 1), strengths="用语规范", weaknesses="慢",
        plans=[Plan("每天复听一通", date(2026, 12, 31))], actor=centre.chen.user, now=NEXT,
    )  # fmt: skip
    services.improvement_done(improvement=talk.improvements.get(), actor=centre.chen.user, now=NEXT)
    services.see(score=row, actor=centre.lin.user, now=NEXT)
    row.refresh_from_db()
    assert row.seen_at == NEXT

    # Two fails in a row are proposed for dismissal, a month in between without an assessment or not.
    for month, number in ((date(2027, 1, 1), 1), (date(2027, 3, 1), 2)):
        answered(centre, month, 1, 40)
        judge("attitude", 20, month=month)
        judge("compliance", 20, month=month)
        published = publish(
            centre,
            centre.lin,
            month=month,
            now=at(f"{month.replace(day=28)} 12:00").replace(day=31),
        )
        assert published.done[0].grade == "fail"
        assert RegisterEntry.objects.filter(clause="ES-603.24").count() == number - 1


def test_what_is_published_stands_and_is_corrected_by_the_next_number(centre):
    line(centre, "CD-12.18", on=3)
    [row] = publish(centre, centre.lin).done
    entry = line(centre, "CD-12.35", on=4)
    assert score(centre).points == Decimal("49.5")
    with pytest.raises(DatabaseError), transaction.atomic():
        MonthScore.objects.update(points=50)

    with pytest.raises(NotAllowed):
        services.correct(score=row, reason="漏了一条", actor=centre.wang.user, now=NEXT)
    again = services.correct(score=row, reason="漏了一条", actor=centre.chen.user, now=NEXT)

    assert (again.number, score(centre).points) == (2, 49)
    months.lock(NOVEMBER, actor=centre.he.user, now=NEXT)
    with pytest.raises(Conflict):
        services.correct(score=again, reason="再改", actor=centre.chen.user, now=NEXT)
    register.withdraw(entry=entry, reason="记错", actor=centre.chen.user, now=NEXT)
    entry.refresh_from_db()
    assert entry.state == "counted"  # as it was paid; the decision is on record
    assert entry.decisions.filter(state="withdrawn").exists()


def test_the_questions_do_not_grow_with_people_or_lines(centre):
    def asked(people):
        with CaptureQueriesContext(connection) as queries:
            selectors.score_of(people, NOVEMBER)
        return len(queries)

    asked([centre.lin])  # reads the rulebook
    few = asked([centre.lin])
    for day in range(1, 20):
        line(centre, "CD-12.18", on=day)
        line(centre, "CD-12.18", on=day, of=centre.zhou)

    assert asked([centre.lin, centre.zhou, centre.wang]) == few


@pytest.mark.rule("CD-12.03")
def test_a_supervisor_sets_targets_for_her_own_people(centre):
    given = {"employee": centre.lin, "month": NOVEMBER, "now": NOON}

    services.set_target(
        **given, metric="answered_calls", number=Decimal(1200), actor=centre.chen.user
    )
    services.set_target(**given, text="带教新人", actor=centre.chen.user)
    for wrong in ({"metric": "sneezes", "number": Decimal(3)}, {}, {"metric": "answered_calls"}):
        with pytest.raises(KefuError):
            services.set_target(**given, **wrong, actor=centre.chen.user)
    with pytest.raises(NotAllowed):
        services.set_target(**given, text="自己定", actor=centre.zhou.user)


def test_a_published_score_is_decided_anew_without_a_difference(centre):
    line(centre, "CD-12.18", on=3)
    publish(centre, centre.lin)
    again = replayables()["month_score"]

    [decision] = again.read("2026-12", None, after=0, limit=9, at=NEXT)
    rules = edition(decision.version_id).rules

    assert (again.count("2026-12", None), again.count("2026-11", None)) == (1, 0)
    assert decision.stored.fields == {"points": "49.50", "grade": ""}
    assert list(differences(decision, again.decide(decision.facts, rules))) == []
    dearer = edited("CD", CD_12_18={"points": -2})
    assert again.decide(decision.facts, dearer).fields["points"] == "48.00"


@pytest.mark.rule(
    "CD-12.14", "CD-12.15", "CD-12.16", "CD-12.19", "CD-12.21", "CD-12.22", "CD-12.36", "CD-12.37",
    "CD-12.47", "CD-12.48", "CD-12.49", "CD-12.58", "CD-12.59", "CD-12.60", "CD-12.61", "CD-12.62",
    "CD-12.63", "CD-12.64", "CD-12.65", "CD-12.67", "CD-12.68", "CD-12.69", "CD-12.70", "CD-12.71",
    "CD-12.72", "CD-12.73", "CD-12.02", "CD-12.27", "CD-12.28", "CD-12.32", "CD-12.43", "CD-12.46",
    "SD-233.32", "SD-233.43", "SD-233.51", "SD-233.52", "SD-233.56", "SD-233.58", "SD-233.62",
    "SD-233.63",
)  # fmt: skip
@pytest.mark.parametrize("code", ["CD", "SD-2"])
def test_each_line_of_the_sheet_is_entered_by_a_supervisor_and_moves_the_score_by_its_points(
    centre, code
):
    centre.work_by(code)
    rules = edition_in_force(department_id=centre.lin.department_id, at=NOON).rules
    moved = {clause: one for clause, one in ScoreRules.of(rules).lines.items() if not one.free}
    entered = [
        one
        for one in enterable(rules).values()
        if one.by_hand and one.clause in moved and not one.chosen
    ]

    for one in entered:
        entry = line(centre, one.clause, verified=False)
        judge = centre.he if one.second_person else centre.chen
        register.verify(entry=entry, actor=judge.user, now=NOON)

    found = score(centre)
    changes = {
        step.clause: Decimal(step.inputs["change_points"])
        for step in found.steps
        if step.key.startswith("score_line")
    }
    assert changes == {one.clause: moved[one.clause].points for one in entered}
    assert len(changes) == {"CD": 44, "SD-2": 9}[code]


@pytest.mark.rule("SD-233.48", "SD-233.49", "SD-233.61")
def test_the_first_times_are_free_where_the_clause_says_so(centre):
    centre.work_by("SD-2")
    for swap in range(3):
        line(centre, "SD-233.61", on=swap + 1, actor=None, source=f"swap:{swap}")
    line(centre, "SD-233.49", on=4)
    assert score(centre).points == 100  # three swaps, and a warning
    line(centre, "SD-233.61", on=5, actor=None, source="swap:4")
    assert score(centre).points == 98
    line(centre, "SD-233.49", on=6)
    assert score(centre).points == 95
    december = date(2026, 12, 1)
    line(centre, "SD-233.49", now=at("2026-12-03 12:00"), happened_on=date(2026, 12, 2))
    line(
        centre,
        "SD-233.61",
        now=at("2026-12-03 12:00"),
        happened_on=date(2026, 12, 2),
        actor=None,
        source="swap:5",
    )
    assert score(centre, month=december).points == 97  # offences are remembered, swaps begin anew


def complaint(centre, *, at_, verified=None):
    """A customer complains about Lin; ``verified``: when that was found to be so."""
    case = centre.inquiry(now=at_)
    row = Complaint.objects.create(
        case=case,
        cause="rude_language",
        against=centre.lin.party,
        received_at=at_,
        conclusion="verified" if verified else "",
    )
    if verified:
        ComplaintStep.objects.create(
            case=case,
            code="conclude",
            outcome="verified",
            by=centre.chen.user,
            happened_at=verified,
            recorded_at=verified,
        )
    return row


@pytest.mark.rule("CD-12.09", "CD-12.98", "SD-233.43", "ES-204.03")
@pytest.mark.parametrize(("code", "points"), [("CD", "49.5"), ("SD-2", "97")])
def test_a_complaint_counts_once_it_is_verified_and_never_in_a_month_that_is_published(
    centre, code, points
):
    centre.work_by(code)
    complaint(centre, at_=at("2026-11-10 10:00"))
    assert score(centre).points == {"CD": 50, "SD-2": 100}[code]
    complaint(centre, at_=at("2026-11-10 10:00"), verified=at("2026-11-12 10:00"))
    assert score(centre).points == Decimal(points)
    assert publish(centre, centre.lin).done

    complaint(centre, at_=at("2026-11-28 10:00"), verified=at("2026-12-05 10:00"))

    assert score(centre).points == Decimal(points)
    assert score(centre, month=date(2026, 12, 1)).points == Decimal(points)  # of December now


@pytest.mark.rule("ES-204.03", "ES-603.13", "ES-603.14")
def test_a_verified_complaint_takes_five_off_the_assessment(centre):
    centre.work_by("ES")
    answered(centre, NOVEMBER, 38, 40)
    for part in ("attitude", "compliance"):
        services.judge(
            employee=centre.lin, month=NOVEMBER, part=part, points=Decimal(80), note="随听", actor=centre.chen.user,
            now=NOON,
        )  # fmt: skip
    assert (score(centre).points, score(centre).grade) == (92, "excellent")

    complaint(centre, at_=at("2026-11-10 10:00"), verified=at("2026-11-12 10:00"))

    assert (score(centre).points, score(centre).grade) == (87, "pass")
