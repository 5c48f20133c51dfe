"""What every way of running kefu shares. Secrets and addresses come from the environment."""

from datetime import datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import environ
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from kefu.settings.logs import logging_config
from kefu.settings.unfold import UNFOLD as UNFOLD

BASE_DIR = Path(__file__).resolve().parents[2]
env = environ.FileAwareEnv()  # NAME_FILE=/run/secrets/name stands for NAME

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "axes",
    "csp",
    "django_htmx",
    "django_filters",
    "django_structlog",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "pgtrigger",
    "rest_framework",
    "rules",
    # Ours, from the ground up: arrows point down this list only.
    "kefu.database",
    "kefu.embedded",
    "kefu.continuity",
    "kefu.audit",
    "kefu.notifications",
    "kefu.network",
    "kefu.staff",
    "kefu.rulebooks",
    "kefu.parcels",
    "kefu.jobs",
    "kefu.api",
    "kefu.webhooks",
    "kefu.cases",
    "kefu.ledger",
    "kefu.penalties",
    "kefu.statements",
    "kefu.deadlines",
    "kefu.appeals",
    "kefu.retention",
    "kefu.replay",
    "kefu.calculator",
    "kefu.workbench",
    "kefu.knowledge",
    "kefu.processes",
    "kefu.customers",
    "kefu.reports",
    "inquiries",
    "problem_parcels",
    "claims",
    "payroll",
    "kefu.partners",
    "kefu.overview",
    "kefu.demo",
]
AUTH_USER_MODEL = "staff.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# -- The two servers ------------------------------------------------------------------------

DATABASE_URL = env.str("DATABASE_URL")
DATABASE_OWNER_URL = env.str("DATABASE_OWNER_URL", default=DATABASE_URL)
REDIS_URL = env.str("REDIS_URL")
# The pool is for web processes only; elsewhere a connection lives as long as its process.
WEB_POOL = env.int("KEFU_DB_POOL", default=0)


def database(url: str, *, role: str, limits: dict[str, str]) -> dict[str, Any]:
    """Return Django's settings for one connection; ``role`` is taken where the user is another."""
    config: dict[str, Any] = env.db_url_config(url)
    if config.get("USER") != role:
        limits = {"role": role, **limits}
    options = config.setdefault("OPTIONS", {})
    options["connect_timeout"] = 5
    options["options"] = " ".join(f"-c {name}={value}" for name, value in limits.items())
    config["CONN_HEALTH_CHECKS"] = True
    return config


DATABASES = {
    "default": database(
        DATABASE_URL,
        role="kefu_app",
        limits={
            "statement_timeout": "30s",
            "lock_timeout": "10s",
            "idle_in_transaction_session_timeout": "60s",
        },
    ),
    "owner": database(DATABASE_OWNER_URL, role="kefu_owner", limits={"lock_timeout": "10s"}),
}
if WEB_POOL:
    DATABASES["default"]["OPTIONS"]["pool"] = {
        "min_size": 1,
        "max_size": WEB_POOL,
        "timeout": 10,
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 600

# Sign-in limits and used one-time codes live here: in PostgreSQL, so that they do not open with Redis.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "kefu_cache",
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    }
}

KEFU_PG_BIN = env.str("KEFU_PG_BIN", default="")  # where pg_dump is, if not on PATH

# -- Celery: Redis carries wake-ups only, every promise is a row --------------------------------

CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # wait for Redis as long as it takes
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # A dead or hanging Redis costs a request at most this much; nothing is lost by giving up.
    "socket_timeout": 0.5,
    "socket_connect_timeout": 0.5,
    "socket_keepalive": True,
    "max_retries": 0,
    "visibility_timeout": 300,
}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = False  # the next tick does it again
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_ENABLE_UTC = True
CELERY_TIMEZONE = "UTC"
CELERY_TASK_DEFAULT_QUEUE = "work"
CELERY_TASK_ROUTES = {"kefu.deadlines.tasks.tick": {"queue": "timers"}}
CELERY_BEAT_SCHEDULE = {
    "follow-appeals": {
        "task": "kefu.appeals.tasks.follow",
        "schedule": timedelta(minutes=1),
    },
    "tick": {"task": "kefu.deadlines.tasks.tick", "schedule": timedelta(seconds=1)},
    "roll-counts": {
        "task": "kefu.deadlines.tasks.roll_counts",
        "schedule": timedelta(seconds=10),
    },
    "verify-daily": {
        "task": "kefu.overview.tasks.verify_daily",
        "schedule": timedelta(minutes=10),
    },
    "draw-up-statements": {
        "task": "kefu.statements.tasks.draw_up",
        "schedule": timedelta(minutes=10),
    },
    "follow-statements": {
        "task": "kefu.statements.tasks.follow",
        "schedule": timedelta(minutes=10),
    },
    "run-jobs": {"task": "kefu.jobs.tasks.run_jobs", "schedule": timedelta(seconds=2)},
    "seal-audit": {
        "task": "kefu.audit.tasks.seal_audit",
        "schedule": timedelta(seconds=20),
    },
    "tell-missing-seats": {
        "task": "kefu.staff.tasks.tell_missing_seats",
        "schedule": timedelta(minutes=1),
    },
    "draw-up-missing-out-scans": {
        "task": "problem_parcels.tasks.draw_up_missing_out_scans",
        "schedule": timedelta(minutes=10),
    },
    "open-rounds-of-processes": {
        "task": "kefu.processes.tasks.open_rounds",
        "schedule": timedelta(minutes=10),
    },
    "remind-of-refund-checks": {
        "task": "kefu.processes.tasks.remind_of_checks",
        "schedule": timedelta(minutes=10),
    },
    "return-unanswered-parcels": {
        "task": "problem_parcels.tasks.return_unanswered",
        "schedule": timedelta(minutes=1),
    },
    "class-shifts": {
        "task": "payroll.tasks.class_shifts",
        "schedule": timedelta(minutes=10),
    },
    "propose-unready-seats": {
        "task": "payroll.tasks.propose_unready_seats",
        "schedule": timedelta(minutes=1),
    },
    "suggest-measures": {
        "task": "payroll.tasks.suggest_measures",
        "schedule": timedelta(minutes=10),
    },
    "remind-attendance-reports": {
        "task": "payroll.tasks.remind_attendance_reports",
        "schedule": timedelta(minutes=10),
    },
    "follow-inspections": {
        "task": "payroll.tasks.follow_inspections",
        "schedule": timedelta(minutes=10),
    },
    "regrade-complaints": {
        "task": "inquiries.tasks.regrade_complaints",
        "schedule": timedelta(minutes=30),
    },
    "forget-old-answers": {
        "task": "kefu.api.tasks.forget_old",
        "schedule": timedelta(hours=1),
    },
    "forget-old-forms": {
        "task": "kefu.workbench.tasks.forget_old",
        "schedule": timedelta(hours=1),
    },
    "forget-old-webhooks": {
        "task": "kefu.webhooks.tasks.forget_old",
        "schedule": timedelta(hours=1),
    },
    "escalate-deadlines": {
        "task": "kefu.deadlines.tasks.escalate",
        "schedule": timedelta(seconds=30),
    },
    "send-notifications": {
        "task": "kefu.notifications.tasks.send_out",
        "schedule": timedelta(seconds=10),
    },
    "remind-reports": {
        "task": "problem_parcels.tasks.remind_reports",
        "schedule": timedelta(minutes=10),
    },
    "exempt-broken": {
        "task": "inquiries.tasks.exempt_broken",
        "schedule": timedelta(seconds=30),
    },
    "begin-warned": {
        "task": "inquiries.tasks.begin_warned",
        "schedule": timedelta(minutes=1),
    },
    "remind-drills": {
        "task": "inquiries.tasks.remind_drills",
        "schedule": timedelta(hours=1),
    },
    # By the hour: what is found once is not found twice, and a restart loses no day.
    "find-forgotten-reports": {
        "task": "claims.tasks.find_forgotten_reports",
        "schedule": timedelta(hours=1),
    },
    "remind-to-tell-again": {
        "task": "claims.tasks.remind_to_tell_again",
        "schedule": timedelta(minutes=10),
    },
    "draw-up-registers": {
        "task": "kefu.reports.tasks.draw_up_registers",
        "schedule": timedelta(minutes=10),
    },
    "grade-customers": {
        "task": "kefu.customers.tasks.grade_customers",
        "schedule": timedelta(hours=6),
    },
    "make-built-reports": {
        "task": "kefu.reports.tasks.make_built_reports",
        "schedule": timedelta(minutes=5),
    },
    "remind-insurance": {
        "task": "claims.tasks.remind_insurance",
        "schedule": timedelta(minutes=10),
    },
    "remind-of-rosters": {
        "task": "payroll.tasks.remind_of_rosters",
        "schedule": timedelta(minutes=10),
    },
    "remind-of-scores": {
        "task": "payroll.tasks.remind_of_scores",
        "schedule": timedelta(minutes=10),
    },
    "carry-out-moves-and-leavings": {
        "task": "payroll.tasks.carry_out_moves_and_leavings",
        "schedule": timedelta(minutes=1),
    },
    "remind-of-probations": {
        "task": "payroll.tasks.remind_of_probations",
        "schedule": timedelta(minutes=10),
    },
    "plan-training": {
        "task": "payroll.tasks.plan_training",
        "schedule": timedelta(minutes=10),
    },
    "close-papers": {
        "task": "payroll.tasks.close_papers",
        "schedule": timedelta(seconds=20),
    },
    "settle-swaps": {
        "task": "payroll.tasks.settle_swaps",
        "schedule": timedelta(minutes=1),
    },
    "plan-meetings": {
        "task": "payroll.tasks.plan_meetings",
        "schedule": timedelta(minutes=30),
    },
    "remind-of-meetings": {
        "task": "payroll.tasks.remind_of_meetings",
        "schedule": timedelta(minutes=1),
    },
    "charge-missed-hand-overs": {
        "task": "payroll.tasks.charge_missed_hand_overs",
        "schedule": timedelta(minutes=30),
    },
    "destroy-what-is-due": {
        "task": "kefu.retention.tasks.destroy_due",
        "schedule": timedelta(minutes=10),
    },
    "count-sealed": {
        "task": "kefu.retention.tasks.count_sealed",
        "schedule": timedelta(hours=1),
    },
    "make-partitions": {
        "task": "kefu.overview.tasks.make_partitions",
        "schedule": timedelta(days=1),
    },
}

