"""These tests ask the notifications subgraph, which is there with or without the other services."""

from collections.abc import Iterator

import pytest
from django.conf import LazySettings

from apps.notifications.adapters.channels import emails
from kernel import clock
from kernel.identity.models import Tenant
from kernel.testing.graphql import GraphQLClient
from kernel.testing.tenants import make_key
from tests.notifications.people import StandingClock
from tests.notifications.sinks import Sink, mail_server


@pytest.fixture
def graphql(tenant: Tenant) -> GraphQLClient:
    """A client of the notifications subgraph with a key for everything in the tenant."""
    return GraphQLClient(make_key(tenant).secret, "/notifications/graphql")


@pytest.fixture
def moved(monkeypatch: pytest.MonkeyPatch) -> StandingClock:
    """The clock of the kernel, standing still until the test moves it."""
    made = StandingClock()
    monkeypatch.setattr(clock, "now", lambda: made.now)
    return made


@pytest.fixture
def sink(settings: LazySettings) -> Iterator[Sink]:
    """A mail server, to which messages go."""
    with mail_server() as made:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", made.port
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        yield made
        emails.close()
