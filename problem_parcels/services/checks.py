"""Replies are read, and a desk has looked through all of them."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from kefu.cases.models import Case
from kefu.errors import Conflict
from kefu.network.models import Party
from kefu.staff.models import Employee
from problem_parcels.models import Message, ReplyCheck
from problem_parcels.selectors.replies import reply_checks


@transaction.atomic
def open_replies(*, case: Case, actor: Any, now: datetime) -> int:
    """Somebody has looked at the replies of a case, or acted on them; return how many were new (CD-04.13)."""
    return (
        Message.objects.filter(case=case, opened_at=None)
        .exclude(sender__kind=Party.Kind.COMPANY)
        .update(opened_at=now, opened_by=actor)
    )


@transaction.atomic
def check_replies(*, by: Employee, now: datetime) -> ReplyCheck:
    """Record that ``by`` looked through the replies of the own department, for the hour that is due.

    Raises Conflict where none is due: it was made already, or its hour has not come (CD-07.08).
    """
    due = reply_checks(department_id=by.department_id, now=now).due
    if due is None:
        raise Conflict(_("现在没有要查的，这一次已经查过了"), code="no_check_due")
    check, made = ReplyCheck.objects.get_or_create(  # CD-07.08
        department=by.department,
        due_at=due.due_at,
        defaults={"checked_at": now, "checked_by": by},
    )
    if not made:  # a colleague was faster
        raise Conflict(_("%(who)s 刚查过") % {"who": check.checked_by}, code="already_checked")
    return check
