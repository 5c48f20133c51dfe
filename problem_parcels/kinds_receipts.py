"""What a courier's receipts, or a receipt that is wanted, add to the pages of all cases."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kefu.cases.models import Case, Interaction
from kefu.deadlines.models import Deadline
from kefu.network.models import Party
from kefu.workbench.kinds import CaseKind, Facts
from problem_parcels.models import ReceiptRequest
from problem_parcels.selectors.receipts import BatchLine, batch_lines

Action = Deadline.Action


@dataclass(frozen=True, slots=True)
class ReceiptFacts:
    """The batch or the request behind a case of this kind."""

    line: BatchLine | None
    wanted: ReceiptRequest | None


class ReceiptsKind(CaseKind):
    """``own`` are its ``ReceiptFacts``; it is worked on pages of its own."""

    panels = ("problem_parcels/receipts/_panel.html",)
    words = {
        "receipts_handed_out": gettext_lazy("领走 {n} 票"),
        "receipts_out": gettext_lazy("派件，开始计时"),
        "receipts_complete": gettext_lazy("签收全部录入"),
        "receipts_handed_over": gettext_lazy("上交总部"),
        "receipt_missing": gettext_lazy("未交 {waybill}"),
        "receipt_unreadable": gettext_lazy("单号看不清 {waybill}"),
        "receipt_undelivered": gettext_lazy("没有派成 {waybill}"),
        "receipt_corrected": gettext_lazy("更正签收"),
        "receipt_asked": gettext_lazy("索要回单"),
        "receipt_produced": gettext_lazy("已提供回单"),
        "receipt_refused": gettext_lazy("拒绝提供回单"),
        "receipt_not_found": gettext_lazy("找不到回单"),
    }
    clocks = {
        Action.SIGNATURE_ENTRY: gettext_lazy("录入签收"),
        Action.FEEDBACK: gettext_lazy("{who}回复回单"),
    }

    def read(self, case: Case) -> ReceiptFacts:
        batch = getattr(case, "receipt_batch", None)
        if batch is not None:
            return ReceiptFacts(
                batch_lines(batch.delivered_on, batch.delivered_on, batch=batch)[0], None
            )
        wanted = ReceiptRequest.objects.select_related("asking", "asked").filter(case=case)
        return ReceiptFacts(None, wanted.first())

    def values(self, line: Interaction) -> Mapping[str, str]:
        return {"n": str(line.data.get("n", "")), "waybill": line.data.get("waybill", "")}

    def closable(self, facts: Facts) -> bool:
        """A courier's day is closed by handing it over, a request once it is answered."""
        own: ReceiptFacts = facts.own
        return own.wanted is not None and bool(own.wanted.outcome) and super().closable(facts)

    def hint(self, facts: Facts) -> str:
        own: ReceiptFacts = facts.own
        return super().hint(facts) or (_("有结果后可结案") if own.wanted else _("上交后结案"))

    def outlets(self, facts: Facts) -> Iterable[tuple[str, Party]]:
        if wanted := facts.own.wanted:
            yield _("索要方"), wanted.asking
            yield _("派件方"), wanted.asked
