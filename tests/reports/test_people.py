"""The month's reports about people: what is rewarded and punished, how well they served, who came."""

from datetime import date
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from kefu.network.models import Party
from kefu.penalties import services as penalties
from kefu.penalties.models import Penalty
from kefu.policy.entries import enterable
from kefu.reports.models import Register
from kefu.reports.selectors.registers import compute
from kefu.reports.services.registers import draw_up, take_step
from kefu.rulebooks.selectors import edition_in_force
from payroll.models import SessionAttendance, TrainingSession
from payroll.models.calls import Chat, Rating
from payroll.services import register
from tests.centre import at
from tests.pages import fields
from tests.payroll.test_calls import rang

NOVEMBER = date(2026, 11, 1)
NOON = at("2026-11-20 12:00")
DECEMBER = at("2026-12-01 09:00")
FIFTH = at("2026-12-05 10:00")
JANUARY = at("2027-01-02 09:00")


def table(report, about):
    """{label: cells} of one table of a report as it is on record now, and its total."""
    found = next(one for one in compute(report)["tables"] if one["about"] == about)
    return {label[1]: cells for label, cells in found["rows"]}, found["total"]


@pytest.fixture
def centre(desk):
    desk.work_by("LC")
    return desk.centre


def fine(centre, party, *, kind=Penalty.Kind.FINE, value="200", condition="at_once", now=NOON):
    using = edition_in_force(department_id=centre.query_desk.pk, at=now)
    return penalties.impose(
        case=centre.inquiry(now=now),
        clause="CD-05.06",
        version_id=using.version_id,
        party=party,
        kind=kind,
        value=Decimal(value),
        inputs={"condition": condition},
        actor=centre.chen.user,
        now=now,
    )


def entered(centre, clause, *, now=NOON, **given):
    using = edition_in_force(department_id=centre.lin.department_id, at=now)
    entry = register.enter(
        employee=centre.lin,
        clause=clause,
        rulebook_id=using.version_id,
        kind=enterable(using.rules)[clause].kind,
        happened_on=now.date(),
        reason="质检",
        actor=centre.wang.user,
        now=now,
        **given,
    )
    register.verify(entry=entry, actor=centre.chen.user, now=now)
    return entry


@pytest.mark.rule("LC-01.14", "LC-03.08", "LC-03.09")
def test_a_line_is_of_the_month_of_its_decision_and_negative_where_it_is_taken_back(centre):
    taken_back = fine(centre, centre.chengdu)
    fine(centre, centre.chengdu, value="50.50")
    fine(centre, centre.xian, condition="evidenced")  # waits: nothing is decided yet
    fine(centre, centre.lin.party, kind=Penalty.Kind.POINTS, value="2")
    entry = entered(centre, "CD-12.18")
    entered(centre, "CD-12.98")  # a praise
    entered(centre, "CD-03.12")  # ten yuan
    november = draw_up(kind="reward_penalty_detail", about=NOVEMBER, now=DECEMBER)
    before = compute(november)
    penalties.reverse(
        penalty=taken_back, reason="查错了", fact={}, actor=centre.chen.user, now=DECEMBER
    )
    register.withdraw(entry=entry, reason="听错了", actor=centre.chen.user, now=DECEMBER)

    assert compute(november) == before  # what is decided later is of the later month
    outlets, total = table(november, "outlet")
    assert outlets == {"成都武侯三部": ["0", "0.00", "2", "250.50", "-250.50"]}
    assert total == ["0", "0.00", "2", "250.50", "-250.50"]
    people, _total = table(november, "department")
    assert people == {"查询部": ["1", "0.00", "3", "10.00", "-10.00"]}
    december = draw_up(kind="reward_penalty_detail", about=date(2026, 12, 1), now=JANUARY)
    assert table(december, "outlet")[0] == {
        "成都武侯三部": ["0", "0.00", "-1", "-200.00", "200.00"]
    }
    assert table(december, "department")[0] == {"查询部": ["0", "0.00", "-1", "0.00", "0.00"]}
    detail = next(one for one in compute(december)["tables"] if one["about"] == "detail")
    assert [cells[:5] for _label, cells in detail["rows"]] == [
        ["成都武侯三部", "penalty", "CD-05.06", "", "-200.00"],
        ["林小月", "penalty", "CD-12.18", "-0.5", ""],
    ]


@pytest.mark.rule("LC-01.14", "LC-03.09", "LC-03.10")
def test_the_inspector_prepares_the_centre_submits_and_the_fifth_is_the_day(centre):
    report = draw_up(kind="reward_penalty_detail", about=NOVEMBER, now=DECEMBER)
    assert report.due_at == at("2026-12-05 18:00")
    take_step(register=report, step="prepare", actor=centre.he.user, now=FIFTH)
    done = take_step(register=report, step="submit", actor=centre.chen.user, now=FIFTH)

    assert done.issued_by == centre.chen.user
    assert done.digest
    assert done.content == compute(done)


