"""How grave a complaint is: decided by the rulebook, by hand with a reason, and anew while a parcel stays away."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Count, Q
from django.utils.translation import gettext as _

from inquiries import complaint_rules as rules_of
from inquiries.complaint_rules import ClassFacts
from inquiries.models import Complaint, ComplaintGrading
from inquiries.services.telling import tell_outlet
from kefu.cases import services as cases
from kefu.cases.models import Case, Interaction
from kefu.clock import SHANGHAI
from kefu.deadlines import services as deadlines
from kefu.deadlines.models import Deadline
from kefu.deadlines.services.promises import owner_party
from kefu.desk import services as desk
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.network.selectors import our_company
from kefu.notifications import services as notifications
from kefu.notifications.models import Event
from kefu.parcels.models import Scan
from kefu.privacy import lookup
from kefu.rulebooks.selectors import Edition, edition
from kefu.staff import barred
from kefu.staff.models import Employee

Stage = Complaint.Stage
# While the customer has not accepted a solution.
UNSOLVED = (Stage.VERIFICATION, Stage.SOLUTION, Stage.NEGOTIATION)
# These follow the class.
CLASS_CLOCKS = (Deadline.Action.COMPLAINT_VERIFICATION, Deadline.Action.COMPLAINT_SOLUTION)


def unsolved_before(case: Case, *, issue: str, phone: str, name: str) -> list[Case]:
    """The same customer's earlier complaints of the same parcel or matter that he has not accepted as solved,
    the latest first (ES-302.10)."""
    by_phone = lookup.tokens_for_person("", phone)[:1]
    known = by_phone + lookup.tokens_for_person(name)[:1]
    same = Q(pk=None)
    if case.waybill_number and known:
        same |= Q(waybill_number=case.waybill_number, lookup__overlap=known)
    if issue and by_phone:
        same |= Q(complaint__issue=issue, lookup__contains=by_phone)
    unsolved = Q(complaint__stage__in=UNSOLVED) | (
        Q(complaint__stage="") & ~Q(state=Case.State.CLOSED)
    )
    earlier = Case.objects.filter(same, unsolved, kind=Case.Kind.COMPLAINT)
    return list(earlier.exclude(pk=case.pk).order_by("-pk")[:20])


def facts_of(complaint: Complaint, *, same_issue: int, now: datetime) -> ClassFacts:
    """What the class of a complaint hangs on, as it stands today."""
    case = complaint.case
    value = complaint.item_value
    if value is None and case.waybill is not None and case.waybill.declared_value:
        value = case.waybill.declared_value
    today = now.astimezone(SHANGHAI).date()
    signed = _signed(case.waybill_number) if complaint.promised_on else None
    delivered = signed.astimezone(SHANGHAI).date() if signed else today
    return ClassFacts(
        category=complaint.category,
        cause=complaint.cause,
        contents=complaint.contents,
        delay_days=rules_of.delay_days(complaint.promised_on, min(delivered, today)),
        item_value=None if value is None else str(value),
        same_issue=same_issue,
        earlier="unsolved" if same_issue > 1 else "none",
    )


def _signed(waybill_number: str) -> datetime | None:
    if not waybill_number:
        return None
    return (
        Scan.objects.filter(waybill_number=waybill_number, kind=Scan.Kind.SIGNED)
        .order_by("at")
        .values_list("at", flat=True)
        .first()
    )


def grade_by_rules(
    *, complaint: Complaint, using: Edition, same_issue: int, actor: Any, now: datetime
) -> None:
    """Class a complaint by its facts; only another class than it has is recorded.

    Raises KefuError naming the fact that is missing. Source: ES-302.03 … ES-302.12.
    """
    facts = facts_of(complaint, same_issue=same_issue, now=now)
    found = rules_of.class_or_refuse(using.rules, facts)
    if found.of is None or found.of == complaint.grade:
        return
    inputs = {"facts": facts.to_json(), "steps": rules_of.said_in(found.steps)}
    _grade(complaint, found.of, using, inputs=inputs, actor=actor, now=now)


@transaction.atomic
def reclass(
    *, case: Case, grade: str, reason: str, version: int | None = None, actor: Any, now: datetime
) -> Complaint:
    """Put a complaint into another class by hand. Raises KefuError without a reason, Conflict once it is solved."""
    case = cases.lock(case=case, version=version)
    complaint = Complaint.objects.select_for_update(no_key=True).get(case=case)
    complaint.case = case
    if not actor.has_perm("cases.reassign_case") and case.owner_id != _employee_id(actor):
        raise NotAllowed(_("只有负责人、组长和主管可以改等级"))
    if complaint.rulebook_id is None or complaint.stage not in UNSOLVED:
        raise Conflict(_("这份投诉现在不能改等级"), code="not_gradable")
    if grade not in Complaint.Grade.values or grade == complaint.grade:
        raise KefuError(_("请选另一个等级"), code="same_grade", field="grade")
    if len(reason.strip()) < 4:
        raise KefuError(_("改等级要写明理由"), code="reason_required", field="reason")
    shown = cases.shown(case=case, text=reason)
    _grade(complaint, grade, edition(complaint.rulebook_id), reason=shown, actor=actor, now=now)
    return complaint


def _employee_id(actor: Any) -> int | None:
    return Employee.objects.filter(user=actor).values_list("pk", flat=True).first()


def _grade(
    complaint: Complaint,
    grade: str,
    using: Edition,
    *,
    inputs: dict[str, Any] | None = None,
    reason: str = "",
    actor: Any,
    now: datetime,
) -> None:
    """Record a class; its clocks begin, or begin anew, and a grave complaint goes to whom the rulebook says."""
    case, first = complaint.case, not complaint.grade
    ComplaintGrading.objects.create(
        case=case,
        grade=grade,
        reason=reason,
        inputs=inputs or {},
        rulebook_id=using.version_id,
        graded_by=actor,
        graded_at=now,
    )
    complaint.grade, complaint.classed_at, complaint.inputs = grade, now, inputs or {}
    if rules_of.has_process(using.rules):
        # What was verified was verified for the other class.
        complaint.stage = rules_of.STAGES[rules_of.position(using.rules, grade, ()).step]
    complaint.save(update_fields=["grade", "classed_at", "inputs", "stage"])
    if grade == Complaint.Grade.MAJOR:  # so that it stands out in every queue
        cases.change(case=case, priority=Case.Priority.URGENT)
    assert complaint.received_at
    line = cases.step(
        case=case,
        action="complaint_graded" if first else "complaint_regraded",
        actor=actor,
        now=now,
        text=reason,
        sort=grade,
        since=complaint.received_at.isoformat(),
        **({} if first else {"classed_at": now.isoformat()}),
    )
    if not first:
        _stop_clocks(case, now=now)
    _start_clocks(case, using, line, first=first)
    _to_specialist(case, grade, using, actor=actor, now=now)
    if not first:  # the first time it is told with the complaint itself
        tell_outlet(case=case, now=now)


def _stop_clocks(case: Case, *, now: datetime) -> None:
    for clock in deadlines.settle(case=case, now=now):
        if clock.action in CLASS_CLOCKS:
            deadlines.cancel(deadline=clock, now=now)
    case.refresh_from_db(fields=["next_due_at"])


def _start_clocks(case: Case, using: Edition, line: Interaction, *, first: bool) -> None:
    """Each from the moment its own clause says: the receipt, or the new class (ES-302.11, ES-303.10). What was solved
    once is not due to be solved again: since the customer was dissatisfied, the call to him is (ES-303.27)."""
    verification, solution = CLASS_CLOCKS
    solved = (
        not first and case.deadlines.filter(action=solution, answered_at__isnull=False).exists()
    )
    party = owner_party(case.owner, our_company())
    for action in (verification,) if solved else CLASS_CLOCKS:
        deadlines.start_clock(case=case, action=action, using=using, party=party, started_by=line)


def _to_specialist(case: Case, grade: str, using: Edition, *, actor: Any, now: datetime) -> None:
    """Hand it on at once (ES-303.07): to the one with the fewest grave ones, or, where none is there, to nobody,
    so that it stands out."""
    posts = rules_of.specialists(using.rules, grade)
    if not posts:
        return
    if case.owner is not None and case.owner.position.post in posts:
        return
    busy = Count(
        "cases", filter=Q(cases__kind=Case.Kind.COMPLAINT) & ~Q(cases__state=Case.State.CLOSED)
    )
    in_turn = (
        Employee.objects.holding(*posts)
        .annotate(open_complaints=busy)
        .order_by("open_complaints", "number")
    )
    chosen = next((one for one in in_turn if barred.who_may(one, now)), None)
    desk.hand_on(  # rule: ES-303.07
        case=case,
        to=chosen,
        department=chosen.department if chosen else case.department,
        actor=actor,
        now=now,
    )
    if chosen is None:
        notifications.publish(
            kind=Event.Kind.CASE_CHANGED,
            at=now,
            department_id=case.department_id,
            case_id=case.pk,
            data={"action": "unassigned_major"},
        )


def regrade_growing(*, now: datetime) -> int:
    """Class anew the complaints of parcels that are still away (ES-302.07); return how many changed.

    Each in a transaction of its own; one that cannot be judged stays as it is.
    """
    changed = 0
    for pk in list(_growing()):
        try:
            changed += _regrade(pk, now=now)
        except KefuError:
            continue  # a fact is missing that was not wanted when it was registered
    return changed


def _growing() -> Iterable[int]:
    return (
        Complaint.objects.open()
        .filter(
            category=Complaint.Category.DELAY,
            grade=Complaint.Grade.GENERAL,
            stage__in=UNSOLVED,
            promised_on__isnull=False,
        )
        .order_by("pk")
        .values_list("pk", flat=True)
    )


@transaction.atomic
def _regrade(pk: int, *, now: datetime) -> bool:
    case = cases.lock(case=Case(pk=pk))
    complaint = Complaint.objects.select_for_update(no_key=True).get(case=case)
    complaint.case, before = case, complaint.grade
    if complaint.stage not in UNSOLVED or complaint.rulebook_id is None:
        return False
    if case.gradings.exclude(reason="").exists():
        return False  # a person has decided
    facts = complaint.inputs.get("facts", {})
    grade_by_rules(
        complaint=complaint,
        using=edition(complaint.rulebook_id),
        same_issue=facts.get("same_issue", 1),
        actor=None,
        now=now,
    )
    return complaint.grade != before
