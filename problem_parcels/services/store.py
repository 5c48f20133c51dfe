"""What befalls stored parcels: incidents and who answers, rounds that end, parcels nobody scanned out."""

from collections import Counter
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from kefu.audit import services as audit
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.network.models import Party
from kefu.notifications import services as notifications
from kefu.notifications.models import Event
from kefu.policy.clauses import Consequence
from kefu.policy.rulebook import Rulebook
from kefu.privacy import redact
from problem_parcels.models import (
    MissingOutScan,
    MissingOutScans,
    Stay,
    StayKeeping,
    StoreIncident,
    StoreRound,
)
from problem_parcels.selectors.shifts import turns_of
from problem_parcels.selectors.store import day_of, handled_in_store, warehouse_edition

TEXT_LIMIT = 2_000  # characters
MOST_YUAN = Decimal(999_999)


# Incidents.


@transaction.atomic
def record_incident(
    *, stay: Stay, text: str, happened_at: datetime, actor: Any, now: datetime
) -> StoreIncident:
    """Something happened to a stored parcel: the keeper of that moment answers for it, or whoever let it in
    without its waybill. No amount yet: the regulation names none.

    Raises KefuError naming the field, such as happened_at for a moment at which it did not lie there.
    Source: CD-04.03, CD-04.05.
    """
    edition = warehouse_edition(at=now)
    text = redact.clean(text, max_length=TEXT_LIMIT, field="text", required=True)
    if happened_at > now:
        raise KefuError(_("发生时间不能在将来"), code="in_future", field="happened_at")
    if happened_at < stay.entered_at or (stay.left_at and happened_at > stay.left_at):
        raise KefuError(_("那时这一件不在库"), code="not_in_store", field="happened_at")
    clause, liable = _liable(stay, at=happened_at, rules=edition.rules)
    return StoreIncident.objects.create(
        stay=stay,
        sealed={"text": text},
        text=redact.redact(text, keep=[stay.waybill_number]),
        happened_at=happened_at,
        clause=clause,
        liable=liable,
        rulebook_id=edition.version_id,
        recorded_at=now,
        recorded_by=actor,
    )


def _liable(stay: Stay, *, at: datetime, rules: Rulebook) -> tuple[str, Party]:
    """By which clause who answers: of those that hold, the one that asks for most."""
    facts = {"incident", "incident_in_store"}
    answering: dict[str, Party] = {"keeper": _keeper_at(stay, at=at)}
    if stay.overridden_by is not None and stay.overridden_by.party is not None:
        facts.add("check_overridden")
        answering["poster"] = stay.overridden_by.party
    holding = [
        clause
        for clause in rules.in_force(Consequence)
        if clause.role in answering and clause.needs and facts.issuperset(clause.needs)
    ]
    if not holding:
        raise Conflict(_("现行规章没有说在库事故由谁负责"), code="nobody_liable")
    clause = max(holding, key=lambda one: len(one.needs))
    return clause.id, answering[clause.role]  # rule: CD-04.03, CD-04.05


def _keeper_at(stay: Stay, *, at: datetime) -> Party:
    kept = StayKeeping.objects.filter(stay=stay, since__lte=at).order_by("since", "pk")
    return kept.select_related("keeper__party").reverse()[0].keeper.party


@transaction.atomic
def price_incident(
    *, incident: StoreIncident, amount: Decimal, actor: Any, now: datetime
) -> StoreIncident:
    """A supervisor types what it comes to; of two the first stands."""
    if not actor.has_perm("problem_parcels.price_incident"):
        raise NotAllowed(_("金额由主管填写"))
    if not (amount.is_finite() and 0 <= amount <= MOST_YUAN):
        raise KefuError(
            _("请填 0 到 %(most)s 的数") % {"most": MOST_YUAN}, code="out_of_range", field="amount"
        )
    incident = StoreIncident.objects.select_for_update().get(pk=incident.pk)
    if incident.amount is not None:
        raise Conflict(_("金额已经填过了"), code="already_priced", field="amount")
    incident.amount, incident.priced_at, incident.priced_by = amount, now, actor
    incident.save(update_fields=["amount", "priced_at", "priced_by"])
    audit.record(
        action="incident_priced",
        actor=actor,
        at=now,
        table=StoreIncident._meta.db_table,
        object_id=incident.pk,
        after={"amount": str(amount)},
    )
    return incident


# Rounds.


@transaction.atomic
def close_round(*, trigger: str, closed_at: datetime, actor: Any, now: datetime) -> StoreRound:
    """The afternoon's round is over, or the city driver has left: a lead says when, once a day.

    The regulation names no hour, so the day's own is written down (CD-04.08, CD-04.12).
    """
    if not actor.has_perm("problem_parcels.override_store"):
        raise NotAllowed(_("由组长或主管登记"))
    if closed_at > now or day_of(closed_at) != day_of(now):
        raise KefuError(_("请填今天已经过去的时间"), code="not_today", field="closed_at")
    try:
        with transaction.atomic():
            return StoreRound.objects.create(
                on=day_of(closed_at), trigger=trigger, closed_at=closed_at, closed_by=actor
            )
    except IntegrityError as error:
        there = StoreRound.objects.filter(on=day_of(closed_at), trigger=trigger).first()
        if there is None:
            raise
        raise Conflict(
            _("%(who)s 已经登记过了") % {"who": there.closed_by}, code="round_closed"
        ) from error


# Dealt with, not scanned out.


@transaction.atomic
def draw_up_missing_out_scans(*, now: datetime) -> int:
    """Once a day, when its last shift is over: list what was dealt with and not scanned out, and ring the
    bell of each handler. Return how many parcels were listed; 0 when the day has its list (CD-04.07).
    """
    try:
        rules = warehouse_edition(at=now).rules
    except KefuError:
        return 0
    today = day_of(now)
    turns = turns_of(today, rules)
    if not turns:
        return 0
    day, ends_at = today, turns[-1].closes_at
    if now < ends_at:
        day = today - timedelta(days=1)
        ends_at = max((turn.closes_at for turn in turns_of(day, rules)), default=now)
    listed, first = MissingOutScans.objects.get_or_create(on=day, defaults={"drawn_up_at": now})
    if not first:
        return 0
    handled = handled_in_store(until=ends_at)
    MissingOutScan.objects.bulk_create(
        [
            MissingOutScan(
                list=listed,
                stay_id=one.stay_id,
                handler_id=one.handler_id,
                handled_at=one.handled_at,
            )
            for one in handled
        ],
        batch_size=1_000,
    )
    for handler, number in Counter(one.handler_id for one in handled).items():
        notifications.ring(  # rule: CD-04.07
            kind=Event.Kind.NO_OUT_SCAN,
            at=now,
            user_ids=[handler],
            data={"on": day.isoformat(), "number": number},
        )
    return len(handled)
