"""How Django and its libraries are set, where whoever runs the platform has no choice to make."""

from django.templatetags.static import static

from kernel import paths

MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "kernel.observability.middleware.RequestLogMiddleware",
    "kernel.headers.SecurityHeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "kernel.own_writes.OwnWritesMiddleware",
    "kernel.http.ErrorMiddleware",
    "kernel.identity.refusals.RefusalMiddleware",
    "kernel.identity.sessions.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "kernel.events.actors.ActorMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]

ROOT_URLCONF = "project.urls"
WSGI_APPLICATION = "project.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# No rule on kinds of characters: length and not being known is what counts.
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "kernel.identity.passwords.KnownWordsValidator"},
]

UNFOLD = {
    "SITE_TITLE": "Septet",
    "SITE_HEADER": "Septet",
    "SITE_URL": "/",
    "SITE_ICON": lambda _request: static("portal/mark.svg"),
    "SITE_FAVICONS": [
        {
            "rel": "icon",
            "type": "image/svg+xml",
            "href": lambda _request: static("portal/mark.svg"),
        }
    ],
    "SCRIPTS": [lambda _request: static("kernel/admin.js")],
    "STYLES": [lambda _request: static("kernel/admin.css")],
    "SIDEBAR": {"show_search": True, "show_all_applications": False},
}

# A key is shown once in a message: it stays on our side, never in a cookie.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# A link to a new password is good for an hour: its reader can ask for another one.
PASSWORD_RESET_TIMEOUT = 3_600
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "tenant"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
ACCOUNT_ADAPTER = "project.accounts.adapters.AccountAdapter"
ACCOUNT_FORMS = {"login": "project.accounts.forms.SignInForm"}
ACCOUNT_LOGIN_METHODS = {"email", "username"}
# People come by invitation, which proves the address.
ACCOUNT_SIGNUP_FIELDS = ["email*", "username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
# Passwords are counted by name in `kernel.identity.lockouts`; the rest is.
ACCOUNT_RATE_LIMITS = {"login": "30/m/ip", "login_failed": "5/5m/key"}
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_REDIRECT_URL = "portal"

MFA_ADAPTER = "project.accounts.adapters.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_ISSUER = "Septet"
MFA_TOTP_TOLERANCE = 1

# A link, not a form: our pages let a form lead to nobody else, not even by a redirect.
SOCIALACCOUNT_LOGIN_ON_GET = True
SOCIALACCOUNT_ADAPTER = "project.accounts.provider.ProviderAdapter"
# It is the operator's own provider: whose verified address it tells, is the person who has it here.
SOCIALACCOUNT_EMAIL_AUTHENTICATION = True
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
EMAIL_TIMEOUT = 10

LANGUAGE_CODE = "en-gb"
# Dates as in a log: 2026-05-01 12:00:00.
FORMAT_MODULE_PATH = "project.formats"
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "static/"
WHITENOISE_USE_FINDERS = True

SESSION_ENGINE = "kernel.identity.sessions"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"

# Programs are not sent on: a credential that travels by HTTP shall be noticed, and inside the
# platform probes and other services come by HTTP.
SECURE_REDIRECT_EXEMPT = [f"^{paths.FOR_PROGRAMS}", f"^{paths.FOR_OPERATORS}"]
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
# It asks for HSTS_PRELOAD, which only the owner of a domain can answer for.
SILENCED_SYSTEM_CHECKS = ["security.W021"]
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1_000
# No page takes a file: bytes come by the files service's own uploads.
DATA_UPLOAD_MAX_NUMBER_FILES = 0
X_FRAME_OPTIONS = "DENY"
WHITENOISE_ALLOW_ALL_ORIGINS = False
PROMETHEUS_EXPORT_MIGRATIONS = False

# Celery: a message says that a queue has something to do, and the row decides (docs/adr/0008).
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# Who never acknowledged gets back at once what he may have, after a restart of Redis above all.
CELERY_WORKER_ENABLE_PREFETCH_COUNT_REDUCTION = False
# `-Q` with a name that is no queue is a mistake.
CELERY_TASK_CREATE_MISSING_QUEUES = False
CELERY_TASK_DEFAULT_QUEUE = "kernel"
# A worker outlives its broker; whoever sends has a breaker of its own (kernel.celery.nudger).
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_connect_timeout": 2,
    "socket_timeout": 5,
    "socket_keepalive": True,
    # Redis gives back what a killed worker has not acknowledged every interval x throttle seconds.
    # By default that is 100 s.
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 1,
}
# Logs are those of the platform.
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_REDIRECT_STDOUTS = False

# Tasks of libraries that are written for Django's own interface.
TASKS = {"default": {"BACKEND": "kernel.tasks.backend.JobsBackend", "QUEUES": ["default"]}}
