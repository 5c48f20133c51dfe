"""Record parcels that came the wrong way; report those whose slips were written wrongly (CD-06.23 … 06.26, section 8)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from kefu.cases import services as cases
from kefu.cases.models import Case
from kefu.clock import SHANGHAI
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.network.models import Party
from kefu.network.selectors import our_company
from kefu.notifications import services as notifications
from kefu.notifications.models import Event
from kefu.policy.measures import classify
from kefu.policy.misrouting import frozen, grouped_by, needed, report_due
from kefu.policy.months import month_of
from kefu.policy.refusals import NotInRulebook
from kefu.policy.rulebook import Rulebook
from kefu.privacy import redact
from kefu.rulebooks.selectors import Edition, edition, edition_in_force
from kefu.staff.models import Employee
from kefu.staff.selectors import lead_ids
from problem_parcels.models import (
    DestinationStep,
    HouseWord,
    Misrouting,
    MisroutingReport,
    ReportLine,
)
from problem_parcels.selectors.house import house_words
from problem_parcels.selectors.misroutings import (
    destination_search,
    digest,
    electronic_list,
    evidence_of,
    in_order,
    province_of,
)
from problem_parcels.services.asking import demand, refusals

RoutingText, Source, State = Misrouting.RoutingText, Misrouting.Source, MisroutingReport.State
SORTING_ERROR = "sorting_error"
SEND = "problem_parcels.send_report"
# What each way of knowing the destination has to have been preceded by (CD-06.26).
FOUND_BY = {
    Source.RECIPIENT: ("call_recipient", "reached"),
    Source.SENDING_COMPANY: ("notify_sending_company", ""),
}


@dataclass(frozen=True, slots=True)
class Found:
    """A parcel that came the wrong way, as written down. ``province`` "": that of the outlet by the network's
    file. ``outlet``: who reports it, our company if None. ``confirmed``: the origin stands although waybill or
    scan say otherwise.
    """

    waybill_number: str
    origin: Party | None
    routing_text: str
    correct_destination: str
    source: str
    written_destination: str = ""
    province: str = ""
    origin_verified: bool = False
    confirmed: bool = False
    case: Case | None = None
    outlet: Party | None = None


# Finding out where it should have gone.


@transaction.atomic
def note_destination_step(
    *,
    waybill_number: str,
    code: str,
    outcome: str = "",
    note: str = "",
    employee: Employee,
    now: datetime,
) -> DestinationStep:
    """Note a step of finding out a destination: the recipient is called first, and only where nobody can be
    reached is the sending company told. Raises KefuError naming the field, Conflict for a step that is not due.
    Source: CD-06.26.
    """
    number = redact.clean_waybill(waybill_number, field="waybill_number")
    rules = _edition(employee, now).rules
    due = destination_search(rules, number)
    if due.step != code:  # rule: CD-06.26
        raise Conflict(
            _("先联系收件人；联系不上，才由进港席在网上告知发件公司"), code="step_not_due"
        )
    if due.outcomes and outcome not in due.outcomes:
        raise KefuError(_("请选联系的结果"), code="outcome_required", field="outcome")
    text = redact.redact(
        redact.clean(note, max_length=200, field="note", multiline=False), keep=[number]
    )
    if not due.outcomes and not text:
        raise KefuError(_("请写明以什么方式告知了哪家公司"), code="note_required", field="note")
    return DestinationStep.objects.create(
        waybill_number=number, code=code, outcome=outcome, note=text, at=now, by=employee.user
    )


# The line.


@transaction.atomic
def record_misrouting(*, found: Found, employee: Employee, now: datetime) -> Misrouting:
    """Record a parcel that came the wrong way; one whose slip was written wrongly goes into the month's report.

    An incomplete line is refused with the field it lacks; an origin that waybill or scan contradict has to be
    confirmed. Raises KefuError, Conflict for a number that the report has. Source: CD-06.23 … CD-06.26,
    CD-08.01, CD-08.05.
    """
    number = redact.clean_waybill(found.waybill_number, field="waybill_number")
    texts = {
        name: redact.clean(getattr(found, name), max_length=limit, field=name, multiline=False)
        for name, limit in (
            ("written_destination", 40),
            ("correct_destination", 40),
            ("province", 20),
        )
    }
    if found.origin is not None:
        texts["province"] = texts["province"] or province_of(found.origin)[:20]
    # 1. What the slip was, and whether that is the writer's fault or the sorter's.
    using = _edition(employee, now)
    if found.routing_text not in RoutingText.values:
        raise KefuError(_("请选面单大字的情况"), code="field_required", field="routing_text")
    facts = {"routing_text": found.routing_text}
    with refusals(using.rules):
        cause = classify(using.rules, "missent_cause", facts)
    reported = cause.of != SORTING_ERROR
    # 2. Is everything there?
    recorded = _recorded(number, found, texts)
    steps = [*cause.steps, *demand(using.rules, "missent_parcel", recorded, facts)]
    if reported:
        # rule: CD-08.01, CD-08.05
        demand(using.rules, "miswriting_line", recorded)
    if found.origin is None or not texts["province"]:
        field = "origin" if found.origin is None else "province"
        raise KefuError(_("请填写始发网点和省份"), code="field_required", field=field)
    if not texts["correct_destination"]:
        raise KefuError(_("请填写正确的目的地"), code="field_required", field="correct_destination")
    if (
        found.routing_text == RoutingText.WRONG
        and texts["written_destination"] == texts["correct_destination"]
    ):
        raise KefuError(
            _("错写的和正确的目的地一样，请核对"),
            code="same_destination",
            field="correct_destination",
        )
    _need_source(number, found.source)
    # 3. Does it agree with the parcel's own papers?
    evidence = evidence_of(number)
    against = evidence.against(found.origin)
    if against and not found.confirmed:
        raise KefuError(
            _("运单或收件扫描与填写的始发网点不一致，请核对；确实无误就勾选“已核对，仍按此登记”"),
            code="origin_contradicted",
            field="confirmed",
            against=list(against),
            evidence=evidence.to_json(),
        )
    # 4. Record it.
    case = cases.lock(case=found.case) if found.case else None
    report = _open_report(found.outlet or our_company(), using, now) if reported else None
    try:
        with transaction.atomic():
            row = Misrouting.objects.create(
                waybill_number=number,
                waybill=evidence.waybill,
                case=case,
                report=report,
                origin=found.origin,
                province=texts["province"],
                routing_text=found.routing_text,
                written_destination=texts["written_destination"],
                correct_destination=texts["correct_destination"],
                source=found.source,
                cause=cause.of or "",
                evidence=evidence.to_json(),
                contradicted=bool(against),
                origin_verified_by=employee.user,
                origin_verified_at=now,
                recorded_at=now,
                recorded_by=employee.user,
                rulebook_id=using.version_id,
                inputs={"steps": [step.to_json() for step in steps]},
            )
    except IntegrityError as error:
        if report is None or not report.misroutings.filter(waybill_number=number).exists():
            raise
        raise Conflict(
            _("%(number)s 这个月已经登记过了") % {"number": number},
            code="recorded_before",
            field="waybill_number",
        ) from error
    if case is not None:
        cases.step(case=case, action="misrouted", actor=employee.user, now=now, misrouting=row.pk)
    return row


def _recorded(number: str, found: Found, texts: dict[str, str]) -> set[str]:
    """The names of what the line holds. Where no letters were written that itself is what was written."""
    there = {name for name, text in texts.items() if text}
    if number:
        there.add("waybill_number")
    if found.origin is not None:
        there.add("origin")
    if found.origin_verified:
        there.add("origin_verified")
    if texts["written_destination"]:
        there.add("old_destination")
    if found.routing_text == RoutingText.MISSING:
        there.add("written_destination")
    return there


def _need_source(number: str, source: str) -> None:
    """Refuse a destination nobody can vouch for: it stands on the slip, or somebody was asked."""
    if source not in Source.values:  # rule: CD-06.26
        raise KefuError(
            _("请选目的地的依据；不确定就先联系收件人"), code="source_required", field="source"
        )
    if source in FOUND_BY:
        code, outcome = FOUND_BY[Source(source)]
        steps = DestinationStep.objects.filter(waybill_number=number, code=code)
        if not steps.filter(outcome=outcome).exists():
            raise KefuError(
                _("还没有这一步的记录：先记下联系收件人或告知发件公司的经过"),
                code="source_unproved",
                field="source",
            )


@transaction.atomic
def withdraw_misrouting(
    *, misrouting: Misrouting, reason: str, employee: Employee, now: datetime
) -> Misrouting:
    """Take back a line that was entered wrongly, while its report is still collecting. Raises Conflict."""
    row = Misrouting.objects.select_for_update(of=["self"]).get(pk=misrouting.pk)
    if row.withdrawn_at is not None:
        raise Conflict(_("这一行已经撤回了"), code="withdrawn")
    if row.report_id is not None:
        report = MisroutingReport.objects.select_for_update().get(pk=row.report_id)
        _need_collecting(report, edition(report.rulebook_id).rules)
    row.withdrawn_for = redact.clean(
        reason, max_length=200, field="reason", multiline=False, required=True
    )
    row.withdrawn_at, row.withdrawn_by = now, employee.user
    row.save(update_fields=["withdrawn_at", "withdrawn_by", "withdrawn_for"])
    return row


# The report.


def _open_report(outlet: Party, using: Edition, now: datetime) -> MisroutingReport:
    """The report that takes today's lines, locked for another one."""
    report = ensure_report(
        outlet=outlet, month=now.astimezone(SHANGHAI).date().replace(day=1), using=using
    )
    report = MisroutingReport.objects.select_for_update().get(pk=report.pk)
    _need_collecting(report, edition(report.rulebook_id).rules)  # locked while this one waited
    return report


