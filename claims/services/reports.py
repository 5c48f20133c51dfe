"""Reports about a loss, a delay or a damage: file, tell the people concerned, accept, close (CD-12.29, CD-12.30, CD-12.74 … CD-12.78)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from claims.models import Claim, Fault, FaultReport, ReportBonus, ReportNotice
from kefu.cases import services as cases
from kefu.cases.models import Case, CaseLink, Interaction
from kefu.clock import SHANGHAI
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.network.models import Party
from kefu.notifications import services as notifications
from kefu.notifications.models import Event
from kefu.parcels.models import Waybill
from kefu.policy import fault_reports as policy
from kefu.policy.pay import Piece
from kefu.policy.processes import routed
from kefu.policy.refusals import NotInRulebook
from kefu.policy.rulebook import Rulebook
from kefu.policy.steps import Step
from kefu.privacy import redact
from kefu.rulebooks.selectors import Edition, edition, edition_saying
from kefu.staff import barred
from kefu.staff.models import Department, Employee
from kefu.staff.selectors import lead_ids

Direction, Verdict = FaultReport.Direction, FaultReport.Verdict
JUDGE = "claims.judge_report"
TEXT_LIMIT = 4_000  # characters
# What a claim is about, as a report calls it. Of a parcel that came short a part is lost.
OF_CLAIMS = {
    Claim.Loss.LOSS: Fault.LOSS,
    Claim.Loss.SHORTAGE: Fault.LOSS,
    Claim.Loss.DAMAGE: Fault.DAMAGE,
    Claim.Loss.DELAY: Fault.DELAY,
}
COUNTERPARTS = {
    Party.Kind.COURIER: Interaction.Counterpart.COURIER,
    Party.Kind.DRIVER: Interaction.Counterpart.DRIVER,
    Party.Kind.OUTLET: Interaction.Counterpart.OUTLET,
    Party.Kind.CONTRACTOR: Interaction.Counterpart.OUTLET,
    Party.Kind.HUB: Interaction.Counterpart.OUTLET,
}


@dataclass(frozen=True, slots=True)
class Reported:
    """What a report says. ``responsible`` or ``department``: whom it concerns, one of the two; ``sender``: who sent
    it to us, for one that came in; ``about``: the case it grew from.
    """

    direction: str
    fault: str
    waybill_number: str
    text: str
    responsible: Party | None = None
    department: Department | None = None
    sender: Party | None = None
    about: Case | None = None
    submitted_at: datetime | None = None


@transaction.atomic
def file_report(*, reported: Reported, employee: Employee, now: datetime) -> Case:
    """Register a report; the report desk gets it, whichever way it goes (CD-12.29).

    One that ``employee`` makes earns him its bonus once it is accepted. Raises KefuError naming the field,
    Conflict for what was reported before.
    """
    number = redact.clean_waybill(reported.waybill_number, field="waybill_number")
    text = redact.clean(reported.text, max_length=TEXT_LIMIT, field="text", required=True)
    _check(reported)
    waybill = Waybill.objects.filter(number=number).first()
    submitted_at = reported.submitted_at or now
    _check_time(submitted_at, waybill, now)
    ours = reported.direction == Direction.OUTGOING
    using = paying_edition(department_id=employee.department_id, at=submitted_at)
    wanted, steps = (
        policy.notices(using.rules) if using is not None and not ours else (0, tuple[Step, ...]())
    )
    desk, routing = _desk(reported.direction, using, employee)
    case = cases.open_case(
        kind=Case.Kind.REPORT,
        department=desk,
        owner=barred.who_may(employee, now) if not ours and desk == employee.department else None,
        waybill=waybill,
        waybill_number=number,
        outlet=_outlet(reported),
        summary=text,
        actor=employee.user,
        now=now,
    )
    try:
        with transaction.atomic():
            FaultReport.objects.create(
                case=case,
                direction=reported.direction,
                fault=reported.fault,
                waybill_number=number,
                reporter=employee if ours else None,
                sender=reported.sender,
                responsible=reported.responsible,
                responsible_department=reported.department,
                submitted_at=submitted_at,
                recorded_by=employee.user,
                rulebook_id=using.version_id if using else None,
                inputs={"steps": [step.to_json() for step in (*routing, *steps)]},
                notices_wanted=wanted,
            )
    except IntegrityError as error:
        if "fault_report_once" not in str(error):
            raise
        raise Conflict(
            _("%(number)s 的%(fault)s已经有人打过报告，不用再打")
            % {"number": number, "fault": Fault(reported.fault).label},
            code="reported_before",
            field="waybill_number",
        ) from error
    if reported.about is not None:
        CaseLink.objects.create(
            case=case,
            origin=reported.about,
            cause=reported.fault,
            linked_by=employee.user,
            linked_at=now,
        )
    cases.add(
        case=case,
        kind=Interaction.Kind.CONTACT,
        action="report_made" if ours else "report_received",
        direction=Interaction.Direction.OUT if ours else Interaction.Direction.IN,
        counterpart=Interaction.Counterpart.COMPANY,
        party=reported.sender,
        text=text,
        data={"fault": reported.fault},
        happened_at=submitted_at,
        actor=employee.user,
        now=now,
    )
    return case


def _check(reported: Reported) -> None:
    if reported.direction not in Direction.values:
        raise KefuError(_("请选打进还是打出"), code="field_required", field="direction")
    if reported.fault not in Fault.values:
        raise KefuError(_("请选遗失、延误或破损"), code="field_required", field="fault")
    if (reported.responsible is None) == (reported.department is None):
        raise KefuError(_("责任方和责任部门填一个"), code="one_of_two", field="responsible")
    if reported.direction == Direction.OUTGOING and reported.sender is not None:
        raise KefuError(_("打出的报告没有来报单位"), code="not_asked", field="sender")


def _check_time(submitted_at: datetime, waybill: Waybill | None, now: datetime) -> None:
    if submitted_at > now:
        raise KefuError(_("报告时间不能晚于现在"), code="in_the_future", field="submitted_at")
    if waybill is not None and submitted_at < waybill.accepted_at:
        raise KefuError(
            _("报告时间早于这一票的收件时间，请核对"), code="before_dispatch", field="submitted_at"
        )


def paying_edition(*, department_id: int | None, at: datetime) -> Edition | None:
    """The edition that asks a department for reports and pays for them; None where none does."""
    return edition_saying(policy.pays, department_id=department_id, at=at)


def _desk(
    direction: str, using: Edition | None, employee: Employee
) -> tuple[Department, tuple[Step, ...]]:
    """The department that a report goes to: the one the rulebook names, else that of whoever files it."""
    targets, steps = _routed(using.rules, direction) if using else ((), ())
    names = [name for target in targets for name in target.to]
    desk = Department.objects.filter(desk__in=names, active=True).first()
    return desk or employee.department, steps  # rule: CD-12.29


def _routed(rules: Rulebook, direction: str) -> Any:
    try:
        return routed(rules, "report_case", {"direction": direction})
    except NotInRulebook:
        return (), ()


def _outlet(reported: Reported) -> Party | None:
    """The counterpart as queues show it."""
    party = reported.sender or reported.responsible
    return party if party is not None and party.kind != Party.Kind.EMPLOYEE else None


# Telling the people concerned.


@transaction.atomic
def tell_concerned(
    *,
    case: Case,
    text: str,
    channel: Interaction.Channel,
    version: int | None = None,
    actor: Any,
    now: datetime,
) -> ReportNotice:
    """Tell the people a report concerns; unanswered, they are told again by noon of the next day (CD-12.30).

    Raises Conflict for a second notice at the moment of the first.
    """
    text = redact.clean(text, max_length=TEXT_LIMIT, field="text", required=True)
    case, report = _open(case, version)
    number = report.notices.count() + 1
    party = report.responsible
    line = cases.add(
        case=case,
        kind=Interaction.Kind.CONTACT,
        action="report_notice",
        direction=Interaction.Direction.OUT,
        counterpart=_counterpart(party),
        party=party,
        channel=channel,
        text=text,
        data={"n": number},
        actor=actor,
        now=now,
    )
    try:
        with transaction.atomic():
            notice = ReportNotice.objects.create(
                report=report, number=number, line=line, told_at=now, told_by=actor
            )
    except IntegrityError as error:
        if "report_notice_at_another_time" not in str(error):
            raise
        raise Conflict(_("两次通知不能是同一时刻，过一会儿再通知"), code="same_moment") from error
    again = number < report.notices_wanted and report.answered_at is None
    report.told_again_by = policy.told_again_by(now) if again else None
    report.reminded_at = None
    report.save(update_fields=["told_again_by", "reminded_at"])
    if report.answered_at is None and line.counterpart == Interaction.Counterpart.OUTLET:
        cases.move(case=case, to=Case.State.WAITING)
    return notice


@transaction.atomic
def concerned_answered(
    *,
    case: Case,
    text: str,
    channel: Interaction.Channel,
    version: int | None = None,
    actor: Any,
    now: datetime,
) -> FaultReport:
    """Record what the people concerned said. Raises Conflict before anybody was told."""
    text = redact.clean(text, max_length=TEXT_LIMIT, field="text", required=True)
    case, report = _open(case, version)
    if not report.notices.exists():
        raise Conflict(_("还没有通知过责任方"), code="nobody_told")
    party = report.responsible
    cases.add(
        case=case,
        kind=Interaction.Kind.CONTACT,
        action="report_answer",
        direction=Interaction.Direction.IN,
        counterpart=_counterpart(party),
        party=party,
        channel=channel,
        text=text,
        actor=actor,
        now=now,
    )
    report.answered_at, report.told_again_by = report.answered_at or now, None
    report.save(update_fields=["answered_at", "told_again_by"])
    cases.move(case=case, to=Case.State.OPEN)
    return report


def _counterpart(party: Party | None) -> str:
    kind = Party.Kind(party.kind) if party else Party.Kind.COMPANY
    return COUNTERPARTS.get(kind, Interaction.Counterpart.COMPANY)


@transaction.atomic
def remind_to_tell_again(*, now: datetime) -> int:
    """On the morning of the second notice ring for the owner, for the leads where nobody owns it; return how many.

    Once each; twice is harmless.
    """
    waiting = FaultReport.objects.select_for_update(of=["self"], skip_locked=True).filter(
        told_again_by__isnull=False, reminded_at=None
    )
    told = 0
    for report in waiting.select_related("case__owner"):
        if now.astimezone(SHANGHAI).date() < _day(report.told_again_by):
            continue
        owner = report.case.owner
        for user_id in [owner.user_id] if owner else sorted(lead_ids()):
            notifications.publish(
                kind=Event.Kind.NOTICE_DUE,
                at=now,
                user_id=user_id,
                department_id=report.case.department_id,
                case_id=report.case_id,
            )
        report.reminded_at = now
        report.save(update_fields=["reminded_at"])
        told += 1
    return told


def _day(at: datetime | None) -> Any:
    assert at is not None
    return at.astimezone(SHANGHAI).date()


# What becomes of it.


@transaction.atomic
def judge_report(
    *,
    case: Case,
    accept: bool,
    reason: str = "",
    version: int | None = None,
    actor: Any,
    now: datetime,
) -> FaultReport:
    """Accept a report that one of us made, which credits its bonus, or give it back; either closes the case.

    Never one's own. Raises NotAllowed, KefuError, Conflict for one judged before.
    """
    if not actor.has_perm(JUDGE):
        raise NotAllowed(_("只有组长、主管和理赔员可以受理报告"))
    case, report = _open(case, version)
    if report.direction != Direction.OUTGOING:
        raise Conflict(_("打进的报告不用受理，通知两次后结案"), code="incoming")
    if report.verdict:
        raise Conflict(_("这份报告已经受理过"), code="judged_before")
    if report.reporter is not None and report.reporter.user_id == actor.pk:
        raise KefuError(_("不能受理自己打的报告"), code="own_report")
    if not accept and not reason.strip():
        raise KefuError(_("请写明为什么退回"), code="reason_required", field="reason")
    report.verdict = Verdict.ACCEPTED if accept else Verdict.RETURNED
    report.decided_by, report.decided_at = actor, now
    report.save(update_fields=["verdict", "decided_by", "decided_at"])
    said = cases.shown(case=case, text=reason) if reason.strip() else ""
    cases.step(case=case, action=f"report_{report.verdict}", text=said, actor=actor, now=now)
    if accept:
        _credit(report, now)
    _close(case, actor, now)
    return report


def _credit(report: FaultReport, now: datetime) -> None:
    """Note what the report earns, in the month it was submitted (CD-12.74, CD-12.75, CD-12.77)."""
    if report.rulebook_id is None:
        return
    rules = edition(report.rulebook_id).rules
    month = report.submitted_at.astimezone(SHANGHAI).date().replace(day=1)
    for bonus in policy.bonuses(rules, piece_of(report.fault)):
        author = bonus.to == ReportBonus.To.AUTHOR
        ReportBonus.objects.create(
            report=report,
            clause=bonus.clause,
            rulebook_id=report.rulebook_id,
            to=bonus.to,
            employee=report.reporter if author else None,
            month=month,
            amount=bonus.amount,
            inputs={
                "facts": {"of": report.fault},
                "steps": [step.to_json() for step in bonus.steps],
            },
            credited_at=now,
        )


def piece_of(fault: str) -> Piece:
    """An accepted report as policy counts it."""
    return Piece(of=fault, done=frozenset({"accepted"}))


@transaction.atomic
def close_report(*, case: Case, version: int | None = None, actor: Any, now: datetime) -> Case:
    """Close a report that came in, once the people concerned were told as often as the rulebook says (CD-12.30).

    Raises Conflict saying what is missing.
    """
    case, report = _open(case, version)
    if report.direction == Direction.OUTGOING:
        raise Conflict(_("打出的报告受理或退回后自己结案"), code="not_judged")
    told = report.notices.count()
    if told < report.notices_wanted:
        raise Conflict(
            _("要通知责任方 %(wanted)s 次，只通知了 %(told)s 次")
            % {"wanted": report.notices_wanted, "told": told},
            code="notices_missing",
        )
    _close(case, actor, now)
    FaultReport.objects.filter(pk=report.pk).update(told_again_by=None)
    return case


@transaction.atomic
def reopen_report(*, case: Case, reason: str, actor: Any, now: datetime) -> Case:
    """Take up again a closed report that came in."""
    reason = redact.clean(reason, max_length=500, field="reason", required=True)
    case = cases.lock(case=case)
    if case.state != Case.State.CLOSED:
        raise Conflict(_("这一单没有结案"), code="not_closed")
    if case.fault_report.direction == Direction.OUTGOING:
        raise Conflict(_("受理过的报告不能重新打开；退回的可以重打"), code="judged_before")
    cases.move(case=case, to=Case.State.OPEN, closed_at=None)
    cases.step(case=case, action="reopened", text=reason, actor=actor, now=now)
    return case


def _open(case: Case, version: int | None) -> tuple[Case, FaultReport]:
    case = cases.lock(case=case, version=version)
    if case.state == Case.State.CLOSED:
        raise Conflict(_("工单已结案，请先重新打开"), code="case_closed")
    report = FaultReport.objects.select_related(
        "reporter__user", "responsible", "responsible_department"
    ).get(case=case)
    return case, report


def _close(case: Case, actor: Any, now: datetime) -> None:
    if case.state != Case.State.ANSWERED:
        cases.move(case=case, to=Case.State.ANSWERED)
    cases.move(case=case, to=Case.State.CLOSED, closed_at=now, handed_over=False)
    cases.step(case=case, action="closed", actor=actor, now=now)


# Before another case is closed.


def report_lacking(*, case: Case, fault: Fault, evident: bool) -> tuple[str, ...]:
    """What is lacking, by name, before a case about a fault is closed: ("report",) where the parcel is one that we
    sent, it is ``evident`` who is responsible, and nobody has made the report. Source: CD-12.78.
    """
    using = paying_edition(department_id=case.department_id, at=case.opened_at)
    if using is None or case.waybill is None:
        return ()
    outgoing = case.waybill.origin.kind == Party.Kind.COMPANY
    wanted = policy.wanted_report(
        using.rules,
        outgoing=outgoing,
        evident=evident,
        made=standing(case.waybill_number, fault).exists(),
    )
    return wanted.missing  # rule: CD-12.78


def standing(waybill_number: str, fault: Fault) -> QuerySet[FaultReport]:
    """Reports of ours about a parcel that were not given back."""
    return FaultReport.objects.filter(
        waybill_number=waybill_number, fault=fault, direction=Direction.OUTGOING
    ).exclude(verdict=Verdict.RETURNED)
