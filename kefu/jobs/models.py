"""Long work as a row: who holds it until when, how far it is, what it refused."""

import uuid
from collections.abc import Collection
from typing import Any, Self

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kefu.privacy.fields import SealedField, SealedFileField


class JobQuerySet(models.QuerySet["Job"]):
    def visible_to(self, user: Any) -> Self:
        """One's own jobs; whoever may give work to others sees all."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        return self.all() if user.has_perm("cases.reassign_case") else self.filter(created_by=user)

    def claimable(self, kinds: Collection[str]) -> Self:
        """Jobs that nobody works on, by the database's clock; those that waited longest come first."""
        waiting = self.filter(state__in=[Job.State.QUEUED, Job.State.RUNNING], kind__in=kinds)
        free = waiting.filter(Q(lease_until=None) | Q(lease_until__lte=Now()))
        return free.order_by(F("lease_until").asc(nulls_first=True), "created_at", "pk")


class Job(models.Model):
    """A piece of work done in chunks. A worker holds it by a lease it keeps renewing; when the lease
    runs out, another goes on from ``cursor``."""

    class State(models.TextChoices):
        QUEUED = "queued", _("等待")
        RUNNING = "running", _("进行中")
        DONE = "done", _("完成")
        STOPPED = "stopped", _("已停止")
        FAILED = "failed", _("失败")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("种类"), max_length=40)
    title = models.CharField(_("名称"), max_length=200)
    state = models.CharField(_("状态"), choices=State, default=State.QUEUED, max_length=8)
    params = models.JSONField(default=dict)
    cursor = models.JSONField(default=dict)
    total = models.PositiveIntegerField(_("总数"), null=True)
    done = models.PositiveIntegerField(_("已处理"), default=0)
    counts = models.JSONField(_("结果"), default=dict)
    stop_requested = models.BooleanField(_("要求停止"), default=False)
    lease_holder = models.UUIDField(null=True)
    lease_until = models.DateTimeField(_("租约到"), null=True)
    attempts = models.PositiveSmallIntegerField(_("尝试次数"), default=0)
    error = models.CharField(_("错误"), max_length=500, blank=True)
    created_by = models.ForeignKey(
        "staff.User",
        models.PROTECT,
        null=True,
        related_name="jobs",
        verbose_name=_("发起人"),
    )
    created_at = models.DateTimeField(_("发起时间"))
    # Of the request that began it: the log lines of the work carry it.
    request_id = models.CharField(_("请求号"), max_length=64, blank=True, default="", db_default="")
    started_at = models.DateTimeField(_("开始时间"), null=True)
    finished_at = models.DateTimeField(_("结束时间"), null=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        verbose_name = _("后台作业")
        verbose_name_plural = pgettext_lazy("plural", "后台作业")
        ordering = ["-created_at"]
        indexes = [
            models.Index(
                fields=["lease_until"],
                condition=Q(state__in=["queued", "running"]),
                name="job_claimable",
            )
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def finished(self) -> bool:
        return self.state in (self.State.DONE, self.State.STOPPED, self.State.FAILED)

    @property
    def percent(self) -> int | None:
        """How far it is, 0 to 100; None while the total is not known."""
        if self.state == self.State.DONE:
            return 100
        return min(100, 100 * self.done // self.total) if self.total else None


class JobFile(models.Model):
    """What a job reads, sealed: an uploaded table holds people's names and phones."""

    job = models.OneToOneField(Job, models.CASCADE, related_name="file", primary_key=True)
    name = models.CharField(_("文件名"), max_length=200)
    content = SealedFileField(_("内容"))  # written and read by the service, which streams it
    digest = models.CharField(_("摘要"), max_length=64)

    class Meta:
        verbose_name = _("作业文件")
        verbose_name_plural = pgettext_lazy("plural", "作业文件")

    def __str__(self) -> str:
        return self.name


class Refusal(models.Model):
    """One item a job would not take, with the reason; the item itself is sealed for repair."""

    job = models.ForeignKey(Job, models.CASCADE, related_name="refusals", verbose_name=_("作业"))
    row = models.PositiveIntegerField(_("行"))
    field = models.CharField(_("栏目"), max_length=40, blank=True)
    code = models.CharField(_("代码"), max_length=40)
    details = models.JSONField(_("依据"), default=dict, blank=True)  # what the reason names
    shown = models.CharField(_("显示"), max_length=60, blank=True)  # masked
    sealed = SealedField(_("原行"))

    class Meta:
        verbose_name = _("拒收行")
        verbose_name_plural = pgettext_lazy("plural", "拒收行")
        ordering = ["row"]
        constraints = [models.UniqueConstraint(fields=["job", "row"], name="refusal_once")]

    def __str__(self) -> str:
        return f"{self.row} {self.code}"
