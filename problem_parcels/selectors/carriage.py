"""Forwardings, their slips and their bills, as pages and tables need them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.db.models import QuerySet, Sum
from django.utils.translation import gettext as _

from kefu.clock import SHANGHAI
from kefu.network.models import Party
from kefu.parcels.models import Waybill
from kefu.policy.processes import Done, Position, next_step
from kefu.policy.recurring import slips_period
from kefu.policy.rulebook import Rulebook
from kefu.spreadsheets import write_workbook
from problem_parcels.models import Forwarding, ForwardingStep

FORWARDING, UNSERVED = "forwarding", "unserved_destination"
Code = ForwardingStep.Code
OF_A_PROCESS = (Code.DECIDE, Code.WEIGH, Code.REGISTER, Code.PACK)
BEGINS, DAY = time.min, timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a forwarding stands: the step that is due, what was topped up, what is missing still."""

    due: Position
    topped_up: Decimal
    missing: Decimal
    asked: bool


def progress(forwarding: Forwarding, rules: Rulebook) -> Progress:
    """Read the steps taken and let policy say which is next (CD-06.14, CD-06.15)."""
    steps = list(forwarding.steps.all())
    done = [Done(step.code, step.outcome) for step in steps if step.code in OF_A_PROCESS]
    topped_up = sum(
        (step.amount or Decimal(0) for step in steps if step.code == Code.TOP_UP), Decimal(0)
    )
    deciding = [one for one in done if one.code == Code.DECIDE]
    if forwarding.unserved and not deciding:
        due = next_step(rules, UNSERVED)
    else:
        there = ["register_line"] + ["weight"] * (forwarding.weight_kg is not None)
        due = next_step(
            rules,
            FORWARDING,
            [one for one in done if one.code != Code.DECIDE],
            recorded=there,
        )
    return Progress(
        due,
        topped_up,
        max(forwarding.shortfall - topped_up, Decimal(0)),
        any(step.code == Code.ASK for step in steps),
    )


def account_of(waybill: Waybill) -> Forwarding.Account:
    """How a parcel is settled, by its waybill: a contractor's parcels are his own affair."""
    if waybill.origin.kind == Party.Kind.CONTRACTOR:
        return Forwarding.Account.CONTRACTOR
    return {
        Waybill.Payment.SENDER: Forwarding.Account.PREPAID,
        Waybill.Payment.MONTHLY: Forwarding.Account.MONTHLY,
        Waybill.Payment.RECEIVER: Forwarding.Account.COLLECT,
    }[Waybill.Payment(waybill.payment)]


# The register.


def _between(first: date, last: date) -> tuple[datetime, datetime]:
    return datetime.combine(first, BEGINS, SHANGHAI), datetime.combine(last + DAY, BEGINS, SHANGHAI)


def register(first: date, last: date) -> QuerySet[Forwarding]:
    """What was registered from one day to another, both included."""
    begins, ends = _between(first, last)
    return (
        Forwarding.objects.filter(registered_at__gte=begins, registered_at__lt=ends)
        .select_related("courier", "batch", "case")
        .order_by("registered_at", "pk")
    )


def monthly_bill(first: date, last: date) -> tuple[list[Forwarding], Decimal]:
    """What passes to the monthly bill, and its sum (CD-06.17)."""
    rows = register(first, last).filter(
        account=Forwarding.Account.MONTHLY, state=Forwarding.State.PACKED
    )
    total = rows.aggregate(total=Sum("fee"))["total"] or Decimal(0)
    return list(rows), total


def register_table(rows: Sequence[Forwarding]) -> bytes:
    """The register as a workbook; safe to open."""
    head = [
        *(_("登记时间"), _("运单号"), _("转寄公司"), _("转寄单号"), _("结算"), _("重量（公斤）")),
        *(
            _("转寄费用（元）"),
            _("差额（元）"),
            _("业务员"),
            _("面单标注"),
            _("状态"),
            _("交接批次"),
        ),
    ]
    return write_workbook(
        (
            _("转寄登记"),
            (18, 22, 14, 22, 10, 12, 14, 12, 16, 22, 10, 24),
            [head, *([*_cells(row)] for row in rows)],
        )
    )


def _cells(row: Forwarding) -> list[str]:
    at = row.registered_at
    return [
        f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" if at else "",
        *(row.waybill_number, row.carrier, row.slip_number, str(row.get_account_display())),
        "" if row.weight_kg is None else str(row.weight_kg),
        "" if row.fee is None else str(row.fee),
        *(str(row.shortfall), str(row.courier or ""), row.mark, str(row.get_state_display())),
        str(row.batch or ""),
    ]


def waiting_slips(first: date, last: date) -> QuerySet[Forwarding]:
    """The slips of a period that are not handed to finance yet."""
    begins, ends = _between(first, last)
    return Forwarding.objects.filter(
        state=Forwarding.State.PACKED, batch=None, packed_at__gte=begins, packed_at__lt=ends
    ).order_by("packed_at", "pk")


def period_of_slips(rules: Rulebook, today: date) -> tuple[date, date] | None:
    """The last complete period whose slips go to finance; None: the house has set none, so somebody says which."""
    return slips_period(rules, today)
