"""Uniforms and equipment: handed out, replaced, given back, paid for where somebody is to blame (ES-134.*, ES-135.*)."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.notifications import services as notifications
from kefu.notifications.models import Event
from kefu.policy.clauses import Consequence
from kefu.policy.penalties import Assessed, Breach, assess
from kefu.policy.processes import Done
from kefu.policy.rulebook import Rulebook
from kefu.privacy import redact
from kefu.rulebooks.selectors import Edition, edition_saying
from kefu.rulebooks.services import require
from kefu.staff.models import Employee, User
from payroll.models import Article, Issue, RegisterEntry, Replacement
from payroll.refusing import told
from payroll.selectors import joining as selectors
from payroll.services import register
from payroll.services.employment import may_keep, today_of

LIST_PRICE = "list_price"
Category, Outcome, State = Article.Category, Issue.Outcome, Replacement.State
# What is established with an outcome; the clause says which of it costs the holder the price.
ESTABLISHED = {
    Outcome.DAMAGED: ("uniform_damaged", "equipment_damaged", "not_natural_wear"),
    Outcome.LOST: ("uniform_damaged", "equipment_lost", "not_natural_wear"),
    Outcome.KEPT: ("uniform_damaged", "equipment_lost", "not_natural_wear", "careless"),
}


@transaction.atomic
def hand_out(
    *,
    employee: Employee,
    article: Article,
    count: int = 1,
    size: str = "",
    issued_on: date | None = None,
    replaces: Issue | None = None,
    actor: Any,
    now: datetime,
) -> list[Issue]:
    """Write down what somebody gets, piece by piece, at today's price (ES-134.01, ES-135.01).

    Raises NotAllowed, KefuError naming the field.
    """
    may_keep(actor, employee)
    day = issued_on or today_of(now)
    if employee.status == Employee.Status.LEFT:
        raise KefuError(_("%(who)s 已离职") % {"who": employee}, code="left", field="employee")
    if not article.active:
        raise KefuError(_("这种物品已停用"), code="article_inactive", field="article")
    if not 1 <= count <= 20:
        raise KefuError(_("件数要在 1 到 20 之间"), code="out_of_range", field="count")
    if day > today_of(now):
        raise KefuError(_("发放日期不能晚于今天"), code="in_the_future", field="issued_on")
    if (using := selectors.edition_of_form_for("uniform_issue", employee, now)) is not None:
        facts = {"item": article.name, "issued_on": day, "holder": employee, "price_yuan": True}
        require(using.rules, "uniform_issue", **facts)
    label = redact.clean(size, max_length=40, field="size", multiline=False)
    return [
        Issue.objects.create(
            employee=employee,
            article=article,
            size=label,
            price=article.price,
            issued_on=day,
            issued_by=actor,
            issued_at=now,
            replaces=replaces,
        )
        for _number in range(count)
    ]


@transaction.atomic
def hand_out_set(*, employee: Employee, size: str = "", actor: Any, now: datetime) -> list[Issue]:
    """The whole uniform of a newcomer, as the list of articles has it; what he holds already is not given twice."""
    may_keep(actor, employee)
    articles = Article.objects.filter(active=True, in_set__gt=0)
    held = list(in_hand(employee).values_list("article_id", flat=True))
    given: list[Issue] = []
    for article in articles:
        missing = article.in_set - held.count(article.pk)
        if missing > 0:
            given += hand_out(
                employee=employee, article=article, count=missing, size=size, actor=actor, now=now
            )
    if not given:
        raise Conflict(_("没有要发的：清单里没有成套制服，或已经领齐"), code="nothing_to_issue")
    return given


def in_hand(employee: Employee) -> Any:
    return employee.issues.filter(outcome="").select_related("article")


@transaction.atomic
def settle(
    *,
    issue: Issue,
    outcome: str,
    careless: bool = True,
    note: str = "",
    on: date | None = None,
    actor: Any,
    now: datetime,
) -> Issue:
    """A piece is given back, worn out, damaged, lost or not brought back; natural wear is free, and what the rulebook
    charges goes to the register at its list price (ES-134.04, ES-134.05, ES-135.02, ES-135.03).

    ``careless``: of what was damaged or lost, whether it was by his carelessness. Raises NotAllowed, Conflict,
    KefuError naming the field.
    """
    row = _lock(issue)
    may_keep(actor, row.employee)
    return _settle(row, outcome, careless, note, on or today_of(now), actor, now)


def _settle(
    row: Issue, outcome: str, careless: bool, note: str, day: date, actor: Any, now: datetime
) -> Issue:
    if row.outcome:
        raise Conflict(_("这一件已经了结"), code="settled_already")
    if not row.issued_on <= day <= today_of(now):
        raise KefuError(_("日期要在发放之后、今天或以前"), code="out_of_range", field="on")
    kind = Outcome(outcome)
    text = redact.redact(redact.clean(note, max_length=300, field="note", multiline=False))
    if kind in (Outcome.DAMAGED, Outcome.LOST) and not text:
        raise KefuError(_("请写明经过"), code="required", field="note")
    row.outcome, row.ended_on, row.ended_by = kind, day, actor
    row.charge = _charged(row, kind, careless, text, day, actor, now)
    row.save(update_fields=["outcome", "ended_on", "ended_by", "charge"])
    return row


def _charged(
    row: Issue,
    outcome: Issue.Outcome,
    careless: bool,
    text: str,
    day: date,
    actor: Any,
    now: datetime,
) -> RegisterEntry | None:
    found = costs(row, outcome, careless=careless, now=now)
    if found is None or found[1].state != "applies" or not found[1].amount:
        return None
    using, assessed = found
    reason = f"{row.article.name} {Outcome(outcome).label} {text}".strip()
    return register.enter(
        employee=row.employee,
        clause=assessed.clause,
        rulebook_id=using.version_id,
        kind=RegisterEntry.Kind.CHARGE,
        happened_on=day,
        reason=reason,
        source=f"issue:{row.pk}",
        value=assessed.amount,
        inputs={"issue": row.pk, "price": str(row.price), "outcome": outcome.value,
                "steps": told(assessed.steps)},
        verified=True,
        actor=actor,
        now=now,
    )  # fmt: skip


def costs(
    row: Issue, outcome: Issue.Outcome, *, careless: bool, now: datetime
) -> tuple[Edition, Assessed] | None:
    """What an outcome costs the holder; None where it is free or the rulebook has no clause for it."""
    if outcome not in ESTABLISHED:
        return None
    uniform = row.article.category == Category.UNIFORM
    wanted = "uniform_damaged" if uniform else "equipment_damaged"

    def clause_of(rules: Rulebook) -> Consequence | None:
        return next((one for one in rules.in_force(Consequence) if _speaks_of(one, wanted)), None)

    department = row.employee.department_id
    using = edition_saying(
        lambda rules: clause_of(rules) is not None, department_id=department, at=now
    )
    if using is None:
        return None
    clause = clause_of(using.rules)
    assert clause is not None  # ``edition_saying`` asked
    established = [*ESTABLISHED[outcome], *(["careless"] if careless else [])]
    named = {*clause.needs, *(clause.needs_any or ())}
    facts = tuple(dict.fromkeys(one for one in established if one in named))
    return using, assess(using.rules, Breach(clause=clause.id, established=facts, base=row.price))


def _speaks_of(clause: Consequence, wanted: str) -> bool:
    derived = clause.derived is not None and clause.derived.of == LIST_PRICE
    return derived and wanted in (*clause.needs, *(clause.needs_any or ()))


# A new piece for one that is damaged or lost.


@transaction.atomic
def ask(*, issue: Issue, what: str, text: str, actor: Any, now: datetime) -> Replacement:
    """The holder asks for a new piece (ES-134.03). Raises NotAllowed, Conflict, KefuError naming the field."""
    row = _lock(issue)
    if row.employee.user_id != actor.pk:
        raise NotAllowed(_("只能申请补领自己的"))
    if row.outcome:
        raise Conflict(_("这一件已经了结"), code="settled_already")
    said = redact.redact(
        redact.clean(text, max_length=500, field="text", required=True, multiline=False)
    )
    try:
        with transaction.atomic():
            asked = Replacement.objects.create(
                issue=row, what=Replacement.What(what), text=said, asked_by=actor, asked_at=now
            )
    except IntegrityError as error:
        raise Conflict(_("这一件已经申请过，等人事办理"), code="asked_already") from error
    clerks = User.objects.filter(role=User.Role.HR, is_active=True).exclude(pk=actor.pk)
    notifications.ring(
        kind=Event.Kind.PERSON_DUE,
        at=now,
        user_ids=list(clerks.values_list("pk", flat=True)),
        data={"who": str(row.employee), "what": "replacement", "on": f"{today_of(now):%m-%d}"},
    )
    return asked


@transaction.atomic
def replace(
    *, asked: Replacement, natural: bool, careless: bool = True, answer: str = "", actor: Any, now: datetime
) -> Issue:  # fmt: skip
    """Hand out the new piece; the old one is free if it wore out by itself, else at its price where the rulebook says
    so (ES-134.04). Raises NotAllowed, Conflict.
    """
    row = _lock_asked(asked, actor)
    old = _lock(row.issue)
    if (
        using := selectors.edition_of_process(
            "uniform_replacement", old.employee.department_id, now
        )
    ) is not None:
        done = [Done("request", told={"damaged_or_lost": row.what})]
        selectors.standing(using.rules, "uniform_replacement", done, ["register_line"])
    damaged = row.what == Replacement.What.DAMAGED
    outcome = Outcome.WORN if natural and damaged else Outcome.DAMAGED if damaged else Outcome.LOST
    _settle(old, outcome, careless, row.text[:300], today_of(now), actor, now)
    _decided(row, State.ISSUED, answer, actor, now)
    return hand_out(
        employee=old.employee,
        article=old.article,
        size=old.size,
        replaces=old,
        actor=actor,
        now=now,
    )[0]


@transaction.atomic
def refuse(*, asked: Replacement, answer: str, actor: Any, now: datetime) -> None:
    """No new piece, with a word why. Raises NotAllowed, Conflict, KefuError (answer)."""
    row = _lock_asked(asked, actor)
    if not answer.strip():
        raise KefuError(_("请写明理由"), code="required", field="answer")
    _decided(row, State.REFUSED, answer, actor, now)


def _decided(row: Replacement, state: str, answer: str, actor: Any, now: datetime) -> None:
    row.state, row.decided_by, row.decided_at = state, actor, now
    row.answer = redact.redact(
        redact.clean(answer, max_length=300, field="answer", multiline=False)
    )
    row.save(update_fields=["state", "decided_by", "decided_at", "answer"])


def _lock_asked(asked: Replacement, actor: Any) -> Replacement:
    rows = Replacement.objects.select_for_update(of=["self"], no_key=True)
    row = rows.select_related("issue__employee").get(pk=asked.pk)
    may_keep(actor, row.issue.employee)
    if row.state != State.ASKED:
        raise Conflict(_("这份申请已经办过"), code="decided_already")
    return row


def _lock(issue: Issue) -> Issue:
    rows = Issue.objects.select_for_update(of=["self"], no_key=True)
    return rows.select_related("employee", "article").get(pk=issue.pk)


def open_items(employees: Iterable[int]) -> int:
    return Issue.objects.filter(employee__in=employees, outcome="").count()
