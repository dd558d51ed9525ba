"""Whatever is sent, the answer has a code and tells nothing of what we are made of."""

import json
import os
from typing import Any

import pytest
from django.conf import settings as project
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kernel.identity.models import Tenant
from kernel.testing.tenants import make_key
from project.graph import service_endpoint
from tests.kernel.federation.fuzzing import bodies, documents

#: A share of what `make nightly` runs.
CASES = 1_000 if os.environ.get("REQUIRE_ALL") == "1" else 100
LEAKS = (
    "Traceback", "django", "graphql.", "psycopg", "sqlite", "NoneType", "object is not",
    "int_max_str_digits", "recursion", "codec", "UNIQUE", "constraint", " object at 0x",
)  # fmt: skip


def fuzz(examples: int) -> settings:
    """Return the profile of a run; the small one is the same each time."""
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=examples <= 1_000,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


class Sender:
    """Posts bodies with the key of a tenant, and judges the answers."""

    def __init__(self, tenant: Tenant) -> None:
        self._headers = {"Authorization": f"Bearer {make_key(tenant).secret}"}
        self._http = Client(raise_request_exception=False)

    def check(self, service: str, body: bytes) -> None:
        response = self._http.generic(
            "POST",
            f"/{service}/graphql",
            body,
            content_type="application/json",
            headers=self._headers,
        )
        assert response.status_code < 500, (body, response.content)
        answer = json.loads(response.content)
        errors = answer.get("errors", [])
        assert errors or "data" in answer, (body, answer)
        for error in errors:
            assert error["extensions"]["code"] not in {"", "INTERNAL", "UNAVAILABLE"}, (body, error)
            # A message may quote what was sent.
            said = error["message"]
            assert not [leak for leak in LEAKS if leak in said and leak not in str(body)], said


def check_bodies(tenant: Tenant, examples: int) -> None:
    sender = Sender(tenant)

    @fuzz(examples)
    @given(body=bodies)
    def run(body: bytes) -> None:
        sender.check(project.SERVICES[0], body)

    run()


def check_documents(tenant: Tenant, examples: int) -> None:
    sender = Sender(tenant)
    each = {service: documents(service_endpoint(service).schema) for service in project.SERVICES}

    @fuzz(examples)
    @given(data=st.data())
    def run(data: Any) -> None:
        service = data.draw(st.sampled_from(sorted(each)))
        sender.check(service, json.dumps(data.draw(each[service])).encode())

    run()


def test_any_body_is_answered_with_a_code(tenant: Tenant) -> None:
    check_bodies(tenant, CASES)


def test_any_document_of_the_schema_is_answered_with_a_code(tenant: Tenant) -> None:
    check_documents(tenant, CASES)


@pytest.mark.nightly
@pytest.mark.parametrize("check", [check_bodies, check_documents])
def test_five_thousand_of_each(tenant: Tenant, check: Any) -> None:
    check(tenant, 5_000)
