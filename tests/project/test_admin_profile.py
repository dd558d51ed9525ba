"""The screen of this process: who may look, what is shown, and that it is on record."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from contracts.staff import StaffActed
from kernel.profiling import memory, sampling
from kernel.testing.events import told

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = "/admin/profile/"


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (sampling, memory):
        monkeypatch.setattr(module, "MOST_SECONDS", 0.2)


@pytest.fixture
def staff() -> Client:
    browser = Client()
    browser.force_login(User.objects.create(username="root", is_staff=True, is_superuser=True))
    return browser


def acted() -> list[tuple[str, str]]:
    return [(one.model, one.action) for one in told(StaffActed)]


def test_the_screen_looks_at_nothing_before_it_is_asked(staff: Client) -> None:
    page = staff.get(PAGE).text

    assert "What to look at" in page
    assert "<svg viewBox" not in page
    assert acted() == []


@pytest.mark.parametrize(
    ("of", "shown", "action"),
    [
        ("time", "looks; on average", "profile"),
        ("memory", "Objects by type", "inspect_memory"),
    ],
)
def test_what_is_asked_for_is_shown_and_on_record(
    staff: Client, of: str, shown: str, action: str
) -> None:
    page = staff.post(PAGE, {"of": of, "seconds": "5"})

    assert page.status_code == 200
    assert shown in page.text
    assert acted() == [("Process", action)]


def test_stacks_are_a_file(staff: Client) -> None:
    answer = staff.post(PAGE, {"of": "stacks", "seconds": "5"})

    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer["Content-Disposition"].startswith("attachment")
    assert acted() == [("Process", "profile")]


@pytest.mark.parametrize(
    "wanted", [{"of": "keys", "seconds": "5"}, {"of": "time", "seconds": "600"}, {}]
)
def test_what_is_not_offered_is_refused_and_not_on_record(
    staff: Client, wanted: dict[str, str]
) -> None:
    page = staff.post(PAGE, wanted)

    assert "That is not offered." in page.text
    assert acted() == []


def test_while_somebody_looks_another_is_told_so(staff: Client) -> None:
    with sampling._one_at_a_time:
        page = staff.post(PAGE, {"of": "time", "seconds": "5"})

    assert "Somebody takes a profile" in page.text


def test_staff_who_may_not_do_everything_may_not_look() -> None:
    browser = Client()
    browser.force_login(User.objects.create(username="some", is_staff=True))

    assert browser.get(PAGE).status_code == 403
    assert browser.post(PAGE, {"of": "time", "seconds": "5"}).status_code == 403
    assert acted() == []
