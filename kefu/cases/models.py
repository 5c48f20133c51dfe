"""The case: whatever somebody waits on, and the timeline of all that was said and done about it."""

from datetime import datetime
from typing import Any, Self

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Length
from django.db.models.lookups import LessThanOrEqual
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kefu.privacy.fields import SealedField, SealedFileField
from kefu.staff.models import Employee, User

# The arrows between states; the database holds the same table (trigger below).
TRANSITIONS = frozenset(
    {
        ("open", "waiting"),
        ("open", "answered"),
        ("waiting", "open"),
        ("waiting", "answered"),
        ("answered", "open"),
        ("answered", "waiting"),
        ("answered", "closed"),
        ("closed", "open"),
    }
)


class CaseQuerySet(models.QuerySet["Case"]):
    def visible_to(self, user: Any) -> Self:
        """Cases ``user`` may know of. Whoever takes calls must find any case; an outlet sees none here:
        it reaches its own network queries and penalties, which have scopes of their own."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        return self.none() if user.role == User.Role.OUTLET else self.all()

    def open(self) -> Self:
        return self.exclude(state=Case.State.CLOSED)

    def of(self, employee: Employee) -> Self:
        return self.filter(owner=employee)

    def unassigned(self) -> Self:
        return self.filter(owner=None)

    def consulting(self, department_id: int | None) -> Self:
        """Cases of any department that wait for this one's reply (LC-05.04)."""
        return self.filter(
            models.Exists(
                Consultation.objects.open().filter(
                    case=models.OuterRef("pk"), department=department_id
                )
            )
        )

    def consulted(self) -> Self:
        """Cases about which another department is asked and has not replied (SD-221.05)."""
        return self.filter(pk__in=Consultation.objects.open().values("case"))

    def soonest_first(self) -> Self:
        """The order of every queue; cases that nothing waits for come last."""
        return self.order_by(models.F("next_due_at").asc(nulls_last=True), "pk")

    def due_before(self, instant: datetime) -> Self:
        return self.filter(next_due_at__lt=instant)


