"""The back office of a process with some of the services: the others tell it their parts."""

import json
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import get_resolver

from apps.config.models import ChangeRequest, Environment, RequestState
from apps.notifications.models import Subscriber
from kernel.admin import concerns
from kernel.errors import UnavailableError
from kernel.events.models import ConsumerGroup
from kernel.events.registry import GROUPS
from kernel.identity.service_tokens import Request, callers, issue_token
from kernel.ids import new_id
from kernel.mesh.calling import Called
from kernel.saved_filters.models import SavedFilter
from kernel.services import BY_NAME
from kernel.tenancy.context import PLATFORM, Principal, in_tenant
from kernel.testing.tenants import make_tenant
from project.admin import elsewhere
from project.admin.not_here import urls_of

pytestmark = pytest.mark.django_db

APPS = set(BY_NAME)


class AtOnce:
    """A pool that does everything in the thread of the test, which has its rows."""

    def __init__(self, max_workers: int) -> None:
        pass

    def submit(self, work: Callable[..., Any], *args: Any) -> Future[Any]:
        done: Future[Any] = Future()
        done.set_result(work(*args))
        return done

    def shutdown(self, wait: bool) -> None:
        pass


class Split:
    """This process as that of audit; asked by its token it is that of another service."""

    def __init__(self, settings: Any) -> None:
        self._settings = settings
        self._pages, self._concerns = dict(admin.site._registry), list(concerns._CONCERNS)
        self._groups = dict(GROUPS)
        self.away: set[str] = set()
        self.asked: list[str] = []
        self.become("audit")

    def become(self, *services: str) -> None:
        """Have what a process with these services has."""
        gone = APPS - set(services)
        self._settings.SERVICES = services
        admin.site._registry = {
            model: page for model, page in self._pages.items() if model._meta.app_label not in gone
        }
        concerns._CONCERNS[:] = [
            one for one in self._concerns if one.rows().model._meta.app_label not in gone
        ]
        GROUPS.clear()
        GROUPS.update(
            {name: one for name, one in self._groups.items() if name.split(".")[0] not in gone}
        )

    def call(
        self, service: str, method: str, path: str, *, principal: Principal, seconds: float
    ) -> Called:
        """Answer as a process of the other service, in place of a request over HTTP."""
        self.asked.append(path)
        if service in self.away:
            raise UnavailableError(f"{service} gives no answer")
        token = issue_token(service, principal, Request(method, path, b""))
        self.become(*BY_NAME)
        try:
            answer = Client().get(path, headers={"Authorization": f"Service {token}"})
        finally:
            self.become("audit")
        return Called(status=answer.status_code, headers=answer.headers, body=answer.content)


@pytest.fixture
def split(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Split]:
    # Both are those of the whole platform.
    callers.cache_clear()
    callers()
    _ = get_resolver().url_patterns
    elsewhere._menus.clear()
    made = Split(settings)
    monkeypatch.setattr(elsewhere, "ThreadPoolExecutor", AtOnce)
    monkeypatch.setattr(elsewhere, "call", made.call)
    yield made
    made.become(*BY_NAME)
    elsewhere._menus.clear()


def _browser(*codenames: str) -> Client:
    user = User.objects.create(username=str(new_id()), is_staff=True, is_superuser=not codenames)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    browser = Client()
    browser.force_login(user)
    return browser


def test_each_page_has_all_seven_in_its_menu_and_asks_again_only_after_a_while(
    split: Split,
) -> None:
    browser = _browser()

    pages = [browser.get(path).text for path in ("/admin/audit/auditlog/", "/admin/jobs/job/")]

    for page in pages:
        for listed in ("files/file", "config/featureflag", "scheduler/jobschedule", "jobs/job"):
            assert f'href="/admin/{listed}/"' in page
    assert sorted(split.asked) == sorted(
        f"/{name}/api/back-office/menu/" for name in BY_NAME if name != "audit"
    )


def test_what_waits_and_what_is_found_is_that_of_all(split: Split) -> None:
    with in_tenant(make_tenant("acme").pk):
        ada = Subscriber.objects.create(key="u-1", name="Ada Lovelace")
        production = Environment.objects.create(key="production")
        ChangeRequest.objects.create(environment=production, state=RequestState.IN_REVIEW)
    browser = _browser()

    index = browser.get("/admin/").text
    found = browser.get("/admin/find/", {"text": "lovelace"}).text
    by_id = browser.get("/admin/find/", {"text": str(ada.pk)}).text

    in_review = "/admin/config/changerequest/?state__exact=in_review"
    assert f'<a href="{in_review}"><strong>1</strong>' in index
    for page in (found, by_id):
        assert f"/admin/notifications/subscriber/{ada.pk}/change/" in page
    assert (
        'href="/admin/notifications/subscriber/"'
        in browser.get("/admin/find/", {"text": "subscribers"}).text
    )
    assert "does not answer" not in index + found


def test_staff_see_of_others_what_they_may_open(split: Split) -> None:
    with in_tenant(make_tenant("acme").pk):
        Subscriber.objects.create(key="u-1", name="Ada Lovelace")
    browser = _browser("view_featureflag")

    index = browser.get("/admin/").text
    found = browser.get("/admin/find/", {"text": "lovelace"}).text

    assert 'href="/admin/config/featureflag/"' in index
    assert "/admin/config/featureflag/add/" not in index
    assert "/admin/files/" not in index
    assert "Ada" not in found


