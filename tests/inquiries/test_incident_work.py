"""What has to be done once an incident is open: for many complaints, in a disaster, while a system is down, in a drill."""

from datetime import timedelta

import pytest

from inquiries import services as inquiries
from inquiries.models import (
    AffectedCase,
    BroadcastReceipt,
    DrillReminder,
    GroupedComplaint,
    Incident,
    IncidentMember,
)
from inquiries.selectors.incidents import (
    banner,
    complaints_page,
    emergency_contacts,
    incidents_of,
    progress,
    script,
)
from inquiries.services import (
    disasters,
    drills,
    failures,
    incident_findings,
    incident_opening,
    incident_solution,
    incident_team,
    incidents,
    statements,
)
from kefu.cases.models import Case
from kefu.deadlines.models import Deadline
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.jobs import services as jobs
from kefu.network.models import ContactNumber, Party
from kefu.network.services import change_number
from kefu.notifications.models import Event
from tests.centre import at
from tests.inquiries.test_incidents import complain

pytestmark = pytest.mark.django_db
Role, Post = IncidentMember.Role, IncidentMember.Post


@pytest.fixture
def express(centre):
    centre.work_by("ES")
    return centre


@pytest.fixture
def storm(express, clock):
    """Twenty-two complaints about Chengdu by 10:21, and the incident they made."""
    found = [complain(express, clock(f"10:{n:02}:00")) for n in range(22)]
    return Incident.objects.get(), found


def gather_team(centre, incident, now):
    by = {"incident": incident, "actor": centre.wang.user, "now": now}
    incident_team.add_member(role=Role.AGENT, post=Post.PHONE, employee=centre.lin, **by)
    incident_team.add_member(role=Role.AGENT, post=Post.ONLINE, employee=centre.zhou, **by)
    incident_team.add_member(role=Role.COMPLAINT_SPECIALIST, employee=centre.wang, **by)
    incident_team.add_member(role=Role.OUTLET_HEAD, outlet=centre.chengdu, **by)


def clock_of(incident, action):
    return Deadline.objects.filter(case=incident.case, action=action).latest("pk")


def decide(centre, incident, now):
    return incident_solution.decide_solution(
        incident=incident,
        outcome="insured_compensation",
        text="按保价赔偿，运费全退",
        actor=centre.chen.user,
        now=now,
    )


def find_out(centre, incident):
    finding = incident_findings.submit_finding(
        incident=incident, facts="派件车故障两天", cause="车辆故障", liable=centre.chengdu,
        actor=centre.chen.user, now=at("10:37:00"),
    )  # fmt: skip
    incident_findings.decide_finding(
        finding=finding, confirm=True, actor=centre.he.user, now=at("10:38:00")
    )


def accept(case, **by):
    inquiries.answer_solution(case=case, accepted=True, text="可以", channel="phone", **by)


def call(case, **by):
    inquiries.follow_up(case=case, satisfied=True, further_needs="没有", **by)


def content(case, **by):
    accept(case, **by)
    call(case, **by)


@pytest.mark.rule("ES-502.18", "ES-502.19", "ES-502.22")
def test_one_of_each_role_is_in_the_team_before_a_solution_is_decided(express, storm, clock):
    incident, _found = storm
    assert set(incident_team.roles_lacking(incident)) == set(Role)
    assert set(incident_team.posts_lacking(incident)) == set(Post)
    with pytest.raises(KefuError) as refused:
        decide(express, incident, clock("10:30:00"))
    assert refused.value.code == "team_incomplete"

    gather_team(express, incident, clock("10:31:00"))
    assert incident_team.roles_lacking(incident) == incident_team.posts_lacking(incident) == []
    with pytest.raises(NotAllowed):
        incident_solution.decide_solution(
            incident=incident, outcome="insured_compensation", text="按保价赔偿",
            actor=express.wang.user, now=at("10:32:00"),
        )  # fmt: skip
    with pytest.raises(KefuError, match="请选"):
        incident_solution.decide_solution(
            incident=incident, outcome="nothing", text="不赔", actor=express.chen.user,
            now=at("10:32:00"),
        )  # fmt: skip
    decided = decide(express, incident, clock("10:33:00"))
    assert (decided.solution, decided.decided_by) == ("insured_compensation", express.chen.user)


