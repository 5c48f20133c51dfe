"""What a recovery says on the statement of the outlet that owes it."""

from collections.abc import Collection

from django.utils.translation import gettext as _

from claims.models import Recovery
from kefu.statements.telling import Told, in_both


def recoveries_told(numbers: Collection[int]) -> dict[int, Told]:
    """Return by number what the recoveries are about; nothing of the customer."""
    rows = Recovery.objects.filter(pk__in=numbers).select_related(
        "claim__case", "claim__payment", "liability__finding"
    )
    rows = rows.defer("claim__case__sealed", "claim__payment__sealed")
    return {row.pk: _told(row) for row in rows}


def _told(row: Recovery) -> Told:
    liability, case = row.liability, row.claim.case
    said = {
        "number": case.number,
        "loss": row.claim.get_loss_display(),
        "percent": f"{liability.percent.normalize():f}",
        "amount": f"{row.amount:,.2f}",
        "paid": f"{row.claim.payment.amount:,.2f}",
        "cause": liability.finding.get_cause_display(),
        "reason": row.reversal_reason,
    }

    def say() -> tuple[str, list[str]]:
        details = [
            _("客户已获赔 %(paid)s 元；按 %(percent)s%% 的责任承担 %(amount)s 元") % said,
            _("原因：%(cause)s") % said,
        ]
        if row.reversed_at is not None:
            details.append(_("冲销理由：%(reason)s") % said)
        return _("理赔 %(number)s（%(loss)s）追偿") % said, details

    return Told(in_both(say), waybill_number=case.waybill_number)
