"""What people ask for besides leave: to swap a shift, to leave the office for a while."""

from datetime import datetime

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kefu.staff.models import Employee, User
from payroll.models.overlaps import one_at_a_time
from payroll.models.rosters import RosteredShift


class Swap(models.Model):
    """Two people change what they work, or one works for another and gets it back later (SD-215.03, SD-233.25,
    OS-04.13). The roster changes when it takes effect, and until then the first one is responsible.
    """

    class State(models.TextChoices):
        ASKED = "asked", _("等同事同意")
        AGREED = "agreed", _("等主管批准")
        EFFECTIVE = "effective", _("已生效")
        DECLINED = "declined", _("同事不同意")
        REFUSED = "refused", _("未批准")
        WITHDRAWN = "withdrawn", _("已撤回")
        VOID = "void", _("已作废")

    OPEN = (State.ASKED, State.AGREED)

    asker = models.ForeignKey(
        Employee, models.PROTECT, related_name="swaps_asked", verbose_name=_("提出人")
    )
    other = models.ForeignKey(
        Employee, models.PROTECT, related_name="swaps_offered", verbose_name=_("同事")
    )
    shift = models.ForeignKey(
        RosteredShift, models.PROTECT, related_name="given_in", verbose_name=_("让出的班")
    )
    # What the asker works instead; None: the colleague stands in, and is paid back later or not at all.
    returned = models.ForeignKey(
        RosteredShift, models.PROTECT, null=True, blank=True, related_name="returned_in",
        verbose_name=_("还的班"),
    )  # fmt: skip
    # It pays an earlier one back, and is part of it: no swap of its own where swaps are counted.
    pays_back = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="paid_back_by",
        verbose_name=_("还哪一次"),
    )  # fmt: skip
    # A change that a manager makes for a promotion is no swap of theirs (OS-04.12).
    promotion = models.BooleanField(_("促销调班"), default=False)
    note = models.CharField(_("交接说明"), max_length=500)
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("经手人"))
    asked_at = models.DateTimeField(_("提出时间"))
    # The colleague has read the note and agrees; who asks has confirmed it by asking (OS-04.15, SD-215.04).
    agreed_at = models.DateTimeField(_("同意时间"), null=True, blank=True)
    state = models.CharField(_("状态"), choices=State, default=State.ASKED, max_length=9)
    decided_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("审批人")
    )
    decided_at = models.DateTimeField(_("审批时间"), null=True, blank=True)
    reason = models.CharField(_("理由"), max_length=300, blank=True)
    rulebook = models.ForeignKey(
        "rulebooks.RulebookVersion", models.PROTECT, related_name="+", verbose_name=_("适用规章")
    )
    # Whether it stands in the register already, where it counts for the score (SD-233.61).
    register_done = models.BooleanField(_("已计入登记"), default=False, editable=False)
    # What policy was told when it took effect, and what it said: enough to decide and explain it again.
    inputs = models.JSONField(_("依据"), default=dict)

    class Meta:
        verbose_name = _("换班")
        verbose_name_plural = _("换班")
        ordering = ["-asked_at"]
        indexes = [models.Index(fields=["asker", "state"], name="swap_of_asker")]
        constraints = [
            models.CheckConstraint(
                condition=~Q(asker=F("other")),
                name="swap_of_two_people",
                violation_error_message=_("不能和自己换班"),
            ),
            models.UniqueConstraint(
                fields=["shift"],
                condition=Q(state__in=["asked", "agreed", "effective"]),
                name="swap_gives_a_shift_once",
                violation_error_message=_("这个班已经有一份换班申请"),
            ),
            models.UniqueConstraint(
                fields=["returned"],
                condition=Q(state__in=["asked", "agreed", "effective"]),
                name="swap_returns_a_shift_once",
                violation_error_message=_("还的这个班已经有一份换班申请"),
            ),
            models.CheckConstraint(
                condition=~Q(state="effective") | Q(agreed_at__isnull=False),
                name="swap_takes_effect_agreed",
            ),
        ]
        triggers = [
            pgtrigger.FSM(
                name="state_flow",
                field="state",
                transitions=[
                    ("asked", "agreed"),
                    ("asked", "effective"),
                    ("asked", "declined"),
                    ("asked", "withdrawn"),
                    ("asked", "void"),
                    ("agreed", "effective"),
                    ("agreed", "refused"),
                    ("agreed", "withdrawn"),
                    ("agreed", "void"),
                ],
            ),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.asker} {self.other} {self.shift_id}"

    @property
    def earlier_at(self) -> datetime:
        """When the earlier of its shifts begins: until then it can take effect."""
        begins = [one.starts_at for one in (self.shift, self.returned) if one is not None]
        return min(begins)


class Outing(models.Model):
    """Somebody leaves the office or his post in working time, and may (ES-133.07, SD-312.03, CD-02.10, OS-04.07).

    What is approved is neither absence nor leave.
    """

    class State(models.TextChoices):
        ASKED = "asked", _("待审批")
        APPROVED = "approved", _("已批准")
        REFUSED = "refused", _("未批准")

    employee = models.ForeignKey(
        Employee, models.PROTECT, related_name="outings", verbose_name=_("员工")
    )
    purpose = models.CharField(_("事由"), max_length=300)
    starts_at = models.DateTimeField(_("离开"))
    ends_at = models.DateTimeField(_("返回"))
    emergency = models.BooleanField(_("紧急，事后说明"), default=False)
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("申请人"))
    asked_at = models.DateTimeField(_("申请时间"))
    state = models.CharField(_("状态"), choices=State, default=State.ASKED, max_length=8)
    decided_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("审批人")
    )
    decided_at = models.DateTimeField(_("审批时间"), null=True, blank=True)
    rulebook = models.ForeignKey(
        "rulebooks.RulebookVersion", models.PROTECT, related_name="+", verbose_name=_("适用规章")
    )
    inputs = models.JSONField(_("依据"), default=dict)

    class Meta:
        verbose_name = _("外出")
        verbose_name_plural = _("外出")
        ordering = ["-starts_at"]
        indexes = [models.Index(fields=["employee", "starts_at"], name="outing_of_employee")]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="outing_ends_after_it_begins",
                violation_error_message=_("返回时间要晚于离开时间"),
            ),
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=F("asked_by")),
                name="outing_decided_by_another",
                violation_error_message=_("不能审批自己的申请"),
            ),
            one_at_a_time(
                "outing_once_at_a_time", starts="starts_at", ends="ends_at",
                condition=Q(state__in=["asked", "approved"]),
                violation_error_message=_("这段时间已登记外出"),
            ),
        ]  # fmt: skip
        triggers = [
            pgtrigger.FSM(
                name="state_flow",
                field="state",
                transitions=[("asked", "approved"), ("asked", "refused")],
            ),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.employee} {self.starts_at:%Y-%m-%d %H:%M}"