@pytest.mark.rule("ES-502.20")
def test_the_plan_is_public_when_its_first_channel_is_and_each_channel_keeps_its_time(
    express, storm, clock
):
    incident, _found = storm
    words = statements.offered_words(incident, "announcement")
    assert "成都武侯三部" in words.zh and "2 小时内公布" in words.zh
    courier = Party.objects.create(
        kind="courier", code="CD03K1", name="赵六", parent=express.chengdu
    )
    incident.issue = f"courier:{courier.pk}"
    about_him = statements.offered_words(incident, "announcement")
    assert "赵六" not in about_him.zh + about_him.en and "成都武侯三部" in about_him.zh
    by = {"actor": express.wang.user}
    announcement = statements.write_statement(
        incident=incident, kind="announcement", text=words.zh, text_en=words.en,
        now=clock("10:25:00"), **by,
    )  # fmt: skip
    statements.publish(statement=announcement, channel="website", now=clock("10:26:00"), **by)
    assert clock_of(incident, "incident_plan").answered_at is None
    with pytest.raises(Conflict):
        statements.write_statement(
            incident=incident, kind="plan", text="赔", text_en="We pay", now=clock("10:27:00"), **by
        )

    gather_team(express, incident, clock("10:30:00"))
    incident = decide(express, incident, clock("11:00:00"))
    plan = statements.write_statement(
        incident=incident, kind="plan", text="按保价赔偿", text_en="We pay the insured value",
        now=clock("11:30:00"), **by,
    )  # fmt: skip
    statements.publish(statement=plan, channel="website", now=clock("12:20:00"), **by)
    statements.publish(statement=plan, channel="chat", now=clock("13:00:00"), **by)
    with pytest.raises(Conflict):
        statements.publish(statement=plan, channel="chat", now=clock("13:01:00"), **by)

    kept = clock_of(incident, "incident_plan")
    assert (kept.state, kept.answered_at) == ("met", at("12:20:00"))  # due at 12:20 to the second
    assert set(plan.publications.values_list("channel", "published_at")) == {
        ("website", at("12:20:00")),
        ("chat", at("13:00:00")),
    }


@pytest.mark.rule("ES-502.21", "LC-01.07")
def test_a_finding_counts_once_another_has_confirmed_it_as_of_when_it_was_submitted(
    express, storm, clock
):
    incident, _found = storm
    given = {"facts": "派件车故障两天", "cause": "车辆故障", "liable": express.chengdu}
    first = incident_findings.submit_finding(
        incident=incident, **given, actor=express.chen.user, now=clock("11:00:00")
    )
    with pytest.raises(KefuError, match="自己"):
        incident_findings.decide_finding(
            finding=first, confirm=True, actor=express.chen.user, now=at("11:01:00")
        )
    with pytest.raises(KefuError):  # sent back without a reason
        incident_findings.decide_finding(
            finding=first, confirm=False, actor=express.he.user, now=at("11:01:00")
        )
    incident_findings.decide_finding(
        finding=first, confirm=False, note="时间不对", actor=express.he.user, now=at("11:02:00")
    )
    second = incident_findings.submit_finding(
        incident=incident, **given, actor=express.chen.user, now=clock("12:19:00")
    )
    assert clock_of(incident, "incident_investigation").answered_at is None

    incident_findings.decide_finding(
        finding=second, confirm=True, actor=express.he.user, now=clock("13:00:00")
    )

    kept = clock_of(incident, "incident_investigation")
    assert (kept.state, kept.answered_at) == ("met", at("12:19:00"))


