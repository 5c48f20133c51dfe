"""The demo's people: every page has something true to show, and it all holds when it is looked at again."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from kefu.audit.services import seal_audit
from kefu.demo import people
from kefu.demo.house import House
from kefu.demo.seeder import Seeder
from kefu.overview.verify import verify
from payroll.models import (
    AnnouncementRecipient,
    AttendanceDay,
    AwardRound,
    Away,
    Call,
    CallsComplete,
    Candidate,
    Chat,
    Correction,
    Employment,
    EvidencePhoto,
    FindingDecision,
    FindingReply,
    Idea,
    Leave,
    Leaving,
    LockedMonth,
    MonthScore,
    Objection,
    Overtime,
    Paper,
    PayAcknowledgement,
    PayAdjustment,
    PayExport,
    PayFailure,
    PayRun,
    Payslip,
    Proposal,
    ProposedMeasure,
    Punch,
    Rectification,
    RegisterEntry,
    Replacement,
    RewardSheet,
    Roster,
    RosteredShift,
    Sample,
    Swap,
)
from payroll.selectors.leaving import checklist
from payroll.selectors.payfacts import wage_name
from tests.centre import at
from tests.transactions import wait_for_older_transactions

NOW = at("2026-11-22 15:00:00")  # a Sunday


@pytest.fixture
def quarter(transactional_db: None, settings: Any) -> people.People:
    # Each act is a transaction of its own: none can seal the audit rows that it wrote itself.
    settings.KEFU_NOW = NOW
    seeder = Seeder(now=NOW, seed=2, scale=0.01)
    House(seeder).build()
    return people.live(seeder)


def values(model: Any, field: str) -> set[Any]:
    return set(model.objects.values_list(field, flat=True))


def test_a_quarter_of_the_people_holds_whoever_looks_at_it(quarter: people.People) -> None:
    assert quarter.refused == []
    wait_for_older_transactions()
    seal_audit(now=NOW)
    assert [one for one in verify() if not one.ok] == []
    for month in quarter.months:
        out = StringIO()
        call_command("replay", f"{month:%Y-%m}", "--json", stdout=out)
        replayed = json.loads(out.getvalue())
        assert replayed["decisions"] > 0
        assert (replayed["differences"], replayed["missing"]) == ([], [])

    # Who came, moved and goes within the months that are paid.
    assert Employment.objects.filter(left_on__gte=quarter.today).exists()
    slips = {run.month: list(run.slips.all()) for run in PayRun.objects.all()}
    parts = [part for slip in slips[quarter.last] for part in slip.parts.all()]
    assert len({(part.slip_id, part.rulebook_id) for part in parts}) > len(slips[quarter.last])
    moved = [part for part in parts if part.slip.employee.number == "0842"]
    assert {wage_name(part.department) for part in moved} == {"front", "business"}

    # Rosters of these months and the next; the weeks as the clock and the switchboard saw them.
    for month in (*quarter.months, quarter.coming):
        assert RosteredShift.objects.filter(
            day__gte=month, day__lt=people.next_month(month)
        ).exists()
    assert {"duty", "cleaning"} == values(Roster, "kind")
    assert values(Punch, "source") == set(Punch.Source.values)
    assert {"present", "late", "early", "absent", "leave"} <= values(AttendanceDay, "status")
    assert Call.objects.exists() and Chat.objects.exists() and CallsComplete.objects.exists()

    # What was asked for, in every state that waits or is decided.
    assert {"asked", "agreed", "effective", "refused", "withdrawn", "void"} <= values(Swap, "state")
    assert set(Leave.State.values) == values(Leave, "state")
    assert set(Overtime.State.values) == values(Overtime, "state")
    assert {"signed", "refused"} <= values(Correction, "state")
    assert set(RegisterEntry.State.values) == values(RegisterEntry, "state")
    assert {"points", "fine", "award", "forfeit", "remark"} <= values(RegisterEntry, "kind")
    assert set(Objection.Outcome.values) | {""} == values(Objection, "outcome")
    assert values(MonthScore, "month") == {quarter.paid, quarter.last}
    assert RewardSheet.objects.filter(reviewed_at=None).exists()

    # Sanctions are proposed, heard, verified and decided, or not upheld; of rewards one waits and one was given.
    assert set(Proposal.State.values) == values(Proposal, "state")
    assert Proposal.objects.to_verify().exclude(stated_at=None).exists()
    assert Proposal.objects.to_verify().filter(stated_at=None, answer_by__gt=NOW).exists()
    decided = Proposal.objects.filter(state="decided")
    assert decided.filter(signed_at=None).exists() and decided.exclude(filed_at=None).exists()
    assert {"commendation", "warning"} <= values(ProposedMeasure, "given")
    assert RegisterEntry.objects.undecided().filter(source__startswith="rectification:").exists()
    assert set(Idea.State.values) == values(Idea, "state")
    assert (
        RegisterEntry.objects.counted().filter(source__startswith="idea:", kind="points").exists()
    )
    assert AwardRound.objects.published().exists()
    assert AwardRound.objects.filter(published_at=None).exclude(chosen_at=None).exists()

    # What was heard and looked at, and what became of it.
    assert Sample.objects.filter(inspection=None, unheard="").exists()
    assert Sample.objects.exclude(unheard="").exists() and EvidencePhoto.objects.exists()
    assert set(FindingReply.Sort.values) == values(FindingReply, "sort")
    assert set(FindingDecision.Outcome.values) == values(FindingDecision, "outcome")
    assert {"fixed", "not_fixed", ""} <= values(Rectification, "outcome")
    assert Rectification.objects.open().filter(due_on__gte=quarter.today).exists()
    assert Away.objects.exclude(told=None).filter(finding=Away.Finding.IN_ORDER).exists()

    # Papers, candidates, pieces and people in each state; what is announced is not read by all.
    assert {"marked", "handed_in"} <= values(Paper, "state")
    assert set(Candidate.State.values) == values(Candidate, "state")
    assert set(Replacement.State.values) == values(Replacement, "state")
    leaving = Leaving.objects.get()
    assert [check.code for check in checklist(leaving, NOW) if not check.done]
    assert AnnouncementRecipient.objects.filter(confirmed_at=None).exists()

    # One month is paid, the next one waits for its second person.
    paid, last = (PayRun.objects.standing().get(month=one) for one in (quarter.paid, quarter.last))
    assert (paid.state, last.state) == (PayRun.State.LOCKED, PayRun.State.COMPUTED)
    assert LockedMonth.objects.get().month == quarter.paid
    # Nobody dealt with problem parcels, for no day was lived through: their desks' months cannot be scored.
    uncounted = {"score.metrics.outbound_problem_parcels", "score.metrics.inbound_problem_parcels"}
    assert values(PayFailure, "field") <= uncounted
    assert values(PayExport, "kind") == set(PayExport.Kind.values)
    seen = PayAcknowledgement.objects.count()
    assert 0 < seen < Payslip.objects.filter(run=paid).count()
    assert PayAdjustment.objects.filter(of_month=quarter.paid, month=quarter.last).exists()
