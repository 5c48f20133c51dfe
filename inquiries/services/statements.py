"""Words of an incident: for the public on every channel, and for all agents at once."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from inquiries.models import Broadcast, BroadcastReceipt, Incident, Publication, Statement
from inquiries.models.incidents import STATEMENT_LIMIT
from inquiries.services.incident_opening import issue_in_words
from inquiries.services.incidents import RUN, keep_clock, lock, need, start_clock
from kefu.cases import services as cases
from kefu.deadlines.models import Deadline
from kefu.errors import Conflict, KefuError
from kefu.network.models import Party
from kefu.network.selectors import our_company
from kefu.notifications import services as notifications
from kefu.notifications.models import Event
from kefu.privacy import redact
from kefu.rulebooks.selectors import edition
from kefu.staff.models import Employee, User

Action = Deadline.Action
PERSONS = {Party.Kind.COURIER, Party.Kind.DRIVER, Party.Kind.EMPLOYEE}


@dataclass(frozen=True, slots=True)
class Words:
    """A statement in both languages."""

    zh: str
    en: str


def offered_words(incident: Incident, kind: str) -> Words:
    """Return the filled template of a statement; whoever publishes may change it first."""
    with override("zh-hans"):
        chinese = _template(incident, kind)
    with override("en"):
        return Words(chinese, _template(incident, kind))


def _template(incident: Incident, kind: str) -> str:
    about = {
        "about": _in_public(incident.issue) if incident.issue else _of_kind(incident),
        "plan": incident.solution_text.rstrip("。.；; ") or _("（请写处理方案）"),
    }
    if kind == Statement.Kind.PLAN:
        return _(
            "关于“{about}”的问题，处理方案如下：{plan}。我们会逐一联系每位客户。给您带来不便，深表歉意。"
        ).format(**about)
    if kind == Statement.Kind.RECOVERY:
        return _(
            "“{about}”已经恢复，各项服务照常办理。等候期间留下联系方式的客户，我们正在逐一联系。感谢您的耐心等候。"
        ).format(**about)
    if incident.kind == Incident.Kind.SYSTEM_FAILURE:
        return _(
            "“{about}”正在抢修，{when}恢复。急需办理的，请留下联系方式和需求，恢复后我们马上联系您。"
        ).format(when=_estimate(incident), **about)
    if incident.kind == Incident.Kind.MASS_COMPLAINT:
        return _(
            "我们注意到不少客户反映“{about}”的问题，已经成立小组调查，{when}公布处理方案，请您放心等候。"
        ).format(when=_promised(incident), **about)
    return _("受“{about}”影响，部分快件会延误。快件安全，恢复后优先派送，请您谅解。").format(
        **about
    )


def _in_public(issue: str) -> str:
    """What they complain of; of a person the public is told no name, but whom he works for."""
    sort, _colon, key = issue.partition(":")
    if sort not in PERSONS:
        return issue_in_words(issue)
    person = Party.objects.select_related("parent").filter(pk=key if key.isdecimal() else 0).first()
    return str(person.parent if person is not None and person.parent else our_company())


def _of_kind(incident: Incident) -> str:
    return incident.reason or incident.system or str(incident.get_kind_display())


def _promised(incident: Incident) -> str:
    """By when the plan is to be public, by the clock that runs."""
    clock = incident.case.deadlines.filter(action=Action.INCIDENT_PLAN).first()
    if clock is None:
        return _("尽快")
    return _("{n} 小时内").format(n=int((clock.due_at - clock.starts_at).total_seconds() // 3600))


def _estimate(incident: Incident) -> str:
    clock = incident.case.deadlines.filter(action=Action.RECOVERY_ESTIMATE).order_by("pk").last()
    if clock is None:
        return _("尽快")
    minutes = int((clock.due_at - clock.starts_at).total_seconds() // 60)
    return _("预计 {n} 分钟内").format(n=minutes)


@transaction.atomic
def write_statement(
    *, incident: Incident, kind: str, text: str, text_en: str, actor: Any, now: datetime
) -> Statement:
    """Write a statement down; it goes out with the first channel it is published on."""
    need(actor, RUN, _("只有组长和主管可以发公告"))
    incident = lock(incident=incident)
    if kind == Statement.Kind.PLAN and incident.decided_at is None:
        raise Conflict(_("先定统一方案，再公布"), code="no_solution", field="kind")
    if kind == Statement.Kind.RECOVERY and incident.ended_at is None:
        raise Conflict(_("还没有恢复，不能发恢复通知"), code="not_recovered", field="kind")
    texts = {
        name: redact.clean(value, max_length=STATEMENT_LIMIT, field=name, required=True)
        for name, value in (("text", text), ("text_en", text_en))
    }
    return Statement.objects.create(
        incident=incident, kind=kind, written_at=now, written_by=actor, **texts
    )


@transaction.atomic
def publish(*, statement: Statement, channel: str, actor: Any, now: datetime) -> Publication:
    """It is out on this channel. The first channel of the plan keeps the clock of the plan; a failure's
    announcement renews its estimate. Source: ES-502.13, ES-502.16, ES-502.20."""
    need(actor, RUN, _("只有组长和主管可以发公告"))
    incident = lock(incident=statement.incident)
    if channel not in Statement.Channel.values:
        raise KefuError(_("请选渠道"), code="no_such_channel", field="channel")
    try:
        with transaction.atomic():
            published = Publication.objects.create(
                statement=statement, channel=channel, published_at=now, published_by=actor
            )
    except IntegrityError as error:
        raise Conflict(_("这个渠道已经发过了"), code="published_before", field="channel") from error
    first = statement.publications.count() == 1
    line = cases.step(
        case=incident.case,
        action="statement_published",
        actor=actor,
        now=now,
        kind=statement.kind,
        channel=channel,
    )
    if statement.kind == Statement.Kind.PLAN and first:
        keep_clock(incident, Action.INCIDENT_PLAN, line=line, actor=actor, now=now)
    if statement.kind == Statement.Kind.ANNOUNCEMENT and first and not incident.is_drill:
        _renew_estimate(incident, line=line, actor=actor, now=now)
    return published


def _renew_estimate(incident: Incident, *, line: Any, actor: Any, now: datetime) -> None:
    """A failure that lasts beyond what was told gets a new estimate with the new announcement (ES-502.13)."""
    past = incident.case.deadlines.filter(
        action=Action.RECOVERY_ESTIMATE, due_at__lt=now, answered_at=None
    )
    if incident.ended_at is not None or not past.exists():
        return
    keep_clock(incident, Action.RECOVERY_ESTIMATE, line=line, actor=actor, now=now)
    start_clock(incident, Action.RECOVERY_ESTIMATE, line=line, using=edition(incident.rulebook_id))


@transaction.atomic
def broadcast(*, incident: Incident, text: str, actor: Any, now: datetime) -> Broadcast:
    """Warn all agents at once; each confirms to have read it (ES-502.02)."""
    need(actor, RUN, _("只有组长和主管可以通知全体"))
    text = redact.clean(text, max_length=300, field="text", required=True)
    incident = lock(incident=incident)
    sent = Broadcast.objects.create(
        incident=incident, text=redact.redact(text), sent_at=now, sent_by=actor
    )
    readers = list(
        Employee.objects.filter(status=Employee.Status.ACTIVE, user__is_active=True).exclude(
            user__role=User.Role.OUTLET
        )
    )
    BroadcastReceipt.objects.bulk_create(
        BroadcastReceipt(broadcast=sent, employee=one) for one in readers
    )
    told = [one.user_id for one in readers]
    notifications.ring(  # rule: ES-502.02
        kind=Event.Kind.BROADCAST,
        at=now,
        user_ids=told,
        case_id=incident.pk,
        data={"broadcast": sent.pk, "drill": incident.is_drill},
    )
    cases.step(
        case=incident.case, action="broadcast", text=text, actor=actor, now=now, n=len(readers)
    )
    return sent


def read_broadcast(*, broadcast: Broadcast, employee: Employee, now: datetime) -> None:
    """He has read it; a second time changes nothing."""
    BroadcastReceipt.objects.filter(broadcast=broadcast, employee=employee, read_at=None).update(
        read_at=now
    )
