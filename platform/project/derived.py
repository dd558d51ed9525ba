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


def caches(redis_url: str) -> dict[str, Any]:
    """Return Django's caches by their purposes; `kernel.cache` has its own way to Redis."""
    shared = {
        "BACKEND": "kernel.redis.django.SharedCache",
        "LOCATION": redis_url,
        "KEY_PREFIX": "septet:values",
        # From Redis no code may come, as it could by pickle.
        "OPTIONS": {"SERIALIZER": "django_redis.serializers.json.JSONSerializer"},
    }
    return {
        # What libraries count in, such as sign-ins by address: over all processes, and in the
        # database, so that who guesses passwords gains nothing by an outage of Redis.
        "default": {
            "BACKEND": "django.core.cache.backends.db.DatabaseCache",
            "LOCATION": "identity_counter",
            # Nobody can push another's count out by many of their own.
            "OPTIONS": {"MAX_ENTRIES": 100_000},
        },
        # What apps and libraries keep by Django's own interface.
        "values": shared
        if redis_url
        else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
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
