"""Asking for flags over HTTP in tests: who asks, and a real server to ask."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connections
from django.test import Client

from apps.config.models import Environment, KeyKind
from apps.config.services.environments import default
from apps.config.services.keys import create_environment_key
from kernel.serving.router import mounted
from kernel.testing.serving import serving
from project.wsgi import application

BULK = "/ofrep/v1/evaluate/flags"


def key_of(kind: KeyKind = KeyKind.SERVER, environment: Environment | None = None) -> str:
    """Return a new key of an environment, the default one if none is named."""
    environment = environment or default()
    return create_environment_key(environment_id=str(environment.pk), name="web", kind=kind)[1]


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def evaluate(
    secret: str, key: str, context: Any = None, headers: dict[str, str] | None = None
) -> Any:
    """Ask for one flag."""
    body = {} if context is None else {"context": context}
    return Client().post(
        f"{BULK}/{quote(key, safe='')}",
        json.dumps(body),
        "application/json",
        headers=bearer(secret) | (headers or {}),
    )


def evaluate_all(
    secret: str, context: Any = None, headers: dict[str, str] | None = None, query: str = ""
) -> Any:
    """Ask for all flags."""
    body = {} if context is None else {"context": context}
    return Client().post(
        f"{BULK}{query}",
        json.dumps(body),
        "application/json",
        headers=bearer(secret) | (headers or {}),
    )


@contextmanager
def site() -> Iterator[str]:
    """Run the real server, with all that is mounted beside Django; give its address."""
    with serving(_closing, raw=mounted()) as served:
        yield f"http://127.0.0.1:{served.port}"


def _closing(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Answer, and close what this thread has opened: the test's database goes away with it."""
    try:
        return list(application(environ, start_response))
    finally:
        connections.close_all()


@pytest.fixture
def server() -> Iterator[str]:
    with site() as url:
        yield url