# -- Requests ---------------------------------------------------------------------------------

ROOT_URLCONF = "kefu.urls"
ASGI_APPLICATION = "kefu.asgi.application"
WSGI_APPLICATION = "kefu.wsgi.application"
MIDDLEWARE = [
    "kefu.metrics.TimedMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "kefu.security.RequestLogMiddleware",
    "kefu.security.ContentSecurityPolicyMiddleware",
    "kefu.api.middleware.ApiMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "kefu.audit.middleware.AuditContextMiddleware",
    "kefu.overview.dormancy.DormancyMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "axes.middleware.AxesMiddleware",
    "kefu.staff.middleware.DutiesMiddleware",
]
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "kefu.overview.dormancy.told",
            ],
        },
    }
]
DATA_UPLOAD_MAX_MEMORY_SIZE = 5_000_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 2_500_000

# -- Who may come in ----------------------------------------------------------------------------

SECRET_KEY = env.str("SECRET_KEY")
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "rules.permissions.ObjectPermissionBackend",
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
_VALIDATION = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": f"{_VALIDATION}.UserAttributeSimilarityValidator"},
    {"NAME": f"{_VALIDATION}.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": f"{_VALIDATION}.CommonPasswordValidator"},
    {"NAME": f"{_VALIDATION}.NumericPasswordValidator"},
    {"NAME": "kefu.staff.passwords.NotUsedBefore"},
]
LOGIN_URL = reverse_lazy("account_login")
LOGIN_REDIRECT_URL = reverse_lazy("payroll:arrive")
ACCOUNT_ADAPTER = "kefu.security.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}  # the staff number
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
# Single sign-on by OpenID Connect, off without an issuer (docs/production.md).


def sign_on(*, issuer: str, client: str, secret: str, name: str) -> dict[str, Any]:
    """Return allauth's settings for the one service that people sign in at."""
    if not issuer:
        return {}
    app = {
        "provider_id": "office",
        "name": name,
        "client_id": client,
        "secret": secret,
        "settings": {"server_url": issuer},
    }
    return {"openid_connect": {"APPS": [app], "OAUTH_PKCE_ENABLED": True}}


