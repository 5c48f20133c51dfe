"""The pages of scores and of the register, as an agent and her supervisor use them."""

import io
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from python_calamine import CalamineWorkbook

from kefu.audit.models import AuditRow
from kefu.network.models import Party
from kefu.penalties.models import Penalty
from kefu.rulebooks.selectors import edition_in_force
from kefu.staff.models import Department, Employee, User
from payroll.models import (
    AttendanceDay,
    Employment,
    MonthScore,
    Objection,
    RegisterEntry,
    RewardSheet,
    Roster,
    RosteredShift,
    Talk,
    YearSheet,
)
from payroll.selectors.leaderboard import boards
from payroll.selectors.score_facts import gather
from payroll.services import register, scores
from problem_parcels.models import Volume
from tests import centre as centres
from tests.centre import Centre, at

NOW = at("12:00")
NOVEMBER = date(2026, 11, 1)


@pytest.fixture
def centre(db: None, settings) -> Centre:
    settings.KEFU_NOW = NOW
    made = centres.build(now=at("08:00"))
    Employment.objects.bulk_create(
        Employment(employee=one, hired_on=date(2024, 1, 15)) for one in Employee.objects.all()
    )
    Employee.objects.update(channels=["online"])
    made.lin.refresh_from_db()
    return made


def signed_in(employee) -> Client:
    client = Client()
    client.force_login(employee.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def line(centre, clause="CD-12.18", *, on=3, by=None, **given):
    using = edition_in_force(department_id=centre.lin.department_id, at=NOW)
    facts = {
        "employee": centre.lin,
        "clause": clause,
        "rulebook_id": using.version_id,
        "kind": "points",
        "happened_on": date(2026, 11, on),
        "reason": "听录音没有报工号",
        "verified": True,
        "actor": (by or centre.chen).user,
        "now": NOW,
    }
    return register.enter(**(facts | given))


def fined(centre, case, points="0.50"):
    using = edition_in_force(department_id=centre.lin.department_id, at=NOW)
    return Penalty.objects.create(
        case=case, clause="CD-12.17", rulebook_id=using.version_id, party=centre.lin.party, kind="points",
        value=Decimal(points), condition="repeat_call", state="payable", incurred_at=NOW, decided_at=NOW,
        inputs={},
    )  # fmt: skip


@pytest.mark.rule("CD-02.08", "CD-12.09", "CD-12.17", "ES-604.03")
def test_an_agent_reads_her_score_line_by_line_and_objects(centre):
    for on in range(1, 16):
        line(centre, "CD-12.57", on=on)
    entry = line(centre, on=4)
    waiting = line(centre, "CD-12.35", on=5, verified=False)
    for _n in range(3):
        fined(centre, centre.inquiry(now=at("09:00")))
    client = signed_in(centre.lin)
    client.get(reverse("payroll:my_score"))

    with CaptureQueriesContext(connection) as queries:
        page = client.get(reverse("payroll:my_score"))

    assert len(queries) <= 15, "\n".join(one["sql"][:150] for one in queries)
    text = page.content.decode()
    assert text.count("听录音没有报工号") == 17
    for told in ("CD-12.57", "制度-考勤", "扣到零为止", "CD-12.17", "还没有计入", "50", "43"):
        assert told in text
    sheet = page.context["sheet"]
    assert sheet.opening + sum(row.change for row in sheet.rows) == sheet.today == Decimal("43.0")
    assert len(sheet.course.days) == 20
    assert (waiting.pk, "entry") in [(one.key, one.what) for one in sheet.waiting]

    sent = {
        "what": "entry",
        "key": entry.pk,
        "text": "录音里报了工号",
        "month": "2026-11",
        "ticket": "t1",
    }
    for _twice in range(2):
        assert client.post(reverse("payroll:object"), sent).status_code == 302
    assert Objection.objects.get().entry == entry
    assert "异议待答复" in client.get(reverse("payroll:my_score")).content.decode()
    penalty = Penalty.objects.first()
    client.post(
        reverse("payroll:object"), {"what": "penalty", "key": penalty.pk, "text": "客户没有再来电"}
    )
    assert penalty.waivers.get().ground == "objection"
    other = signed_in(centre.zhou)
    assert other.post(reverse("payroll:object"), sent).status_code == 404
    assert (
        client.post(reverse("payroll:object"), sent | {"text": "", "ticket": "t2"}).status_code
        == 422
    )


def test_nobody_looks_at_anothers_score_but_who_leads_him(centre):
    front = Department.objects.get(code="front")
    centre.he.department = front
    centre.he.save(update_fields=["department"])
    own = reverse("payroll:score_of", args=["0826"])

    statuses = {
        one.number: signed_in(one).get(own).status_code
        for one in (centre.lin, centre.zhou, centre.wang, centre.chen, centre.he)
    }

    assert statuses == {"0826": 404, "0831": 404, "0803": 200, "0801": 200, "0802": 404}
    # What the points cost is pay: it is hers to see, who leads her sees the points.
    centre.work_by("SD-2")
    line(centre, "SD-233.52", on=3)
    mine = signed_in(centre.lin).get(reverse("payroll:my_score")).content.decode()
    theirs = signed_in(centre.chen).get(own).content.decode()
    assert "失分折算" in mine and "失分折算" not in theirs and "SD-233.52" in theirs
    for name in ("scores", "score_board", "rewards", "years", "register"):
        assert signed_in(centre.zhou).get(reverse(f"payroll:{name}")).status_code == 403
        assert signed_in(centre.chen).get(reverse(f"payroll:{name}")).status_code == 200
    assert (
        signed_in(centre.lin).get(reverse("payroll:my_score"), {"month": "2027-01"}).status_code
        == 404
    )
    assert signed_in(centre.lin).get(reverse("payroll:my_score"), {"month": "x"}).status_code == 404


@pytest.mark.rule("SD-233.02", "ES-138.02")
def test_a_supervisor_finds_a_clause_by_words_enters_lines_and_verifies_them_together(centre):
    chen, wang = signed_in(centre.chen), signed_in(centre.wang)
    asked = {"employee": centre.lin.pk, "happened_on": "2026-11-18", "clause": "话务 工号"}
    found = chen.get(reverse("payroll:register_clauses"), asked).content.decode()
    assert "CD-12.18" in found and "−0.5" in found and "CD-12.14" not in found
    assert (
        "先选人"
        in chen.get(reverse("payroll:register_clauses"), {"clause": "工号"}).content.decode()
    )

    entry = {**asked, "reason": "没有报工号", "ticket": "a"}
    assert wang.post(reverse("payroll:register_enter"), entry).status_code == 302
    more = {**entry, "clause": "", "chosen": "CD-12.14", "ticket": "b"}
    assert wang.post(reverse("payroll:register_enter"), more).status_code == 302
    for wrong, field in (
        ({"clause": "话务"}, "clause"),
        ({"clause": ""}, "clause"),
        ({"clause": "CD-12.17"}, "clause"),
        ({"value": "3"}, "value"),
        ({"reason": ""}, "reason"),
        ({"happened_on": "2026-12-24"}, "happened_on"),
        ({"employee": centre.he.pk + 999}, "employee"),
    ):
        page = chen.post(reverse("payroll:register_enter"), entry | wrong | {"ticket": ""})
        assert (page.status_code, field in page.context["form"].errors) == (422, True)
    assert RegisterEntry.objects.count() == 2
    own = chen.post(
        reverse("payroll:register_enter"), entry | {"employee": centre.chen.pk, "ticket": ""}
    )
    assert own.status_code == 422

    page = chen.get(reverse("payroll:register"))
    assert [one.clause for one, _told in page.context["waiting"]] == ["CD-12.18", "CD-12.14"]
    ids = list(RegisterEntry.objects.values_list("pk", flat=True))
    assert (
        wang.post(
            reverse("payroll:register_decide"), {"entries": ids, "outcome": "verify"}
        ).status_code
        == 422
    )
    assert chen.post(reverse("payroll:register_decide"), {"outcome": "verify"}).status_code == 422
    unfounded = {"entries": ids[:1], "outcome": "not_upheld"}
    assert chen.post(reverse("payroll:register_decide"), unfounded).status_code == 422
    chen.post(reverse("payroll:register_decide"), {"entries": ids, "outcome": "verify"})
    assert RegisterEntry.objects.counted().count() == 2

    chen.post(reverse("payroll:register_withdraw", args=[ids[0]]), {"reason": "听错了"})
    assert RegisterEntry.objects.get(pk=ids[0]).state == "withdrawn"
    kept = RegisterEntry.objects.get(pk=ids[1])
    objection = register.object_to(entry=kept, text="不是我接的", actor=centre.lin.user, now=NOW)
    answer = reverse("payroll:register_answer", args=[objection.pk])
    assert chen.post(answer, {"upheld": "1"}).status_code == 422
    chen.post(answer, {"upheld": "1", "answer": "查了排班，属实"})
    kept.refresh_from_db()
    assert kept.state == "withdrawn"


@pytest.mark.rule("CD-12.03", "ES-603.02", "ES-603.12", "ES-604.04")
def test_a_supervisor_judges_publishes_talks_and_corrects_on_the_pages(centre, settings):
    centre.work_by("ES")
    client, lin = signed_in(centre.chen), centre.lin
    settings.KEFU_NOW = at("2026-11-30 17:00")
    page = client.get(reverse("payroll:scores"))
    assert "缺主管评分" in page.content.decode()

    def act(name, **sent):
        return client.post(
            reverse("payroll:score_act", args=[lin.number, name]), {"month": "2026-11", **sent}
        )

    publish = {"month": "2026-11", "people": [lin.pk]}
    assert client.post(reverse("payroll:publish_scores"), {"month": "2026-11"}).status_code == 422
    assert "还没有评：" in client.post(reverse("payroll:publish_scores"), publish).content.decode()
    assert act("judge", part="attitude", points="101", note="好").status_code == 422
    for part in ("attitude", "compliance"):
        assert act("judge", part=part, points="95", note="随听三通").status_code == 302
    assert act("target", text="带教新人").status_code == 302
    assert act("target").status_code == 422
    assert act("talk", talked_on="2026-11-30", strengths="好", weaknesses="慢").status_code == 422

    left = client.post(reverse("payroll:publish_scores"), publish).content.decode()
    assert "没有 2026-11 的数据" in left  # nothing was measured this month
    assert not MonthScore.objects.exists()

    centre.lin.refresh_from_db()
    centre.query_desk.save()
    rules = edition_in_force(department_id=centre.lin.department_id, at=NOW)
    row = MonthScore.objects.create(
        employee=lin, month=NOVEMBER, department=centre.query_desk, first_on=NOVEMBER, last_on=date(2026, 11, 30),
        mechanism="assessment", clause="ES-603.13", rulebook_id=rules.version_id, points=Decimal("98.00"),
        grade="excellent", published_by=centre.chen.user, published_at=settings.KEFU_NOW,
        facts={"month": "2026-11", "measured": {n: {"done": "9", "out_of": "9"} for n in ("response_rate", "first_contact_rate")}
               | {"satisfaction": {"done": "0", "out_of": "0"}},
               "judged": {n: {"points": "95", "by": "supervisor"} for n in ("attitude", "compliance")}},
    )  # fmt: skip
    talk = {
        "talked_on": "2026-11-30",
        "strengths": "用语规范",
        "weaknesses": "慢",
        "action": "复听",
        "due_on": "2026-12-31",
    }
    assert act("talk", **(talk | {"due_on": ""})).status_code == 422
    assert act("talk", **talk).status_code == 302
    plan = Talk.objects.get().improvements.get()
    client.post(reverse("payroll:plan_done", args=[plan.pk]))
    plan.refresh_from_db()
    assert plan.done_on == date(2026, 11, 30)

    mine = signed_in(lin)
    text = mine.get(reverse("payroll:my_score")).content.decode()
    text += mine.get(reverse("payroll:score_beside")).content.decode()
    for told in ("98", "优秀", "用语规范", "复听", "我已查看", "ES-603.05"):
        assert told in text
    mine.post(reverse("payroll:score_seen", args=[row.pk]))
    row.refresh_from_db()
    assert row.seen_at == settings.KEFU_NOW
    assert (
        signed_in(centre.zhou).post(reverse("payroll:score_seen", args=[row.pk])).status_code == 404
    )


@pytest.mark.rule("ES-603.03", "ES-603.04")
def test_the_year_is_graded_by_the_supervisor_beside_its_mean(centre, settings):
    centre.work_by("ES")
    rules = edition_in_force(department_id=centre.lin.department_id, at=NOW)
    for month, points in ((9, "80.00"), (10, "91.50")):
        MonthScore.objects.create(
            employee=centre.lin, month=date(2026, month, 1), department=centre.query_desk,
            first_on=date(2026, month, 1), last_on=date(2026, month, 28), mechanism="assessment", clause="ES-603.14",
            rulebook_id=rules.version_id, points=Decimal(points), grade="pass", published_by=centre.chen.user,
            published_at=NOW,
        )  # fmt: skip
    client = signed_in(centre.chen)
    address = reverse("payroll:grade_year", args=["0826"])
    sent = {"year": "2026", "grade": "excellent", "note": "稳步提高"}

    assert client.post(address, sent).status_code == 422  # before 1 December
    settings.KEFU_NOW = at("2026-12-01 09:00")
    assert client.post(address, sent | {"grade": "splendid"}).status_code == 422
    assert client.post(address, sent).status_code == 302

    sheet = YearSheet.objects.get()
    assert (sheet.mean, sheet.grade) == (Decimal("85.75"), "excellent")
    page = client.get(reverse("payroll:years")).content.decode()
    for strange in ("020261", "一二三四", "2101"):
        assert client.get(reverse("payroll:years"), {"year": strange}).status_code == 404
    for told in ("85.75", "稳步提高", "优秀", "91.5"):
        assert told in page


@pytest.mark.rule("SD-221.11", "SD-221.12", "SD-233.03")
def test_the_months_rewards_and_penalties_are_prepared_reviewed_by_another_and_issued(centre):
    centre.work_by("SD-2")
    line(centre, "SD-233.52", on=2)
    line(centre, "SD-233.51", on=3)
    line(centre, "SD-233.30", on=4, kind="fine")
    line(centre, "SD-233.46", on=5, kind="award", value=Decimal(200))
    chen, he = signed_in(centre.chen), signed_in(centre.he)

    made = chen.post(
        reverse("payroll:rewards_prepare"), {"month": "2026-11", "department": centre.query_desk.pk}
    )
    row = RewardSheet.objects.get()

    assert made.url == reverse("payroll:reward_sheet", args=[row.pk])
    [person] = [one for one in row.content["people"] if one["number"] == "0826"]
    assert (person["score"], person["points"], person["yuan"]) == ("101", "1", "150.00")
    assert [(one["clause"], one["points"], one["yuan"]) for one in person["lines"]] == [
        ("SD-233.52", "-1", ""), ("SD-233.51", "2", ""), ("SD-233.30", "", "-50.00"), ("SD-233.46", "", "200.00"),
    ]  # fmt: skip
    step = reverse("payroll:reward_step", args=[row.pk])
    assert he.post(step, {"step": "issue"}).status_code == 422
    assert chen.post(step, {"step": "review"}).status_code == 422
    assert he.post(step, {"step": "review"}).status_code == 302
    assert chen.post(step, {"step": "issue"}).status_code == 302
    row.refresh_from_db()
    assert (row.reviewed_by, row.issued_by) == (centre.he.user, centre.chen.user)
    # Who prepares and reviews reads the yuan, and each look is on record; a shift lead reads the points.
    looks = AuditRow.objects.filter(table="payroll_rewardsheet", action="reveal")
    seen = looks.count()
    assert "+200" in chen.get(made.url).content.decode()
    assert [one.actor_id for one in looks.order_by("id")[seen:]] == [centre.chen.user_id]
    wang = signed_in(centre.wang)
    page = wang.get(made.url).content.decode()
    assert "SD-233.46" in page and "101" in page and "+200" not in page and "−50" not in page
    assert looks.count() == seen + 1
    for client, columns in ((chen, 8), (wang, 7)):
        taken = client.get(reverse("payroll:reward_file", args=[row.pk]))
        assert taken["Cache-Control"] == "private, no-store"
        book = CalamineWorkbook.from_filelike(io.BytesIO(taken.content))
        rows = book.get_sheet_by_index(0).to_python()
        assert len(rows[0]) == columns and ("200.00" in str(rows)) == (client is chen)


def test_the_board_goes_by_the_hour_on_shift_among_those_who_do_the_same(centre):
    centre.query_desk.desk = "processing_desk"
    centre.query_desk.save(update_fields=["desk"])
    roster = Roster.objects.create(
        department=centre.query_desk, starts_on=NOVEMBER, ends_on=date(2026, 11, 30), made_by=centre.chen.user,
        made_at=NOW,
    )  # fmt: skip
    rules = edition_in_force(department_id=centre.query_desk.pk, at=NOW)
    for employee, number, minutes in (
        (centre.lin, 3000, 9600),
        (centre.zhou, 2000, 4800),
        (centre.wang, 900, 0),
    ):
        Volume.objects.create(
            employee=employee, month=NOVEMBER, metric="outbound_problem_parcels", number=number
        )
        if minutes:
            shift = RosteredShift.objects.create(
                roster=roster, employee=employee, day=NOVEMBER, name="day", starts_at=at("2026-11-01 08:00"),
                ends_at=at("2026-11-01 17:30"),
            )  # fmt: skip
            AttendanceDay.objects.create(
                shift=shift, employee=employee, day=NOVEMBER, status="present", worked_minutes=minutes,
                rulebook_id=rules.version_id, decided_at=NOW,
            )  # fmt: skip

    [board] = boards(gather([centre.lin, centre.zhou, centre.wang], NOVEMBER), NOVEMBER)

    assert [(one.employee[:2], one.rank, one.per_hour, one.share) for one in board.places] == [
        ("周明", 1, Decimal("25.00"), 36),
        ("林小", 2, Decimal("18.75"), 54),
        ("王芳", None, None, 16),
    ]
    assert "25" in signed_in(centre.chen).get(reverse("payroll:score_board")).content.decode()


def test_hr_sees_everybody_and_a_manager_decides_about_supervisors(centre):
    party = Party.objects.create(kind="employee", code="0798", name="罗经理")
    user = User.objects.create_user(
        "0798", role="manager", party=party, first_name="罗经理", is_staff=True
    )
    luo = Employee.objects.create(
        user=user, party=party, number="0798", name="罗经理", department=centre.front_desk,
        position=centre.lin.position, channels=["phone"],
    )  # fmt: skip
    entry = line(
        centre, by=luo, employee=centre.chen, clause="CD-12.88", kind="forfeit", verified=False
    )

    assert signed_in(luo).get(reverse("payroll:score_of", args=["0826"])).status_code == 200
    register.verify(entry=entry, actor=user, now=NOW)
    assert RegisterEntry.objects.counted().get() == entry
    assert scores.LEAD
