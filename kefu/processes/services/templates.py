"""The house's own processes: drafted, tried on paper, published. What was published is only ever replaced."""

import secrets
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.policy.plans import Plan
from kefu.privacy import redact
from kefu.processes.drawing_up import Sheet, plan_of
from kefu.processes.models import ProcessTemplate

State = ProcessTemplate.State
NAME = 60  # characters


def _may(actor: Any) -> None:
    if not actor.has_perm("processes.edit_template"):
        raise NotAllowed(_("只有主管可以编流程模板"))


@transaction.atomic
def draft(*, sheet: Sheet, actor: Any, now: datetime) -> ProcessTemplate:
    """Write down a new process of the house's own. Raises KefuError naming the field that does not fit."""
    _may(actor)
    code = f"house_{secrets.token_hex(4)}"  # two may draw up at once
    name = _free_name(sheet.name, code)
    return ProcessTemplate.objects.create(
        code=code,
        number=1,
        name=name,
        plan=plan_of(sheet, code).to_json(),
        drafted_by=actor,
        drafted_at=now,
    )


def _free_name(text: str, code: str) -> str:
    name = redact.clean(text, max_length=NAME, field="name", multiline=False, required=True)
    others = ProcessTemplate.objects.exclude(code=code).exclude(state=State.WITHDRAWN)
    if others.filter(name=name).exists():
        raise KefuError(_("已有同名的流程模板"), code="name_taken", field="name")
    return name


def _draft(template: ProcessTemplate) -> ProcessTemplate:
    locked = ProcessTemplate.objects.select_for_update(no_key=True).get(pk=template.pk)
    if locked.state != State.DRAFT:
        raise Conflict(_("这一版已经发布，不能再改；要改请出新版"), code="published")
    return locked


@transaction.atomic
def save(*, template: ProcessTemplate, sheet: Sheet, actor: Any, now: datetime) -> ProcessTemplate:
    """Write a draft anew."""
    _may(actor)
    template = _draft(template)
    template.name = _free_name(sheet.name, template.code)
    template.plan = plan_of(sheet, template.code).to_json()
    template.drafted_by, template.drafted_at = actor, now
    template.save(update_fields=["name", "plan", "drafted_by", "drafted_at"])
    return template


@transaction.atomic
def publish(*, template: ProcessTemplate, actor: Any, now: datetime) -> ProcessTemplate:
    """Offer a draft from now on; what runs on the version before it goes on as it began."""
    _may(actor)
    template = _draft(template)
    _free_name(
        template.name, template.code
    )  # another may have taken it while this one was withdrawn
    Plan.read(template.plan)
    ProcessTemplate.objects.filter(code=template.code, state=State.PUBLISHED).update(
        state=State.WITHDRAWN
    )
    template.state, template.published_by, template.published_at = State.PUBLISHED, actor, now
    template.save(update_fields=["state", "published_by", "published_at"])
    return template


@transaction.atomic
def revise(*, template: ProcessTemplate, actor: Any, now: datetime) -> ProcessTemplate:
    """Begin the next version as a draft; there is one draft of a process at a time."""
    _may(actor)
    versions = ProcessTemplate.objects.select_for_update(no_key=True).filter(code=template.code)
    existing = {version.state: version for version in versions}
    if State.DRAFT in existing:
        return existing[State.DRAFT]
    newest = max(versions, key=lambda version: version.number)
    return ProcessTemplate.objects.create(
        code=newest.code,
        number=newest.number + 1,
        name=newest.name,
        plan=newest.plan,
        drafted_by=actor,
        drafted_at=now,
    )


@transaction.atomic
def withdraw(*, template: ProcessTemplate, actor: Any) -> ProcessTemplate:
    """No longer offer a process; what runs on it is finished."""
    _may(actor)
    template = ProcessTemplate.objects.select_for_update(no_key=True).get(pk=template.pk)
    if template.state != State.PUBLISHED:
        raise Conflict(_("只有在用的流程可以停用"), code="not_published")
    template.state = State.WITHDRAWN
    template.save(update_fields=["state"])
    return template


@transaction.atomic
def discard(*, template: ProcessTemplate, actor: Any) -> None:
    """Throw a draft away."""
    _may(actor)
    _draft(template).delete()
