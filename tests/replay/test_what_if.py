"""What a draft would have cost whom, from the same facts and the same decisions of people."""

from collections import Counter
from datetime import datetime
from decimal import Decimal
from typing import Any, cast

import pytest
from django.db import InternalError, ProgrammingError, connection, transaction
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext

from kefu.audit.models import AuditRow
from kefu.deadlines import services as deadlines
from kefu.deadlines.models import Interruption
from kefu.errors import KefuError, NotAllowed
from kefu.jobs import services as jobs
from kefu.jobs.models import Job
from kefu.penalties.models import Penalty
from kefu.policy.months import Month
from kefu.policy.rulebook import Rulebook
from kefu.replay import decisions, selectors, services
from kefu.replay.decisions import Charge, Decision, Outcome
from kefu.replay.models import Line, Run
from kefu.rulebooks import services as rulebooks
from kefu.rulebooks.models import RulebookVersion
from kefu.rulebooks.selectors import edition
from kefu.staff.models import Employee
from tests.centre import at
from tests.replay.days import Day

pytestmark = pytest.mark.django_db

HALVED = {"CD_05_10": {"fine": "100.00"}}


# What changes.


def test_a_fine_of_half_the_amount(told, what_if):
    told.fined_outlet()

    assert what_if(**HALVED) == ["CD-05.10: 200 payable -> 100 payable"]


def test_a_draft_that_changes_nothing(told, what_if):
    told.fined_outlet()

    assert what_if() == []


def test_a_longer_time_makes_a_late_answer_one_in_time(told, what_if):
    case = told.fined_outlet()
    told.feeds_back(case.network_queries.get(), "11:10:00")  # two hours and 55 minutes

    assert what_if(CD_05_09={"limit": 3}) == ["CD-05.10: 200 payable -> nothing"]


def test_a_shorter_time_makes_an_answer_in_time_a_late_one(told, what_if):
    case = told.asks("08:00:00")
    query = told.asks_outlet(case, "08:15:00")
    told.answers(case, "08:16:00")
    told.feeds_back(query, "10:00:00")
    told.complains(case, "11:00:00")

    assert what_if(CD_05_09={"limit": 1}) == ["CD-05.10: nothing -> 200 payable"]


def test_a_complaint_before_the_later_due_time_makes_nothing_dearer(told, what_if):
    told.fined_outlet()  # complained at 11:00; by three hours it was due at 11:15
    told.clock("23:00:00")

    assert what_if(CD_05_09={"limit": 3}) == ["CD-05.10: 200 payable -> 200 provisional"]


def test_another_cause(told, what_if):
    told.fined_outlet()

    assert what_if(CD_05_10={"causes": ["lost"]}) == ["CD-05.10: 200 payable -> 200 provisional"]


def test_half_a_point_that_becomes_a_whole_one(told, what_if):
    case = told.asks("09:00:00")
    told.calls_again(case, "09:40:00")
    told.answers(case, "09:45:00")

    assert what_if(CD_12_17={"points": "1"}) == ["CD-12.17: 0.5 payable -> 1 payable"]


def test_a_call_again_that_came_within_the_longer_time(told, what_if):
    case = told.asks("09:00:00")
    told.calls_again(case, "09:40:00")
    told.answers(case, "10:15:00")

    changed = what_if(CD_03_23={"limit": 60})

    assert changed == ["CD-12.17: 0.5 payable -> nothing"]  # it lapses: nobody called after 10:00


def test_a_fine_at_once(told, what_if):
    case = told.asks("08:00:00")
    told.answers(case, "08:10:00")
    told.asks_outlet(case, "08:15:00")
    told.sweeps("12:00:00")

    changed = what_if(CD_05_10={"condition": "at_once", "causes": []})

    assert changed == ["CD-05.10: 200 provisional -> 200 payable"]


# What people decided is kept.


def test_a_waiver_is_kept(told, what_if):
    told.fined_outlet()
    told.waives(Penalty.objects.get(clause="CD-05.10"), "12:00:00")

    assert what_if(**HALVED) == []