SOCIALACCOUNT_ADAPTER = "kefu.staff.sign_on.SignOnAdapter"
SOCIALACCOUNT_PROVIDERS = sign_on(
    issuer=env.str("KEFU_OIDC_ISSUER", default=""),
    client=env.str("KEFU_OIDC_CLIENT", default=""),
    secret=env.str("KEFU_OIDC_SECRET", default=""),
    name=env.str("KEFU_OIDC_NAME", default="") or "单点登录 Single sign-on",
)
# A link, not a form: forms go to our own addresses only, wherever they are led on to.
SOCIALACCOUNT_LOGIN_ON_GET = True
# The claim that holds the staff number; "email" looks for the account with that address.
KEFU_OIDC_CLAIM = env.str("KEFU_OIDC_CLAIM", default="") or "employee_number"
# Whose second factor counts for who comes by single sign-on: "ours", asked for here, or "theirs".
KEFU_OIDC_SECOND_FACTOR = env.str("KEFU_OIDC_SECOND_FACTOR", default="") or "ours"
# Whether our own people may sign in by password, and who may all the same, when the other service is away.
KEFU_LOCAL_LOGIN = env.str("KEFU_LOCAL_LOGIN", default="") != "off"
KEFU_BREAK_GLASS = env.list("KEFU_BREAK_GLASS", default=[])
# Guessing is stopped by the lock below, which hits one person at one place; these two stop guessing
# from many places and guessing many people, and must not let a stranger lock out everybody.
ACCOUNT_RATE_LIMITS = {"login_failed": "60/10m/ip,30/10m/key"}
MFA_ADAPTER = "kefu.staff.second_factor.SealingAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "kefu"
# Roles whose accounts do nothing before they have a second factor; "admin" stands for superusers.
KEFU_SECOND_FACTOR_ROLES = env.list("KEFU_SECOND_FACTOR_ROLES", default=[])
# Proxies of ours in front: only their X-Forwarded-For is believed.
PROXIES = env.int("KEFU_PROXIES", default=0)
ALLAUTH_TRUSTED_PROXY_COUNT = PROXIES
AXES_IPWARE_PROXY_COUNT = PROXIES or None
AXES_IPWARE_META_PRECEDENCE_ORDER = ["HTTP_X_FORWARDED_FOR", "REMOTE_ADDR"][0 if PROXIES else 1 :]
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_CALLABLE = "kefu.security.login_name"
AXES_LOCKOUT_CALLABLE = "kefu.security.locked_out"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
SESSION_COOKIE_AGE = 12 * 3600  # one long shift
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"

# -- What browsers are told ---------------------------------------------------------------------

X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}

# -- Keys of the personal data, kept outside the database ------------------------------------------

# "id:base64" pairs, comma between; the first one encrypts, all of them decrypt.
KEFU_ENCRYPTION_KEYS: dict[str, str] = dict(
    pair.strip().split(":", 1) for pair in env.str("KEFU_ENCRYPTION_KEYS").split(",") if ":" in pair
)
KEFU_LOOKUP_KEY = env.str("KEFU_LOOKUP_KEY")
# How long what no rulebook speaks of is kept. The audit never less than 36 months: it holds who looked at personal data.
KEFU_AUDIT_MONTHS = max(36, env.int("KEFU_AUDIT_MONTHS", default=36))
KEFU_REFUSED_ROWS_DAYS = env.int("KEFU_REFUSED_ROWS_DAYS", default=90)
# Working days (Monday to Friday) for a person's request about his own data.
KEFU_REQUEST_WORKING_DAYS = env.int("KEFU_REQUEST_WORKING_DAYS", default=15)
# Looks at plain personal data one user may take within an hour; each leaves an audit row.
KEFU_REVEALS_PER_HOUR = env.int("KEFU_REVEALS_PER_HOUR", default=60)

# A customer with a contract in force, or so many consignments within so many days, is a major one.
KEFU_MAJOR_CUSTOMER_WAYBILLS = env.int("KEFU_MAJOR_CUSTOMER_WAYBILLS", default=30)
KEFU_MAJOR_CUSTOMER_DAYS = env.int("KEFU_MAJOR_CUSTOMER_DAYS", default=90)
# Days within which a customer can say how he was served.
KEFU_SURVEY_DAYS = env.int("KEFU_SURVEY_DAYS", default=7)

# Days an outlet has to appeal against a penalty and to ask for the second instance, and days a decision may take.
# All are calendar days, the first not counted, to 24:00 of the last (docs/decisions/0089).
KEFU_APPEAL_DAYS = env.int("KEFU_APPEAL_DAYS", default=15)
KEFU_APPEAL_SECOND_DAYS = env.int("KEFU_APPEAL_SECOND_DAYS", default=7)
KEFU_APPEAL_DECISION_DAYS = env.int("KEFU_APPEAL_DECISION_DAYS", default=10)

