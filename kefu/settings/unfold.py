"""How the admin looks: the tones of the workbench, and a navigation by work instead of by table."""

from typing import Any

from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

# The greys and the one blue of static/css/tokens.css. Red, amber and green stay with time left.
_GREY = {
    "50": "#fafbfc",
    "100": "#f4f5f7",
    "200": "#e3e6eb",
    "300": "#cbd0d8",
    "400": "#858d9a",
    "500": "#667082",
    "600": "#566173",
    "700": "#3d4757",
    "800": "#232b38",
    "900": "#171d27",
    "950": "#10151d",
}
_BLUE = {
    "50": "#f3f6fe",
    "100": "#e9effc",
    "200": "#d2dff9",
    "300": "#b3c6f5",
    "400": "#7f9eec",
    "500": "#4a74e0",
    "600": "#2456d3",
    "700": "#1c47b3",
    "800": "#193c93",
    "900": "#183374",
    "950": "#111f47",
}

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": _("客服管理"),
    "SITE_HEADER": _("客服管理"),
    "SITE_URL": "/",
    "SITE_SYMBOL": "support_agent",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("favicon.svg")}
    ],
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_LANGUAGES": True,
    "SHOW_BACK_BUTTON": True,
    "BORDER_RADIUS": "6px",
    "COLORS": {
        "base": _GREY,
        "primary": _BLUE,
        "font": {
            "subtle-light": "var(--color-base-500)",
            "subtle-dark": "#a3adbb",
            "default-light": "var(--color-base-700)",
            "default-dark": "var(--color-base-300)",
            "important-light": "var(--color-base-900)",
            "important-dark": "var(--color-base-100)",
        },
    },
    "STYLES": [
        lambda request: static("css/admin.css"),
        lambda request: static("css/dashboard.css"),
    ],
    "SCRIPTS": [lambda request: static("js/admin.js")],
    "ENVIRONMENT": "kefu.overview.dormancy.badge",
    "DASHBOARD_CALLBACK": "kefu.overview.dashboard.page.front",
    "ACCOUNT": {
        "navigation": [
            {"title": _("工作台"), "link": "/"},
            {"title": _("修改密码"), "link": reverse_lazy("account_change_password")},
        ]
    },
    "SIDEBAR": {
        "show_search": False,
        "show_all_applications": False,
        "navigation": "kefu.overview.navigation.navigation",
    },
}
