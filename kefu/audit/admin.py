"""The audit trail and its seals, to look at."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from kefu.admin.base import ReadOnlyAdmin, display
from kefu.admin.filters import period
from kefu.audit.models import AuditAnchor, AuditRow, AuditSeal
from kefu.staff.models import User

ACTIONS = {
    "insert": _("新增"),
    "update": _("修改"),
    "delete": _("删除"),
    "reveal": _("查看明文"),
    "seat": _("坐席状态"),
    "hired": _("入职"),
    "role_changed": _("换角色"),
    "status_changed": _("在岗状态"),
    "password_reset": _("重置密码"),
    "second_factor_removed": _("解除两步验证"),
    "sign_in_unlocked": _("解除登录锁定"),
    "draft_started": _("起草规章"),
    "clause_amended": _("修改规章草稿"),
    "draft_discarded": _("作废规章草稿"),
    "version_published": _("发布规章"),
    "version_assigned": _("指定适用规章"),
    "assignment_withdrawn": _("撤回适用规章"),
    "rules_read": _("确认阅读规章"),
    "keys_rotated": _("更换加密密钥"),
    "data_destroyed": _("销毁到期资料"),
    "data_restricted": _("限制使用"),
    "hold_placed": _("暂缓销毁"),
    "hold_lifted": _("解除暂缓销毁"),
    "copied": _("制作个人信息副本"),
    "request_taken": _("受理个人信息请求"),
    "request_proposed": _("提请复核个人信息请求"),
    "request_approved": _("同意个人信息请求"),
    "request_sent_back": _("退回个人信息请求"),
    "request_refused": _("不予办理个人信息请求"),
    "copy_made": _("交付个人信息副本"),
}


CHANGES = ("insert", "update", "delete")


class ActionFilter(admin.SimpleListFilter):
    """The acts we know of; the table is not searched for others."""

    title = _("操作")
    parameter_name = "action"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(ACTIONS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(action=self.value()) if self.value() else queryset


@admin.register(AuditRow)
class AuditRowAdmin(ReadOnlyAdmin):
    list_display = (
        "at",
        "actor_name",
        "role",
        "shown_action",
        "table",
        "object_id",
        "reason",
        "address",
    )
    list_display_links = ("at",)
    list_filter = (ActionFilter, period("at"), "role")
    search_help_text = _("工号、对象编号、请求号")
    fields = (
        ("at", "shown_action"),
        ("actor_name", "role", "address"),
        ("table", "object_id"),
        "before",
        "after",
        "reason",
        "request_id",
    )
    readonly_fields = ("shown_action",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """What was changed about people bears their wages and their months: it is the manager's to read. Who looked at
        them stays for all who watch.
        """
        rows, user = super().get_queryset(request), request.user
        if user.is_superuser or getattr(user, "role", "") == User.Role.MANAGER:
            return rows
        return rows.exclude(table__startswith="payroll_", action__in=CHANGES)

    def find(self, text: str) -> Q:
        return Q(actor_name=text) | Q(object_id=text) | Q(request_id=text)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup in {"table", "object_id"} or super().lookup_allowed(lookup, value, request)

    @display(description=_("操作"))
    def shown_action(self, row: AuditRow) -> object:
        return ACTIONS.get(row.action, row.action)


@admin.register(AuditSeal)
class AuditSealAdmin(ReadOnlyAdmin):
    list_display = ("month", "number", "rows", "sealed_at", "shown_digest")
    ordering = ("-pk",)
    date_hierarchy = "month"
    fields = (("month", "number"), ("first_txid", "last_txid", "rows"), "shown_digest", "sealed_at")
    readonly_fields = ("shown_digest",)

    @display(description=_("摘要"))
    def shown_digest(self, row: AuditSeal) -> str:
        return bytes(row.digest).hex()


@admin.register(AuditAnchor)
class AuditAnchorAdmin(ReadOnlyAdmin):
    list_display = ("month", "rows", "links", "at", "shown_digest")
    ordering = ("-month",)
    fields = (("month", "at"), ("rows", "links"), "shown_digest")
    readonly_fields = ("shown_digest",)

    @display(description=_("摘要"))
    def shown_digest(self, row: AuditAnchor) -> str:
        return bytes(row.digest).hex()
