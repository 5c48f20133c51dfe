"""Reports about a week or a month: drawn up when it is over, prepared, looked through, issued, corrected (LC-01.04, LC-01.25, LC-01.26, LC-02.07, LC-02.12, LC-04.09, LC-05.08)."""

from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from kefu.clock import SHANGHAI
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.notifications import services as notifications
from kefu.notifications.models import Event
from kefu.policy.measures import Plan
from kefu.policy.registers import Due, plan_due, register_due
from kefu.policy.rulebook import Rulebook
from kefu.privacy import redact
from kefu.reports.content import digest
from kefu.reports.definitions import DEFINITIONS
from kefu.reports.models import Register, RegisterStep
from kefu.reports.selectors.registers import (
    ANALYSIS,
    compute,
    edition_for,
    may_prepare,
    next_of,
    plan_of,
)
from kefu.staff.selectors import lead_ids

Kind, Step = Register.Kind, RegisterStep.Step
ANALYSIS_LIMIT = 10_000  # characters
NOTE_LIMIT = 500
DAY = timedelta(days=1)


def draw_up(*, kind: str, about: date, now: datetime) -> Register | None:
    """The report of a kind about the period with ``about`` in it, made with its due time where there is none yet.

    None where no rulebook in force asks for it. Raises Conflict while the period runs.
    """
    using = edition_for(kind, at=now)
    if using is None:
        return None
    due = _due(using.rules, kind, about)
    if now.astimezone(SHANGHAI).date() <= due.last_on:
        raise Conflict(_("这个期间还没有过完"), code="period_runs", field="about")
    known = Register.objects.filter(kind=kind, first_on=due.first_on).order_by("-number").first()
    return (
        known
        or Register.objects.get_or_create(
            kind=kind,
            first_on=due.first_on,
            number=1,
            defaults={
                "last_on": due.last_on,
                "rulebook_id": using.version_id,
                "due_at": due.due_at,
                "inputs": {"steps": [step.to_json() for step in due.steps]},
            },
        )[0]
    )


@transaction.atomic
def draw_up_and_remind(*, now: datetime) -> int:
    """Draw up the reports of the periods that are over, a zero report too; ring when one is there to be made, and
    when it is late. Return how many bells rang; twice is harmless.
    """
    for kind in DEFINITIONS:
        using = edition_for(kind, at=now)
        if using is None:
            continue
        yesterday = now.astimezone(SHANGHAI).date() - DAY
        due = _due(using.rules, kind, yesterday)
        # The last period that is over: yesterday's own on its last day, else the one before.
        over = yesterday if yesterday == due.last_on else due.first_on - DAY
        draw_up(kind=kind, about=over, now=now)
    told = 0
    waiting = Register.objects.select_for_update(of=["self"], skip_locked=True).filter(
        issued_at=None, due_at__isnull=False
    )
    for row in waiting.filter(due_at__lt=now, told_late_at=None):
        _tell(Event.Kind.REGISTER_LATE, row, now)
        row.told_late_at, row.told_due_at = now, row.told_due_at or now
        row.save(update_fields=["told_late_at", "told_due_at"])
        told += 1
    for row in waiting.filter(due_at__gte=now, told_due_at=None):
        _tell(Event.Kind.REGISTER_DUE, row, now)
        row.told_due_at = now
        row.save(update_fields=["told_due_at"])
        told += 1
    return told


def _due(rules: Rulebook, kind: str, about: date) -> Due:
    definition = DEFINITIONS[kind]
    if definition.plan is not None:
        return plan_due(definition.plan(rules), about)
    return register_due(rules, kind, about, beside=definition.beside)


def _tell(kind: Event.Kind, row: Register, now: datetime) -> None:
    notifications.ring(
        kind=kind,
        at=now,
        user_ids=sorted(lead_ids()),
        data={"register": row.kind, "period": row.period},
    )


