"""Every path with every kind of visitor: only those get in whom its rule lets in."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import URLResolver, get_resolver

from apps.files.services import create_file
from kernel.identity.scopes import Role
from kernel.identity.services import admit
from kernel.serving.router import mounted
from kernel.tenancy.context import in_tenant
from kernel.testing.graphql import http_client
from kernel.testing.tenants import make_tenant
from tests.access.operations import SERVICES
from tests.access.routes import GRAPHQL, ROUTES, RULES, VISITORS, Visitor

NO_ROW = "00000000-0000-7000-8000-000000000000"
SIGN_IN = ("/sign-in/", "/admin/login/")


def served(patterns: list[Any], prefix: str = "") -> Iterator[str]:
    """Give every path of the project as its patterns say it."""
    for one in patterns:
        route = f"{prefix}{one.pattern}"
        if isinstance(one, URLResolver):
            yield from served(one.url_patterns, route)
        else:
            # Which apps the back office shows is not a matter of paths.
            yield re.sub(r"(\?P<app_label>)[^)]*", r"\1…", route)


def test_every_path_has_a_row() -> None:
    assert sorted(served(get_resolver().url_patterns)) == sorted(ROUTES)
    # Paths beside Django would need rows too; of these Django says who may see them.
    streamed = {f"/{service}/api/jobs/" for service in SERVICES}
    streamed |= {f"/config/api/{path}" for path in ("changes/", "flags/events", "values/")}
    bytes_ = {f"/files/api/{path}/" for path in ("direct", "files", "signed", "uploads", "zip")}
    streamed |= {"/notifications/api/inbox/events/", "/scheduler/api/runs/"}
    assert set(mounted()) == streamed | bytes_ | {"/ofrep/v1/evaluate/flags/"}


def example(route: str) -> str:
    """Return a path of this route, of things that are not there."""
    path = route.replace("^", "").replace("$", "").replace("(?P<url>.*)", "nothing/")
    path = path.replace("(?P<app_label>…)", "files")
    path = path.replace("(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)", "1-x")
    path = path.replace("<slug:service>", "files").replace("<int:pk>", "1").replace("<id>", "1")
    path = path.replace("<slug:kind>", "thumbnail")
    path = path.replace("<int:level>", "0").replace("<int:number>", "1")
    return "/" + re.sub(r"<\w+:\w+>", NO_ROW, path)


@pytest.fixture
def people(db: None) -> Mapping[Visitor, User]:
    """One person of each kind."""
    tenant = make_tenant()
    made: dict[Visitor, User] = {
        name: User.objects.create_user(name, f"{name}@example.com", "x", is_staff=name == "staff")
        for name in VISITORS[1:-1]
    }
    admit(user=made["viewer"], tenant=tenant, role=Role.VIEWER)
    admit(user=made["owner"], tenant=tenant, role=Role.OWNER)
    return made | {"superuser": User.objects.create_superuser("superuser", password="x")}


def browser(person: User | None) -> Client:
    client = http_client()
    if person is not None:
        client.force_login(person)
    return client


def answer(client: Client, route: str) -> Any:
    """Ask as a page of ours would, by the method that the path takes."""
    token = "a" * 32
    client.cookies["csrftoken"] = token
    headers = {"X-CSRFToken": token}
    if route in GRAPHQL:
        body = {"query": GRAPHQL[route]}
        return client.post(f"/{route}", body, content_type="application/json", headers=headers)
    response = client.get(example(route))
    return response if response.status_code != 405 else client.post(example(route), headers=headers)


def gets_in(response: Any) -> bool:
    """Say whether somebody saw more than a door."""
    if response.headers["Content-Type"].startswith("application/json"):
        return "UNAUTHENTICATED" not in response.text and "FORBIDDEN" not in response.text
    if "accounts/no_tenant.html" in [template.name for template in response.templates]:
        return False
    turned_away = response.headers.get("Location", "").startswith(SIGN_IN)
    return response.status_code not in {401, 403} and not turned_away


@pytest.mark.any_database
@pytest.mark.parametrize("route", ROUTES)
def test_a_path_lets_in_whom_its_rule_lets_in(route: str, people: Mapping[Visitor, User]) -> None:
    found = {name: answer(browser(people.get(name)), route) for name in VISITORS}

    # Bytes stream past Django, in our own server only; to get so far is to be let in.
    broken = {name for name, one in found.items() if one.status_code >= 500}
    assert not any("own server only" not in found[name].text for name in broken)
    assert {name for name, one in found.items() if gets_in(one)} == RULES[ROUTES[route]]


def test_the_history_of_a_row_needs_a_permission(people: Mapping[Visitor, User]) -> None:
    with in_tenant(make_tenant().pk):
        file = create_file(name="a.csv", content_type="text/csv", size_bytes=1)
    path = f"/admin/files/file/{file.pk}/history/"

    by_staff, by_superuser = (browser(people[name]).get(path) for name in ("staff", "superuser"))

    assert (by_staff.status_code, by_superuser.status_code) == (403, 200)
