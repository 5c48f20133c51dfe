"""Appeals of outlets against penalties (异议): at most two instances, each decided by another person."""

from typing import Any, Self

import pgtrigger
from django.db import models
from django.db.models import Q
from django.db.models.functions import Length
from django.db.models.lookups import LessThanOrEqual
from django.utils.translation import gettext_lazy as _

from kefu.cases.files import FILE_LIMIT, Media
from kefu.cases.models import PHOTO_LIMIT, THUMBNAIL_LIMIT
from kefu.privacy.fields import SealedFileField
from kefu.staff.models import User

REASON_LIMIT = 500  # characters
FILES = 10  # an appeal may have
NEVER_DELETED = pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete)


class AppealQuerySet(models.QuerySet["Appeal"]):
    def visible_to(self, user: Any) -> Self:
        """An outlet sees its own; the office all."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        return self.filter(party=user.party_id) if user.role == User.Role.OUTLET else self.all()

    def open(self) -> Self:
        return self.filter(state__in=OPEN)


class Appeal(models.Model):
    """What one outlet says against one penalty, and how far it got. A penalty is appealed against once."""

    class State(models.TextChoices):
        FIRST = "first", _("第一次审议")
        REJECTED = "rejected", _("不成立，可申请第二次审议")
        SECOND = "second", _("第二次审议")
        UPHELD = "upheld", _("成立，处罚已冲销")
        FINAL = "final", _("不成立，处罚照旧")
        WITHDRAWN = "withdrawn", _("已撤回")
        CLOSED = "closed", _("处罚已不生效")

    penalty = models.OneToOneField(
        "penalties.Penalty", models.PROTECT, related_name="appeal", verbose_name=_("处罚")
    )
    party = models.ForeignKey(
        "network.Party",
        models.PROTECT,
        related_name="+",
        verbose_name=_("提出的网点"),
        db_index=False,
    )
    state = models.CharField(_("状态"), choices=State, default=State.FIRST, max_length=9)
    reason = models.CharField(_("理由"), max_length=REASON_LIMIT)  # redacted, as the second one
    # Nobody of ours where the outlet's program called.
    filed_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("提出人")
    )
    filed_at = models.DateTimeField(_("提出时间"))
    second_reason = models.CharField(_("第二次审议的理由"), max_length=REASON_LIMIT, blank=True)
    second_at = models.DateTimeField(_("申请第二次审议的时间"), null=True, blank=True)
    second_until = models.DateTimeField(_("最迟申请第二次审议"), null=True, blank=True)
    due_at = models.DateTimeField(_("审议截止"), null=True, blank=True)  # of the instance that runs
    warned_at = models.DateTimeField(null=True, editable=False)
    late_at = models.DateTimeField(_("发现逾期的时间"), null=True, blank=True)
    closed_at = models.DateTimeField(_("终结时间"), null=True, blank=True)

    objects = AppealQuerySet.as_manager()

    class Meta:
        verbose_name = _("处罚异议")
        verbose_name_plural = _("处罚异议")
        ordering = ["-pk"]
        permissions = [("decide_appeal", _("审议处罚异议"))]
        indexes = [
            models.Index(fields=["party", "-id"], name="appeal_by_party"),
            models.Index(
                fields=["due_at"], condition=Q(due_at__isnull=False), name="appeal_due_soonest"
            ),
            models.Index(
                fields=["second_until"], condition=Q(state="rejected"), name="appeal_second_until"
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["first", "second"], due_at__isnull=False)
                | (~Q(state__in=["first", "second"]) & Q(due_at=None)),
                name="appeal_clock_runs_while_awaited",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["first", "rejected", "second"], closed_at=None)
                | (~Q(state__in=["first", "rejected", "second"]) & Q(closed_at__isnull=False)),
                name="appeal_closed_with_its_time",
            ),
            models.CheckConstraint(
                condition=~Q(state="rejected") | Q(second_until__isnull=False),
                name="appeal_second_has_its_window",
            ),
            models.CheckConstraint(
                condition=Q(second_at=None) | Q(second_at__lte=models.F("second_until")),
                name="appeal_second_within_its_window",
            ),
        ]
        triggers = [
            pgtrigger.FSM(
                name="state_flow",
                field="state",
                transitions=[
                    ("first", "rejected"),
                    ("rejected", "second"),
                    ("rejected", "final"),
                    ("second", "final"),
                    *((state, "upheld") for state in ("first", "second")),
                    *(
                        (state, end)
                        for state in ("first", "rejected", "second")
                        for end in ("withdrawn", "closed")
                    ),
                ],
            ),
            pgtrigger.ReadOnly(
                name="filing_stays",
                fields=["penalty", "party", "reason", "filed_by", "filed_at"],
            ),
            # So that nobody forgets it: a constraint of the penalty refuses to settle what is disputed.
            pgtrigger.Trigger(
                name="penalty_disputed",
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("state"),
                when=pgtrigger.After,
                func="""
                    UPDATE penalties_penalty SET disputed = NEW.state IN ('first', 'rejected', 'second')
                    WHERE id = NEW.penalty_id
                      AND disputed <> (NEW.state IN ('first', 'rejected', 'second'));
                    RETURN NULL;
                """,
            ),
            NEVER_DELETED,
        ]

    def __str__(self) -> str:
        return f"{self.penalty} {self.get_state_display()}"


# Until the window for the second instance is over, an appeal that was rejected is open as well.
OPEN = (Appeal.State.FIRST, Appeal.State.REJECTED, Appeal.State.SECOND)
AWAITED = (Appeal.State.FIRST, Appeal.State.SECOND)


class Decision(models.Model):
    """What one person decided in one instance."""

    appeal = models.ForeignKey(
        Appeal, models.PROTECT, related_name="decisions", verbose_name=_("处罚异议")
    )
    instance = models.PositiveSmallIntegerField(_("第几次审议"))
    upheld = models.BooleanField(_("成立"))
    reason = models.CharField(_("理由"), max_length=REASON_LIMIT)
    decided_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("审议人"))
    decided_at = models.DateTimeField(_("审议时间"))

    class Meta:
        verbose_name = _("异议的审议")
        verbose_name_plural = _("异议的审议")
        ordering = ["appeal", "instance"]
        constraints = [
            models.UniqueConstraint(fields=["appeal", "instance"], name="appeal_decided_once"),
            models.UniqueConstraint(fields=["appeal", "decided_by"], name="appeal_two_people"),
            models.CheckConstraint(
                condition=Q(instance__in=[1, 2]), name="appeal_has_two_instances"
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
            # A constraint cannot look into what happened to the penalty.
            pgtrigger.Trigger(
                name="not_involved",
                operation=pgtrigger.Insert,
                when=pgtrigger.Before,
                declare=[("penalty", "bigint")],
                func="""
                    SELECT penalty_id INTO penalty FROM appeals_appeal WHERE id = NEW.appeal_id;
                    IF EXISTS (SELECT FROM penalties_penaltyevent e
                               WHERE e.penalty_id = penalty AND e.actor_id = NEW.decided_by_id)
                       OR EXISTS (SELECT FROM penalties_waiver w WHERE w.penalty_id = penalty
                                  AND NEW.decided_by_id IN (w.proposed_by_id, w.decided_by_id)) THEN
                        RAISE EXCEPTION 'appeal_not_involved: nobody decides on his own work'
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.appeal_id} {self.instance}"


