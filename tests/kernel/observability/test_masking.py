"""What no log and no span tells, of lists of examples and of real requests."""

import json
import logging
import time
from collections.abc import Iterator
from io import StringIO

import pytest
from django.conf import LazySettings
from django.core.handlers.wsgi import WSGIRequest
from django.test import Client
from opentelemetry.sdk.resources import Resource

from kernel.observability import otlp, tracing
from kernel.observability.logging import JsonFormatter
from kernel.observability.masking import mask, mask_secrets
from kernel.observability.tracing import Span

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm5hIn0.c2lnbmF0dXJl"
#: What is secret or personal in each text, and what has to stay of it.
SECRETS = [
    ("Authorization: Bearer abc.DEF-123456", "DEF", "Authorization: "),
    ('{"headers": {"authorization": "Basic YW5uYTpzZWNyZXQ="}}', "YW5u", '"headers"'),
    ("refused: bearer 0a1b2c3d4e5f", "0a1b", "refused: bearer "),
    (f"token {JWT} is over", "c2ln", "is over"),
    ('{"password": "ab\\"cd", "kept": 1}', 'ab\\"cd', '"kept": 1}'),
    ("{'client_secret': 'x\"y', 'kept': 1}", 'x"y', "'kept': 1}"),
    (json.dumps({"body": json.dumps({"refresh_token": "qwe", "kept": 1})}), "qwe", "kept"),
    ("redis://user:hunter2@cache.internal:6379/0", "hunter2", "cache.internal:6379/0"),
    ("sessionid=0123abc; csrftoken=zzz9", "0123abc", "sessionid="),
    ("access_token=abc123&kept=1", "abc123", "kept=1"),
]
PERSONAL = [
    ("no mailbox anna.müller+x@example.org here", "müller", "example.org here"),
    ("call +49 (170) 123-45.67 now", "123", "call +*** now"),
    ("GET https://shop.example/find?q=anna&x=1 404", "anna", "https://shop.example/find?*** 404"),
    ("Not Found: /find?q=anna", "anna", "/find?***"),
    ('{"first_name": "Anna", "kept": 1}', "Anna", '"kept": 1}'),
    ("user_name=anna kept=1", "anna", "kept=1"),
    ("Key (name)=(Anna M) already exists.", "Anna", "Key (name)=(***) already exists."),
    ("Failing row contains (1, Anna M, null).", "Anna", "Failing row contains (***)."),
    ("from 203.0.113.77:51000", "77", "from 203.0.113.***:51000"),
    ("from 2001:db8:1:2:3:4:5:beef closed", "beef", "from 2001:db8:1:*** closed"),
    ("from 2001:db8::beef closed", "beef", "2001:db8:"),
]
HARMLESS = [
    "2026-12-01T10:42:55.123456+00:00 took 12:03:04",
    "POST /files/api/uploads/<uuid:upload_id> 204",
    "group files.scan is 5 behind at partition 3; 10,000 of 12,345 done",
    'SELECT "files_blob"."id" FROM "files_blob" WHERE "sha256" = ? LIMIT ?',
    "what? /why?",
    "0192f0c1-7e3a-7cc3-98c4-dc0c0c07398f at 127.0.0.1:8000 [::1]:8000",
    "expected a token, found a number: see the key ring",
    "version 5.2.19, Kafka 4.1.0",
]


@pytest.mark.parametrize(("text", "hidden", "kept"), SECRETS + PERSONAL)
def test_what_is_masked_and_what_stays(text: str, hidden: str, kept: str) -> None:
    for told in (mask(text), mask(mask(text))):
        assert hidden not in told
        assert kept in told


@pytest.mark.parametrize(("text", "hidden", "kept"), SECRETS)
def test_secrets_are_hidden_from_those_too_whose_data_it_is(
    text: str, hidden: str, kept: str
) -> None:
    assert hidden not in mask_secrets(text)
    assert kept in mask_secrets(text)


@pytest.mark.parametrize("text", HARMLESS)
def test_what_says_where_something_happened_stays(text: str) -> None:
    assert mask(text) == text


def test_addresses_are_told_as_far_as_the_setting_says() -> None:
    text = "from 203.0.113.77 closed"

    assert mask(text, "whole") == text
    assert mask(text, "none") == "from *** closed"


@pytest.mark.parametrize(
    "text", ["a" * 50_000, "/a" * 25_000, "a@" * 25_000, "1:" * 25_000, '{"token": "' * 5_000]
)
def test_no_text_takes_long(text: str) -> None:
    began = time.process_time()

    mask(text)

    assert time.process_time() - began < 2


@pytest.fixture
def lines() -> Iterator[StringIO]:
    """Every line that is logged at any level, as it is written."""
    written = StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonFormatter())
    root, loggers = logging.getLogger(), ("django", "django.request", "septet.request")
    levels = {name: logging.getLogger(name).level for name in (*loggers, "")}
    root.addHandler(handler)
    for name in levels:
        logging.getLogger(name).setLevel(logging.DEBUG)
    yield written
    root.removeHandler(handler)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


@pytest.mark.django_db
def test_nothing_of_a_request_that_is_secret_or_personal_is_written(
    lines: StringIO, monkeypatch: pytest.MonkeyPatch, settings: LazySettings
) -> None:
    spans: list[Span] = []
    monkeypatch.setattr(tracing, "_sinks", [type("Sink", (), {"take": spans.append})])
    secrets = ["hunter2", "c2ln", "anna.mail", "555123", "113.77", "s3ss10n", "Annabel"]

    def failing(request: WSGIRequest) -> None:
        told = {"password": "hunter2", "first_name": "Annabel"}
        with tracing.span("work", attributes={"url": request.get_full_path(), "body": str(told)}):
            logging.getLogger("x").warning("asked %s", request.get_full_path(), extra=told)
            raise ValueError(f"{request.headers} {request.META['REMOTE_ADDR']} {told}")

    monkeypatch.setattr("project.portal.views.findings", lambda: failing(asked[-1]))
    asked: list[WSGIRequest] = []
    client = Client(raise_request_exception=False)
    monkeypatch.setattr(
        "project.portal.views.health_of", lambda _found: pytest.fail("it should have failed")
    )
    monkeypatch.setattr(
        "kernel.observability.middleware.RequestLogMiddleware.__call__",
        _remembering(asked),
    )

    for path in ("/", "/nowhere", "/graphql"):
        client.get(
            f"{path}?email=anna.mail@example.org&phone=%2B49170555123",
            headers={
                "Authorization": f"Bearer {JWT}",
                "Cookie": "sessionid=s3ss10n",
                "X-Phone": "+49 170 555123",
                "traceparent": f"00-{'a' * 32}-{'b' * 16}-01",
            },
            REMOTE_ADDR="203.0.113.77",
        )

    resource = Resource.create({})
    sent = "\n".join(otlp.readable(span, resource).to_json() for span in spans)
    written = lines.getvalue()
    assert "asked /" in written
    assert "ValueError" in written
    assert '"work"' in sent
    assert [secret for secret in secrets if secret in written + sent] == []


def _remembering(asked: list[WSGIRequest]) -> object:
    from kernel.observability.middleware import RequestLogMiddleware  # noqa: PLC0415

    whole = RequestLogMiddleware.__call__

    def call(self: RequestLogMiddleware, request: WSGIRequest) -> object:
        asked.append(request)
        return whole(self, request)

    return call