# A TrueType font with Chinese characters for PDF; empty: the first of the usual ones of the system (kefu.pdf).
KEFU_PDF_FONT = env.str("KEFU_PDF_FONT", default="")
# How the company calls itself to customers; empty: as its party is named.
KEFU_COMPANY_NAME = env.str("KEFU_COMPANY_NAME", default="")
# From where /metrics may be read without signing in; never through a proxy.
KEFU_METRICS_NETWORKS = [
    ip_network(one) for one in env.list("KEFU_METRICS_NETWORKS", default=["127.0.0.0/8", "::1/128"])
]
# Networks beside the public ones that webhooks may go to; only local and test settings name any.
KEFU_WEBHOOK_NETWORKS: list[str] = []
# What links in messages outside begin with (https://kefu.example); empty: messages carry none.
KEFU_PUBLIC_URL = env.str("KEFU_PUBLIC_URL", default="")
# Minutes a warning or a breach waits for its agent, and then for the shift lead, before the next one is rung.
KEFU_ESCALATION_MINUTES = env.int("KEFU_ESCALATION_MINUTES", default=5)
# An outlet that says nothing for so many days after its statement was issued has confirmed it, where no rulebook in
# force says how many (decision 0088).
KEFU_STATEMENT_DAYS = env.int("KEFU_STATEMENT_DAYS", default=7)
# An aware datetime that stands for "now"; only local and test settings read it.
KEFU_NOW: datetime | None = None

# -- Languages, time, files -----------------------------------------------------------------------

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("简体中文")), ("en", _("英语"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["kefu.formats"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "kefu.staticfiles.CompressedStorage"},
}
FILE_UPLOAD_PERMISSIONS = 0o600

# -- REST -----------------------------------------------------------------------------------------

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_RENDERER_CLASSES": ["kefu.api.renderers.QuickJSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["kefu.api.parsers.StrictJSONParser"],
    # A partner's key and nothing else: a colleague's session opens no door of the API.
    "DEFAULT_AUTHENTICATION_CLASSES": ["kefu.api.authentication.KeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["kefu.api.authentication.HasScope"],
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "kefu.api.problems.handle",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "kefu API",
    "DESCRIPTION": _("网点与客服部之间的接口。怎样开始见 docs/api.md。"),
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "persistAuthorization": False},
    "SERVE_INCLUDE_SCHEMA": False,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "kefu.api.schema.tell_allowance",
        "kefu.api.schema.tell_signature",
    ],
    "ENUM_NAME_OVERRIDES": {
        "DirectionEnum": "kefu.api.serializers.Direction",
        "QueryState": "inquiries.models.NetworkQuery.State",
        "AppealState": "kefu.appeals.models.Appeal.State",
        "PenaltyState": "kefu.penalties.models.Penalty.State",
        "CostKind": "kefu.deadlines.models.Consequence.Kind",
        "CostCondition": "kefu.deadlines.models.Consequence.Condition",
        "ContactKind": "inquiries.api_numbers.KINDS",
        "CaseKind": "kefu.cases.models.Case.Kind",
        "OutcomeEnum": "problem_parcels.api_receipts.OUTCOMES",
        "StageEnum": "claims.models.Claim.Stage",
        "ComplaintStage": "inquiries.models.Complaint.Stage",
        "ScanKind": "kefu.parcels.models.Scan.Kind",
        "CallOutcome": "inquiries.models.LineCheck.Outcome",
        "RectificationOutcome": "inquiries.models.Rectification.Outcome",
        "TypeEnum": "kefu.webhooks.objects.CHOICES",
        "DeliveryType": "kefu.webhooks.api_endpoints.SENT",
        "WebhookState": "kefu.webhooks.models.Endpoint.State",
        "DeliveryState": "kefu.webhooks.models.Delivery.State",
        "DeadlineAction": "kefu.deadlines.models.Deadline.Action",
    },
}

LOGGING = logging_config(as_json=True)
LOGGING_CONFIG = "kefu.settings.logs.configure"
DJANGO_STRUCTLOG_CELERY_ENABLED = True
DJANGO_STRUCTLOG_TRUST_UPSTREAM_REQUEST_ID = True  # after kefu.security has looked at it
DJANGO_STRUCTLOG_STATUS_4XX_LOG_LEVEL = 20  # a refusal is the caller's business
DJANGO_STRUCTLOG_STATUS_START_LOG_LEVEL = 10
DJANGO_STRUCTLOG_CELERY_DEFAULT_LOG_LEVEL = 10  # a tick a second says nothing
