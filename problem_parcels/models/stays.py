"""A parcel's stay in the store: in, where, why, by whom kept, and out (CD section 4)."""

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kefu.cases.models import Case
from kefu.staff.models import Employee, User
from problem_parcels.models.problems import Disposal, ProblemParcel


class Stay(models.Model):
    """From the scan in to the scan out. A parcel lies in one place at a time."""

    class Sort(models.TextChoices):
        """What decides the zone (CD-04.21), as policy calls it."""

        SMALL_RETURN = "small_return", _("退回小件")
        MISSENT = "missent", _("错发件")
        BULK = "bulk", _("大货")
        OTHER = "other", _("其他")

    class LeftAs(models.TextChoices):
        """The usual ways out of the store; what was decided has the name of its ``Disposal.Kind``."""

        DELIVERY = "delivery", _("派送")
        DRIVER = "driver", _("驾驶员提走")
        RETURN = Disposal.Kind.RETURN.value, pgettext_lazy("left", "退回")
        RETURN_TO_COURIER = Disposal.Kind.RETURN_TO_COURIER.value, _("业务员")
        PICKUP = Disposal.Kind.PICKUP.value, _("自取")
        FORWARD = Disposal.Kind.FORWARD.value, pgettext_lazy("left", "转寄")
        REDISPATCH = Disposal.Kind.REDISPATCH.value, Disposal.Kind.REDISPATCH.label
        NEW_ADDRESS = Disposal.Kind.NEW_ADDRESS.value, Disposal.Kind.NEW_ADDRESS.label
        SEND_ON = Disposal.Kind.SEND_ON.value, Disposal.Kind.SEND_ON.label
        CONTRACTOR = Disposal.Kind.CONTRACTOR.value, Disposal.Kind.CONTRACTOR.label

    waybill_number = models.CharField(_("运单号"), max_length=24)
    waybill = models.ForeignKey(
        "parcels.Waybill", models.PROTECT, related_name="stays", verbose_name=_("运单")
    )
    # None until it is registered as a problem parcel; each is, the same day (CD-04.08, CD-04.12).
    case = models.ForeignKey(
        Case,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="stays",
        verbose_name=_("工单"),
    )
    place = models.CharField(_("存放在"), choices=ProblemParcel.Place, max_length=10)
    sort = models.CharField(_("货类"), choices=Sort, max_length=12, default=Sort.OTHER)
    location = models.CharField(_("货位"), max_length=20)
    reason = models.CharField(_("留存原因"), max_length=200)
    waybill_present = models.BooleanField(_("面单在"), default=True)
    overridden_by = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("无面单放行人"),
    )
    keeper = models.ForeignKey(Employee, models.PROTECT, related_name="+", verbose_name=_("保管人"))
    entered_at = models.DateTimeField(_("入库时间"))
    left_at = models.DateTimeField(_("出库时间"), null=True, blank=True)
    left_by = models.ForeignKey(
        Employee,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("出库人"),
    )
    left_as = models.CharField(_("怎样出库"), choices=LeftAs, max_length=20, blank=True)
    left_for = models.CharField(_("去向"), max_length=120, blank=True)  # what was said besides

    class Meta:
        verbose_name = _("留仓")
        verbose_name_plural = pgettext_lazy("plural", "留仓")
        ordering = ["entered_at", "id"]
        indexes = [
            models.Index(
                fields=["place", "entered_at", "id"],
                condition=Q(left_at=None),
                name="stay_in_store",
            ),
            models.Index(fields=["waybill_number"], name="stay_by_waybill"),
            # What nobody has registered as a problem parcel yet.
            models.Index(
                fields=["entered_at", "id"],
                condition=Q(left_at=None, case=None),
                name="stay_unposted",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["waybill_number"], condition=Q(left_at=None), name="stay_one_open"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="stay_has_reason"),
            models.CheckConstraint(
                condition=Q(waybill_present=True) | Q(overridden_by__isnull=False),
                name="stay_without_waybill_has_somebody",
            ),
            models.CheckConstraint(
                condition=Q(left_at=None, left_by=None)
                | Q(left_at__gte=models.F("entered_at"), left_by__isnull=False),
                name="stay_left_by_somebody",
            ),
        ]
        triggers = [pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.waybill_number} {self.location}"

    @property
    def went(self) -> str:
        """Where it left for, in the reader's language."""
        return where_to(self.left_as, self.left_for)


def where_to(left_as: str, left_for: str) -> str:
    """A way out of the store in words, and what was said besides: 驾驶员提走 吴师傅."""
    way = str(Stay.LeftAs(left_as).label) if left_as else ""
    return " ".join(part for part in (way, left_for) if part)
