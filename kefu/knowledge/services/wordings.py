"""Words for customers: drafted by one person, approved by another, every version kept."""

import re
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kefu.audit import services as audit
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.knowledge.models import Wording, WordingVersion
from kefu.knowledge.models.wordings import TEXT_LIMIT
from kefu.privacy import redact

DRAFT, APPROVE = "knowledge.draft_wording", "knowledge.approve_wording"
# What may stand in braces. Plain substitution by name: nothing in a text is ever executed.
VARIABLES: dict[str, Promise] = {
    "company": gettext_lazy("公司名称"),
    "department": gettext_lazy("部门"),
    "agent": gettext_lazy("客服的昵称或工号"),
    "case": gettext_lazy("单号"),
    "customer": gettext_lazy("客户姓名（掩码）"),
    "waybill": gettext_lazy("运单号"),
    "outlet": gettext_lazy("对方网点"),
    "destination": gettext_lazy("目的地"),
    "due": gettext_lazy("最近截止时间"),
    "today": gettext_lazy("今天的日期"),
}
VARIABLE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_BRACES = re.compile(r"\{\{|\}\}|\{%|%\}|\{#|#\}")


def check_text(text: str) -> str:
    """Return the text trimmed. Raises KefuError naming ``text`` and the variable that does not exist."""
    text = redact.clean(text, max_length=TEXT_LIMIT, field="text", required=True)
    for name in VARIABLE.findall(text):
        if name not in VARIABLES:
            raise KefuError(
                _("没有变量“%(name)s”；可以用的有：%(known)s")
                % {"name": name, "known": "、".join(VARIABLES)},
                code="unknown_variable",
                field="text",
                variable=name,
            )
    if left := _BRACES.search(VARIABLE.sub("", text)):
        raise KefuError(
            _("“%(braces)s”没有成对，变量要写成 {{ waybill }} 这样") % {"braces": left[0]},
            code="broken_variable",
            field="text",
        )
    return text


@transaction.atomic
def draft(*, wording: Wording, text: str, actor: Any, now: datetime) -> WordingVersion:
    """Append a version for another person to approve; a new wording is saved with its first.

    Raises NotAllowed; KefuError naming ``text``.
    """
    if not actor.has_perm(DRAFT):
        raise NotAllowed(_("只有组长和主管可以拟话术"))
    text = check_text(text)
    if wording._state.adding:
        wording.save()
    Wording.objects.select_for_update().get(pk=wording.pk)
    last = wording.versions.aggregate(last=Max("number"))["last"] or 0
    version = WordingVersion.objects.create(
        wording=wording, number=last + 1, text=text, drafted_by=actor, drafted_at=now
    )
    _record("wording.drafted", version, actor, now)
    return version


@transaction.atomic
def approve(*, version: WordingVersion, actor: Any, now: datetime) -> WordingVersion:
    """Let agents use a version from now on. Raises NotAllowed for one's own draft; Conflict for an old one."""
    if not actor.has_perm(APPROVE):
        raise NotAllowed(_("只有主管可以批准话术"))
    Wording.objects.select_for_update().get(pk=version.wording_id)
    version = WordingVersion.objects.select_for_update().get(pk=version.pk)
    if version.drafted_by_id == actor.pk:
        raise NotAllowed(_("自己拟的稿要由别人批准"))
    if version.approved_at is not None:
        raise Conflict(_("这一版已经批准"), code="already_approved")
    if version.wording.versions.filter(number__gt=version.number).exists():
        raise Conflict(_("已有更新的一版，请批准最新的"), code="newer_version")
    version.approved_by, version.approved_at = actor, now
    version.save(update_fields=["approved_by", "approved_at"])
    _record("wording.approved", version, actor, now)
    return version


@transaction.atomic
def withdraw(*, wording: Wording, actor: Any, now: datetime) -> None:
    """Nobody may pick it any more; what was written with it keeps its version."""
    if not actor.has_perm(APPROVE):
        raise NotAllowed(_("只有主管可以停用话术"))
    wording = Wording.objects.select_for_update().get(pk=wording.pk)
    if wording.withdrawn_at is not None:
        raise Conflict(_("已经停用"), code="withdrawn")
    wording.withdrawn_at = now
    wording.save(update_fields=["withdrawn_at"])
    audit.record(
        action="wording.withdrawn",
        actor=actor,
        at=now,
        table=Wording._meta.db_table,
        object_id=wording.pk,
    )


def _record(action: str, version: WordingVersion, actor: Any, now: datetime) -> None:
    audit.record(
        action=action,
        actor=actor,
        at=now,
        table=Wording._meta.db_table,
        object_id=version.wording_id,
        after={"version": version.number},
    )
