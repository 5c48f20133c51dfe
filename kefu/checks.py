"""Deployment checks of our own: ``manage.py check --deploy --database default``."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Info, Tags, register
from django.db import connections

_ROLE = """
    SELECT bool_or(rolsuper), bool_or(rolcreaterole OR rolreplication OR rolbypassrls)
    FROM pg_roles WHERE rolname IN (session_user, current_user)
"""
_TABLES = """
    SELECT
        count(*) FILTER (WHERE pg_has_role(session_user, relowner, 'MEMBER')),
        count(*) FILTER (WHERE has_table_privilege(pg_class.oid, 'TRUNCATE'))
    FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
"""


@register(Tags.security, deploy=True)
def check_webhook_networks(
    *, app_configs: Sequence[AppConfig] | None, **_: Any
) -> list[CheckMessage]:
    """Whoever gives us an address must not reach our own network through us."""
    if not settings.KEFU_WEBHOOK_NETWORKS:
        return []
    return [
        Error(
            "Webhooks may go to networks of our own. 通知会发到内部网络。",
            hint="Leave KEFU_WEBHOOK_NETWORKS empty.",
            id="kefu.E004",
        )
    ]


@register(Tags.security, deploy=True)
def check_second_factor(*, app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """Whoever decides about money or people proves twice who he is; a role nobody has proves nothing."""
    asked = set(settings.KEFU_SECOND_FACTOR_ROLES)
    roles = {value for value, _name in apps.get_model(settings.AUTH_USER_MODEL).Role.choices}
    found: list[CheckMessage] = []
    if unknown := asked - roles - {"admin"}:
        found.append(
            Error(
                f"KEFU_SECOND_FACTOR_ROLES names roles that do not exist: {', '.join(sorted(unknown))}.",
                id="kefu.E005",
            )
        )
    if missing := {"supervisor", "manager", "admin"} - asked:
        found.append(
            Info(
                f"No second factor is asked of: {', '.join(sorted(missing))}. 没有要求两步验证的角色。",
                hint="Name them in KEFU_SECOND_FACTOR_ROLES.",
                id="kefu.I001",
            )
        )
    return found


@register(Tags.security, deploy=True)
def check_single_sign_on(
    *, app_configs: Sequence[AppConfig] | None, **_: Any
) -> list[CheckMessage]:
    """What the other service says is believed for its certificate; and nobody must be locked out with it."""
    services = settings.SOCIALACCOUNT_PROVIDERS.get("openid_connect", {}).get("APPS", [])
    found: list[CheckMessage] = []
    for one in services:
        if not one["settings"]["server_url"].startswith("https://"):
            found.append(Error("KEFU_OIDC_ISSUER has to begin with https://.", id="kefu.E006"))
        if not (one["client_id"] and one["secret"]):
            found.append(
                Error("KEFU_OIDC_CLIENT and KEFU_OIDC_SECRET have to be set.", id="kefu.E007")
            )
    if not settings.KEFU_LOCAL_LOGIN and not (services and settings.KEFU_BREAK_GLASS):
        found.append(
            Error(
                "Passwords are switched off without single sign-on, or without an account for emergencies."
                " 停用密码登录时要有单点登录和应急账号。",
                hint="Set KEFU_OIDC_ISSUER and KEFU_BREAK_GLASS, or leave KEFU_LOCAL_LOGIN on.",
                id="kefu.E008",
            )
        )
    if settings.KEFU_OIDC_SECOND_FACTOR not in ("ours", "theirs"):
        found.append(Error("KEFU_OIDC_SECOND_FACTOR is ours or theirs.", id="kefu.E009"))
    return found


@register(Tags.database, deploy=True)
def check_application_role(
    *, app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **_: Any
) -> list[CheckMessage]:
    """The application must not be able to lift the limits that protect journal and audit."""
    if "default" not in (databases or ()):
        return []
    with connections["default"].cursor() as cursor:
        cursor.execute(_ROLE)
        superuser, powerful = cursor.fetchone()
        cursor.execute(_TABLES)
        owned, truncatable = cursor.fetchone()
    found: list[CheckMessage] = []
    if superuser:
        found.append(
            Error(
                "The application connects as a superuser. 应用程序以数据库超级用户身份连接。",
                hint="Let DATABASE_URL name kefu_app; see manage.py prepare_database.",
                id="kefu.E001",
            )
        )
    elif powerful:
        found.append(
            Error("The application's role may make roles or pass by row security.", id="kefu.E002")
        )
    elif owned or truncatable:
        found.append(
            Error(
                f"The application owns {owned} tables and may truncate {truncatable}."
                " 应用程序的数据库角色不能是表的所有者。",
                hint="Migrate as kefu_owner (DATABASE_OWNER_URL) and connect as kefu_app.",
                id="kefu.E003",
            )
        )
    return found