class Evidence(models.Model):
    """A photo drawn anew, a recording or a PDF as it came; sealed, its name not kept, never changed."""

    appeal = models.ForeignKey(
        Appeal, models.PROTECT, related_name="evidence", verbose_name=_("处罚异议")
    )
    number = models.PositiveSmallIntegerField(_("序号"))
    media = models.CharField(_("格式"), choices=Media, max_length=15)
    photo = SealedFileField(_("内容"))  # of any format
    thumbnail = SealedFileField(_("缩略图"), null=True)
    digest = models.CharField(_("摘要"), max_length=64)  # SHA-256 of the content, in hex
    size = models.PositiveIntegerField(_("字节数"))
    added_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("登记人")
    )
    added_at = models.DateTimeField(_("登记时间"))

    class Meta:
        verbose_name = _("异议的证据")
        verbose_name_plural = _("异议的证据")
        ordering = ["appeal", "number"]
        constraints = [
            models.UniqueConstraint(fields=["appeal", "number"], name="appeal_evidence_numbered"),
            models.UniqueConstraint(fields=["appeal", "digest"], name="appeal_evidence_once"),
            models.CheckConstraint(
                condition=Q(number__gte=1, number__lte=FILES), name="appeal_evidence_not_too_many"
            ),
            models.CheckConstraint(
                condition=(
                    Q(media=Media.JPEG, thumbnail__isnull=False)
                    & Q(LessThanOrEqual(Length("photo"), PHOTO_LIMIT))
                    & Q(LessThanOrEqual(Length("thumbnail"), THUMBNAIL_LIMIT))
                )
                | (
                    ~Q(media=Media.JPEG)
                    & Q(thumbnail__isnull=True)
                    & Q(LessThanOrEqual(Length("photo"), FILE_LIMIT + 1_000))
                ),
                name="appeal_evidence_not_too_large",
            ),
        ]
        triggers = [
            # Only its seals may change, when keys are rotated.
            pgtrigger.ReadOnly(name="append_only", exclude=["photo", "thumbnail"]),
            NEVER_DELETED,
        ]

    def __str__(self) -> str:
        return f"{self.appeal_id} {self.number}"