def ensure_report(*, outlet: Party, month: date, using: Edition) -> MisroutingReport:
    """The report of an outlet about a month, made with its due time where there is none yet."""
    with refusals(using.rules):
        due = report_due(
            using.rules,
            month_of(month),
            remote=outlet.remote,  # CD-08.08
            days_ahead=outlet.report_lead_days,
        )
    return MisroutingReport.objects.get_or_create(
        outlet=outlet,
        month=month,
        defaults={
            "due_at": due.due_at,
            "warn_at": due.warn_at,
            "rulebook_id": using.version_id,
            "inputs": {"steps": [step.to_json() for step in due.steps]},
        },
    )[0]


@transaction.atomic
def lock_report(*, report: MisroutingReport, actor: Any, now: datetime) -> MisroutingReport:
    """Close a month's report: its lines are copied in the order of the list and never change again.

    Raises NotAllowed, Conflict while the month runs or when it was locked before, KefuError naming the part of
    head office's contact that nobody filled in. Source: CD-08.02, CD-08.09, CD-08.10.
    """
    _need_right(actor)
    report = MisroutingReport.objects.select_for_update(of=["self"]).get(pk=report.pk)
    rules = edition(report.rulebook_id).rules
    _need_collecting(report, rules)
    if now.astimezone(SHANGHAI).date() < month_after(report.month):
        raise Conflict(_("这个月还没有过完，不能锁定"), code="month_runs")
    filled_in = house_words()
    header = {
        name: filled_in.get(name, "")
        for name in (HouseWord.Name.CONTACT, HouseWord.Name.PHONE, HouseWord.Name.CHAT_ACCOUNT)
    }
    # CD-08.09
    demand(rules, "report_contact", [name for name, value in header.items() if value])
    rows = report.misroutings.filter(withdrawn_at=None).select_related("origin")
    ordered = in_order(rows, grouped_by(rules))
    ReportLine.objects.bulk_create(
        ReportLine(
            report=report,
            number=number,
            misrouting=row,
            waybill_number=row.waybill_number,
            province=row.province,
            origin=row.origin.name,
            routing_text=row.routing_text,
            written_destination=row.written_destination,
            correct_destination=row.correct_destination,
        )
        for number, row in enumerate(ordered, start=1)
    )
    report.state = State.LOCKED
    report.sealed = {
        "outlet": report.outlet.name,
        **{str(name): text for name, text in header.items()},
    }
    report.lines_locked, report.locked_at, report.locked_by = len(ordered), now, actor
    report.save()
    return report