def test_a_fine_held_for_our_own_door_stays_held(told, what_if):
    told.asks_outlet(told.asks("08:00:00"), "08:00:00")
    Interruption.objects.create(door="api", started_at=at("09:59:00"), ended_at=at("10:05:00"))
    told.sweeps("12:00:00")

    assert "CD-05.10: 200 held -> 100 held" in what_if(**HALVED)


def test_another_due_time_falls_into_another_interruption(told, what_if):
    case = told.asks("08:00:00")
    told.answers(case, "08:10:00")
    told.asks_outlet(case, "08:15:00")
    told.sweeps("10:20:00")
    Interruption.objects.create(door="api", started_at=at("11:10:00"), ended_at=at("11:20:00"))
    told.sweeps("12:00:00")

    assert what_if(CD_05_09={"limit": 3}) == ["CD-05.10: 200 provisional -> 200 held"]


# What is not known is told, and never assumed.


def test_evidence_that_nobody_was_asked_for(told, what_if):
    told.fined_outlet()

    lacks = what_if(CD_05_10={"condition": "evidence", "causes": []})

    assert lacks == ["lacks condition CD-05.10 evidence"]


def test_whose_case_it_was_at_another_due_time(told, what_if):
    case = told.asks("09:00:00")
    told.hands_on(case, "09:40:00")
    told.sweeps("12:00:00")

    assert what_if(CD_03_23={"limit": 60}) == ["lacks owner CD-03.23"]


def test_a_case_that_changed_hands_at_another_time_is_known(told, what_if):
    case = told.asks("09:00:00")
    told.hands_on(case, "11:00:00")
    told.sweeps("12:00:00")

    assert what_if(CD_03_23={"limit": 60}) == []


def test_an_amount_that_the_draft_leaves_open(told, what_if):
    told.fined_outlet()

    assert what_if(CD_05_10={"fine": None}) == ["lacks amount CD-05.10"]


def test_working_time_without_a_calendar(told, what_if):
    told.fined_outlet()

    assert "lacks calendar CD-05.09" in what_if(CD_05_09={"counts": "working"})


def test_hours_that_the_draft_leaves_open(told, what_if):
    told.asks("09:00:00")

    assert what_if(CD_03_13={"closes": None}) == ["lacks setting CD-03.13 closes"]


def test_decisions_under_another_rulebook_are_left_alone(told, what_if):
    told.centre.work_by("ES")
    told.fined_outlet()

    assert what_if(**HALVED) == []


# The job.


def added_up(run: Run) -> None:
    """Every total is the sum of the lines, by whatever they are grouped."""
    found = selectors.result(run)
    tables = selectors.tables(found)
    for unit in ("fine", "points"):
        lines = run.lines.filter(unit=unit)
        for side in ("before", "after"):
            counting = sum(
                (
                    getattr(line, side)
                    for line in lines
                    if getattr(line, f"{side}_state") in {"payable", "settled"}
                ),
                Decimal(0),
            )
            of = {
                name: getattr(selectors.total(groups).of(unit), side)
                for name, groups in (
                    ("departments", tables.departments),
                    ("parties", [*tables.outlets, *tables.people]),
                    ("clauses", tables.clauses),
                )
            }
            assert set(of.values()) == {counting}, of
            assert getattr(found.counting.of(unit), side) == counting
        changed = run.lines.changed().filter(unit=unit)
        assert sum((line.difference for line in changed), Decimal(0)) == (
            found.counting.of(unit).difference
        )


def test_a_run_stores_totals_that_are_the_sum_of_its_lines(told, try_out):
    told.fined_outlet()
    told.fined_outlet()
    case = told.asks("12:00:00")
    told.calls_again(case, "12:40:00")
    told.answers(case, "12:45:00")

    run = try_out()

    assert (run.job.state, run.job.done, run.job.total) == ("done", 8, 8)
    found = selectors.result(run).counting
    assert (found.fine.before, found.fine.after) == (Decimal(400), Decimal(200))
    assert (found.points.before, found.points.after) == (Decimal("0.5"), Decimal("0.5"))
    assert Counter(line.clause for line in run.lines.changed()) == {"CD-05.10": 2}
    added_up(run)


