"""Pick closed cases that others learn from (ES-602.12)."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from kefu.cases import services as cases
from kefu.cases.models import Case, Interaction
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.privacy import redact
from payroll.selectors.examples import NO_MORE, PICK, TAUGHT, sort_of, sorts

LESSON = 1_000  # characters


@transaction.atomic
def pick(*, case: Case, sort: str, lesson: str, actor: Any, now: datetime) -> Interaction:
    """Say that a closed case is a good or a bad example and what is learned from it, or (``none``) no example any more.

    Raises NotAllowed, Conflict for a case that is not closed, KefuError naming ``sort`` or ``lesson``.
    Source: ES-602.12.
    """
    if not actor.has_perm(PICK):
        raise NotAllowed(_("案例由组长和主管选"))
    case = cases.lock(case=case)
    if case.state != Case.State.CLOSED:  # rule: ES-602.12
        raise Conflict(_("结案之后才能选为案例"), code="not_closed")
    offered = [key for key, _words in sorts(department_id=case.department_id, at=now)]
    if sort not in offered and not (sort == NO_MORE and sort_of(case)):
        raise KefuError(_("规章里没有这种案例"), code="not_offered", field="sort")
    lesson = redact.clean(lesson, max_length=LESSON, field="lesson", required=sort != NO_MORE)
    return cases.step(case=case, action=TAUGHT, text=lesson, actor=actor, now=now, sort=sort)
