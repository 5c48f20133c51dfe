"""How a customer says how he was served: a link for one case, used once, for some days."""

import hashlib
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from kefu.cases import services as cases
from kefu.cases.models import Case
from kefu.customers.models import Survey
from kefu.customers.selectors import ASKED_AFTER
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.privacy import redact

COMMENT = 500

# What apps above do with an answer, in its transaction.
_when_answered: list[Callable[[Survey, datetime], None]] = []


class NoSurvey(KefuError):
    """Nobody was asked by such a link, or it serves no more. ``code``: unknown, used, replaced, expired."""

    status = 410


def when_answered(follow: Callable[[Survey, datetime], None]) -> None:
    """Called from ``AppConfig.ready()``."""
    _when_answered.append(follow)


@transaction.atomic
def make_link(*, case: Case, actor: Any, now: datetime) -> tuple[Survey, str]:
    """Return a link's row and its secret, which is shown this once; an earlier link of the case serves no more.

    Raises NotAllowed, Conflict not_closed, answered, KefuError not_asked for a kind without a customer.
    """
    if not actor.has_perm("cases.work_case"):
        raise NotAllowed(_("你的角色不能发评价链接"))
    locked = cases.lock(case=case)
    if locked.kind not in ASKED_AFTER:
        raise KefuError(_("这种工单没有要评价的客户"), code="not_asked")
    if locked.state != Case.State.CLOSED:
        raise Conflict(_("结案后才能请客户评价"), code="not_closed")
    if locked.surveys.filter(answered_at__isnull=False).exists():
        raise Conflict(_("客户已经评价过"), code="answered")
    locked.surveys.filter(answered_at=None, replaced_at=None).update(replaced_at=now)
    secret = secrets.token_urlsafe(16)
    row = Survey.objects.create(
        case=locked,
        digest=_digest(secret),
        made_by=actor,
        made_at=now,
        expires_at=now + timedelta(days=settings.KEFU_SURVEY_DAYS),
    )
    return row, secret


def asked_by(secret: str, *, now: datetime) -> Survey:
    """The survey of a link that may still be answered. Raises NoSurvey."""
    return _usable(Survey.objects.filter(digest=_digest(secret)).first(), now)


@transaction.atomic
def answer(*, secret: str, stars: int, solved: bool | None, comment: str, now: datetime) -> Survey:
    """Keep what the customer says, once; numbers and the like are taken out of his words. Raises NoSurvey, KefuError."""
    rows = Survey.objects.select_for_update(of=["self"])
    row = _usable(rows.filter(digest=_digest(secret)).first(), now)
    if not 1 <= stars <= 5:
        raise KefuError(_("评分是 1 到 5"), code="out_of_range", field="stars")
    row.comment = redact.redact(redact.clean(comment, max_length=COMMENT, field="comment"))
    row.answered_at, row.stars, row.solved = now, stars, solved
    row.save()
    for follow in _when_answered:
        follow(row, now)
    return row


def _usable(row: Survey | None, now: datetime) -> Survey:
    if row is None:
        raise NoSurvey(_("这个链接不对，请核对收到的地址"), code="unknown")
    if row.answered_at is not None:
        raise NoSurvey(_("已经评价过了，谢谢您"), code="used")
    if row.replaced_at is not None:
        raise NoSurvey(_("这个链接已换新的，请用后来收到的那个"), code="replaced")
    if row.expires_at <= now:
        raise NoSurvey(_("这个链接已过期"), code="expired")
    return row


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
