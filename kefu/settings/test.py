"""Settings of the tests: known secrets, quick passwords, servers started by tests/servers.py."""

import os

os.environ.setdefault("SECRET_KEY", "only-for-tests-" * 5)
os.environ.setdefault("KEFU_ENCRYPTION_KEYS", "t1:dGVzdHRlc3R0ZXN0dGVzdHRlc3R0ZXN0dGVzdHRlc3Q=")
os.environ.setdefault("KEFU_LOOKUP_KEY", "bG9va2xvb2tsb29rbG9va2xvb2tsb29rbG9va2xvb2s=")

from kefu.settings.base import *
from kefu.settings.base import BASE_DIR, DATABASES, STORAGES, env
from kefu.settings.logs import logging_config

DEBUG = False
KEFU_WEBHOOK_NETWORKS = env.list("KEFU_WEBHOOK_NETWORKS", default=[])
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
DATABASES["default"]["CONN_MAX_AGE"] = 0
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
STATIC_ROOT = BASE_DIR / "var" / "test" / "static"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
LOGGING = logging_config(as_json=False, level="WARNING")