class Case(models.Model):
    """One matter, of any kind, with its owner, its parcel and the soonest moment somebody expects it."""

    class Kind(models.TextChoices):
        INQUIRY = "inquiry", _("查询")
        NETWORK_QUERY = "network_query", _("网点查询")
        COMPLAINT = "complaint", _("投诉")
        PROBLEM_PARCEL = "problem_parcel", _("问题件")
        RECEIPTS = "receipts", _("回单")
        CLAIM = "claim", _("理赔")
        INCIDENT = "incident", _("突发事件")
        REPORT = "report", pgettext_lazy("case", "上报")
        PROCESS = "process", _("流程")

    class State(models.TextChoices):
        OPEN = "open", _("待回复")
        WAITING = "waiting", _("等网点")
        ANSWERED = "answered", _("已答复")
        CLOSED = "closed", _("已结案")

    class Priority(models.IntegerChoices):
        NORMAL = 0, _("普通")
        URGENT = 1, _("加急")

    number = models.CharField(_("单号"), max_length=24, unique=True)
    kind = models.CharField(_("种类"), choices=Kind, max_length=16)
    waybill = models.ForeignKey(
        "parcels.Waybill",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="cases",
        verbose_name=_("运单"),
    )
    waybill_number = models.CharField(_("运单号"), max_length=24, blank=True)
    state = models.CharField(_("状态"), choices=State, default=State.OPEN, max_length=10)
    priority = models.SmallIntegerField(_("优先级"), choices=Priority, default=Priority.NORMAL)
    owner = models.ForeignKey(
        Employee,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="cases",
        verbose_name=_("负责人"),
    )
    department = models.ForeignKey(
        "staff.Department", models.PROTECT, related_name="cases", verbose_name=_("部门")
    )
    outlet = models.ForeignKey(
        "network.Party",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="cases",
        verbose_name=_("对方网点"),
    )
    # {"customer_name", "customer_phone", "summary"}; what lists show stands masked beside it.
    sealed = SealedField(_("客户与事由"))
    customer_name_masked = models.CharField(_("客户"), max_length=60, blank=True)
    customer_phone_masked = models.CharField(_("回电"), max_length=40, blank=True)
    summary = models.CharField(_("事由"), max_length=500, blank=True)
    lookup = ArrayField(models.BigIntegerField(), default=list, editable=False)
    search = SearchVectorField(editable=False, null=True)
    opened_at = models.DateTimeField(_("建单时间"))
    next_due_at = models.DateTimeField(_("最近截止"), null=True, blank=True)
    last_at = models.DateTimeField(_("最近往来"))
    last_text = models.CharField(_("最近一句"), max_length=120, blank=True)
    last_direction = models.CharField(_("最近方向"), max_length=10, blank=True)
    handed_over = models.BooleanField(_("交接件"), default=False)
    escalated_at = models.DateTimeField(_("升级时间"), null=True, blank=True)
    closed_at = models.DateTimeField(_("结案时间"), null=True, blank=True)
    source_key = models.BinaryField(_("来源键"), max_length=32, null=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = CaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("工单")
        verbose_name_plural = pgettext_lazy("plural", "工单")
        ordering = ["-opened_at"]
        indexes = [
            models.Index(
                fields=["owner", "next_due_at", "id"],
                condition=~Q(state="closed"),
                name="case_queue",
            ),
            models.Index(
                fields=["department", "next_due_at", "id"],
                condition=~Q(state="closed"),
                name="case_department_queue",
            ),
            # The department's short lists, each read as far as it is shown.
            *(
                models.Index(
                    fields=["department", "next_due_at", "id"],
                    condition=~Q(state="closed") & short,
                    name=f"case_queue_{name}",
                )
                for name, short in (
                    ("unassigned", Q(owner=None)),
                    ("waiting", Q(state="waiting")),
                    ("handed", Q(handed_over=True)),
                    ("escalated", Q(escalated_at__isnull=False)),
                )
            ),
            # The lists of a problem-parcel desk: by state, by due time, by age.
            *(
                models.Index(
                    fields=["department", *order, "id"],
                    condition=Q(kind="problem_parcel") & ~Q(state="closed"),
                    name=f"case_parcels_{name}",
                )
                for name, order in (
                    ("state", ("state", "next_due_at")),
                    ("due", ("next_due_at",)),
                    ("age", ("opened_at",)),
                )
            ),
            # Reports are about one kind and a span of days.
            models.Index(fields=["kind", "opened_at"], name="case_by_kind_and_time"),
            # How long what is open has been waiting.
            models.Index(
                fields=["opened_at", "department", "next_due_at"],
                condition=~Q(state="closed"),
                name="case_open_age",
            ),
            # Ageing reads the outlets of open claims from here alone.
            models.Index(
                fields=["id"],
                include=["outlet"],
                condition=Q(kind="claim") & ~Q(state="closed"),
                name="case_claim_outlets",
            ),
            models.Index(
                fields=["waybill_number"],
                condition=~Q(waybill_number=""),
                name="case_by_waybill",
            ),
            GinIndex(fields=["lookup"], name="case_lookup"),
            GinIndex(fields=["search"], name="case_search"),
        ]
        constraints = [
            # Importing the same row twice adds nothing.
            models.UniqueConstraint(
                fields=["source_key"],
                condition=Q(source_key__isnull=False),
                name="case_source_once",
            ),
            # A parcel lies with one desk at a time.
            models.UniqueConstraint(
                fields=["waybill_number"],
                condition=Q(kind="problem_parcel") & ~Q(state="closed"),
                name="case_one_open_problem",
            ),
            models.CheckConstraint(
                condition=Q(state="closed", closed_at__isnull=False)
                | (~Q(state="closed") & Q(closed_at=None)),
                name="case_closed_with_time",
            ),
        ]
        triggers = [
            pgtrigger.FSM(
                name="state_flow",
                field="state",
                transitions=sorted(TRANSITIONS),
            )
        ]

    def __str__(self) -> str:
        return self.number


class Interaction(models.Model):
    """One line of a case's timeline. Rows are only ever added.

    What people said is sealed, with a redacted copy in ``text``; what the system did is an ``action``
    with its ``data``, so that either language can tell it.
    """

    class Kind(models.TextChoices):
        CONTACT = "contact", _("往来")
        NOTE = "note", _("内部备注")
        STEP = "step", _("办理")
        BREACH = "breach", _("超时")

    class Direction(models.TextChoices):
        IN = "in", _("来")
        OUT = "out", _("往")
        INTERNAL = "internal", _("内部")

    class Counterpart(models.TextChoices):
        CUSTOMER = "customer", _("客户")
        OUTLET = "outlet", _("网点")
        COMPANY = "company", _("公司")
        COURIER = "courier", _("业务员")
        DRIVER = "driver", _("驾驶员")

    class Channel(models.TextChoices):
        PHONE = "phone", _("电话")
        COUNTER = "counter", _("柜台")
        CHAT = "chat", _("在线聊天")
        OA = "oa", _("办公系统")
        OUTLET = "outlet", _("网点接口")
        IMPORT = "import", _("表格导入")

    case = models.ForeignKey(
        Case, models.PROTECT, related_name="interactions", verbose_name=_("工单")
    )
    kind = models.CharField(_("类别"), choices=Kind, max_length=8)
    action = models.CharField(_("事项"), max_length=40, blank=True)
    direction = models.CharField(_("方向"), choices=Direction, max_length=10)
    counterpart = models.CharField(_("对方"), choices=Counterpart, max_length=10, blank=True)
    party = models.ForeignKey(
        "network.Party",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("对方单位"),
    )
    channel = models.CharField(_("渠道"), choices=Channel, max_length=8, blank=True)
    happened_at = models.DateTimeField(_("发生时间"))
    recorded_at = models.DateTimeField(_("登记时间"))
    author = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("登记人"),
    )
    substantive = models.BooleanField(_("实质答复"), default=False)
    sealed = SealedField(_("原文"), null=True)  # {"text"}
    text = models.TextField(_("内容"), blank=True)  # redacted
    data = models.JSONField(default=dict, blank=True)
    search = SearchVectorField(editable=False, null=True)

    class Meta:
        verbose_name = _("往来记录")
        verbose_name_plural = pgettext_lazy("plural", "往来记录")
        ordering = ["happened_at", "id"]
        indexes = [
            models.Index(fields=["case", "happened_at", "id"], name="interaction_timeline"),
            GinIndex(fields=["search"], name="interaction_search"),
            # What customers wish for is listed for study; it is rare among millions of lines.
            models.Index(
                fields=["-id"], condition=Q(action="customer_need"), name="interaction_needs"
            ),
            # So are the closed cases that somebody teaches with (ES-602.12).
            models.Index(fields=["-id"], condition=Q(action="taught"), name="interaction_taught"),
        ]
        triggers = [
            # Only its seal may change, when keys are rotated.
            pgtrigger.ReadOnly(name="append_only", exclude=["sealed"]),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.get_kind_display()}"

    @property
    def backdated(self) -> bool:
        """Whether the author stated an earlier time than that of the entry."""
        return self.happened_at < self.recorded_at