def test_filters_that_are_kept_of_lists_of_others_are_found(split: Split) -> None:
    browser = _browser("view_file")
    SavedFilter.objects.create(
        owner=User.objects.get(), model="files.file", name="Infected", query="state=infected"
    )

    found = browser.get("/admin/find/", {"text": "infected"}).text

    assert found.count('href="/admin/files/file/?state=infected"') == 1


def test_a_service_that_is_away_says_so_in_its_section_and_the_others_are_there(
    split: Split,
) -> None:
    browser = _browser()
    before = browser.get("/admin/").text
    split.away = {"files"}

    index = browser.get("/admin/").text
    found = browser.get("/admin/find/", {"text": "x"}).text
    listed = browser.get("/admin/audit/auditlog/").text

    assert 'href="/admin/files/file/"' in before
    assert "Files does not answer. What waits there is not counted." in index
    assert "Files does not answer. What is there was not looked through." in found
    for page in (index, found, listed):
        assert 'href="/admin/files/file/"' not in page
        assert "Files does not answer." in page
        assert 'href="/admin/config/featureflag/"' in page


def test_groups_of_other_processes_are_listed_as_these_know_them(split: Split) -> None:
    ConsumerGroup.objects.create(pk="notifications.rules")
    browser = _browser()

    seen = browser.get("/admin/events/consumergroup/").text
    split.away = {"notifications"}
    without = browser.get("/admin/events/consumergroup/").text

    # Its own three, that of the platform, and one of another process.
    assert seen.count("up to date") == without.count("up to date") + 1
    assert "notifications.intake, notifications.members, notifications.webhooks" in seen
    assert "Notifications does not answer. How its groups are doing is not known." in without
    assert "notifications.intake" not in without


def test_a_group_of_another_process_is_paused_and_resumed_and_not_moved_from_here(
    split: Split,
) -> None:
    ConsumerGroup.objects.create(pk="notifications.rules")
    browser = _browser()
    path = "/admin/events/consumergroup/notifications.rules"

    page = browser.get(f"{path}/change/").text
    answers = [
        browser.post(f"{path}/{verb}/", {"confirmed": "yes"}).status_code
        for verb in ("pause", "resume", "pause")
    ]

    assert "Read on elsewhere" not in page
    assert answers == [302, 302, 302]
    assert ConsumerGroup.objects.get(pk="notifications.rules").paused


def test_nobody_is_told_of_groups_who_may_not_see_them(split: Split) -> None:
    user = User.objects.create(username="clerk", is_staff=True)
    who = Principal(
        name="clerk", kind="staff", id=str(user.pk), tenant_id=PLATFORM, scopes=frozenset()
    )
    path = "/notifications/api/back-office/groups/"

    def told() -> list[str]:
        answer = split.call("notifications", "GET", path, principal=who, seconds=1.0)
        return [one["group"] for one in json.loads(answer.body)["rows"]]

    assert told() == []
    user.user_permissions.add(Permission.objects.get(codename="view_consumergroup"))
    assert "notifications.rules" in told()
    assert "audit.trail" not in told()


def test_addresses_of_a_service_of_another_origin_lead_there(
    split: Split, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = split.call

    def call(service: str, *asked: Any, **named: Any) -> Called:
        told = whole(service, *asked, **named)
        moved = told.body.replace(b'"origin": "http://localhost', b'"origin": "http://files.test')
        return Called(status=told.status, headers=told.headers, body=moved)

    monkeypatch.setattr(elsewhere, "call", call)

    assert 'href="http://files.test:8000/admin/files/file/"' in _browser().get("/admin/").text


def test_the_page_in_place_of_one_that_is_away_says_what_is_known(split: Split, rf: Any) -> None:
    split.away = {"files"}
    (view,) = [one.callback for one in urls_of(admin.site) if one.name == "files_not_here"]

    def asked(method: str, user: User) -> Any:
        request = getattr(rf, method)("/admin/files/file/?q=a")
        request.user, request.session = user, {}
        return view(request, service="files")

    root = User.objects.create(username="root", is_staff=True, is_superuser=True)
    seen, sent = asked("get", root), asked("post", root)
    nobody = asked("get", User.objects.create(username="some"))

    assert seen.status_code == sent.status_code == 503
    assert seen["Retry-After"] == "5"
    shown, told = seen.render().text, sent.render().text
    assert "Files does not answer" in shown
    assert 'href="/admin/files/file/?q=a">Try again' in shown
    assert ("what you sent" in shown, "what you sent" in told) == (False, True)
    assert nobody.status_code == 302


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "0"},
        {"kind": "user"},
        {"kind": "service"},
        {"tenant_id": None},
    ],
)
def test_nobody_is_told_a_part_but_staff_of_the_platform_by_a_service(
    split: Split, changes: Mapping[str, Any]
) -> None:
    root = User.objects.create(username="root", is_staff=True, is_superuser=True)
    good: dict[str, Any] = {"kind": "staff", "id": str(root.pk), "tenant_id": PLATFORM}
    if changes.get("tenant_id", PLATFORM) is None:
        changes = {"tenant_id": make_tenant("acme").pk}

    def asked(**told: Any) -> int:
        who = Principal(name="root", scopes=frozenset({"*"}), **(good | told))
        path = "/files/api/back-office/menu/"
        return split.call("files", "GET", path, principal=who, seconds=1.0).status

    assert asked() == 200
    assert asked(**changes) in {401, 403}
    User.objects.filter(pk=root.pk).update(is_staff=False)
    assert asked() == 403
