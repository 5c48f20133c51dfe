"""Messages between outlets about a waybill (留言): a thread a case and counterpart."""

from typing import Any, Self

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kefu.cases.models import Case
from kefu.privacy.fields import SealedField
from kefu.staff.models import User


class MessageQuerySet(models.QuerySet["Message"]):
    def visible_to(self, user: Any) -> Self:
        """Our own people see all; a partner's account what its outlet wrote or got."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        return self.of_party(user.party_id) if user.role == User.Role.OUTLET else self.all()

    def of_party(self, party_id: int | None) -> Self:
        return self.filter(Q(sender=party_id) | Q(receiver=party_id))

    def unanswered(self) -> Self:
        """Those that wait for the other side; a reply itself waits for nothing."""
        return self.filter(reply_to=None, answered_at=None, withdrawn_at=None)

    def waited_for(self) -> Self:
        """Those of the unanswered whose five days are not over: whoever was silent so long is waited for no more."""
        return self.unanswered().exclude(wait__state="breached", wait__released_at=None)

    def unread_replies(self) -> Self:
        """Replies nobody has opened yet, the oldest first (CD-04.13)."""
        return self.filter(reply_to__isnull=False, opened_at=None).order_by("posted_at")


class Message(models.Model):
    """One message. Its words never change; that it was opened and answered is noted once."""

    class Wish(models.TextChoices):
        """What a reply wants done with the parcel."""

        NONE = "", _("没有要求")
        RETURN = "return", pgettext_lazy("wish", "退回")
        REDELIVER = "redeliver", pgettext_lazy("wish", "再派")
        NEW_ADDRESS = "new_address", pgettext_lazy("wish", "改新址")
        PICKUP = "pickup", pgettext_lazy("wish", "自取")
        WAIT = "wait", pgettext_lazy("wish", "再等等")

    case = models.ForeignKey(
        Case, models.PROTECT, related_name="parcel_messages", verbose_name=_("工单")
    )
    sender = models.ForeignKey(
        "network.Party", models.PROTECT, related_name="messages_sent", verbose_name=_("发出方")
    )
    receiver = models.ForeignKey(
        "network.Party", models.PROTECT, related_name="messages_received", verbose_name=_("接收方")
    )
    reply_to = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="replies",
        verbose_name=_("回复哪一条"),
    )
    wish = models.CharField(_("要求"), choices=Wish, max_length=12, blank=True)
    sealed = SealedField(_("原文"))  # {"text"}
    text = models.TextField(_("内容"))  # redacted
    reference = models.CharField(_("对方单号"), max_length=64, blank=True)
    posted_at = models.DateTimeField(_("发出时间"))
    posted_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("发出人")
    )
    # Within two hours somebody answers; after five days the parcel goes back (CD-05.09, CD-07.12).
    deadline = models.OneToOneField(
        "deadlines.Deadline",
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("反馈时限"),
    )
    wait = models.OneToOneField(
        "deadlines.Deadline",
        models.PROTECT,
        null=True,
        related_name="parcel_message",
        verbose_name=_("等待期限"),
    )
    opened_at = models.DateTimeField(_("打开时间"), null=True, blank=True)
    opened_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("打开人")
    )
    answered_at = models.DateTimeField(_("回复时间"), null=True, blank=True)
    withdrawn_at = models.DateTimeField(_("撤回时间"), null=True, blank=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("留言")
        verbose_name_plural = pgettext_lazy("plural", "留言")
        ordering = ["id"]
        indexes = [
            models.Index(fields=["case", "id"], name="message_of_case"),
            # A partner that polls for what waits for it reads only that.
            models.Index(
                fields=["receiver", "-id"],
                condition=Q(reply_to=None, answered_at=None, withdrawn_at=None),
                name="message_unanswered",
            ),
            models.Index(fields=["receiver", "-id"], name="message_received"),
            models.Index(fields=["sender", "-id"], name="message_sent"),
            models.Index(
                fields=["posted_at"],
                condition=Q(reply_to__isnull=False, opened_at=None),
                name="message_unread_reply",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(sender=models.F("receiver")), name="message_not_to_itself"
            ),
            models.CheckConstraint(
                condition=Q(answered_at=None) | Q(reply_to=None),
                name="message_reply_waits_for_none",
            ),
            models.CheckConstraint(
                condition=Q(answered_at=None) | Q(withdrawn_at=None),
                name="message_answered_or_withdrawn",
            ),
            models.UniqueConstraint(
                fields=["sender", "reference"],
                condition=~Q(reference=""),
                name="message_reference_once",
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(
                name="words_stay",
                fields=[
                    "case",
                    "sender",
                    "receiver",
                    "reply_to",
                    "wish",
                    "text",
                    "posted_at",
                    "posted_by",
                ],
            ),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.sender} → {self.receiver}"
