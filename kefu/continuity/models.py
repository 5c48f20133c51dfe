from django.db import models
from django.utils.translation import gettext_lazy as _


class Installation(models.Model):
    """A database on a server in which these data live, or lived before they were restored from a copy.

    Written by the owner of the tables alone. The data may act where the row of *this* server and database has been
    activated: whoever restores a copy, in whatever way, gets one that does nothing.
    """

    number = models.PositiveIntegerField(_("序号"), unique=True)  # 1 is where all began
    server = models.BigIntegerField(_("数据库服务器"))  # the cluster's system identifier
    database = models.BigIntegerField(_("数据库编号"))
    copied_at = models.DateTimeField(
        _("备份时间"), null=True
    )  # None: not restored from our archive
    begun_at = models.DateTimeField(_("建立时间"))
    activated_at = models.DateTimeField(_("启用时间"), null=True)

    class Meta:
        verbose_name = _("安装")
        verbose_name_plural = _("安装")
        ordering = ("-number",)

    def __str__(self) -> str:
        return f"{self.number}"