@transaction.atomic
def send_report(*, report: MisroutingReport, actor: Any, now: datetime) -> bytes:
    """Mark a locked report as sent; the electronic list is made at that moment and returned (CD-08.06).

    Raises NotAllowed, Conflict for one that is not locked or was sent before.
    """
    _need_right(actor)
    report = (
        MisroutingReport.objects.select_for_update(of=["self"])
        .select_related("outlet")
        .get(pk=report.pk)
    )
    if report.state != State.LOCKED:
        said = _("已经上报过了") if report.state == State.SENT else _("先锁定，再上报")
        raise Conflict(said, code="not_locked")
    content = electronic_list(report)
    if "electronic_list" in needed(edition(report.rulebook_id).rules) and not content:
        raise KefuError(_("没有生成电子清单，不能上报"), code="no_list")
    report.state, report.sent_at, report.sent_by = State.SENT, now, actor
    report.issued, report.digest = content, digest(content)
    report.save(update_fields=["state", "sent_at", "sent_by", "issued", "digest"])
    return content


@transaction.atomic
def remind_reports(*, now: datetime) -> int:
    """Tell leads and supervisors of reports that are due soon or late, once each; return how many.

    Our company's report of the month before is there even if it has no line. Twice is harmless.
    Source: CD-08.07, CD-08.08.
    """
    _ensure_ours(now)
    waiting = MisroutingReport.objects.select_for_update(of=["self"], skip_locked=True).filter(
        sent_at=None
    )
    told = 0
    for report in waiting.filter(due_at__lt=now, late_told_at=None).select_related("outlet"):
        _tell(Event.Kind.REPORT_LATE, report, now)
        report.late_told_at = report.reminded_at = now
        report.save(update_fields=["late_told_at", "reminded_at"])
        told += 1
    soon = Q(warn_at__lte=now, due_at__gte=now, reminded_at=None)
    for report in waiting.filter(soon).select_related("outlet"):
        _tell(Event.Kind.REPORT_DUE, report, now)
        report.reminded_at = now
        report.save(update_fields=["reminded_at"])
        told += 1
    return told