def test_whatever_happened_adds_up(centre, settings, told, try_out, draft):
    Day(centre, settings, at("12:00:00"), 7).live(60)
    moved = draft(CD_05_09={"limit": 1}, CD_03_23={"limit": 45}, CD_05_10={"fine": "150"})

    run = try_out(moved, now=settings.KEFU_NOW)

    assert run.job.state == "done"
    assert run.lines.exists()
    decided = set(run.lines.values_list("key")) & set(run.gaps.values_list("key"))
    assert not decided  # what cannot be decided is in no total
    added_up(run)


def test_what_stands_is_what_the_totals_and_the_gaps_say_together(told, try_out, draft):
    told.fined_outlet()
    told.fined_outlet()
    told.sweeps("12:00:00")

    run = try_out(draft(CD_05_10={"condition": "evidence", "causes": []}))

    left = selectors.left_out(run)
    assert (left.n, left.fines) == (2, Decimal(400))
    assert set(run.gaps.values_list("what", "clause", "detail")) == {
        ("condition", "CD-05.10", "evidence")
    }
    assert selectors.result(run).counting.fine.before == 0
    added_up(run)


def test_a_run_whose_worker_is_killed_goes_on_and_counts_nothing_twice(told, draft, monkeypatch):
    for _ in range(5):
        told.fined_outlet()
    told.sweeps("12:00:00")
    monkeypatch.setattr(services, "CHUNK", 4)
    run = services.ask(
        version=draft(**HALVED),
        months=["2026-11"],
        actor=told.centre.chen.user,
        now=told.clock("13:00:00"),
    )
    assert jobs.run_until_next_tick(seconds=0) == 1
    assert jobs._claim() is not None  # by a worker that is killed over the next chunk
    assert jobs.run_until_next_tick(seconds=0) == 0
    job = Job.objects.get(pk=run.job_id)
    assert (job.done, job.total, job.percent) == (4, 15, 26)
    Job.objects.update(lease_until=Now())

    while jobs.run_until_next_tick(seconds=0):
        pass

    job.refresh_from_db()
    assert (job.state, job.done) == ("done", 15)
    assert Line.objects.filter(run=run, unit="fine").count() == 5
    assert selectors.result(run).counting.fine.difference == Decimal(-500)


def test_a_bigger_month_asks_no_more_questions_a_chunk_and_none_more_to_be_read(
    told, try_out, draft
):
    def asked() -> tuple[int, int, int]:
        with CaptureQueriesContext(connection) as worked:
            run = try_out(version)
        with CaptureQueriesContext(connection) as read:
            selectors.tables(selectors.result(run))
        return run.job.done, len(worked), len(read)

    version = draft(**HALVED)
    told.fined_outlet()
    few, *questions = asked()
    for _ in range(3):
        told.fined_outlet()
    many, *same = asked()

    assert many > few
    assert same <= questions


class Damages:
    """What an app above may come to decide: whoever is named bears the two-hour fine, three times a month, of no
    case."""

    def __init__(self, employee: Employee) -> None:
        self.employee = employee
        self.version = RulebookVersion.objects.get(rulebook__code="CD", number=1)

    def count(self, month: Month, rulebook_id: int | None) -> int:
        return 3

    def read(
        self, month: Month, rulebook_id: int | None, *, after: int, limit: int, at: datetime
    ) -> list[Decision]:
        stored = self.decide(None, edition(self.version.pk).rules)
        return [
            Decision(
                key=key,
                clause="CD-05.10",
                version_id=self.version.pk,
                case_id=None,
                case_number="",
                department_id=self.employee.department_id,
                facts=None,
                stored=stored,
            )
            for key in range(after + 1, 4)
        ][:limit]

    def decide(self, facts: None, rules: Rulebook) -> Outcome:
        fine = cast("Any", rules["CD-05.10"]).fine
        charge = Charge(
            "CD-05.10", self.employee.party_id, "fine", fine, "payable", "at_once", at("12:00:00")
        )
        return Outcome({}, (charge,))


def test_what_another_app_decides_is_tried_beside_the_promises(told, try_out, monkeypatch):
    told.fined_outlet()
    monkeypatch.setattr(decisions, "_replayables", dict(decisions.replayables()))
    decisions.register("damage", Damages(told.centre.lin))
    monkeypatch.setattr(services, "CHUNK", 2)

    run = try_out()

    assert (run.job.state, run.job.done, run.job.total) == ("done", 6, 6)
    fines = run.lines.filter(unit="fine")
    assert Counter(fines.values_list("kind", "before", "after")) == {
        ("promise", 200, 100): 1,
        ("damage", 200, 100): 3,
    }
    (person,) = selectors.tables(selectors.result(run)).people
    assert (person.key, person.sums.fine.difference) == (told.centre.lin.party_id, -300)
    assert not run.mismatches.exists()
    added_up(run)