@pytest.mark.rule("ES-603.07", "ES-603.08", "ES-603.09")
def test_service_quality_stands_beside_its_targets_as_shares_of_the_sums(centre):
    """Nineteen of twenty calls within three rings are 95 % to the tenth; 4.49 is below 4.5."""
    assert draw_up(kind="service_quality", about=NOVEMBER, now=DECEMBER) is None
    centre.work_by("ES")
    rang(centre.lin, 16, rings=2)
    rang(centre.zhou, 1, rings=5)
    for n, stars in enumerate((5, 4, 4)):
        chat = Chat.objects.create(
            number=f"S-{n}", employee=centre.lin, began_at=NOON, closed=True, first_seconds=8,
            recorded_by=centre.chen.user, recorded_at=NOON,
        )  # fmt: skip
        Rating.objects.create(
            chat=chat, employee=centre.lin, stars=stars, source="online", rated_on=NOON.date(),
            recorded_by=centre.chen.user, recorded_at=NOON,
        )  # fmt: skip

    report = draw_up(kind="service_quality", about=NOVEMBER, now=DECEMBER)

    targets, _none = table(report, "targets")
    assert targets == {
        "response_rate": ["95", "95.0", "+0.0", "yes", "ES-603.07"],
        "first_contact_rate": ["90", "", "", "", "ES-603.08"],
        "satisfaction": ["4.5", "4.33", "-0.17", "no", "ES-603.09"],
    }
    people, total = table(report, "employee")
    assert people == {
        "周明 0831": ["0", "1", "0.0", "0", "0", "", "0", ""],
        "林小月 0826": ["19", "19", "100.0", "0", "0", "", "3", "4.33"],
    }
    assert total == ["19", "20", "95.0", "0", "0", "", "3", "4.33"]


def test_training_and_attendance_count_sessions_that_were_held_and_people_who_came(centre):
    using = edition_in_force(department_id=centre.query_desk.pk, at=NOON)
    day = {"department": centre.query_desk, "rulebook_id": using.version_id, "planned_at": NOON}
    held = {"topic": "话术", "minutes": 60, "settled_at": NOON, "state": "held"}
    for on, kind, more in (
        (date(2026, 11, 10), "training", held),
        (date(2026, 11, 20), "exam", {}),
        (date(2026, 11, 30), "exam_review", {"state": "cancelled"}),
        (date(2026, 12, 10), "training", held),
    ):
        session = TrainingSession.objects.create(kind=kind, on=on, due_on=on, **day, **more)
        if more is held:
            for person, status in ((centre.lin, "present"), (centre.zhou, "absent")):
                SessionAttendance.objects.create(
                    session=session, employee=person, status=status,
                    recorded_by=centre.chen.user, recorded_at=NOON,
                )  # fmt: skip

    report = draw_up(kind="training_and_attendance", about=NOVEMBER, now=DECEMBER)

    assert table(report, "training")[0] == {"查询部": ["2", "1", "1", "0", "1", "50.0", ""]}
    people, _none = table(report, "employee")
    assert people["林小月 0826"][-4:] == ["1", "0", "0", ""]
    assert people["周明 0831"][-4:] == ["0", "0", "1", ""]


def test_what_is_told_of_people_is_not_shown_to_their_colleagues(centre, settings):
    settings.KEFU_NOW = DECEMBER
    report = draw_up(kind="reward_penalty_detail", about=NOVEMBER, now=DECEMBER)
    address = reverse("reports:register", args=[report.pk])
    client = Client()
    client.force_login(centre.lin.user)

    for name in ("register", "register_file", "register_paper"):
        assert client.get(reverse(f"reports:{name}", args=[report.pk])).status_code == 404
    assert address not in client.get(reverse("reports:registers")).content.decode()
    to = reverse("reports:draw_up")
    form = fields(client.get(reverse("reports:registers")).content.decode(), form=to)
    refused = client.post(to, {**form, "kind": "reward_penalty_detail", "about": "2026-11-01"})
    assert refused.status_code == 422

    client.force_login(centre.wang.user)
    assert client.get(address).status_code == 200


def test_a_report_is_a_paper_too(centre, settings):
    settings.KEFU_NOW = DECEMBER
    fine(centre, Party.objects.get(pk=centre.chengdu.pk))
    report = draw_up(kind="reward_penalty_detail", about=NOVEMBER, now=DECEMBER)
    client = Client()
    client.force_login(centre.chen.user)

    paper = client.get(reverse("reports:register_paper", args=[report.pk]))

    assert paper.headers["Content-Type"] == "application/pdf"
    assert paper.content.startswith(b"%PDF-")
    assert "reward-penalty-detail-2026-11-01-1.pdf" in paper.headers["Content-Disposition"]
    assert Register.objects.count() == 1
