"""Calls and chats: what the switchboard and the chat tool bring, what is counted of them, and what it costs."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from inquiries.models import Complaint
from inquiries.services import answer_customer, close, reopen
from kefu import clock
from kefu.cases.models import Interaction
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.jobs import services as jobs
from kefu.jobs.models import Refusal
from kefu.policy.contacts import ContactRules
from kefu.staff.models import Duty, Employee
from payroll.imports import calls as call_table
from payroll.imports import chats as chat_table
from payroll.models import Call, Chat, Employment, LockedMonth, Rating, RegisterEntry
from payroll.selectors import frames, scores
from payroll.selectors.calls import chats_on, tallies
from payroll.selectors.metrics import desk_metrics, metrics
from payroll.selectors.score_facts import gather
from payroll.services import calls as services
from payroll.services import ratings, register, seat_ready
from problem_parcels.models import Volume
from tests import centre as centres
from tests.centre import Centre, at
from tests.payroll.rostered import on_leave, roster, shifts

NOVEMBER, NOW, NEXT = date(2026, 11, 1), at("2026-11-20 20:00"), at("2026-12-01 09:00")


@pytest.fixture
def centre(db: None, settings) -> Centre:
    settings.KEFU_NOW = NOW
    made = centres.build(now=at("2026-11-01 08:00"), rules_since=date(2026, 1, 1))
    for one in (made.lin, made.zhou):
        Employment.objects.create(employee=one, hired_on=date(2024, 1, 15))
        one.channels = ["phone"]
        one.save(update_fields=["channels"])
    return made


def brought(table, centre, rows, *, by=None, encoding="gb18030"):
    """What became of a file: how many rows were filed, were there, were refused; and why, row by row."""
    job = table.TABLE.start(
        file_name="导出.csv", content="\n".join(rows).encode(encoding), department=centre.query_desk,
        owner=None, options={}, actor=(by or centre.chen).user, now=clock.now(),
    )  # fmt: skip
    while not job.finished:
        jobs.run_until_next_tick()
        job.refresh_from_db()
    assert job.state == "done", job.error
    counts = [job.counts.get(name, 0) for name in ("accepted", "duplicates", "refused")]
    refusals = Refusal.objects.filter(job=job).order_by("row")
    return counts, list(refusals.values_list("row", "field", "code"))


def rang(employee, number, *, since="2026-11-02 08:00", answered=True, by=None, **given):
    """So many calls, a minute apart."""
    facts = {"direction": "in", "ring_seconds": 6, "talk_seconds": 60 if answered else 0, **given}
    Call.objects.bulk_create(
        Call(
            employee=employee, at=at(since) + timedelta(minutes=n), answered=answered,
            recorded_by=(by or employee).user, recorded_at=NEXT, **facts,
        )
        for n in range(number)
    )  # fmt: skip


def entered(employee):
    rows = RegisterEntry.objects.filter(employee=employee).order_by("pk")
    return [(one.clause, one.state) for one in rows]


def score(centre, employee=None, month=NOVEMBER):
    employee = employee or centre.lin
    return scores.score_of([employee], month)[employee.pk]


def test_the_switchboards_table_is_filed_once_and_its_bad_rows_are_told_by_field(centre):
    """GB18030, a title above the header, times as clocks; one agent named by his extension alone."""
    for one, extension in ((centre.zhou, "8031"), (centre.wang, "8800"), (centre.he, "8800")):
        one.extension = extension
        one.save(update_fields=["extension"])
    LockedMonth.objects.create(month="2026-09-01", locked_by=centre.chen.user, locked_at=NOW)
    rows = [
        "十一月通话清单",
        "坐席工号,分机号,呼叫时间,呼叫类型,振铃时长,响铃次数,通话状态,通话时长,技能组,主叫号码",
        "0826,,2026-11-19 08:12:05,呼入,6,2,接通,00:03:25,查询电话,13800004545",
        "826,,2026-11-19 08:20:00,呼入,0:25,5,未接,,查询电话,13800004545",
        ",8031,2026-11-19 08:21:00,呼出,9,,,61,,13800004545",
        "0826,,2026-11-19 08:12:05,呼入,6,2,接通,00:03:25,查询电话,13800004545",
        "0826,,2026-11-19 08:12:05,呼入,7,2,接通,00:03:25,查询电话,13800004545",
        "0826,,2026-11-21 08:12:05,呼入,6,2,接通,30,,",
        "0826,,2026-09-19 08:12:05,呼入,6,2,接通,30,,",
        "0999,,2026-11-19 08:12:05,呼入,6,2,接通,30,,",
        ",8800,2026-11-19 08:12:05,呼入,6,2,接通,30,,",
        ",8801,2026-11-19 08:12:05,呼入,6,2,接通,30,,",
        ",,2026-11-19 08:12:05,呼入,6,2,接通,30,,",
        "0826,,昨天,呼入,6,2,接通,30,,",
        "0826,,2026-11-19 09:00:00,转接,6,2,接通,30,,",
        "0826,,2026-11-19 09:00:00,呼入,4000,2,接通,30,,",
        "0826,,2026-11-19 09:00:00,呼入,-1,2,接通,30,,",
        "0826,,2026-11-19 09:00:00,呼入,6,两声,接通,30,,",
        "0826,,2026-11-19 09:00:00,呼入,6,2,未接,30,,",
        "0826,,2026-11-19 09:00:00,呼入,,2,接通,30,,",
        "0826,,2026-11-19 09:00:00,呼入,6,2,,,,",
        "0826,,2026-11-19 09:00:00,呼入,6,2,接通,很久,,",
    ]  # fmt: skip
    content = "\n".join(rows).encode("gb18030")
    preview = call_table.TABLE.preview(content=content, file_name="导出.csv")
    assert (preview.total, preview.ready, preview.encoding) == (20, True, "gb18030")
    assert not any("13800004545" in cell for row in preview.rows for cell in row)

    assert brought(call_table, centre, rows) == (
        [3, 1, 16],
        [
            (7, "at", "row_differs"),
            (8, "at", "in_future"),
            (9, "at", "month_locked"),
            (10, "number", "number_unknown"),
            (11, "extension", "extension_shared"),
            (12, "extension", "extension_unknown"),
            (13, "number", "who_required"),
            (14, "at", "time_unreadable"),
            (15, "direction", "direction_unknown"),
            (16, "ring_seconds", "out_of_range"),
            (17, "ring_seconds", "out_of_range"),
            (18, "rings", "number_unreadable"),
            (19, "talk_seconds", "talk_without_answer"),
            (20, "ring_seconds", "ring_required"),
            (21, "answered", "answer_unclear"),
            (22, "talk_seconds", "seconds_unreadable"),
        ],
    )
    told = Call.objects.order_by("at").values_list(
        "employee__number", "direction", "answered", "ring_seconds", "rings", "talk_seconds", "line"
    )
    assert list(told) == [
        ("0826", "in", True, 6, 2, 205, "query"),
        ("0826", "in", False, 25, 5, 0, "query"),
        ("0831", "out", True, 9, None, 61, ""),
    ]
    assert brought(call_table, centre, rows)[0] == [0, 4, 16]
    differs = [rows[1], "0826,,2026-11-19 08:12:05,呼入,6,3,接通,00:03:25,查询电话,"]
    assert brought(call_table, centre, differs) == ([0, 0, 1], [(2, "at", "row_differs")])
    assert Call.objects.count() == 3
    others = [rows[1], "0802,,2026-11-19 08:00:00,呼入,6,3,接通,9,,"]
    if centre.he.department_id != centre.chen.department_id:
        assert brought(call_table, centre, others)[1] == [(2, "number", "not_yours")]
    with pytest.raises(NotAllowed):
        brought(call_table, centre, rows, by=centre.lin)
    with pytest.raises(DatabaseError), transaction.atomic():
        Call.objects.update(answered=True)


@pytest.mark.rule("CD-12.05", "CD-12.06", "CD-12.07")
@pytest.mark.parametrize(
    ("month", "answered", "points"),
    [("2026-01", 1150, 50), ("2026-01", 1149, 49), ("2026-02", 650, 50), ("2026-02", 599, 48)],
)
def test_only_answered_calls_that_came_in_count_for_the_month(centre, month, answered, points):
    began = f"{month}-02 08:00"
    rang(centre.lin, answered, since=began)
    rang(centre.lin, 30, since=f"{month}-20 08:00", answered=False)
    rang(centre.lin, 30, since=f"{month}-21 08:00", direction="out")
    rang(centre.zhou, 2, since=f"{month}-20 08:00", answered=False)
    first = date.fromisoformat(f"{month}-01")

    assert metrics(first, [centre.lin.pk]) == {centre.lin.pk: {"answered_calls": answered}}
    assert score(centre, month=first).points == points
    assert metrics(first)[centre.zhou.pk] == {"answered_calls": 0}  # all of them missed
    assert metrics(first) == metrics(first, [centre.lin.pk, centre.zhou.pk])


def test_who_has_no_record_has_no_number_until_somebody_says_that_all_are_in(centre):
    month = {"department": centre.query_desk, "month": NOVEMBER}
    by = {"actor": centre.chen.user, "now": NEXT}
    with pytest.raises(KefuError) as caught:
        services.say_complete(**month, **by)
    assert caught.value.code == "no_calls"
    rang(centre.lin, 3)
    assert "metrics.answered_calls" in score(centre, centre.zhou).refused

    with pytest.raises(KefuError):
        services.say_complete(**month, actor=centre.chen.user, now=NOW)  # the month goes on
    with pytest.raises(NotAllowed):
        services.say_complete(**month, actor=centre.lin.user, now=NEXT)
    services.say_complete(**month, **by)

    assert score(centre, centre.zhou).points == 46
    assert metrics(NOVEMBER, [centre.lin.pk])[centre.lin.pk]["answered_calls"] == 3
    with pytest.raises(Conflict):
        services.say_complete(**month, **by)


@pytest.mark.rule("CD-12.10", "CD-12.11", "CD-12.12", "CD-12.13")
@pytest.mark.parametrize(
    ("desk", "metric", "month", "bound", "worse"),
    [
        ("processing_desk", "outbound_problem_parcels", "2026-01-01", 5500, 49),
        ("processing_desk", "outbound_problem_parcels", "2026-02-01", 3000, 49),
        ("warehouse_office", "inbound_problem_parcels", "2026-01-01", 3500, 49),
        ("warehouse_office", "inbound_problem_parcels", "2026-02-01", 2000, 49),
    ],
)
def test_volumes_come_from_the_desks_and_by_the_season(centre, desk, metric, month, bound, worse):
    centre.query_desk.desk = desk
    centre.query_desk.save(update_fields=["desk"])
    month = date.fromisoformat(month)
    for one, number in ((centre.lin, bound), (centre.zhou, bound - 1)):
        Volume.objects.create(employee=one, month=month, metric=metric, number=number)

    assert score(centre, month=month).points == 50
    assert score(centre, centre.zhou, month).points == worse
    assert desk_metrics(month) == {desk: {metric: 2 * bound - 1}}
    # The program counted that month: who handled nothing handled none.
    assert metrics(month, [centre.wang.pk])[centre.wang.pk] == {metric: 0}


@pytest.mark.rule("ES-203.05", "ES-203.06", "ES-204.01", "ES-603.07", "ES-603.08", "ES-603.09", "ES-603.10")  # fmt: skip
def test_sixty_per_cent_are_measured_by_ring_second_and_star(centre):
    """Nine of ten contacts in time; two of three cases solved at once; stars by phone and online."""
    centre.work_by("ES")
    lin = centre.lin
    assert metrics(NOVEMBER, [lin.pk]) == {}
    for rings, answered in ((3, True), (1, True), (4, True), (2, False)):
        rang(lin, 1, since=f"2026-11-0{rings} 08:00", rings=rings, answered=answered)
    rang(lin, 5, since="2026-11-09 08:00")  # nobody counted their rings: not judged
    rows = ["会话编号,工号,开始时间,首响,是否关闭,评分"]
    rows += [
        f"S-{n},0826,2026-11-10 09:00:0{n},{seconds},是,5" for n, seconds in enumerate((10, 9, 11))
    ]
    rows += ["S-8,0826,2026-11-10 09:00:08,,是,", "S-9,0826,2026-11-10 09:00:09,8,是,6"]
    assert brought(chat_table, centre, rows) == ([4, 0, 1], [(6, "stars", "out_of_range")])
    for n in range(3):
        case = centre.inquiry(now=at("2026-11-20 08:00"))
        by = {"case": case, "actor": lin.user}
        told = {"channel": Interaction.Channel.PHONE, "substantive": True, **by}
        answer_customer(text="今天派送", now=at("2026-11-20 08:05"), **told)
        last = {"note": "已送达", "further_needs_asked": True}
        close(now=at("2026-11-20 08:10"), **last, **by)
        if n == 0:
            reopen(reason="客户说没有收到", now=at("2026-11-20 09:00"), **by)
            answer_customer(text="已送到", now=at("2026-11-20 09:05"), **told)
            close(now=at("2026-11-20 09:10"), **last, **by)
    with pytest.raises(KefuError) as caught:
        ratings.record(case=case, stars=5, source="phone_followup", actor=lin.user, now=NOW)
    assert caught.value.code == "own_rating"
    with pytest.raises(KefuError) as caught:
        ratings.record(case=case, stars=6, source="phone_followup", actor=centre.zhou.user, now=NOW)
    assert (caught.value.code, caught.value.field) == ("out_of_range", "stars")
    ratings.record(case=case, stars=1, source="phone_followup", actor=centre.zhou.user, now=NOW)
    with pytest.raises(Conflict), transaction.atomic():
        ratings.record(case=case, stars=2, source="phone_followup", actor=centre.wang.user, now=NOW)

    found = metrics(NOVEMBER, [lin.pk])[lin.pk]

    assert found["response_rate"] == (Decimal(2 + 2), Decimal(4 + 4))
    assert found["first_contact_rate"] == (Decimal(2), Decimal(3))
    assert found["satisfaction"] == (
        Decimal(16),
        Decimal(4),
    )  # the mean is exactly 4, the target 4.5
    facts = gather([lin], NOVEMBER)[0].facts()
    assert facts["measured"]["response_rate"] == {"done": "4", "out_of": "8"}
    assert metrics(NOVEMBER) == {lin.pk: found}


@pytest.mark.rule("SD-233.52", "SD-233.63")
def test_a_poor_review_counts_at_once_and_a_chat_left_open_waits_for_the_supervisor(centre):
    centre.work_by("SD-2")
    head = "会话编号,工号,会话开始,首次响应,最慢回复,已关闭,订单已确认,评分,评价,运单号"
    complaint = centre.inquiry(now=at("2026-11-19 12:00"))
    type(complaint).objects.filter(pk=complaint.pk).update(kind="complaint")
    Complaint.objects.create(case=complaint, category="attitude", against=centre.lin.party)
    waybill = complaint.waybill_number
    rows = [
        head,
        "S-1,0826,2026-11-19 09:00:00,8,15,否,是,,,",
        "S-2,0826,2026-11-19 09:10:00,8,,否,否,,,",  # nothing was ordered
        "S-3,0826,2026-11-19 09:20:00,8,,是,是,2,差评,",
        f"S-4,0826,2026-11-19 09:30:00,8,,是,是,3,中评,{waybill}",
        "S-5,0826,2026-11-19 09:40:00,8,,是,是,,,",
        "S-6,0826,2026-11-19 09:50:00,,30,是,是,,,",
        "S 7,0826,2026-11-19 09:50:00,8,30,是,是,,,",
        "S-8,0826,2026-11-19 09:50:00,8,30,是,是,0,好评,",
        "S-9,0826,2026-11-19 09:50:00,8,30,是,是,,还行,",
    ]
    refused = [
        (7, "slowest", "slowest_without_first"),
        (8, "chat", "chat_characters"),
        (9, "stars", "out_of_range"),
        (10, "review", "review_unknown"),
    ]
    assert brought(chat_table, centre, rows) == ([5, 0, 4], refused)
    expected = [("SD-233.52", "reported"), ("SD-233.63", "counted"), ("SD-233.63", "counted")]
    assert sorted(entered(centre.lin)) == sorted(expected)
    assert score(centre).points == 94
    # The complaint and the review of its parcel are one incident.
    assert RegisterEntry.objects.filter(incident=complaint.number).count() == 1

    assert brought(chat_table, centre, rows)[0] == [0, 5, 4]
    later = [head, "S-5,0826,2026-11-19 09:40:00,8,,是,是,1,差评,"]
    assert brought(chat_table, centre, later)[0] == [1, 0, 0]
    other = [head, "S-5,0826,2026-11-19 09:40:00,8,,是,是,5,好评,"]
    assert brought(chat_table, centre, other) == ([0, 0, 1], [(2, "review", "rating_differs")])
    for what in ("9,15,否,是", "8,14,是,是", "8,15,是,否"):  # what was measured, or ordered, before
        other = [head, f"S-1,0826,2026-11-19 09:00:00,{what},,,"]
        assert brought(chat_table, centre, other) == ([0, 0, 1], [(2, "at", "row_differs")])
    assert (Chat.objects.count(), Rating.objects.count()) == (5, 3)
    assert score(centre).points == 91
    entry = RegisterEntry.objects.get(clause="SD-233.52")
    register.verify(entry=entry, actor=centre.chen.user, now=NOW)
    assert score(centre).points == 90


@pytest.mark.rule("SD-233.52")
def test_a_chat_that_still_ran_when_it_was_told_is_completed_by_a_later_table_and_never_rewritten(
    centre,
):
    centre.work_by("SD-2")
    head = "会话编号,工号,会话开始,首次响应,最慢回复,已关闭,订单已确认,评分,评价"
    runs = [
        head,
        "S-1,0826,2026-11-19 09:00:00,,,否,否,,",
        "S-2,0826,2026-11-19 09:10:00,8,10,否,是,,",
    ]
    on = [head, "S-1,0826,2026-11-19 09:00:00,7,,否,是,,", runs[2]]
    over = [head, "S-1,0826,2026-11-19 09:00:00,7,20,是,是,5,好评", on[2].replace("否", "是")]

    assert brought(chat_table, centre, runs)[0] == [2, 0, 0]
    assert entered(centre.lin) == [("SD-233.52", "reported")]  # nothing was ordered in the other
    assert brought(chat_table, centre, on)[0] == [1, 1, 0]
    assert entered(centre.lin) == [("SD-233.52", "reported")] * 2
    assert brought(chat_table, centre, over)[0] == [2, 0, 0]
    # Nobody left them open, and what was told once more, whichever state, is there already.
    assert entered(centre.lin) == [("SD-233.52", "not_upheld")] * 2
    for again in (runs, on, over):
        assert brought(chat_table, centre, again)[0] == [0, 2, 0]
    wrong = [head, over[1].replace(",20,", ",25,")]
    assert brought(chat_table, centre, wrong) == ([0, 0, 1], [(2, "at", "row_differs")])

    states = Chat.objects.filter(number="S-1").order_by("place")
    assert [(one.place, one.first_seconds, one.closed) for one in states] == [
        (0, None, False), (1, 7, False), (2, 7, True),
    ]  # fmt: skip
    assert Rating.objects.get().chat == states[0]
    shown = [
        (one.number, one.slowest_seconds, given)
        for one, given in chats_on(centre.lin, date(2026, 11, 19))
    ]
    assert shown == [("S-1", 20, Rating.objects.get()), ("S-2", 10, None)]
    tally = tallies([centre.lin.pk], NOVEMBER, ContactRules(first=10))[centre.lin.pk]
    assert (tally.chats, tally.first_in_time, tally.left_open) == (2, 2, 0)
    people = Employee.objects.filter(pk=centre.lin.pk)
    drawable = frames.frame(people, "chat", date(2026, 11, 19), date(2026, 11, 19))
    assert len(drawable[centre.lin.pk]) == 2
    with pytest.raises(IntegrityError), transaction.atomic():
        Chat.objects.create(
            number="S-1", employee=centre.lin, place=3, began_at=states[0].began_at, first_seconds=7,
            slowest_seconds=20, closed=True, recorded_by=centre.chen.user, recorded_at=NOW,
        )  # fmt: skip

    cross = "S-3,0826,2026-11-19 09:20:00,8,10,否,是,,"
    for said in (cross, cross.replace("否,是,,", "是,是,1,差评")):
        assert brought(chat_table, centre, [head, said])[0] == [1, 0, 0]
    # Closed by a customer who was not content: that counts, and that it was left open does not.
    assert sorted(entered(centre.lin)[2:]) == [
        ("SD-233.52", "not_upheld"),
        ("SD-233.63", "counted"),
    ]


@pytest.mark.rule("CD-12.45")
def test_a_business_call_missed_in_the_evening_is_proposed_and_verified(centre):
    head = "工号,来电时间,振铃时长,是否接通,线路"
    rows = [
        head,
        "0826,2026-11-19 17:29:59,20,未接,业务电话",
        "0826,2026-11-19 19:30:00,20,未接,业务电话",
        "0826,2026-11-19 19:30:01,20,未接,业务电话",
        "0826,2026-11-19 18:00:00,20,未接,查询电话",
        "0826,2026-11-19 18:10:00,20,接通,业务电话",
    ]
    for _twice in range(2):
        brought(call_table, centre, rows)

    assert entered(centre.lin) == [("CD-12.45", "reported")]
    entry = RegisterEntry.objects.get()
    assert "19:30:00" in entry.reason
    centre.lin.channels = ["online"]
    centre.lin.save(update_fields=["channels"])
    assert score(centre).points == 50
    register.verify(entry=entry, actor=centre.chen.user, now=NOW)
    assert score(centre).points == Decimal("49.8")


@pytest.mark.rule("CD-12.26")
def test_a_query_seat_that_is_not_open_at_five_past_eight_is_proposed(centre):
    """Of five on shift: one open exactly in time, one that went busy after, one busy, one late, one on leave."""
    centre.query_desk.desk = "query_desk"
    centre.query_desk.save(update_fields=["desk"])
    table, due = roster(centre), at("2026-11-19 08:05:00")
    people = [centre.lin, centre.zhou, centre.wang, centre.chen, centre.he]
    for one in people:
        one.department = centre.query_desk
        one.save(update_fields=["department"])
        shifts(table, one, "2026-11-19")
    for one, seat, since in (
        (centre.lin, "available", due),
        (centre.zhou, "busy", due + timedelta(seconds=20)),
        (centre.wang, "busy", due - timedelta(minutes=4)),
    ):
        Duty.objects.create(
            employee=one, started_at=at("2026-11-19 08:00"), seat=seat, seat_since=since
        )
    on_leave(centre.he, "2026-11-19 08:00", "2026-11-19 12:00")
    looked = due + timedelta(seconds=40)

    assert seat_ready.propose_unready(now=due) == 0
    for _twice in range(2):
        assert seat_ready.propose_unready(now=looked) == 2
    assert seat_ready.propose_unready(now=due + timedelta(minutes=6)) == 0  # nobody looked in time

    rows = RegisterEntry.objects.order_by("employee__number")
    assert [(one.employee, one.clause, one.state) for one in rows] == [
        (centre.chen, "CD-12.26", "reported"),
        (centre.wang, "CD-12.26", "reported"),
    ]
