"""A disaster: what customers are told about parcels held up, what is done for them, and the call afterwards."""

from collections.abc import Callable, Generator
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from inquiries.models import AffectedCase, Incident
from inquiries.selectors.incidents import cases_in_area, covers, script
from inquiries.services.incidents import RUN, demand, lock, need, rules_of
from kefu import clock
from kefu.cases import services as cases
from kefu.cases.models import Case, Interaction
from kefu.deadlines import services as deadlines
from kefu.deadlines.models import Deadline
from kefu.deadlines.services.promises import owner_party
from kefu.errors import Conflict, KefuError
from kefu.jobs import services as jobs
from kefu.jobs.models import Job
from kefu.jobs.services import Chunk
from kefu.network.selectors import our_company
from kefu.privacy import redact
from kefu.rulebooks.selectors import edition

Action = Deadline.Action
JOB = "disaster_follow_ups"
CHUNK = 50  # cases; well under a second
CLOSED_BEFORE = "closed_at"  # when, of a case that is open for the call only


@transaction.atomic
def tell(*, incident: Incident, case: Case, actor: Any, now: datetime) -> AffectedCase:
    """The customer was told why, where and for how long his parcel is held up (ES-502.04).

    The words are those of the rulebook, filled in; raises KefuError naming what they lack.
    """
    case = cases.lock(case=case)
    _need_affected(incident, case)
    words = script(incident)
    if not words.text:
        raise KefuError(
            _("突发事件还没有写明原因、滞留地和预计延误天数"), code="words_lack", field=None
        )
    affected = _affected(incident, case, actor=actor, now=now)
    affected.told_at, affected.told_by = now, actor
    affected.save(update_fields=["told_at", "told_by"])
    cases.step(
        case=case,
        action="incident_told",
        text=words.text,
        actor=actor,
        now=now,
        incident=incident.case.number,
    )
    return affected


@transaction.atomic
def note_remedy(
    *, incident: Incident, case: Case, text: str, actor: Any, now: datetime
) -> AffectedCase:
    """What is done so that a failure or disaster costs this customer no more than it must (LC-06.19)."""
    text = redact.clean(text, max_length=500, field="remedy_note")
    demand(rules_of(incident), "failure_affected_case", {"remedy_note"} if text else ())
    if not text:
        raise KefuError(_("请写明怎么补救"), code="field_required", field="remedy_note")
    case = cases.lock(case=case)
    affected = _affected(incident, case, actor=actor, now=now)
    affected.remedy = cases.shown(case=case, text=text)
    affected.save(update_fields=["remedy"])
    cases.step(
        case=case,
        action="incident_remedy",
        text=text,
        actor=actor,
        now=now,
        incident=incident.case.number,
    )
    return affected


def _affected(incident: Incident, case: Case, *, actor: Any, now: datetime) -> AffectedCase:
    return AffectedCase.objects.get_or_create(
        incident=incident, case=case, defaults={"noted_at": now, "noted_by": actor}
    )[0]


def _need_affected(incident: Incident, case: Case) -> None:
    if incident.is_drill or not incident.is_open or not covers(incident, case):
        raise Conflict(_("这一单不受这个突发事件影响"), code="not_affected")


def begin_warned(*, now: datetime) -> int:
    """What was warned of has begun, by the time that was told; return how many."""
    warned = Incident.objects.open().filter(stage=Incident.Stage.WARNED, started_at__lte=now)
    return warned.update(stage=Incident.Stage.RUNNING)


@transaction.atomic
def end_disaster(*, incident: Incident, ended_at: datetime, actor: Any, now: datetime) -> Incident:
    """It is over: every customer it affected is called within the rulebook's hours (ES-502.09)."""
    need(actor, RUN, _("只有组长和主管可以登记灾害结束"))
    incident = lock(incident=incident)
    if incident.kind != Incident.Kind.NATURAL_DISASTER:
        raise Conflict(_("这不是自然灾害"), code="not_a_disaster")
    if incident.ended_at is not None:
        raise Conflict(_("已经登记过结束"), code="recovered_before")
    if not incident.started_at <= ended_at <= now:
        raise KefuError(
            _("结束时间要在开始之后，不能晚于现在"), code="out_of_span", field="ended_at"
        )
    incident.ended_at, incident.stage = ended_at, Incident.Stage.OVER
    incident.save(update_fields=["ended_at", "stage"])
    cases.add(
        case=incident.case,
        kind=Interaction.Kind.STEP,
        direction=Interaction.Direction.INTERNAL,
        action="recovered",
        happened_at=ended_at,
        actor=actor,
        now=now,
    )
    if not incident.is_drill:
        jobs.start(
            kind=JOB,
            title=_("灾后回访 {number}").format(number=incident.case.number),
            params={"incident": incident.pk},
            total=cases_in_area(incident).count(),
            actor=actor,
            now=now,
        )
    return incident


