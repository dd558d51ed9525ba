"""Filters of lists that staff keep by name: whose they are, who may use and change them."""

import re

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from contracts.staff import StaffChanged
from kernel.saved_filters.models import SavedFilter
from kernel.saved_filters.selectors import MOST_OF_ONE, MOST_SHARED
from kernel.services import BY_NAME
from kernel.testing.events import published

pytestmark = pytest.mark.django_db

FILES = "/admin/files/file/"
SAVED = f"{FILES}saved-filters/"
#: A list of each service.
LISTS = [
    next(model for model in admin.site._registry if model._meta.app_label == service)
    for service in BY_NAME
]


def person(name: str, *codenames: str, superuser: bool = False) -> Client:
    user = User.objects.create(username=name, is_staff=True, is_superuser=superuser)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    browser = Client()
    browser.force_login(user)
    return browser


@pytest.fixture
def ada() -> Client:
    return person("ada", "view_file")


@pytest.fixture
def bob() -> Client:
    return person("bob", "view_file")


def save(browser: Client, name: str = "Infected", **more: str) -> str:
    """Save a filter and return what the next page says."""
    given = {"name": name, "query": "state=infected"} | more
    return browser.post(SAVED, given, follow=True).text


def links(page: str) -> list[tuple[str, str]]:
    """Return where the saved filters over a list lead, and what they are called."""
    row = re.search(r'<nav aria-label="Saved filters">.*?</nav>', page, re.DOTALL)
    found = re.findall(r'<a href="(\?[^"]*)"[^>]*>(.*?)</a>', row.group() if row else "")
    return [(address, re.sub("<[^>]+>", "", text)) for address, text in found]


@pytest.mark.parametrize("model", LISTS, ids=lambda model: model._meta.app_label)
def test_a_list_of_each_service_keeps_what_narrows_it(model: type) -> None:
    meta = model._meta  # type: ignore[attr-defined]
    url = f"/admin/{meta.app_label}/{meta.model_name}/"
    root = person("root", superuser=True)
    assert "Save this filter" not in root.get(url).text

    assert "Save this filter" in root.get(url, {"q": "a b"}).text
    page = root.post(
        f"{url}saved-filters/", {"name": "Mine", "query": "q=a+b&p=after.x"}, follow=True
    )

    assert page.redirect_chain == [(f"{url}?q=a+b", 302)]
    assert links(page.text) == [("?q=a+b", "Mine")]
    assert 'href="?q=a+b" aria-current="page"' in page.text
    assert "Save this filter" not in page.text
    assert links(root.get(url).text) == [("?q=a+b", "Mine")]


def test_what_is_not_shared_is_nobody_elses(ada: Client, bob: Client) -> None:
    save(ada)

    assert links(ada.get(FILES).text) == [("?state=infected", "Infected")]
    assert links(bob.get(FILES).text) == []


def test_what_is_shared_is_used_by_all_and_changed_by_its_owner(ada: Client, bob: Client) -> None:
    save(ada, shared="on")
    kept = SavedFilter.objects.get()

    assert links(bob.get(FILES).text) == [("?state=infected", "Infected by ada")]
    assert "Change saved filters" not in bob.get(FILES).text
    for verb in ("change", "delete"):
        told = {"verb": verb, "id": str(kept.pk), "name": "Bob's", "confirmed": "yes"}
        assert "you have no such filter" in bob.post(SAVED, told, follow=True).text
    assert SavedFilter.objects.values_list("name", "shared").get() == ("Infected", True)

    ada.post(SAVED, {"verb": "change", "id": str(kept.pk), "name": "Harmful"})

    assert SavedFilter.objects.values_list("name", "shared").get() == ("Harmful", False)
    assert links(bob.get(FILES).text) == []


def test_superusers_take_away_what_others_share_and_nothing_else(ada: Client) -> None:
    save(ada, shared="on")
    save(ada, "Own")
    root = person("root", superuser=True)

    page = root.get(SAVED).text

    assert 'value="Infected"' in page
    assert 'value="Own"' not in page
    for kept in SavedFilter.objects.all():
        root.post(SAVED, {"verb": "delete", "id": str(kept.pk), "confirmed": "yes"})
    assert list(SavedFilter.objects.values_list("name", flat=True)) == ["Own"]


