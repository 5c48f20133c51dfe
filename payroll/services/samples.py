"""Draw calls and chats to be heard, so that nobody can say how they were chosen but by lot (CD-12.08)."""

import secrets
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from kefu.clock import SHANGHAI
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.policy.inspections import audit_clause, draw, frame_digest
from kefu.privacy import redact
from kefu.rulebooks.selectors import edition_in_force
from kefu.staff.models import Department
from payroll.models import Sample, SampleDraw
from payroll.selectors import frames
from payroll.selectors.inspected import departments_of, inspected_by, samples_of

MOST = 300  # samples of one draw
LONGEST = 92  # days of one frame
SEEDS = 2**62


@transaction.atomic
def draw_samples(
    *,
    department: Department,
    medium: str,
    from_on: date,
    to_on: date,
    size: int,
    seed: int | None = None,
    actor: Any,
    now: datetime,
) -> SampleDraw:
    """Draw ``size`` calls of the department's people, fewer where there are fewer. Those of whoever draws are not
    among them, nor what was drawn before; the rest is by lot, and ``seed`` is stored.

    Raises NotAllowed, KefuError naming the field, Conflict (no_calls).
    """
    _check(department, actor)
    if to_on < from_on:
        raise KefuError(_("结束日期要不早于开始日期"), code="stretch", field="to_on")
    if to_on > now.astimezone(SHANGHAI).date():
        raise KefuError(_("不能抽以后的日期"), code="in_the_future", field="to_on")
    if (to_on - from_on).days >= LONGEST:
        raise KefuError(
            _("一次最多抽 {n} 天的").format(n=LONGEST), code="too_long", field="from_on"
        )
    if not 1 <= size <= MOST:
        raise KefuError(_("一次抽 1 到 {n} 个").format(n=MOST), code="out_of_range", field="size")
    Department.objects.select_for_update(no_key=True).get(pk=department.pk)  # two draws at once
    people = inspected_by(actor).filter(department=department)
    found = frames.frame(people, medium, from_on, to_on)
    if not found:
        raise Conflict(_("这段时间没有可抽的记录"), code="no_calls", field="from_on")
    earlier = frames.drawn_before(found, medium)
    seed = secrets.randbelow(SEEDS) if seed is None else seed
    picks = draw(found, seed=seed, size=size, earlier=earlier)
    using = edition_in_force(department_id=department.pk, at=now)
    row = SampleDraw.objects.create(
        department=department,
        medium=medium,
        from_on=from_on,
        to_on=to_on,
        size=size,
        seed=seed,
        frame_size=sum(map(len, found.values())),
        frame_digest=frame_digest(found),
        people={str(pk): [len(calls), earlier.get(pk, 0)] for pk, calls in found.items()},
        rulebook_id=using.version_id,
        drawn_by=actor,
        drawn_at=now,
    )
    told = frames.records([pick.call for pick in picks], medium)
    Sample.objects.bulk_create(
        Sample(
            draw=row,
            number=n,
            employee_id=pick.agent,
            medium=medium,
            record=pick.call,
            at=told[pick.call].at,
            seconds=told[pick.call].seconds,
            reference=told[pick.call].reference,
        )
        for n, pick in enumerate(picks, 1)
    )
    return row


def _check(department: Department, actor: Any) -> None:
    if not departments_of(actor).filter(pk=department.pk).exists():
        raise NotAllowed(_("不是你检查的部门"), field="department")


def wants_audit(department: Department, now: datetime) -> str:
    """The clause that wants calls of the department heard; "" where none does."""
    clause = audit_clause(edition_in_force(department_id=department.pk, at=now).rules)
    return clause.id if clause else ""


@transaction.atomic
def set_aside(*, sample: Sample, reason: str, actor: Any, now: datetime) -> None:
    """It cannot be heard: say why, and it waits no longer. Raises NotAllowed, Conflict (heard, set_aside)."""
    row = Sample.objects.select_for_update(of=["self"], no_key=True).get(pk=sample.pk)
    if not samples_of(actor).filter(pk=row.pk).exists():
        raise NotAllowed(_("不是你监听的记录"))
    if hasattr(row, "inspection"):
        raise Conflict(_("已经评过分了"), code="heard")
    if row.unheard:
        raise Conflict(_("已经登记过无法监听"), code="set_aside")
    row.unheard = redact.redact(
        redact.clean(reason, max_length=200, field="reason", required=True, multiline=False)
    )
    row.unheard_by, row.unheard_at = actor, now
    row.save(update_fields=["unheard", "unheard_by", "unheard_at"])
