"""People: taking on, offices, leaving; each through a service, so that party, account and file agree."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminFileFieldWidget,
    UnfoldAdminSelectWidget,
)

from kefu import clock
from kefu.admin.base import (
    NoForm,
    OfficeAdmin,
    ReadOnlyAdmin,
    ReadOnlyInline,
    ReasonForm,
    action,
    badge,
    display,
    link,
    list_link,
)
from kefu.admin.filters import period
from kefu.database.functions import ByPinyin
from kefu.privacy import names
from kefu.staff import services
from kefu.staff.models import Avatar, Department, Duty, Employee, Position, User
from kefu.staff.pictures import UPLOAD_LIMIT

# Rights are roles (kefu.staff.permissions), and accounts are looked after in the employee's file.
for model in (
    *(Group, EmailAddress, Authenticator, AccessAttempt, AccessFailureLog, AccessLog),
    *(SocialAccount, SocialApp, SocialToken),
):
    if admin.site.is_registered(model):
        admin.site.unregister(model)

ROLES = [choice for choice in User.Role.choices if choice[0] != User.Role.OUTLET]


@admin.register(Department)
class DepartmentAdmin(OfficeAdmin):
    list_display = (
        "name",
        "code",
        "line_number",
        "works_inquiries",
        "switchboard",
        "active",
        "order",
    )
    list_filter = ("active", "works_inquiries")
    search_fields = ("name", "code")
    fields = (
        ("name", "name_en"),
        "code",
        "line_number",
        ("works_inquiries", "switchboard", "desk"),
        ("active", "order"),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("code",) if obj else ()


@admin.register(Position)
class PositionAdmin(OfficeAdmin):
    list_display = ("name", "name_en", "post", "duties")
    ordering = (ByPinyin("name"),)
    search_fields = ("name", "name_en")
    fields = (("name", "name_en"), "post", "duties")


class AvatarForm(forms.ModelForm):
    picture = forms.FileField(
        label=_("头像"),
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": "image/png,image/jpeg,image/webp"}),
        help_text=_(
            "PNG、JPEG 或 WebP，不超过 2 MB，每边不超过 2048 像素；取中间的正方形，存成 128 × 128"
        ),
    )

    class Meta:
        model = Avatar
        fields = ("name",)


@admin.register(Avatar)
class AvatarAdmin(OfficeAdmin):
    """The company's pictures: added, and never changed, because browsers keep what they got."""

    form = AvatarForm
    list_display = ("shown_picture", "name", "shown_employees", "added_by", "added_at")
    list_display_links = ("name",)
    list_select_related = ("added_by",)
    search_fields = ("name",)
    add_fieldsets = ((None, {"fields": ("name", "picture")}),)
    fields = (("shown_picture", "name"), "shown_employees", ("added_by", "added_at"))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("shown_picture", "shown_employees") if obj else ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request).defer("png")
        counted: QuerySet[Any] = rows.annotate(held_by=Count("employees"))
        return counted

    def save_model(self, request: HttpRequest, obj: Avatar, form: Any, change: bool) -> None:
        row = services.add_avatar(
            name=obj.name,
            picture=form.cleaned_data["picture"].read(UPLOAD_LIMIT + 1),  # more is refused anyway
            actor=request.user,
            now=clock.now(),
        )
        obj.pk = row.pk

    @display(description=_("头像"))
    def shown_picture(self, row: Avatar) -> str:
        url = reverse("staff:avatar", args=[row.pk])
        return format_html('<img class="kf-avatar" src="{}" alt="" width="40" height="40">', url)

    @display(description=_("员工"), ordering="held_by")
    def shown_employees(self, row: Any) -> str:
        return list_link(Employee, str(row.held_by), avatar__id__exact=row.pk)


class FileForm(forms.ModelForm):
    channels = forms.MultipleChoiceField(
        label=_("服务渠道"),
        choices=Employee.Channel,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=_("决定适用哪种应答时限（ES-202.01）"),
    )

    class Meta:
        model = Employee
        fields: tuple[str, ...] = (
            "name",
            "department",
            "position",
            "channels",
            "nickname",
            "avatar",
            "extension",
        )


class HireForm(FileForm):
    role = forms.ChoiceField(
        label=_("角色"), choices=ROLES, initial=User.Role.AGENT, widget=UnfoldAdminSelectWidget
    )

    class Meta(FileForm.Meta):
        fields = ("number", *FileForm.Meta.fields)


class RoleForm(forms.Form):
    role = forms.ChoiceField(label=_("新角色"), choices=ROLES)


class DutyInline(ReadOnlyInline):
    model = Duty
    fields = ("started_at", "ended_at", "seat")
    show_change_link = False
    per_page = 5


