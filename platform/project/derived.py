"""Settings of Django that follow from ours."""

from datetime import timedelta
from typing import Any

from kernel.env import Mail


def of_mail(mail: Mail) -> dict[str, Any]:
    """Return how mail is sent."""
    return {
        "EMAIL_BACKEND": mail.backend,
        "EMAIL_FILE_PATH": mail.folder or None,
        "EMAIL_HOST": mail.host,
        "EMAIL_PORT": mail.port,
        "EMAIL_HOST_USER": mail.user,
        "EMAIL_HOST_PASSWORD": mail.password,
        "EMAIL_USE_SSL": mail.ssl,
        "EMAIL_USE_TLS": mail.tls,
    }


def of_https(https: bool, hsts: timedelta, preload: bool) -> dict[str, Any]:
    """Return what holds for a site that is reached by HTTPS only, or by HTTP."""
    # A browser takes a cookie of a `__Host-` name from this host and by HTTPS only.
    prefix = "__Host-" if https else ""
    return {
        "SESSION_COOKIE_NAME": f"{prefix}sessionid",
        "CSRF_COOKIE_NAME": f"{prefix}csrftoken",
        "SESSION_COOKIE_SECURE": https,
        "CSRF_COOKIE_SECURE": https,
        "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https") if https else None,
        "SECURE_SSL_REDIRECT": https,
        "SECURE_HSTS_SECONDS": round(hsts.total_seconds()) if https else 0,
        "SECURE_HSTS_PRELOAD": preload,
    }
