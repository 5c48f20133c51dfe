"""Production: everything comes from the environment, and nothing weak is accepted.

A secret may come from a file: NAME_FILE stands for NAME. What is missing or weak ends the process
with one sentence before it serves anybody.
"""

import base64
import binascii
import os
import sys
from typing import Never
from urllib.parse import urlsplit

import environ

_env = environ.FileAwareEnv()
_EXAMPLES = (
    "changeme",
    "change-me",
    "example",
    "insecure",
    "secret-key",
    "password",
    "only-for-tests",
)


def _refuse(chinese: str, english: str) -> Never:
    sys.exit(f"拒绝启动：{chinese}\nRefusing to start: {english}")


def _need(name: str) -> str:
    try:
        value: str = _env.str(name, default="").strip()
    except OSError as error:
        _refuse(f"读不到 {name}_FILE：{error}。", f"cannot read {name}_FILE: {error}.")
    if not value:
        _refuse(f"没有设置 {name}（或 {name}_FILE）。", f"{name} (or {name}_FILE) is not set.")
    return value


def _is_weak(value: str, *, length: int) -> bool:
    """Too short, an example, or the same few characters again and again."""
    plain = value.lower()
    return len(value) < length or len(set(value)) < 8 or any(word in plain for word in _EXAMPLES)


def _need_strong(name: str, *, length: int) -> None:
    if _is_weak(_need(name), length=length):
        _refuse(
            f"{name} 太短或是示例值，请换成至少 {length} 位的随机值。",
            f"{name} is too short or an example: use at least {length} random characters.",
        )


def _need_key(name: str, value: str) -> None:
    try:
        key = base64.b64decode(value, validate=True)
    except binascii.Error:
        key = b""
    if len(key) != 32 or len(set(key)) < 16:
        _refuse(
            f"{name} 的密钥要是 32 个随机字节的 base64（如 openssl rand -base64 32）。",
            f"a key in {name} must be 32 random bytes in base64 (such as openssl rand -base64 32).",
        )


def _need_password(name: str) -> None:
    """A server reached over the network needs a password that nobody guesses."""
    address = urlsplit(_need(name))
    if address.hostname and _is_weak(address.password or "", length=12):
        _refuse(
            f"{name} 里的密码缺失、太短或是示例值（至少 12 位）。",
            f"the password in {name} is missing, too short or an example (at least 12 characters).",
        )


if os.environ.get("KEFU_NOW"):
    _refuse("KEFU_NOW 只用于开发和测试。", "KEFU_NOW is for development and tests only.")
if os.environ.get("KEFU_WEBHOOK_NETWORKS"):
    _refuse(
        "KEFU_WEBHOOK_NETWORKS 只用于开发和测试。",
        "KEFU_WEBHOOK_NETWORKS is for development and tests only.",
    )
_need("KEFU_HOSTS")
_need_strong("SECRET_KEY", length=50)
for _pair in _need("KEFU_ENCRYPTION_KEYS").split(","):
    _need_key("KEFU_ENCRYPTION_KEYS", _pair.strip().partition(":")[2])
_need_key("KEFU_LOOKUP_KEY", _need("KEFU_LOOKUP_KEY"))
_need_password("DATABASE_URL")
_need_password("REDIS_URL")

from kefu.settings.base import *
from kefu.settings.base import BASE_DIR, env

DEBUG = False
ALLOWED_HOSTS = env.list("KEFU_HOSTS")
KEFU_PUBLIC_URL = env.str("KEFU_PUBLIC_URL", default="") or f"https://{ALLOWED_HOSTS[0]}"
CSRF_TRUSTED_ORIGINS = env.list(
    "KEFU_ORIGINS", default=[f"https://{host}" for host in ALLOWED_HOSTS]
)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = True
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]  # asked from inside, without TLS
SECURE_HSTS_SECONDS = 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-session"
CSRF_COOKIE_SECURE = True
CSRF_COOKIE_NAME = "__Host-csrf"
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https"
# Whoever decides about money or people, or may change everything.
KEFU_SECOND_FACTOR_ROLES = env.list(
    "KEFU_SECOND_FACTOR_ROLES", default=["supervisor", "manager", "hr", "finance", "admin"]
)
STATIC_ROOT = env.path("KEFU_STATIC_ROOT", default=str(BASE_DIR / "static_root"))
MEDIA_ROOT = env.path("KEFU_MEDIA_ROOT", default="/data/media")
EMAIL_CONFIG = env.email("EMAIL_URL", default="smtp://localhost:25")
vars().update(EMAIL_CONFIG)