@pytest.mark.rule("ES-502.22", "ES-502.23", "ES-502.24")
def test_all_are_told_and_answered_a_result_a_row_and_it_ends_when_none_is_open(
    express, storm, clock
):
    incident, found = storm
    gather_team(express, incident, clock("10:30:00"))
    with pytest.raises(Conflict):
        incident_solution.answer_many(
            incident=incident, numbers=[found[0].number], text="赔", channel="phone",
            actor=express.lin.user, now=at("10:31:00"),
        )  # fmt: skip
    incident = decide(express, incident, clock("10:35:00"))
    told = GroupedComplaint.objects.get(complaint=found[0].pk)
    by = {"actor": express.lin.user, "now": at("10:40:00")}
    incident_solution.note_notice(grouped=told, channel="phone", reached=False, **by)
    incident_solution.note_notice(grouped=told, channel="sms", reached=True, **by)
    with pytest.raises(KefuError):
        incident_solution.note_notice(grouped=told, channel="pigeon", reached=True, **by)
    assert progress(incident).told == 1
    assert told not in complaints_page(incident, only="untold")

    closed, grave, *rest = found
    inquiries.reclass(
        case=grave, grade="major", reason="客户要起诉", actor=express.wang.user, now=at("10:36:00")
    )
    inquiries.verify(case=closed, method="outlet", text="车坏了", **by)
    said = {"case": closed, "channel": "phone", **by}
    inquiries.propose(text="已赔", **said)
    inquiries.answer_solution(accepted=True, text="好", **said)
    inquiries.follow_up(satisfied=True, further_needs="没有", **said)
    inquiries.close(case=closed, note="已赔", further_needs_asked=True, **by)
    numbers = [case.number for case in found]
    batch = {"incident": incident, "text": "按保价赔偿，运费全退", "channel": "phone", **by}
    early = incident_solution.answer_many(numbers=[rest[0].number], **batch)
    assert "还没有核实" in early[0].refusal  # nobody has found out yet what happened
    find_out(express, incident)
    first = incident_solution.answer_many(numbers=[*numbers[:12], "TS-261120-9999"], **batch)
    refused = {row.number: row.refusal for row in first if row.refusal}
    assert set(refused) == {closed.number, grave.number, "TS-261120-9999"}
    assert "已结案" in refused[closed.number] and "单独核实" in refused[grave.number]
    assert {row.left for row in first if not row.refusal} == {"等客户答复"}
    told = Case.objects.get(pk=rest[0].pk)
    assert list(told.complaint_steps.values_list("code", "outcome", "text")) == [
        ("verify", "outlet", "派件车故障两天"),
        ("propose", "", "按保价赔偿，运费全退\n车辆故障"),
    ]
    running = told.deadlines.unanswered().values_list("action", flat=True)
    assert set(running) == {"complaint_solution"}  # until the customer accepts
    assert progress(incident).open == 21  # told of the solution is not content with it
    with pytest.raises(Conflict, match="21"):
        incidents.complete(
            incident=incident, note="办完", actor=express.wang.user, now=at("11:00:00")
        )

    again = incident_solution.answer_many(numbers=numbers, **batch)
    assert [row.number for row in again if not row.refusal] == numbers[12:]
    heard = {"courier_said": "车坏了", "head_said": "派了别的车", "evidence": ["tracking"]}
    inquiries.verify(case=grave, text="问过了", **heard, **{**by, "actor": express.chen.user})
    grave_one = incident_solution.answer_many(
        numbers=[grave.number], **{**batch, "actor": express.chen.user}
    )
    assert not grave_one[0].refusal
    assert len(complaints_page(incident, only="open")) == progress(incident).open == 21
    content(grave, actor=express.chen.user, now=at("11:00:00"))
    for case in rest[1:]:
        content(case, actor=express.lin.user, now=at("11:00:00"))
    accept(rest[0], actor=express.lin.user, now=at("11:00:00"))
    with pytest.raises(Conflict, match="1 件"):  # accepted, and not called yet
        incidents.complete(
            incident=incident, note="办完", actor=express.wang.user, now=at("11:30:00")
        )
    call(rest[0], actor=express.lin.user, now=at("11:40:00"))
    done = incidents.complete(
        incident=incident, note="全部答复", actor=express.wang.user, now=clock("16:00:00")
    )

    assert (done.stage, done.case.state) == ("done", Case.State.CLOSED)
    assert clock_of(incident, "incident_completion").state == "met"
    for case in rest:
        assert case.interactions.filter(substantive=True, text__contains="运费全退").count() == 1


