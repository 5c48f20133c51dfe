"""What the dialogs of a claim ask for. Forms check shape; whether it makes sense is for the services."""

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from claims import services
from claims.models import Claim, Evidence, Finding, Liability, Offer
from claims.selectors.amounts import computed
from claims.selectors.checklist import needs_identity, wanted
from claims.services import Ground, PauseReason, Share
from kefu.cases.models import Attachment
from kefu.network.models import Party
from kefu.workbench.forms import (
    CUSTOMER_CHANNELS,
    PartyField,
    StepForm,
    TimeOfDay,
    area,
    moment,
)

LIABLE_KINDS = [
    Party.Kind.OUTLET,
    Party.Kind.COMPANY,
    Party.Kind.CONTRACTOR,
    Party.Kind.HUB,
    Party.Kind.EMPLOYEE,
    Party.Kind.COURIER,
    Party.Kind.DRIVER,
]
# What a party is liable as, unless the line says otherwise.
AS: dict[str, Liability.Kind] = {
    Party.Kind.OUTLET: Liability.Kind.OUTLET,
    Party.Kind.COMPANY: Liability.Kind.OUTLET,
    Party.Kind.CONTRACTOR: Liability.Kind.MARKET_AREA,
    Party.Kind.HUB: Liability.Kind.LOADER,
    Party.Kind.EMPLOYEE: Liability.Kind.STAFF,
    Party.Kind.COURIER: Liability.Kind.STAFF,
    Party.Kind.DRIVER: Liability.Kind.LINE_HAUL_VEHICLE,
}
NOBODYS = (Liability.Kind.CUSTOMER, Liability.Kind.UNATTRIBUTABLE)


def money(label: Any, **given: Any) -> forms.DecimalField:
    attrs = {"inputmode": "decimal", "autocomplete": "off", **given.pop("attrs", {})}
    return forms.DecimalField(
        label=label,
        decimal_places=2,
        max_digits=9,
        min_value=0,
        widget=forms.TextInput(attrs=attrs),
        **given,
    )


class LiableField(forms.CharField):
    """The liable, one a line: a party by code, name or pinyin, and its per cent. “网点 CD03 60”, “无法归责 40”."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=2_000, widget=area(3, spellcheck="false"), **kwargs)

    def clean(self, value: Any) -> list[Share]:
        return list(self._lines(super().clean(value)))

    def _lines(self, text: str) -> Iterator[Share]:
        for line in text.splitlines():
            if not line.strip():
                continue
            words = line.replace("%", " ").replace("％", " ").replace("　", " ").split()
            percent = self._percent(words.pop() if words else "", line)
            kind = next(
                (one for one in Liability.Kind if words and words[0] == str(one.label)), None
            )
            if kind is not None:
                words = words[1:]
            yield self._share(kind, " ".join(words), percent, line)

    def _percent(self, word: str, line: str) -> Decimal:
        try:
            return Decimal(word)
        except InvalidOperation:
            raise forms.ValidationError(
                gettext("“%(line)s”：最后写百分比，如“成都武侯三部 60”"),
                code="no_percent",
                params={"line": line.strip()},
            ) from None

    def _share(self, kind: Liability.Kind | None, name: str, percent: Decimal, line: str) -> Share:
        if not name:
            if kind not in NOBODYS:
                raise forms.ValidationError(
                    gettext("“%(line)s”：先写责任方，再写百分比"),
                    code="no_party",
                    params={"line": line.strip()},
                )
            return Share(kind, None, percent)
        party = PartyField(kinds=LIABLE_KINDS).clean(name)
        assert party is not None
        return Share(kind or AS[party.kind], party, percent)


class PhotoChoice(forms.ModelChoiceField):
    def label_from_instance(self, photo: Attachment) -> str:
        return gettext("照片 {n} {caption}").format(n=photo.number, caption=photo.caption).strip()


class ClaimStepForm(StepForm):
    """``claim``: of the case; what stands on it fills the form."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.claim = Claim.objects.get(pk=self.case.pk)
        self.claim.case = self.case
        for name, value in self.known().items():
            self.initial.setdefault(name, value)

    def known(self) -> dict[str, Any]:
        return {}


