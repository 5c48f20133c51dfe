"""How many promises fall due when, and what became of them: kept, so that nobody counts a year of rows.

The triggers of ``Deadline`` write a ``CountMove`` for every change, without a lock on what others count; ``roll_counts``
adds them up. Whoever reads adds the moves that are not added up yet: a count is never behind (decision 0096).
"""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Counted(models.Model):
    """What falls due in a time of Shanghai, in the order of its life; cancelled promises are counted nowhere."""

    department = models.ForeignKey(
        "staff.Department",
        models.PROTECT,
        related_name="+",
        verbose_name=_("部门"),
        db_index=False,
        db_constraint=False,  # the promises that are counted hold it
    )
    open = models.IntegerField(_("未到期或搁置"), default=0)
    met = models.IntegerField(_("兑现"), default=0)
    broken = models.IntegerField(_("超时"), default=0)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.open:+} {self.met:+} {self.broken:+}"


class OfClause(Counted):
    clause = models.CharField(_("条款"), max_length=16)

    class Meta(Counted.Meta):
        abstract = True


class OfParty(Counted):
    party = models.ForeignKey(
        "network.Party",
        models.PROTECT,
        related_name="+",
        verbose_name=_("责任方"),
        db_index=False,
        db_constraint=False,
    )

    class Meta(Counted.Meta):
        abstract = True


def _once(name: str, *fields: str) -> list[models.BaseConstraint]:
    return [models.UniqueConstraint(fields=[*fields, "department"], name=name)]


class CountMove(OfClause, OfParty):
    """A change of the counts that nobody has added up yet."""

    day = models.DateField()
    hour = models.SmallIntegerField()

    class Meta:
        verbose_name = _("承诺计数变动")
        verbose_name_plural = pgettext_lazy("plural", "承诺计数变动")


class ClauseHour(OfClause):
    """Promises of a clause, by the hour they fall due."""

    day = models.DateField(_("日期"))
    hour = models.SmallIntegerField(_("小时"))

    class Meta:
        verbose_name = _("条款每小时的承诺")
        verbose_name_plural = pgettext_lazy("plural", "条款每小时的承诺")
        constraints = _once("clause_hour_once", "day", "hour", "clause")


class ClauseMonth(OfClause):
    """The same by the month, so that a year is a few hundred rows."""

    month = models.DateField(_("月份"))  # its first day

    class Meta:
        verbose_name = _("条款每月的承诺")
        verbose_name_plural = pgettext_lazy("plural", "条款每月的承诺")
        constraints = _once("clause_month_once", "month", "clause")


class PartyDay(OfParty):
    """Promises that run against one party, by the day they fall due."""

    day = models.DateField(_("日期"))

    class Meta:
        verbose_name = _("责任方每天的承诺")
        verbose_name_plural = pgettext_lazy("plural", "责任方每天的承诺")
        constraints = _once("party_day_once", "day", "party")


class PartyMonth(OfParty):
    """The same by the month."""

    month = models.DateField(_("月份"))

    class Meta:
        verbose_name = _("责任方每月的承诺")
        verbose_name_plural = pgettext_lazy("plural", "责任方每月的承诺")
        constraints = _once("party_month_once", "month", "party")
