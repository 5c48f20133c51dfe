"""What the workbench keeps of its own."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class SentForm(models.Model):
    """A form of the workbench that had its effect, so that sending it again has no second one (same transaction)."""

    user = models.ForeignKey("staff.User", models.CASCADE, related_name="+", verbose_name=_("账号"))
    ticket = models.CharField(_("表单编号"), max_length=40)
    path = models.CharField(_("页面"), max_length=200)
    digest = models.BinaryField(max_length=32)  # of the words, so that other ones are told apart
    result = models.JSONField(
        null=True
    )  # what the page told then; null only until the effect is there
    sent_at = models.DateTimeField(_("发出时间"))

    class Meta:
        verbose_name = _("已发表单")
        verbose_name_plural = pgettext_lazy("plural", "已发表单")
        db_table = "inquiries_sentform"  # where it was before other apps had forms too
        indexes = [models.Index(fields=["sent_at"], name="sent_form_age")]
        constraints = [models.UniqueConstraint(fields=["user", "ticket"], name="sent_form_once")]

    def __str__(self) -> str:
        return self.path