@admin.register(Employee)
class EmployeeAdmin(OfficeAdmin):
    form = FileForm
    list_display = (
        "number",
        "name",
        "shown_role",
        "department",
        "position",
        "shown_status",
        "extension",
    )
    list_filter = ("status", "department", "user__role", "position")
    list_select_related = ("user", "department", "position")
    search_fields = (
        "number",
        "name",
    )  # what makes it offer completions; ``find`` does the searching
    search_help_text = _("工号、姓名、拼音或首字母、分机")
    add_fieldsets = (
        (
            None,
            {
                "fields": (
                    ("number", "name"),
                    "role",
                    ("department", "position"),
                    "channels",
                    ("nickname", "avatar"),
                    "extension",
                ),
                "description": _("保存后显示初始密码，只显示一次。"),
            },
        ),
    )
    fields = (
        ("number", "name"),
        ("shown_role", "shown_status"),
        ("department", "position"),
        "channels",
        ("nickname", "avatar"),
        "extension",
        ("shown_user", "shown_party"),
    )
    readonly_fields = ("number", "shown_role", "shown_status", "shown_user", "shown_party")
    inlines = (DutyInline,)
    actions_detail: ClassVar[Sequence[Any]] = [
        {
            "title": _("办理"),
            "items": [
                "change_role",
                "suspend_here",
                "reinstate_here",
                "dismiss_here",
                "reset_password_here",
                "remove_factor_here",
                "unlock_here",
            ],
        }
    ]

    def find(self, text: str) -> Q:
        key = names.fold_pinyin(text) if text.isascii() else text
        return (
            Q(number__startswith=text)
            | Q(name__contains=text)
            | Q(extension=text)
            | Q(party__pinyin__startswith=key)
            | Q(party__initials__startswith=key)
        )

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        if obj is None:
            kwargs["form"] = HireForm
        return super().get_form(request, obj, change=change, **kwargs)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "avatar":
            kwargs["queryset"] = Avatar.objects.defer("png")  # names to choose from, no pictures
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        # Where somebody works is a matter of days: it is moved in his file, from a day on.
        return (*self.readonly_fields, "department", "position") if obj else ()

    def get_inlines(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.inlines if obj else ()

    def save_model(self, request: HttpRequest, obj: Employee, form: Any, change: bool) -> None:
        now = clock.now()
        if change:
            services.amend(employee=obj, actor=request.user, now=now)
            return
        hired, password = services.hire(**form.cleaned_data, actor=request.user, now=now)
        obj.pk, obj.user_id, obj.party_id = hired.pk, hired.user_id, hired.party_id
        request.password = password  # type: ignore[attr-defined]

    def response_add(
        self, request: HttpRequest, obj: Employee, post_url_continue: str | None = None
    ) -> HttpResponse:
        return self._shown_once(request, obj, request.password)  # type: ignore[attr-defined]

    def _shown_once(self, request: HttpRequest, employee: Employee, password: str) -> HttpResponse:
        """The password in this one answer: a message would be kept in a cookie or the session."""
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "title": _("新密码"),
            "employee": employee,
            "password": password,
            "back": reverse("admin:staff_employee_change", args=[employee.pk]),
        }
        response = TemplateResponse(request, "admin/staff/password.html", context)
        response.headers["Cache-Control"] = "no-store"
        return response

    @display(description=_("角色"), ordering="user__role")
    def shown_role(self, row: Employee) -> str:
        return row.user.get_role_display()

    @display(description=_("状态"), ordering="status")
    def shown_status(self, row: Employee) -> str:
        tones = {Employee.Status.SUSPENDED: "waits", Employee.Status.LEFT: "undone"}
        return badge(row.get_status_display(), tones.get(Employee.Status(row.status), ""))

    @display(description=_("账号"))
    def shown_user(self, row: Employee) -> str:
        return link(row.user, row.user.username)

    @display(description=_("当事方"))
    def shown_party(self, row: Employee) -> str:
        return link(row.party)

    # What can be done with a person. The service decides who may.

    def has_manage_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        if not request.user.has_perm("staff.edit_staff"):
            return False
        if object_id is None:
            return False
        employee = self.get_object(request, str(object_id))
        # Of nobody there is nothing to protect: the step itself answers that he is not there.
        return employee is None or services.may_manage(request.user, employee.user)

    @action(description=_("换角色"), permissions=["manage"], url_path="role")
    def change_role(self, request: HttpRequest, object_id: str) -> HttpResponse | None:
        def do(employee: Employee, role: str) -> None:
            services.set_role(
                employee=employee, role=User.Role(role), actor=request.user, now=clock.now()
            )

        return self._do(request, object_id, do, _("换角色"), RoleForm, _("角色已换"))

    @action(description=_("停岗"), permissions=["manage"], url_path="suspend")
    def suspend_here(self, request: HttpRequest, object_id: str) -> HttpResponse | None:
        hint = _("停岗后不能上岗、不再派单；名下的工单请另行转交。")
        return self._do_with_reason(
            request, object_id, services.suspend, _("停岗"), _("已停岗"), hint
        )

    @action(description=_("复岗"), permissions=["manage"], url_path="reinstate")
    def reinstate_here(self, request: HttpRequest, object_id: str) -> HttpResponse | None:
        return self._do_with_reason(request, object_id, services.reinstate, _("复岗"), _("已复岗"))

    @action(description=_("离职"), permissions=["manage"], url_path="dismiss")
    def dismiss_here(self, request: HttpRequest, object_id: str) -> HttpResponse | None:
        hint = _("账号停用，已登录的会话立即失效。名下还有未结工单时不能办理。")
        return self._do_with_reason(
            request, object_id, services.dismiss, _("离职"), _("已办理离职"), hint
        )

    @action(description=_("重置密码"), permissions=["manage"], url_path="password")
    def reset_password_here(self, request: HttpRequest, object_id: str) -> HttpResponse | None:
        told: list[tuple[Employee, str]] = []

        def do(employee: Employee) -> None:
            password = services.reset_password(
                employee=employee, actor=request.user, now=clock.now()
            )
            told.append((employee, password))

        done = _("密码已重置，原来的登录已全部失效")
        answer = self._do(request, object_id, do, _("重置密码"), NoForm, done)
        return self._shown_once(request, *told[0]) if told else answer

    @action(description=_("解除两步验证"), permissions=["manage"], url_path="second-factor")
    def remove_factor_here(self, request: HttpRequest, object_id: str) -> HttpResponse | None:
        def do(employee: Employee) -> None:
            services.remove_second_factor(employee=employee, actor=request.user, now=clock.now())

        return self._do(request, object_id, do, _("解除两步验证"), NoForm, _("两步验证已解除"))

    @action(description=_("解除登录锁定"), permissions=["manage"], url_path="unlock")
    def unlock_here(self, request: HttpRequest, object_id: str) -> HttpResponse | None:
        def do(employee: Employee) -> None:
            services.unlock_sign_in(employee=employee, actor=request.user, now=clock.now())

        return self._do(request, object_id, do, _("解除登录锁定"), NoForm, _("可以重新登录了"))

    def _do_with_reason(
        self,
        request: HttpRequest,
        object_id: str,
        service: Callable[..., None],
        title: Any,
        done: Any,
        hint: Any = "",
    ) -> HttpResponse | None:
        def do(employee: Employee, reason: str) -> None:
            service(employee=employee, reason=reason, actor=request.user, now=clock.now())

        return self._do(request, object_id, do, title, ReasonForm, done, hint)

    def _do(
        self,
        request: HttpRequest,
        object_id: str,
        do: Callable[..., None],
        title: Any,
        form_class: type[forms.Form],
        done: Any,
        hint: Any = "",
    ) -> HttpResponse | None:
        employee = self.one(request, object_id)
        return self.step(
            request,
            [employee],
            do,
            title=str(title),
            form_class=form_class,
            done=str(done),
            action="",
            hint=str(hint),
            back=reverse("admin:staff_employee_change", args=[employee.pk]),
        )