def test_one_is_deleted_after_a_yes(ada: Client) -> None:
    save(ada)
    told = {"verb": "delete", "id": str(SavedFilter.objects.get().pk)}

    assert "Delete the filter Infected?" in ada.post(SAVED, told).text
    assert SavedFilter.objects.exists()
    assert "Deleted: Infected." in ada.post(SAVED, told | {"confirmed": "yes"}, follow=True).text
    assert not SavedFilter.objects.exists()


def test_a_name_used_again_stands_for_what_is_saved_now(ada: Client) -> None:
    save(ada)

    save(ada, query="o=-3&q=b&state=clean&state=")

    assert links(ada.get(FILES).text) == [("?o=-3&amp;q=b&amp;state=clean", "Infected")]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"name": " "}, "a filter needs a name"),
        ({"name": "x" * 61}, "the name has 61 characters, of at most 60"),
        ({"query": "p=after.x"}, "nothing narrows or sorts the list"),
        ({"query": f"q={'x' * 2000}"}, "the filter has 2,002 characters, of at most 2,000"),
        ({"verb": "change", "id": "x"}, "Nothing was changed"),
    ],
)
def test_what_cannot_be_kept_is_refused_with_a_reason(
    given: dict[str, str], told: str, ada: Client
) -> None:
    assert told in save(ada, **given)
    assert not SavedFilter.objects.exists()


def test_two_of_one_person_do_not_have_the_same_name(ada: Client) -> None:
    save(ada)
    save(ada, "Clean")
    clean = SavedFilter.objects.get(name="Clean")

    told = {"verb": "change", "id": str(clean.pk), "name": "Infected"}

    assert "there is another filter called Infected" in ada.post(SAVED, told, follow=True).text
    assert SavedFilter.objects.filter(name="Clean").exists()


def test_there_are_so_many_of_a_person_and_so_many_shared(ada: Client, bob: Client) -> None:
    people = {user.username: user for user in User.objects.all()}
    root = User.objects.create(username="root")
    for number in range(MOST_OF_ONE):
        SavedFilter.objects.create(owner=people["ada"], model="files.file", name=str(number))
    for number in range(MOST_SHARED):
        SavedFilter.objects.create(owner=root, model="files.file", name=str(number), shared=True)

    assert f"you have {MOST_OF_ONE} filters of this list" in save(ada)
    assert "Saved: 1." in save(ada, "1")
    assert f"{MOST_SHARED} filters of this list are shared" in save(bob, shared="on")
    assert "Saved: Infected." in save(bob)


def test_who_may_not_see_the_list_has_no_filters_of_it(ada: Client) -> None:
    save(ada, shared="on")
    stranger = person("eve", "view_job")

    assert stranger.get(SAVED).status_code == 403
    assert stranger.post(SAVED, {"name": "x", "query": "q=x"}).status_code == 403
    assert SavedFilter.objects.count() == 1
    assert "Infected" not in stranger.get("/admin/find/", {"text": "infect"}).text


def test_they_are_found_by_name_in_the_palette_and_on_the_page(ada: Client, bob: Client) -> None:
    save(ada)
    address = f'href="{FILES}?state=infected"'

    assert address in ada.get("/admin/search/", {"s": "infect", "extended": "1"}).text
    assert address in ada.get("/admin/find/", {"text": "INFECT"}).text
    assert address not in bob.get("/admin/find/", {"text": "infect"}).text


def test_what_is_done_with_them_is_told(ada: Client) -> None:
    save(ada)
    pk = str(SavedFilter.objects.get().pk)
    ada.post(SAVED, {"verb": "change", "id": pk, "name": "b"})
    ada.post(SAVED, {"verb": "delete", "id": pk, "confirmed": "yes"})

    told = [one for one in published() if isinstance(one, StaffChanged)]
    assert [one.action for one in told] == ["added", "changed", "deleted"]
    assert {(one.model, one.object_id) for one in told} == {("SavedFilter", pk)}


def test_a_list_reads_them_by_one_query_however_many_there_are(ada: Client) -> None:
    def reads() -> int:
        with CaptureQueriesContext(connection) as captured:
            ada.get(FILES)
        return sum("saved_filters_savedfilter" in query["sql"] for query in captured)

    assert reads() == 1
    for number in range(5):
        save(ada, str(number), shared="on")
    assert reads() == 1