def run(job: Job, more: Callable[[], bool]) -> Generator[Chunk, None, None]:
    """The handler of these jobs: a follow-up for each customer, however many cases he has."""
    incident = Incident.objects.select_related("case").get(pk=job.params["incident"])
    after, done = job.cursor.get("after", 0), job.done
    while more():
        found = list(cases_in_area(incident).filter(pk__gt=after).order_by("pk")[:CHUNK])
        if not found:
            return
        after, done = found[-1].pk, done + len(found)
        yield Chunk(
            {"after": after}, done, partial(_follow_up_many, incident, found, job.created_by)
        )


def _follow_up_many(incident: Incident, found: list[Case], actor: Any) -> dict[str, int]:
    now = clock.now()
    started = sum(_follow_up(incident, case, actor=actor, now=now) for case in found)
    return {"follow_ups": started}


def _follow_up(incident: Incident, case: Case, *, actor: Any, now: datetime) -> bool:
    """Start the clock of one customer, unless another of his cases has it."""
    case = cases.lock(case=case)
    affected = _affected(incident, case, actor=actor, now=now)
    if affected.follow_up_id is not None or _followed_elsewhere(incident, case):
        return False
    closed_at = case.closed_at
    if closed_at is not None:
        cases.move(case=case, to=Case.State.OPEN, closed_at=None)
    line = cases.add(
        case=case,
        kind=Interaction.Kind.STEP,
        direction=Interaction.Direction.INTERNAL,
        action="disaster_over",
        data={
            "incident": incident.case.number,
            **({CLOSED_BEFORE: closed_at.isoformat()} if closed_at else {}),
        },
        happened_at=incident.ended_at,
        actor=actor,
        now=now,
    )
    affected.follow_up = deadlines.start_clock(
        case=case,
        action=Action.DISASTER_FOLLOW_UP,
        using=edition(incident.rulebook_id),
        party=owner_party(case.owner, our_company()),
        started_by=line,
    )
    affected.save(update_fields=["follow_up"])
    return affected.follow_up is not None


def _followed_elsewhere(incident: Incident, case: Case) -> bool:
    """Whether another case of the same customer has his follow-up: known by his number, else by himself."""
    phone = case.sealed.get("customer_phone", "")
    if not phone:
        return False
    others = (
        AffectedCase.objects.filter(
            incident=incident, follow_up__isnull=False, case__lookup__overlap=case.lookup
        )
        .exclude(case=case)
        .select_related("case")
    )
    return any(one.case.sealed.get("customer_phone") == phone for one in others)


@transaction.atomic
def followed_up(*, case: Case, text: str, actor: Any, now: datetime) -> Interaction:
    """The customer was called and told how things stand now (ES-502.09). A case that was closed before the call was
    due is so again, unless something else has come up."""
    text = redact.clean(text, max_length=cases.TEXT_LIMIT, field="text", required=True)
    case = cases.lock(case=case)
    waiting = [
        d for d in deadlines.settle(case=case, now=now) if d.action == Action.DISASTER_FOLLOW_UP
    ]
    if not waiting:
        raise Conflict(_("这一单没有等着的灾后回访"), code="no_follow_up")
    line = cases.add(
        case=case,
        kind=Interaction.Kind.CONTACT,
        action="disaster_followed_up",
        direction=Interaction.Direction.OUT,
        counterpart=Interaction.Counterpart.CUSTOMER,
        channel=Interaction.Channel.PHONE,
        text=text,
        substantive=True,
        actor=actor,
        now=now,
    )
    deadlines.keep(deadlines=waiting, answer=line, actor=actor, now=now)
    _close_again(case, waiting[0].started_by)
    return line


def _close_again(case: Case, reopened: Interaction | None) -> None:
    """Put a closing back that only the call to come had undone."""
    closed_at = reopened.data.get(CLOSED_BEFORE) if reopened else None
    case = cases.lock(case=case)
    if reopened is None or closed_at is None or case.state != Case.State.OPEN:
        return
    came = case.interactions.filter(pk__gt=reopened.pk, direction=Interaction.Direction.IN)
    if came.exists() or case.deadlines.unanswered().exists():
        return
    cases.move(case=case, to=Case.State.ANSWERED)
    with suppress(Conflict):  # something blocks its closing: whoever ends that closes it
        cases.move(
            case=case,
            to=Case.State.CLOSED,
            closed_at=datetime.fromisoformat(closed_at),
            handed_over=False,
            escalated_at=None,
        )