HAS_FACTOR = Exists(Authenticator.objects.filter(user=OuterRef("pk"), type="totp"))


class SecondFactorFilter(admin.SimpleListFilter):
    title = _("两步验证")
    parameter_name = "factor"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("none", _("没有设"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.exclude(HAS_FACTOR) if self.value() else queryset


@admin.register(User)
class UserAdmin(ReadOnlyAdmin):
    """Accounts, to look at; an employee's is changed from his file."""

    list_display = (
        "username",
        "first_name",
        "role",
        "shown_party",
        "is_active",
        "is_staff",
        "shown_factor",
        "last_login",
    )
    list_filter = ("role", "is_active", "is_staff", SecondFactorFilter)
    list_select_related = ("party",)
    ordering = ("username",)
    search_fields = ("username", "first_name")
    search_help_text = _("用户名或姓名")
    fields = (
        ("username", "first_name"),
        "role",
        "shown_party",
        ("is_active", "is_staff"),
        ("last_login", "date_joined"),
        ("shown_factor", "password_set_at"),
    )
    readonly_fields = ("shown_party", "shown_factor")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request).annotate(has_factor=HAS_FACTOR)
        return rows

    @display(description=_("两步验证"), boolean=True)
    def shown_factor(self, row: Any) -> bool:
        return bool(row.has_factor)

    @display(description=_("代表"))
    def shown_party(self, row: User) -> str:
        return link(row.party)


class OnDutyFilter(admin.SimpleListFilter):
    title = _("现在")
    parameter_name = "now"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("here", _("在岗"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(ended_at=None) if self.value() else queryset


@admin.register(Duty)
class DutyAdmin(ReadOnlyAdmin):
    list_display = ("employee", "shown_department", "started_at", "ended_at", "seat", "seat_since")
    list_filter = (OnDutyFilter, "seat", period("started_at"), "employee__department")
    list_select_related = ("employee__department",)
    ordering = ("-pk",)
    search_fields = ("employee__number", "employee__name")
    fields = ("employee", ("started_at", "ended_at"), ("seat", "seat_since"))

    @display(description=_("部门"))
    def shown_department(self, row: Duty) -> str:
        return str(row.employee.department)