@pytest.mark.rule("LC-01.08")
def test_a_major_one_goes_to_the_head_at_once_and_stays_on_top(express, clock):
    given = incident_opening.Given(
        kind="other", summary="分拨中心失火", started_at=at("09:00:00"), is_major=True
    )
    by = {"department": express.query_desk, "actor": express.wang.user}
    major = incident_opening.declare(given=given, now=clock("09:05:00"), **by)

    assert major.case.owner == express.chen
    assert major.case.escalated_at == at("09:05:00")
    with pytest.raises(NotAllowed):
        incident_opening.declare(
            given=given, department=express.query_desk, actor=express.lin.user, now=at("09:05:00")
        )


# A disaster.


@pytest.fixture
def rain(express, clock):
    return incident_opening.declare(
        given=incident_opening.Given(
            kind="natural_disaster",
            summary="成都暴雨",
            started_at=at("09:00:00"),
            outlets=[express.chengdu],
            reason="暴雨",
            hub="成都分拨中心",
            expected_delay_days="2-3",
        ),
        department=express.query_desk,
        actor=express.wang.user,
        now=clock("09:10:00"),
    )


@pytest.mark.rule("ES-502.01", "ES-502.02", "ES-502.03", "ES-502.04")
def test_all_agents_are_warned_and_tell_the_customers_why_where_and_how_long(express, rain, clock):
    sent = statements.broadcast(
        incident=rain, text="成都暴雨，按话术解释延误", actor=express.wang.user, now=at("09:11:00")
    )
    assert sent.receipts.count() == 5
    assert Event.objects.filter(kind="incident.broadcast").count() == 5
    assert [one.broadcast for one in banner(express.lin.pk).unread] == [sent]
    statements.read_broadcast(broadcast=sent, employee=express.lin, now=at("09:12:00"))
    assert not banner(express.lin.pk).unread
    assert BroadcastReceipt.objects.filter(read_at=None).count() == 4

    assert script(rain).text == "因暴雨，快件滞留在成都分拨中心，预计延误 2-3 天"
    case = express.inquiry(now=clock("09:20:00"))
    elsewhere = express.inquiry(now=at("09:20:00"), waybill=None, waybill_number="880612049999")
    assert incidents_of(case) == [rain]
    assert incidents_of(elsewhere) == []
    told = disasters.tell(incident=rain, case=case, actor=express.lin.user, now=clock("09:25:00"))
    assert (told.told_at, told.told_by) == (at("09:25:00"), express.lin.user)
    with pytest.raises(Conflict):
        disasters.tell(incident=rain, case=elsewhere, actor=express.lin.user, now=at("09:26:00"))
    with pytest.raises(KefuError) as refused:
        incident_opening.declare(
            given=incident_opening.Given(
                kind="natural_disaster", summary="台风", started_at=at("18:00:00"), warned=True
            ),
            department=express.query_desk, actor=express.wang.user, now=at("09:30:00"),
        )  # fmt: skip
    assert refused.value.field == "reason"
    warned, called_off = (
        incident_opening.declare(
            given=incident_opening.Given(
                kind="natural_disaster", summary="台风", started_at=at("18:00:00"), warned=True,
                reason="台风",
            ),
            department=express.query_desk, actor=express.wang.user, now=at("09:30:00"),
        )
        for _n in range(2)
    )  # fmt: skip
    off = incidents.complete(
        incident=called_off, note="台风转向", actor=express.wang.user, now=clock("10:00:00")
    )
    assert (off.stage, off.ended_at) == ("done", None)
    assert disasters.begin_warned(now=clock("17:59:59")) == 0
    assert disasters.begin_warned(now=clock("18:00:00")) == 1
    warned.refresh_from_db()
    assert warned.stage == "running"
    with pytest.raises(Conflict, match="恢复"):
        incidents.complete(
            incident=warned, note="完", actor=express.wang.user, now=clock("18:00:01")
        )


