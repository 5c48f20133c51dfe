"""Force majeure: declared for an area and a span by one, signed by another, and what it exempts."""

from datetime import datetime
from typing import Any, Self

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Least
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from inquiries.models.incidents import APPEND_ONLY, NEVER_DELETED, Incident
from kefu.staff.models import User


class ForceMajeureQuerySet(models.QuerySet["ForceMajeure"]):
    def visible_to(self, user: Any) -> Self:
        if not user.is_authenticated or not user.is_active:
            return self.none()
        return self.none() if user.role == User.Role.OUTLET else self.all()

    def in_force(self) -> Self:
        """Signed; one that was revoked counts up to then."""
        return self.filter(state__in=[ForceMajeure.State.SIGNED, ForceMajeure.State.REVOKED])

    def until_after(self, moment: datetime) -> Self:
        return self.annotate(end=Least("ends_at", Coalesce("revoked_at", "ends_at"))).filter(
            end__gte=moment
        )


class ForceMajeure(models.Model):
    """A declaration: what fell due in this area and span was nobody's fault.

    The deadlines run on and their breaches stay facts: the customers are still waited for. Only what
    the breaches cost is taken back, each by a waiver of its own with this declaration as its batch.
    """

    class State(models.TextChoices):
        DECLARED = "declared", _("待另一人签署")
        SIGNED = "signed", _("已签署")
        REFUSED = "refused", _("未通过")
        REVOKED = "revoked", _("已停止")

    incident = models.ForeignKey(
        Incident,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="force_majeure",
        verbose_name=_("突发事件"),
    )
    reason = models.CharField(_("理由"), max_length=300)
    regions = models.ManyToManyField("network.Region", blank=True, verbose_name=_("区域"))
    outlets = models.ManyToManyField(
        "network.Party", blank=True, related_name="+", verbose_name=_("网点")
    )
    starts_at = models.DateTimeField(_("从"))
    ends_at = models.DateTimeField(_("到"))
    state = models.CharField(_("状态"), choices=State, default=State.DECLARED, max_length=10)
    declared_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("提出人")
    )
    declared_at = models.DateTimeField(_("提出时间"))
    decided_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("签署人")
    )
    decided_at = models.DateTimeField(_("签署时间"), null=True, blank=True)
    note = models.CharField(_("签署意见"), max_length=300, blank=True)
    job = models.OneToOneField(
        "jobs.Job",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("执行"),
    )
    # Taking it back: nothing falling due from then on is exempted; what was exempted stays so.
    revocation = models.CharField(_("停止理由"), max_length=300, blank=True)
    revocation_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("提出停止")
    )
    revoked_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("同意停止")
    )
    revoked_at = models.DateTimeField(_("停止时间"), null=True, blank=True)

    objects = ForceMajeureQuerySet.as_manager()

    class Meta:
        verbose_name = _("不可抗力")
        verbose_name_plural = pgettext_lazy("plural", "不可抗力")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="force_majeure_ends_after_start",
                violation_error_message=_("结束要晚于开始"),
            ),
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=F("declared_by")),
                name="force_majeure_two_people",
                violation_error_message=_("不能签署自己提出的不可抗力"),
            ),
            models.CheckConstraint(
                condition=Q(state="declared", decided_by=None, decided_at=None)
                | Q(~Q(state="declared"), decided_by__isnull=False, decided_at__isnull=False),
                name="force_majeure_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(state="revoked", revoked_by__isnull=False, revoked_at__isnull=False)
                | Q(~Q(state="revoked"), revoked_by=None, revoked_at=None),
                name="force_majeure_revoked_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(revoked_by=None) | ~Q(revoked_by=F("revocation_by")),
                name="force_majeure_revoked_by_two",
                violation_error_message=_("不能同意自己提出的停止"),
            ),
        ]
        triggers = [
            pgtrigger.FSM(
                name="state_flow",
                field="state",
                transitions=[
                    ("declared", "signed"),
                    ("declared", "refused"),
                    ("signed", "revoked"),
                ],
            ),
            pgtrigger.ReadOnly(
                name="declaration_stays",
                fields=["reason", "starts_at", "ends_at", "declared_by", "declared_at"],
            ),
            NEVER_DELETED,
        ]

    def __str__(self) -> str:
        return self.reason[:40]

    @property
    def batch(self) -> str:
        """What the waivers of this declaration carry."""
        return f"force_majeure:{self.pk}"

    @property
    def until(self) -> datetime:
        return min(self.ends_at, self.revoked_at or self.ends_at)


class Exemption(models.Model):
    """A deadline that a declaration touched. Its breach costs nothing; each at most once."""

    declaration = models.ForeignKey(
        ForceMajeure, models.PROTECT, related_name="exemptions", verbose_name=_("不可抗力")
    )
    deadline = models.OneToOneField(
        "deadlines.Deadline",
        models.PROTECT,
        primary_key=True,
        related_name="+",
        verbose_name=_("时限"),
    )
    exempted_at = models.DateTimeField(_("免责时间"))

    class Meta:
        verbose_name = _("免责时限")
        verbose_name_plural = pgettext_lazy("plural", "免责时限")
        triggers = [APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.declaration_id} {self.deadline_id}"
