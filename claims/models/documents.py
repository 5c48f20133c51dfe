"""What was issued on paper: the facts as they were then, from which it can be drawn again."""

from typing import Any, Self

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from claims.models.claims import Claim
from claims.models.recoveries import Recovery
from kefu.cases.models import Case
from kefu.privacy.fields import SealedField
from kefu.staff.models import User


class DocumentQuerySet(models.QuerySet["Document"]):
    def visible_to(self, user: Any) -> Self:
        """Papers of the claims that ``user`` may know of; those of our own people only."""
        if not user.is_authenticated or user.role == User.Role.OUTLET:
            return self.none()
        return self.filter(case__in=Claim.objects.visible_to(user).values("pk"))


class Document(models.Model):
    """A paper of a claim. Drawn from ``inputs`` alone, so that a name that changes later alters nothing of it."""

    class Kind(models.TextChoices):
        CLAIM_FORM = "claim_form", _("理赔申请表")
        AGREEMENT = "agreement", _("理赔和解协议书")
        LIABILITY_NOTICE = "liability_notice", _("理赔责任告知书")
        DEDUCTION_NOTE = "deduction_note", _("扣款通知单")

    case = models.ForeignKey(
        Case, models.PROTECT, related_name="claim_documents", verbose_name=_("工单")
    )
    kind = models.CharField(_("种类"), choices=Kind, max_length=16)
    recovery = models.ForeignKey(
        Recovery,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="documents",
        verbose_name=_("追偿"),
    )
    number = models.PositiveSmallIntegerField(_("序号"))  # within its case
    layout = models.PositiveSmallIntegerField(_("版式"), default=1)
    inputs = models.JSONField(_("内容"))  # masked
    sealed = SealedField(_("明文"))  # what stands masked in ``inputs``, by the same names
    # SHA-256 of the file as it was drawn then, masked and plain.
    digest = models.CharField(_("摘要"), max_length=64)
    plain_digest = models.CharField(_("明文版摘要"), max_length=64)
    drawn_with = models.CharField(_("字体和程序"), max_length=120)
    issued_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("出具人"))
    issued_at = models.DateTimeField(_("出具时间"))

    objects = DocumentQuerySet.as_manager()

    class Meta:
        verbose_name = _("理赔文书")
        verbose_name_plural = pgettext_lazy("plural", "理赔文书")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["case", "number"], name="document_numbered"),
            models.CheckConstraint(
                condition=Q(kind__in=["liability_notice", "deduction_note"], recovery__isnull=False)
                | Q(kind__in=["claim_form", "agreement"], recovery=None),
                name="document_to_its_party",
            ),
        ]
        triggers = [
            # Only its seal may change, when keys are rotated.
            pgtrigger.ReadOnly(name="append_only", exclude=["sealed"]),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.case}-{self.number}"
