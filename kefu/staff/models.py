"""Who works here, as what, and who is on duty now."""

from typing import Self

from django.contrib.auth.models import AbstractUser, UserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Length, Now
from django.db.models.lookups import LessThanOrEqual
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

AVATAR_LIMIT = 70_000  # bytes; 128 × 128 pixels of pure noise take 66,000


def in_readers_language(name: str, name_en: str) -> str:
    return (name_en if (get_language() or "").startswith("en") else "") or name


class Department(models.Model):
    """A desk of the centre. Each case queue belongs to one department (CD-01.02, CD-12.25)."""

    class Desk(models.TextChoices):
        """What the rulebooks call a desk, so that its duties, rights and hours find it."""

        QUERY = "query_desk", _("查询部")
        BUSINESS = "business_desk", _("业务部")
        REPORT = "report_desk", _("报告部")
        PROCESSING = "processing_desk", _("处理部")
        FRONT = "front_desk", _("前台")
        WAREHOUSE = "warehouse_office", _("仓库管理办公室")
        PRE_SALE = "pre_sale_team", _("售前组")
        AFTER_SALE = "after_sale_team", _("售后组")
        LABELS = "label_clerk", _("打单员")

    code = models.SlugField(_("代码"), max_length=32, unique=True)
    desk = models.CharField(
        _("规章所称"),
        choices=Desk,
        max_length=20,
        blank=True,
        help_text=_("规则手册里的职责、权限和班次按它找到这个部门"),
    )
    name = models.CharField(_("名称"), max_length=60)
    name_en = models.CharField(_("英文名称"), max_length=60, blank=True)
    line_number = models.CharField(_("热线"), max_length=40, blank=True)
    works_inquiries = models.BooleanField(
        _("办理查件"),
        default=True,
        help_text=_("不办理的部门只能登记并转交，如业务部（CD-06.28）"),
    )
    switchboard = models.BooleanField(
        _("总机在这里"),
        default=False,
        help_text=_(
            "下班后总机要有人（CD-03.09），这里的坐席不再算查询席；没有哪个部门设总机，就不要求"
        ),
    )
    active = models.BooleanField(_("在用"), default=True)
    order = models.PositiveSmallIntegerField(_("排序"), default=0)

    class Meta:
        verbose_name = _("部门")
        verbose_name_plural = _("部门")
        ordering = ["order", "code"]
        constraints = [
            models.UniqueConstraint(
                fields=["desk"],
                condition=~Q(desk="") & Q(active=True),
                name="department_one_a_desk",
                violation_error_message=_("规章里的这个岗位已经是另一个部门"),
            )
        ]

    def __str__(self) -> str:
        return in_readers_language(self.name, self.name_en)


class Position(models.Model):
    """A post with its written duties (LC-06.15)."""

    class Post(models.TextChoices):
        """What the rulebooks call a post, so that what goes there finds its people."""

        COMPLAINT_SPECIALIST = "complaint_specialist", _("投诉专员")

    post = models.CharField(
        _("规章所称"),
        choices=Post,
        max_length=24,
        blank=True,
        help_text=_("规章说要转给谁的，按它找人"),
    )
    name = models.CharField(_("岗位"), max_length=60, unique=True)
    name_en = models.CharField(_("英文名称"), max_length=60, blank=True)
    duties = models.TextField(_("职责"), max_length=4000, blank=True)

    class Meta:
        verbose_name = _("岗位")
        verbose_name_plural = _("岗位")
        ordering = ["name"]

    def __str__(self) -> str:
        return in_readers_language(self.name, self.name_en)


class User(AbstractUser):
    """An account: an employee's (user name = 工号) or a partner outlet's."""

    class Role(models.TextChoices):
        AGENT = "agent", _("坐席")
        SHIFT_LEAD = "shift_lead", _("值班组长")
        SUPERVISOR = "supervisor", _("主管")
        INSPECTOR = "inspector", _("质检")
        ADJUSTER = "adjuster", _("理赔员")
        MANAGER = "manager", _("经理")
        HR = "hr", _("人事")
        FINANCE = "finance", _("财务")
        OUTLET = "outlet", _("网点账号")

    role = models.CharField(_("角色"), choices=Role, default=Role.AGENT, max_length=12)
    party = models.ForeignKey(
        "network.Party",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="users",
        verbose_name=_("代表"),
        help_text=_("员工本人，或所属网点"),
    )
    password_set_at = models.DateTimeField(_("密码设于"), db_default=Now())
    # By whoever opened the account or gave a new password: it is not the owner's alone (SD-214.02).
    password_told = models.BooleanField(_("密码由他人告知"), default=False, db_default=False)
    # The tour comes by itself once an account, on whatever machine one sits.
    tour_seen_at = models.DateTimeField(_("看过导览"), null=True, editable=False)
    objects = UserManager()  # type: ignore[misc]  # AbstractUser calls it a class variable

    class Meta:
        verbose_name = _("账号")
        verbose_name_plural = _("账号")
        constraints = [
            models.CheckConstraint(
                condition=~Q(role="outlet") | Q(party__isnull=False),
                name="user_of_outlet_has_party",
                violation_error_message=_("网点账号要填代表的网点"),
            )
        ]

    def __str__(self) -> str:
        return self.get_full_name() or self.username