@pytest.mark.rule("ES-502.09")
def test_when_it_is_over_each_customer_is_called_once_within_twenty_four_hours(
    express, rain, clock
):
    first = express.inquiry(now=clock("09:20:00"))
    again = express.inquiry(now=clock("09:40:00"))
    other = express.inquiry(now=clock("10:00:00"), customer_phone="13900001111")
    closed(first, express.lin.user, at("10:30:00"))
    disasters.end_disaster(
        incident=rain, ended_at=at("15:00:00"), actor=express.wang.user, now=clock("15:10:00")
    )
    jobs.run_until_next_tick()
    first.refresh_from_db()
    assert (first.state, first.closed_at) == ("open", None)

    due = Deadline.objects.filter(action="disaster_follow_up")
    assert {(one.case, one.due_at) for one in due} == {
        (first, at("2026-11-21 15:00:00")),
        (other, at("2026-11-21 15:00:00")),
    }
    assert AffectedCase.objects.filter(incident=rain).count() == 3
    jobs.run_until_next_tick()
    with pytest.raises(Conflict, match="2"):
        incidents.complete(
            incident=Incident.objects.get(), note="完", actor=express.wang.user, now=at("15:20:00")
        )
    for case in (first, other):
        disasters.followed_up(
            case=case, text="件已到成都，明天派送", actor=express.lin.user, now=clock("16:00:00")
        )
    first.refresh_from_db()
    other.refresh_from_db()
    assert (first.state, first.closed_at) == ("closed", at("10:30:00"))  # as it was before the call
    assert other.state == "open"
    with pytest.raises(Conflict):
        disasters.followed_up(case=again, text="好", actor=express.lin.user, now=at("16:00:00"))
    done = incidents.complete(
        incident=Incident.objects.get(), note="完", actor=express.wang.user, now=at("16:30:00")
    )
    assert not done.is_open


def closed(case, actor, now) -> None:
    inquiries.answer_customer(
        case=case, text="件在成都", channel="phone", substantive=True, actor=actor, now=now
    )
    inquiries.close(case=case, note="已告知", further_needs_asked=True, actor=actor, now=now)


# A failure.


@pytest.fixture
def failure(express, clock):
    return failures.report_failure(
        system="查件系统",
        noticed_at=at("09:58:00"),
        department=express.query_desk,
        actor=express.lin.user,
        now=clock("10:00:00"),
    )


@pytest.mark.rule("ES-502.10", "ES-502.11", "ES-502.12", "ES-502.13")
def test_a_failure_is_reported_at_once_and_the_technical_department_called_in_five_minutes(
    express, failure, clock
):
    assert express.chen.user_id in Event.objects.filter(kind="incident.opened").values_list(
        "user_id", flat=True
    )
    call, estimate = clock_of(failure, "technical_contact"), clock_of(failure, "recovery_estimate")
    assert (call.due_at, estimate.due_at) == (at("10:05:00"), at("10:30:00"))
    assert not estimate.consequences.exists()  # an estimate binds nobody
    told = {"system": "查件系统", "symptom": "13800004545 的件打不开", "error_text": ""}
    with pytest.raises(KefuError) as refused:
        failures.contact_technical(
            incident=failure, **told, actor=express.wang.user, now=at("10:03:00")
        )
    assert refused.value.field == "error_text"
    failures.contact_technical(
        incident=failure, **told | {"error_text": "502"}, actor=express.wang.user,
        now=clock("10:05:00"),
    )  # fmt: skip
    assert clock_of(failure, "technical_contact").state == "met"
    failure.refresh_from_db()
    assert failure.symptom == "138******45 的件打不开"

    words = statements.offered_words(failure, "announcement")
    assert "预计 30 分钟内恢复" in words.zh
    renewed = statements.write_statement(
        incident=failure, kind="announcement", text=words.zh, text_en=words.en,
        actor=express.wang.user, now=clock("10:40:00"),
    )  # fmt: skip
    statements.publish(
        statement=renewed, channel="website", actor=express.wang.user, now=at("10:40:00")
    )
    assert clock_of(failure, "recovery_estimate").due_at == at("11:10:00")


