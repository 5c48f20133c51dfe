"""One machine: secrets made once in var/; our own servers unless the environment names others."""

import os
from datetime import datetime

from kefu.embedded import place

VAR_DIR = place.var_directory()
# Commands that need neither server, such as "rules", run before anything was ever started.
_NOWHERE_YET = {
    "DATABASE_URL": f"postgresql://kefu_app@/kefu?host={VAR_DIR}/socket",
    "REDIS_URL": "redis://127.0.0.1:6379/0",
}
_OURS = _NOWHERE_YET | place.addresses(VAR_DIR) | place.local_secrets(VAR_DIR)
for _name, _value in _OURS.items():
    os.environ.setdefault(_name, _value)

from kefu.settings.base import *
from kefu.settings.base import STORAGES, env
from kefu.settings.logs import logging_config

DEBUG = env.bool("KEFU_DEBUG", default=False)
# Pages and API for this machine, and for the host names the office calls it by.
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", *env.list("KEFU_HOSTS", default=[])]
CSRF_TRUSTED_ORIGINS = env.list("KEFU_ORIGINS", default=[])
# The same names as in production, but not compressed: that takes a minute and saves nobody here any.
STORAGES["staticfiles"]["BACKEND"] = "kefu.staticfiles.HashedStorage"
STATIC_ROOT = VAR_DIR / "static"
MEDIA_ROOT = VAR_DIR / "media"
EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
LOGGING = logging_config(as_json=False)
KEFU_WEBHOOK_NETWORKS = env.list("KEFU_WEBHOOK_NETWORKS", default=[])
if _frozen := env.str("KEFU_NOW", default=""):
    KEFU_NOW = datetime.fromisoformat(_frozen)
    if KEFU_NOW.tzinfo is None:
        raise SystemExit(
            "KEFU_NOW 要带时区，如 2026-03-01T08:00:00+08:00。KEFU_NOW needs a time zone."
        )