@transaction.atomic
def take_step(
    *,
    register: Register,
    step: str,
    analysis: str = "",
    note: str = "",
    actor: Any,
    now: datetime,
) -> Register:
    """Take the next step of a report. Preparing it computes its figures anew and undoes what came after; issuing it
    makes them final.

    Raises NotAllowed for another's step, KefuError for one's own work and for what is missing, Conflict out of turn.
    """
    row = _locked(register)
    plan = plan_of(row)
    following = next_of(row, plan)
    if step == Step.PREPARE and Step.PREPARE in dict(plan.steps):
        return _prepare(row, plan, analysis, actor, now)
    if step != following.step:
        raise Conflict(
            _("现在轮到“%(step)s”") % {"step": following.label}
            if following.step
            else _("这份报表已经办完"),
            code="out_of_turn",
        )
    if not actor.has_perm(following.right):
        raise NotAllowed(_("这一步不归你办"))
    if following.prepared_by(actor):
        raise KefuError(_("自己编制的要由另一个人审核和发出"), code="own_work")
    if Step.PREPARE not in dict(plan.steps):  # nobody prepares it: it is what is on record now
        row.content, row.analysis = compute(row), _analysis(analysis) or row.analysis
    if ANALYSIS in following.lacks and not row.analysis:  # rule: LC-01.26
        raise KefuError(_("还没有写文字分析，不能发出"), code="analysis_wanted", field="analysis")
    _add(row, step, note, actor, now)
    if step == plan.steps[-1][0]:
        row.issued_at, row.issued_by = now, actor
        row.digest = digest(row.content or {}, row.analysis)
    row.save()
    return row


def _prepare(row: Register, plan: Plan, analysis: str, actor: Any, now: datetime) -> Register:
    if not may_prepare(plan, actor):
        raise NotAllowed(_("这一步不归你办"))
    row.content, row.analysis = compute(row), _analysis(analysis) or row.analysis
    row.save(update_fields=["content", "analysis"])
    _add(row, Step.PREPARE, "", actor, now)
    return row


@transaction.atomic
def send_back(*, register: Register, note: str, actor: Any, now: datetime) -> Register:
    """Whoever has to look it through gives it back with a word why; it is prepared anew. Raises as ``take_step``."""
    row = _locked(register)
    following = next_of(row, plan_of(row))
    if not following.done:
        raise Conflict(_("还没有编制，没有可退回的"), code="not_prepared")
    if not actor.has_perm(following.right):
        raise NotAllowed(_("这一步不归你办"))
    note = redact.redact(redact.clean(note, max_length=NOTE_LIMIT, field="note", required=True))
    RegisterStep.objects.create(register=row, step=Step.SEND_BACK, note=note, by=actor, at=now)
    return row


@transaction.atomic
def correct(*, register: Register, reason: str, actor: Any, now: datetime) -> Register:
    """Begin the next version of an issued report; the one that was issued stays as it is.

    Raises NotAllowed, Conflict for one not issued yet or corrected before.
    """
    if not actor.has_perm("reports.issue_register"):
        raise NotAllowed(_("只有主管可以更正已发出的报表"))
    row = Register.objects.select_for_update().get(pk=register.pk)
    if row.issued_at is None:
        raise Conflict(_("这份报表还没有发出，直接重新编制"), code="not_issued")
    if Register.objects.filter(corrects=row).exists():
        raise Conflict(_("这一版已经更正过，请看最新一版"), code="corrected_before")
    reason = redact.redact(redact.clean(reason, max_length=500, field="reason", required=True))
    return Register.objects.create(
        kind=row.kind,
        first_on=row.first_on,
        last_on=row.last_on,
        number=row.number + 1,
        corrects=row,
        corrected_for=reason,
        rulebook_id=row.rulebook_id,
        inputs=row.inputs,
        analysis=row.analysis,
    )


def _locked(register: Register) -> Register:
    row = Register.objects.select_for_update(of=["self"]).get(pk=register.pk)
    if row.issued_at is not None:
        raise Conflict(_("这份报表已经发出，不能再改；要改就出更正版"), code="issued")
    return row


def _analysis(text: str) -> str:
    return redact.redact(redact.clean(text, max_length=ANALYSIS_LIMIT, field="analysis"))


def _add(row: Register, step: str, note: str, actor: Any, now: datetime) -> None:
    said = redact.redact(redact.clean(note, max_length=NOTE_LIMIT, field="note"))
    RegisterStep.objects.create(register=row, step=step, note=said, by=actor, at=now)