class UsedPassword(models.Model):
    """The hash of a password that an account had, so that it does not come back (ES-404.06)."""

    user = models.ForeignKey(User, models.CASCADE, related_name="used_passwords")
    hash = models.CharField(max_length=128)
    set_at = models.DateTimeField()

    class Meta:
        verbose_name = _("用过的密码")
        verbose_name_plural = pgettext_lazy("plural", "用过的密码")

    def __str__(self) -> str:
        return f"{self.user_id} {self.set_at:%Y-%m-%d}"


class Avatar(models.Model):
    """One of the company's own pictures for those who answer online (ES-203.03).

    Never changed, so that a browser may keep what it got under an address.
    """

    name = models.CharField(_("名称"), max_length=40, unique=True)
    png = models.BinaryField(_("头像"), max_length=AVATAR_LIMIT)
    added_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("登记人"))
    added_at = models.DateTimeField(_("登记时间"))

    class Meta:
        verbose_name = _("头像")
        verbose_name_plural = _("头像")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=LessThanOrEqual(Length("png"), AVATAR_LIMIT),
                name="avatar_is_small",
            )
        ]

    def __str__(self) -> str:
        return self.name


class EmployeeQuerySet(models.QuerySet["Employee"]):
    def on_duty(self) -> Self:
        return self.filter(duties__ended_at=None, duties__isnull=False)

    def assignable(self) -> Self:
        """Those a case may be given to: a suspended agent gets none (ES-204.05)."""
        return self.filter(status=Employee.Status.ACTIVE)

    def holding(self, *posts: str) -> Self:
        """Those whose position is what a rulebook calls so."""
        return self.assignable().filter(position__post__in=posts)


class Employee(models.Model):
    """A person of ours under a staff number (工号); what he owes stands on his party."""

    class Status(models.TextChoices):
        ACTIVE = "active", _("在岗")
        SUSPENDED = "suspended", _("停岗")
        LEFT = "left", _("离职")

    class Channel(models.TextChoices):
        ONLINE = "online", _("线上")
        OFFLINE = "offline", _("线下")
        PHONE = "phone", _("电话")

    user = models.OneToOneField(
        User, models.PROTECT, related_name="employee", verbose_name=_("账号")
    )
    party = models.OneToOneField(
        "network.Party",
        models.PROTECT,
        related_name="employee",
        verbose_name=_("当事方"),
    )
    number = models.CharField(_("工号"), max_length=16, unique=True)
    name = models.CharField(_("姓名"), max_length=60)
    department = models.ForeignKey(
        Department, models.PROTECT, related_name="employees", verbose_name=_("部门")
    )
    position = models.ForeignKey(
        Position, models.PROTECT, related_name="employees", verbose_name=_("岗位")
    )
    status = models.CharField(_("状态"), choices=Status, default=Status.ACTIVE, max_length=10)
    channels = ArrayField(
        models.CharField(choices=Channel, max_length=8),
        default=list,
        verbose_name=_("服务渠道"),
        help_text=_("决定适用哪种应答时限（ES-202.01）"),
    )
    nickname = models.CharField(
        _("对外称呼"),
        max_length=40,
        blank=True,
        help_text=_("线上回复统一使用（ES-203.03）"),
    )
    avatar = models.ForeignKey(
        Avatar,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="employees",
        verbose_name=_("头像"),
        help_text=_("线上回复统一使用（ES-203.03）"),
    )
    extension = models.CharField(_("分机"), max_length=16, blank=True)

    objects = EmployeeQuerySet.as_manager()

    class Meta:
        verbose_name = _("员工")
        verbose_name_plural = _("员工")
        ordering = ["number"]
        constraints = [
            models.CheckConstraint(
                condition=Q(channels__len__gte=1),
                name="employee_has_a_channel",
                violation_error_message=_("至少选一种服务渠道"),
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.number}"


class Duty(models.Model):
    """One stay at the desk, from coming on duty until leaving; open while the person is here."""

    class Seat(models.TextChoices):
        AVAILABLE = "available", _("在线")
        BUSY = "busy", _("示忙")

    employee = models.ForeignKey(
        Employee, models.PROTECT, related_name="duties", verbose_name=_("员工")
    )
    started_at = models.DateTimeField(_("上岗时间"))
    ended_at = models.DateTimeField(_("离岗时间"), null=True, blank=True)
    seat = models.CharField(_("坐席"), choices=Seat, default=Seat.AVAILABLE, max_length=10)
    seat_since = models.DateTimeField(_("坐席状态自"))

    class Meta:
        verbose_name = _("值班")
        verbose_name_plural = _("值班")
        ordering = ["-started_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["employee"],
                condition=Q(ended_at=None),
                name="duty_once_at_a_time",
            )
        ]

    def __str__(self) -> str:
        return f"{self.employee} {self.get_seat_display()}"


class SeatAlarm(models.Model):
    """The leads were told that a seat which has to stay open is missing: once a day, clause and seat."""

    day = models.DateField()
    clause = models.CharField(max_length=16)
    seat = models.CharField(max_length=60)  # by its name in the rulebook's staffing clauses
    told_at = models.DateTimeField()

    class Meta:
        verbose_name = _("缺席提醒")
        verbose_name_plural = _("缺席提醒")
        constraints = [
            models.UniqueConstraint(fields=["day", "clause", "seat"], name="seat_alarm_once_a_day")
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.clause} {self.seat}"
