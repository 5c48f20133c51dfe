"""What reports that people build can show of claims."""

from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext_lazy as _

from claims.models import Claim, Settlement
from kefu.reports.columns import Column, Of

SETTLED = Settlement.objects.filter(claim=OuterRef("pk"), state=Settlement.State.APPROVED)
CLAIM = (
    Column("loss", _("类型"), "claim__loss", Of.CHOICE, Claim.Loss),
    Column("claim_stage", _("环节"), "claim__stage", Of.CHOICE, Claim.Stage),
    Column("ending", _("结果"), "claim__ending", Of.CHOICE, Claim.Ending),
    Column("claimant", _("索赔人"), "claim__claimant", Of.CHOICE, Claim.Claimant),
    Column("demanded_at", _("提出时间"), "claim__demanded_at", Of.INSTANT),
    Column("demanded", _("索赔金额（元）"), "claim__demanded_amount", Of.YUAN),
    Column(
        "settled",
        _("谈定金额（元）"),
        Subquery(SETTLED.order_by("-pk").values("amount")[:1]),
        Of.YUAN,
    ),
    Column("satisfaction", _("客户满意度"), "claim__satisfaction", Of.CHOICE, Claim.Satisfaction),
)