@pytest.mark.rule("ES-502.14", "ES-502.15", "ES-502.16")
def test_who_waits_is_called_within_the_hour_and_the_recovery_is_told_on_both_channels(
    express, failure, clock
):
    by = {"incident": failure, "actor": express.lin.user}
    with pytest.raises(KefuError) as refused:
        failures.add_waiting(
            name="陈晓梅", contact="13800004545", need_text="", now=clock("10:10:00"), **by
        )
    assert refused.value.field == "need"
    with pytest.raises(KefuError) as refused:
        failures.add_waiting(name="陈晓梅", contact="", need_text="查件", now=at("10:10:00"), **by)
    assert refused.value.field == "contact"
    first = failures.add_waiting(
        name="陈晓梅", contact="13800004545", need_text="查件", now=at("10:10:00"), **by
    )
    assert (first.name_masked, first.contact_masked) == ("陈*梅", "138******45")
    second = failures.add_waiting(
        name="", contact="13900001111", need_text="改地址", asked_at=at("10:01:00"),
        on_paper=True, now=at("10:20:00"), **by,
    )  # fmt: skip

    boss = {"incident": failure, "actor": express.wang.user}
    recovered = failures.recover(recovered_at=at("10:45:00"), now=clock("10:50:00"), **boss)
    waiting = clock_of(failure, "waiting_customers")
    assert (waiting.clause, waiting.due_at) == ("ES-502.15", at("11:45:00"))
    notice = statements.write_statement(
        kind="recovery", text="已恢复", text_en="It works again", now=at("10:51:00"), **boss
    )
    statements.publish(
        statement=notice, channel="website", actor=express.wang.user, now=at("10:52:00")
    )
    failures.contacted(
        waiting=first, outcome="已回电", actor=express.lin.user, now=clock("11:00:00")
    )
    assert clock_of(failure, "waiting_customers").state == "running"
    failures.contacted(
        waiting=second, outcome="已回电", actor=express.lin.user, now=clock("11:45:00")
    )
    assert clock_of(failure, "waiting_customers").state == "met"
    with pytest.raises(Conflict, match="1 个渠道"):
        incidents.complete(note="完", now=at("11:46:00"), **{**boss, "incident": recovered})
    statements.publish(
        statement=notice, channel="official_account", actor=express.wang.user, now=at("11:47:00")
    )
    assert not incidents.complete(
        note="完", now=at("11:48:00"), **{**boss, "incident": recovered}
    ).is_open