class EvidenceForm(ClaimStepForm):
    kind = forms.ChoiceField(label=_("种类"), choices=Evidence.Kind.choices)
    photo = PhotoChoice(
        label=_("哪张照片"),
        queryset=Attachment.objects.none(),
        required=False,
        empty_label=_("没有照片，只写说明"),
        help_text=_("先在右边“照片”里加上，再到这里选"),
    )
    note = forms.CharField(
        label=_("说明"), max_length=500, required=False, widget=area(3, autofocus=True)
    )
    collected_at = moment(_("取证时间"), help_text=_("空着就是现在"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        photos = self.case.attachments.order_by("number").defer("photo", "thumbnail")
        self.choose("photo", photos)
        if not needs_identity(self.claim):  # nobody collects what nobody needs
            kinds = [c for c in Evidence.Kind.choices if c[0] != Evidence.Kind.IDENTITY]
            self.fields["kind"].choices = kinds  # type: ignore[attr-defined]

    def known(self) -> dict[str, Any]:
        there = set(self.claim.evidence.values_list("kind", flat=True))
        return {
            "kind": next((k for k in wanted(self.claim) if k not in there), Evidence.Kind.OTHER)
        }


class FactsForm(ClaimStepForm):
    proved_value = money(_("证明价值（元）"), required=False)
    repairable = forms.NullBooleanField(
        label=_("可修复"),
        required=False,
        widget=forms.Select(
            choices=[("unknown", _("还不知道")), ("true", _("能修")), ("false", _("不能修"))]
        ),
    )
    repair_cost = money(_("修复费用（元）"), required=False)
    percent_lost = forms.DecimalField(
        label=_("损失比例（%）"), required=False, min_value=0, max_value=100, decimal_places=2
    )
    delay_days = forms.IntegerField(label=_("延误天数"), required=False, min_value=0)
    force_majeure = forms.BooleanField(label=_("不可抗力"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        loss = self.claim.loss
        if loss != Claim.Loss.DAMAGE:
            del self.fields["repairable"], self.fields["repair_cost"]
        if loss not in (Claim.Loss.DAMAGE, Claim.Loss.SHORTAGE):
            del self.fields["percent_lost"]
        if loss != Claim.Loss.DELAY:
            del self.fields["delay_days"]

    def known(self) -> dict[str, Any]:
        claim = self.claim
        return {
            "proved_value": claim.proved_value,
            "repairable": claim.repairable,
            "repair_cost": claim.repair_cost,
            "percent_lost": (claim.share * 100).normalize(),
            "delay_days": claim.delay_days,
            "force_majeure": claim.force_majeure,
        }


class FindingForm(ClaimStepForm):
    facts = forms.CharField(label=_("查明的事实"), max_length=1_000, widget=area(3, autofocus=True))
    cause = forms.ChoiceField(label=_("原因"), choices=[("", _("请选")), *Finding.Cause.choices])
    liable = LiableField(
        label=_("责任比例"),
        help_text=_(
            "一行一个：编号、名称或拼音，再写百分比，合计 100。前面可以写明类别，如“干线车辆 王师傅 30”；也可以只写“客户 20”“无法归责 40”"
        ),
    )
    reason = forms.CharField(label=_("划分理由"), max_length=500, widget=area(2))

    def known(self) -> dict[str, Any]:
        outlet = self.case.outlet
        return {"liable": f"{outlet.code} {outlet.name} 100" if outlet else ""}


class NoteForm(ClaimStepForm):
    note = forms.CharField(
        label=_("意见"), max_length=500, required=False, widget=area(3, autofocus=True)
    )


class ReasonedNoteForm(ClaimStepForm):
    note = forms.CharField(label=_("理由"), max_length=500, widget=area(3, autofocus=True))


class ReasonForm(ClaimStepForm):
    reason = forms.CharField(label=_("理由"), max_length=500, widget=area(3, autofocus=True))


class WordsForm(ClaimStepForm):
    text = forms.CharField(label=_("内容"), max_length=500, widget=area(3, autofocus=True))


class TalkForm(ClaimStepForm):
    channel = forms.ChoiceField(label=_("渠道"), choices=CUSTOMER_CHANNELS)
    happened = TimeOfDay()


class ContactForm(TalkForm):
    result = forms.ChoiceField(
        label=_("结果"),
        choices=[
            ("reached", _("联系上了")),
            ("no_answer", _("没人接")),
            ("busy", _("占线")),
            ("refused", _("不愿谈")),
            ("wrong_number", _("号码不对")),
        ],
    )
    text = forms.CharField(
        label=_("说了什么"), max_length=1_000, required=False, widget=area(3, autofocus=True)
    )
    field_order = ["result", "text", "channel", "happened"]


class OfferForm(TalkForm):
    offered = money(_("我方（元）"), attrs={"autofocus": True})
    counter_amount = money(_("客户要（元）"), required=False)
    reply = forms.ChoiceField(
        label=_("客户答复"), choices=[c for c in Offer.Reply.choices if c[0] != "accepted"]
    )
    text = forms.CharField(label=_("说了什么"), max_length=1_000, required=False, widget=area(3))
    field_order = ["offered", "counter_amount", "reply", "text", "channel", "happened"]


class AgreementForm(TalkForm):
    agreed = money(_("谈定（元）"), attrs={"autofocus": True})
    deviation_reason = forms.CharField(
        label=_("偏离理由"),
        max_length=500,
        required=False,
        widget=area(2),
        help_text=_("与规章计算的不同才写；另外要经理批准"),
    )
    text = forms.CharField(label=_("客户怎么说"), max_length=1_000, required=False, widget=area(2))
    field_order = ["agreed", "deviation_reason", "text", "channel", "happened"]

    def known(self) -> dict[str, Any]:
        found = computed(self.claim).found
        amount = (found.amount or found.proposed) if found else None
        return {"agreed": amount} if amount is not None else {}


class GuideForm(ClaimStepForm):
    unit = forms.ModelChoiceField(label=_("给谁"), queryset=Party.objects.none(), empty_label=None)
    text = forms.CharField(label=_("指导意见"), max_length=2_000, widget=area(4, autofocus=True))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        units = [party.pk for party in services.units_of(self.case)]
        self.choose("unit", Party.objects.filter(pk__in=units))


class PauseForm(ClaimStepForm):
    reason = forms.ChoiceField(label=_("为什么"), choices=PauseReason.choices)
    note = forms.CharField(label=_("缺什么"), max_length=300, widget=area(2, autofocus=True))
    until = moment(_("到什么时候"), required=True)


class RefusalForm(ClaimStepForm):
    ground = forms.ChoiceField(label=_("网点怎么说"), choices=Ground.choices)
    outlet = PartyField(
        label=_("哪个网点"),
        kinds=[Party.Kind.OUTLET, Party.Kind.COMPANY],
        help_text=_("编号、名称或拼音；空着就是发件网点"),
    )
    text = forms.CharField(label=_("原话和经过"), max_length=1_000, widget=area(3, autofocus=True))


class CloseForm(ClaimStepForm):
    satisfaction = forms.ChoiceField(
        label=_("客户满意度"),
        choices=[("", _("没有问")), *Claim.Satisfaction.choices],
        required=False,
    )
