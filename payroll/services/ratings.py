"""What a customer gave, on record: of a chat by its table, asked on the phone by a colleague (ES-603.10, SD-233.63)."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from inquiries.models import Complaint
from kefu.cases.models import Case
from kefu.clock import SHANGHAI
from kefu.customers.models import Survey
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.policy.contacts import ContactRules
from kefu.rulebooks.selectors import edition_in_force
from kefu.staff.models import Employee
from payroll.models import Chat, Rating, RegisterEntry
from payroll.selectors.calls import RATE, STARS
from payroll.selectors.register import edition_of
from payroll.services import months, register

POOR = {Rating.Review.NEUTRAL, Rating.Review.BAD}
POINTS = RegisterEntry.Kind.POINTS


@transaction.atomic
def record(*, case: Case, stars: int, source: str, actor: Any, now: datetime) -> Rating:
    """What the customer gave to whoever handled his case; somebody else than that person writes it down.

    Raises NotAllowed, KefuError (no_owner, own_rating, out_of_range, source), Conflict (rated_already).
    """
    if not actor.has_perm(RATE):
        raise NotAllowed(_("你不能登记客户评价"))
    employee = case.owner
    if employee is None:
        raise KefuError(_("这张工单没有负责人，不知道评的是谁"), code="no_owner", field="case")
    if employee.user_id == actor.pk:
        raise KefuError(_("不能登记给自己的评价，请同事回访"), code="own_rating", field="case")
    if source not in Rating.Source.values:
        raise KefuError(_("请选来源"), code="source", field="source")
    today = now.astimezone(SHANGHAI).date()
    least, most = scale(employee, now)
    if not least <= stars <= most:
        raise KefuError(
            _("评分是 %(least)d 到 %(most)d") % {"least": least, "most": most},
            code="out_of_range",
            field="stars",
        )
    months.check_open(today)
    try:
        with transaction.atomic():
            return Rating.objects.create(
                employee=employee,
                source=source,
                case=case,
                stars=stars,
                rated_on=today,
                recorded_by=actor,
                recorded_at=now,
            )
    except IntegrityError as error:
        raise Conflict(_("这张工单已经登记过评价"), code="rated_already", field="case") from error


def from_survey(survey: Survey, now: datetime) -> None:
    """What a customer said by the link he was sent counts for whoever handled his case (ES-603.10). It counts for nobody
    where the month is locked, or a colleague asked him online before.
    """
    case, today = survey.case, now.astimezone(SHANGHAI).date()
    known = Rating.objects.filter(case=case, source=Rating.Source.ONLINE).exists()
    if case.owner is None or known or months.is_locked(today):
        return
    Rating.objects.create(
        employee=case.owner,
        source=Rating.Source.ONLINE,
        case=case,
        stars=survey.stars,
        rated_on=today,
        recorded_at=now,
    )


def scale(employee: Employee, now: datetime) -> tuple[int, int]:
    """What a customer may give under the rulebook that binds him: least and most; five stars where it is silent."""
    try:
        using = edition_in_force(department_id=employee.department_id, at=now)
    except KefuError:
        return STARS
    return ContactRules.of(using.rules).stars or STARS


def enter_chat(chat: Chat, *, state: Chat, review: str, actor: Any, now: datetime) -> None:
    """Put into the books what a chat brings its agent: a poor review counts at once, one left open is proposed.
    ``state``: the chat as it was told last.

    A chat that is told again changes nothing. Source: SD-233.52, SD-233.63.
    """
    on = chat.began_at.astimezone(SHANGHAI).date()
    using = edition_of(chat.employee, on, now)
    if using is None:
        return
    contacts = ContactRules.of(using.rules)
    given: dict[str, Any] = {
        "employee": chat.employee,
        "rulebook_id": using.version_id,
        "kind": POINTS,
        "happened_on": on,
        "source": f"chat:{chat.pk}",
        "inputs": {"chat": chat.number},
        "actor": actor,
        "now": now,
    }
    if review in POOR and contacts.bad_review is not None:
        label = Rating.Review(review).label
        try:
            register.enter(  # rule: SD-233.63
                clause=contacts.bad_review,
                reason=_("会话 %(number)s 客户给了%(review)s")
                % {"number": chat.number, "review": label},
                incident=complained_of(state),
                verified=True,
                **given,
            )
        except Conflict as error:
            if error.code != "incident_counted":
                raise  # of one incident one clause counts, and another does already
    if not state.closed and state.ordered is not False and contacts.left_open is not None:
        register.enter(  # rule: SD-233.52
            clause=contacts.left_open,
            reason=_("会话 %(number)s 确认订单后没有关闭") % {"number": chat.number},
            **given,
        )


def was_closed(chat: Chat, *, actor: Any, now: datetime) -> None:
    """It still ran when it was told of: nobody left it open. What a supervisor has verified stays (SD-233.52)."""
    for entry in RegisterEntry.objects.undecided().filter(source=f"chat:{chat.pk}"):
        register.drop(entry=entry, reason=_("后来的表里这个会话已经关闭"), actor=actor, now=now)


def complained_of(chat: Chat) -> str:
    """The complaint about the same parcel and person: both are one incident, of which one clause counts (SD-233.63)."""
    if not chat.waybill_number:
        return ""
    rows = Complaint.objects.filter(
        against=chat.employee.party_id,
        case__waybill_number=chat.waybill_number,
        case__opened_at__gte=chat.began_at,
    )
    return rows.order_by("case__opened_at").values_list("case__number", flat=True).first() or ""