@pytest.mark.rule("ES-503.03", "LC-06.19")
def test_what_stands_on_paper_is_typed_in_with_its_own_time_inside_the_failure_only(
    express, failure, clock
):
    failures.recover(
        incident=failure,
        recovered_at=at("12:00:00"),
        actor=express.wang.user,
        now=clock("12:05:00"),
    )
    failure.refresh_from_db()
    paper = {
        "incident": failure, "kind": "trace", "waybill_number": express.waybill.number,
        "channel": "phone", "asker": "receiver", "customer_name": "陈晓梅",
        "customer_phone": "13800004545", "text": "查件", "owner": express.lin,
        "actor": express.lin.user, "now": at("12:05:00"),
    }  # fmt: skip
    for field, wrong in (
        ("original_time", {"original_time": at("09:57:59")}),
        ("original_time", {"original_time": at("12:00:01")}),
        ("original_time", {"original_time": None}),
        ("waybill_number", {"original_time": at("10:10:00"), "waybill_number": ""}),
    ):
        with pytest.raises(KefuError) as refused:
            failures.type_in(**paper | wrong)
        assert refused.value.field == field
    assert not Case.objects.filter(kind="inquiry").exists()

    case = failures.type_in(**paper | {"original_time": at("10:10:00")})

    assert case.inquiry.received_at == at("10:10:00")
    assert case.interactions.get(direction="in").happened_at == at("10:10:00")
    complaint = paper | {"original_time": at("11:00:00"), "kind": "complaint"}
    with pytest.raises(KefuError) as refused:
        failures.type_in(**complaint)
    assert refused.value.field == "demand"
    details = inquiries.Details(category="other", demand="给个说法")
    complaint = failures.type_in(**complaint, details=details)
    assert complaint.complaint.grade == "general"
    assert complaint.complaint.received_at == at("11:00:00")
    with pytest.raises(KefuError) as refused:
        disasters.note_remedy(
            incident=failure, case=case, text="  ", actor=express.lin.user, now=at("12:10:00")
        )
    assert refused.value.field == "remedy_note"
    noted = disasters.note_remedy(
        incident=failure, case=case, text="优先派送", actor=express.lin.user, now=at("12:10:00")
    )
    assert noted.remedy == "优先派送"


# Drills and the list of numbers.


@pytest.mark.rule("ES-503.01", "ES-503.02")
def test_a_month_without_a_drill_is_told_once_and_a_drill_is_marked_and_counts_nowhere(
    express, clock
):
    department = express.query_desk
    early = clock("2026-11-20 10:00:00")
    assert not drills.remind(now=early)
    late = clock("2026-11-25 10:00:00")
    assert drills.remind(now=late) and not drills.remind(now=late)
    assert DrillReminder.objects.count() == 1
    assert drills.suggested_scenario(department_id=department.pk, now=late) == "system_failure"

    drill = incident_opening.declare(
        given=incident_opening.Given(
            kind="system_failure", summary="查件系统断网", started_at=late, is_drill=True
        ),
        department=department,
        actor=express.wang.user,
        now=late,
    )
    assert drill.case.summary.startswith("【演练】") and drill.title.startswith("【演练】")
    assert not drill.case.deadlines.exists()
    assert not Incident.objects.real().exists()
    by = {"incident": drill, "actor": express.wang.user, "now": late + timedelta(hours=1)}
    with pytest.raises(Conflict, match="参加"):
        incidents.complete(note="练了", **by)
    incident_team.add_member(role=Role.AGENT, employee=express.lin, **by)
    incidents.complete(note="练了", **by)

    month = drills.month_of_drills(department_id=department.pk, now=late)
    assert (month.held, month.lacking, month.warned(late)) == (1, 0, False)
    assert drills.suggested_scenario(department_id=department.pk, now=late) == "mass_complaint"


@pytest.mark.rule("ES-503.04")
def test_the_emergency_list_has_the_technical_department_and_all_heads_and_shows_gaps(
    express, clock
):
    now = clock("09:00:00")
    change_number(
        party=express.company, kind=ContactNumber.Kind.TECHNICAL, number="051480001234",
        holder="技术部", actor=express.chen.user, now=now,
    )  # fmt: skip
    change_number(
        party=express.chengdu, kind=ContactNumber.Kind.HEAD, number="13700001111", holder="张三",
        actor=express.chen.user, now=now,
    )  # fmt: skip
    Party.objects.create(kind="outlet", code="X", name="关了", active=False)

    found = [(one.party, bool(one.number)) for one in emergency_contacts(now)]

    assert found == [(express.company, True), (express.chengdu, True), (express.xian, False)]
