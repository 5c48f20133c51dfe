"""How many sealed values stand under which key."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class SealCount(models.Model):
    """How many values of a column stood under a key when they were last counted; counted anew, not kept."""

    place = models.CharField(_("数据栏"), max_length=130)  # table.column
    key_id = models.CharField(_("密钥"), max_length=64)  # "?" where a blob has none
    blobs = models.BigIntegerField(_("条数"))
    counted_at = models.DateTimeField(_("统计时间"))

    class Meta:
        verbose_name = _("加密密钥用量")
        verbose_name_plural = pgettext_lazy("plural", "加密密钥用量")
        ordering = ["key_id", "place"]
        constraints = [models.UniqueConstraint(fields=["place", "key_id"], name="seal_count_once")]

    def __str__(self) -> str:
        return f"{self.key_id} {self.place}"
