"""What the money of a claim adds to its case: a word in the timeline for each step, and a few lines beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from claims.models import Claim, Document, InsuranceCase, Payment, Recovery
from claims.selectors.money import may_see_money
from claims.services.recoveries import standing
from kefu.cases.models import Case, Interaction
from kefu.workbench.kinds import Addition, Facts, NextStep

FROM_PAYMENT = (Claim.Stage.PAYMENT, Claim.Stage.RECOVERY, Claim.Stage.CLOSED)


@dataclass(frozen=True, slots=True)
class Beside:
    """What stands beside the timeline."""

    claim: Claim
    payment: Payment | None
    recoveries: Sequence[Recovery]
    insured: InsuranceCase | None


class MoneyBeside(Addition):
    """``own`` is a ``Beside``, once there is money to speak of."""

    panel = "claims/_money.html"
    words = {
        "claim_paid": gettext_lazy("已付款 {amount} 元（{method}）"),
        "liable_notified": gettext_lazy("通知 {party} 承担 {amount} 元"),
        "liability_acknowledged": gettext_lazy("{party} 已确认收到通知"),
        "recovery_booked": gettext_lazy("追偿入账：{party} {amount} 元"),
        "recovery_reversed": gettext_lazy("冲销追偿：{party} {amount} 元"),
        "redivision_submitted": gettext_lazy("提交重新划分责任"),
        "redivision_confirmed": gettext_lazy("确认重新划分"),
        "redivision_sent_back": gettext_lazy("退回重新划分"),
        "document_issued": gettext_lazy("出具{document}"),
        "insurance_reported": gettext_lazy("向 {party} 报案"),
        "insurance_documented": gettext_lazy("向 {party} 索赔 {amount} 元，材料已交"),
        "insurance_received": gettext_lazy("{party} 赔款到账 {amount} 元"),
        "insurance_declined": gettext_lazy("{party} 拒赔"),
        "insurance_withdrawn": gettext_lazy("向 {party} 撤案"),
        "insurer_contacted": gettext_lazy("联系保险公司"),
    }

    def read(self, case: Case) -> Beside | None:
        if case.kind != Case.Kind.CLAIM:
            return None
        claim = Claim.objects.select_related("payment").filter(pk=case.pk).first()
        if claim is None or claim.stage not in FROM_PAYMENT:
            return None
        return Beside(
            claim=claim,
            payment=getattr(claim, "payment", None),
            recoveries=standing(claim),
            insured=InsuranceCase.objects.standing().filter(claim=claim).first(),
        )

    def values(self, line: Interaction) -> Mapping[str, str]:
        data = line.data
        method, kind = data.get("method"), data.get("kind")
        return {
            "amount": data.get("amount", ""),
            "method": str(Payment.Method(method).label) if method in Payment.Method else "",
            "document": str(Document.Kind(kind).label) if kind in Document.Kind else "",
            "party": data.get("name", ""),
        }

    def next_steps(self, facts: Facts) -> list[NextStep]:
        """The page of its money, for whoever has something to do there."""
        case = facts.case
        if case.kind != Case.Kind.CLAIM or not may_see_money(facts.desk.user):
            return []
        url = reverse("claims:claim_money", args=[case.number])
        return [NextStep("money", _("付款、追偿、保险"), url, page=True)]