class CaseLink(models.Model):
    """One case grew out of another, for a cause; a complaint's cause is what makes fines payable."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="links", verbose_name=_("工单"))
    origin = models.ForeignKey(
        Case, models.PROTECT, related_name="grown_from_here", verbose_name=_("起因工单")
    )
    cause = models.CharField(_("原因"), max_length=40)
    linked_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("关联人"))
    linked_at = models.DateTimeField(_("关联时间"))

    class Meta:
        verbose_name = _("关联工单")
        verbose_name_plural = pgettext_lazy("plural", "关联工单")
        constraints = [
            models.UniqueConstraint(fields=["case", "origin", "cause"], name="case_link_once"),
            models.CheckConstraint(
                condition=~Q(case=models.F("origin")), name="case_link_not_to_itself"
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.case_id} ← {self.origin_id} {self.cause}"


class HandOver(models.Model):
    """What one agent left to another at the end of a shift, with a word about each case (CD-03.11)."""

    case = models.ForeignKey(
        Case, models.PROTECT, related_name="hand_overs", verbose_name=_("工单")
    )
    giver = models.ForeignKey(Employee, models.PROTECT, related_name="+", verbose_name=_("移交人"))
    taker = models.ForeignKey(
        Employee,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("接手人"),
    )
    department = models.ForeignKey(
        "staff.Department", models.PROTECT, related_name="+", verbose_name=_("接手部门")
    )
    note = models.CharField(_("交接说明"), max_length=500)
    at = models.DateTimeField(_("交接时间"))

    class Meta:
        verbose_name = _("交接")
        verbose_name_plural = pgettext_lazy("plural", "交接")
        ordering = ["-at"]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.giver_id} → {self.taker_id}"


class ConsultationQuerySet(models.QuerySet["Consultation"]):
    def open(self) -> Self:
        return self.filter(replied_at=None)


class Consultation(models.Model):
    """Another department is asked about a case, which stays with its owner (LC-05.04)."""

    case = models.ForeignKey(
        Case, models.PROTECT, related_name="consultations", verbose_name=_("工单")
    )
    department = models.ForeignKey(
        "staff.Department", models.PROTECT, related_name="consultations", verbose_name=_("转办部门")
    )
    sealed = SealedField(_("原文"))  # {"question", "reply"}
    question = models.TextField(_("请办事项"))  # redacted
    reply = models.TextField(_("部门答复"), blank=True)  # redacted
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("转办人"))
    asked_at = models.DateTimeField(_("转办时间"))
    replied_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("答复人")
    )
    replied_at = models.DateTimeField(_("答复时间"), null=True, blank=True)

    objects = ConsultationQuerySet.as_manager()

    class Meta:
        verbose_name = _("部门转办")
        verbose_name_plural = pgettext_lazy("plural", "部门转办")
        ordering = ["asked_at", "id"]
        constraints = [
            # One question at a time to a department: the next one after its reply.
            models.UniqueConstraint(
                fields=["case", "department"],
                condition=Q(replied_at=None),
                name="consultation_one_open",
            ),
            models.CheckConstraint(
                condition=Q(replied_at=None, replied_by=None)
                | Q(replied_at__isnull=False, replied_by__isnull=False),
                name="consultation_replied_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(replied_at=None) | Q(replied_at__gte=models.F("asked_at")),
                name="consultation_replied_after_asked",
            ),
        ]
        triggers = [pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.case_id} → {self.department}"


PHOTOS = 20  # a case may have
PHOTO_LIMIT = 6_000_000  # bytes; more than any drawing of 2,048 × 2,048 pixels takes
THUMBNAIL_LIMIT = 200_000  # bytes
CAPTION_LIMIT = 200  # characters


class Attachment(models.Model):
    """A photo bound to a case, drawn anew when it came. Rows are only ever added."""

    case = models.ForeignKey(
        Case, models.PROTECT, related_name="attachments", verbose_name=_("工单")
    )
    # The first, the second … of its case: two that arrive at once cannot both be the twentieth.
    number = models.PositiveSmallIntegerField(_("序号"))
    # JPEGs. Labels on parcels bear names and addresses.
    photo = SealedFileField(_("照片"))
    thumbnail = SealedFileField(_("缩略图"))
    digest = models.CharField(_("摘要"), max_length=64)  # SHA-256 of the photo, in hex
    width = models.PositiveSmallIntegerField(_("宽（像素）"))
    height = models.PositiveSmallIntegerField(_("高（像素）"))
    size = models.PositiveIntegerField(_("字节数"))
    caption = models.CharField(_("说明"), max_length=CAPTION_LIMIT, blank=True)  # redacted
    added_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("登记人"))
    added_at = models.DateTimeField(_("登记时间"))

    class Meta:
        verbose_name = _("照片")
        verbose_name_plural = pgettext_lazy("plural", "照片")
        ordering = ["case", "number"]
        constraints = [
            models.UniqueConstraint(fields=["case", "number"], name="attachment_numbered"),
            models.UniqueConstraint(fields=["case", "digest"], name="attachment_once"),
            models.CheckConstraint(
                condition=Q(number__gte=1, number__lte=PHOTOS), name="attachment_not_too_many"
            ),
            models.CheckConstraint(
                condition=Q(LessThanOrEqual(Length("photo"), PHOTO_LIMIT))
                & Q(LessThanOrEqual(Length("thumbnail"), THUMBNAIL_LIMIT)),
                name="attachment_not_too_large",
            ),
        ]
        triggers = [
            # Only its seals may change, when keys are rotated.
            pgtrigger.ReadOnly(name="append_only", exclude=["photo", "thumbnail"]),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.number}"