def _ensure_ours(now: datetime) -> None:
    last_month = (now.astimezone(SHANGHAI).date().replace(day=1) - timedelta(days=1)).replace(day=1)
    ours = Party.objects.filter(kind=Party.Kind.COMPANY).first()
    if ours is None:
        return
    try:
        using = edition_in_force(department_id=None, at=now)
        report_due(using.rules, month_of(last_month))
    except (KefuError, NotInRulebook):
        return  # no rulebook in force, or one that knows no such report
    ensure_report(outlet=ours, month=last_month, using=using)


def _tell(kind: Event.Kind, report: MisroutingReport, now: datetime) -> None:
    notifications.ring(
        kind=kind,
        at=now,
        user_ids=lead_ids(),
        data={"report": report.pk, "outlet": report.outlet.name, "month": f"{report.month:%Y-%m}"},
    )


def _need_collecting(report: MisroutingReport, rules: Rulebook) -> None:
    if report.state != State.COLLECTING and frozen(rules):  # rule: CD-08.10
        raise Conflict(_("上报表已经锁定，不能再改"), code="report_locked")


def _need_right(actor: Any) -> None:
    if not actor.has_perm(SEND):
        raise NotAllowed(_("只有组长和主管可以锁定和上报"))


def month_after(month: date) -> date:
    """The first day on which a report about ``month`` may be locked."""
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1)


def _edition(employee: Employee, now: datetime) -> Edition:
    return edition_in_force(department_id=employee.department_id, at=now)