TABLES = """
SELECT c.relname FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
"""
ITS_OWN = {"replay_line", "jobs_job", "notifications_event"}


def everything() -> dict[str, str]:
    """A digest of each table."""
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        names = [name for (name,) in cursor.fetchall()]
        found = {}
        for name in names:
            cursor.execute(
                f"SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {name} t"
            )
            found[name] = cursor.fetchone()[0]
    return found


def test_a_run_changes_nothing_but_its_own_rows(centre, settings, told, draft):
    Day(centre, settings, at("12:00:00"), 8).live(30)
    version = draft(**HALVED)
    services.ask(
        version=version,
        months=["2026-11"],
        actor=centre.chen.user,
        now=settings.KEFU_NOW,
    )
    before = everything()

    while jobs.run_until_next_tick(seconds=0):
        pass

    after = everything()
    assert {name for name in after if after[name] != before[name]} == ITS_OWN
    assert Job.objects.get().state == "done"


@pytest.mark.django_db(transaction=True)
def test_reading_is_not_able_to_write(centre):
    with services.snapshot(), pytest.raises(InternalError, match="read-only transaction"):
        Penalty.objects.update(state="reversed")


def test_a_draft_changed_in_between_ends_the_run_without_a_result(told, draft, monkeypatch):
    told.fined_outlet()
    told.fined_outlet()
    monkeypatch.setattr(services, "CHUNK", 2)
    version = draft(**HALVED)
    run = services.ask(
        version=version,
        months=["2026-11"],
        actor=told.centre.chen.user,
        now=told.clock("13:00:00"),
    )
    jobs.run_until_next_tick(seconds=0)
    rulebooks.amend_clause(
        version=version,
        clause="CD-05.10",
        settings={"fine": "50"},
        seen=rulebooks.clause_digest(version.content, "CD-05.10"),
        actor=told.centre.chen.user,
        now=at("13:00:00"),
    )

    jobs.run_until_next_tick(seconds=0)

    job = Job.objects.get(pk=run.job_id)
    assert job.state == "failed"
    assert "有人改了这份草稿" in job.error


@pytest.mark.parametrize("who", ["lin", "wang"])
def test_only_who_may_draft_may_ask(told, try_out, who):
    with pytest.raises(NotAllowed):
        try_out(actor=getattr(told.centre, who).user)
    assert not Run.objects.exists()


@pytest.mark.parametrize(
    ("months", "code"),
    [
        ([], "months"),
        ([f"2025-{n:02}" for n in range(1, 13)] + ["2026-11"], "months"),
        (["2026-12"], "month_ahead"),
        (["2026-10"], "nothing_decided"),
    ],
)
def test_months_that_cannot_be_tried(told, try_out, months, code):
    told.asks("09:00:00")

    with pytest.raises(KefuError) as refused:
        try_out(months=months)

    assert (refused.value.code, refused.value.field) == (code, "months")


def test_asking_is_on_record(told, try_out):
    told.fined_outlet()
    run = try_out()

    row = AuditRow.objects.get(action="what_if_asked")
    assert (row.object_id, row.after["months"]) == (str(run.pk), ["2026-11"])


def test_a_run_s_rows_stay(told, try_out):
    told.fined_outlet()
    try_out()

    for table in ("replay_run", "replay_line", "replay_gap", "replay_mismatch"):
        for change in (f"DELETE FROM {table}", f"UPDATE {table} SET id = id"):
            with (
                pytest.raises(ProgrammingError, match="permission denied"),
                transaction.atomic(),
                connection.cursor() as cursor,
            ):
                cursor.execute(change)


def test_a_month_without_a_breach_is_an_empty_result(told, try_out):
    told.answers(told.asks("09:00:00"), "09:05:00")
    deadlines.sweep()

    run = try_out()

    assert run.job.state == "done"
    assert not selectors.result(run).counting.anything
