"""The screen of the topology: what it draws and tells, and taking a process out of service."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from contracts.staff import StaffActed
from kernel import clock
from kernel.discovery.leases import LEASE, InDatabase, Lease, RegistryError, leases
from kernel.mesh.topology import Topology
from kernel.services import BY_NAME
from kernel.testing.events import told
from project.admin.topology_drawing import drawn

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = "/admin/topology/"
#: One port for each service.
URLS = {name: f"http://10.0.0.1:{one.port}" for name, one in BY_NAME.items()}


@pytest.fixture(autouse=True)
def registry(settings: Any) -> None:
    settings.MESH_REGISTRY = "database"
    leases.cache_clear()


def browser(*permissions: str) -> Client:
    """Somebody of the staff who may do this."""
    person = User.objects.create(username="some", is_staff=True)
    person.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def staff() -> Client:
    return browser("view_instance", "change_instance")


def endpoint(name: str, **more: Any) -> dict[str, Any]:
    well = {"state": "well", "in_flight": 0, "latency_ms": 1.5, "zone": ""}
    return {"url": URLS[name], **well, **more}


def finds(*endpoints: dict[str, Any], **more: Any) -> dict[str, Any]:
    usual = {"breaker": "closed", "usual_ms": 2, "p50_ms": 2, "p95_ms": 7}
    return {**usual, "calls": 40, "failures": 0, "budget": 1, "endpoints": endpoints, **more}


def lease(*services: str, url: str = "", **more: Any) -> Lease:
    now = clock.now()
    return Lease(
        id=f"{services[0]}@host:1",
        services=services,
        url=url or URLS[services[0]],
        version="1.2.3",
        zone="west",
        since=now,
        **({"until": now + LEASE} | more),
    )


def written(found: Sequence[Lease]) -> None:
    for one in found:
        InDatabase().renew(one)


@pytest.fixture
def seven() -> list[Lease]:
    """Seven processes; audit finds files failing, and the scheduler has stopped."""
    failing = finds(endpoint("files", state="failing", in_flight=3), failures=4, budget=0.8)
    gone = finds(endpoint("scheduler", state="ejected"), breaker="open", budget=0)
    told_by = {
        "audit": {"files": failing, "scheduler": gone},
        "files": {"audit": finds(endpoint("audit"))},
    }
    found = [lease(name, told=told_by.get(name, {})) for name in BY_NAME if name != "scheduler"]
    written(found)
    return found


def test_seven_processes_are_drawn_and_told_with_what_each_finds(
    staff: Client, seven: list[Lease]
) -> None:
    drawing = drawn(Topology(seven))
    page = staff.get(PAGE).text

    standing = {box.group.title: (box.group.standing, box.says) for box in drawing.boxes}
    assert standing["Files"] == ("failing", "1 process, 1 not well")
    assert standing["Scheduler"] == ("out", "holds no lease")
    assert standing["Config"] == ("well", "1 process")
    arrows = {arrow.says.partition(":")[0]: arrow for arrow in drawing.arrows}
    assert {name: one.standing for name, one in arrows.items()} == {
        "Audit to Files": "failing", "Audit to Scheduler": "out", "Files to Audit": "well",
    }  # fmt: skip
    assert arrows["Audit to Files"].says.endswith("4 of 40 calls failed, 95 of 100 in 7 ms")
    assert page.count('class="box is-') == 7
    assert page.count('class="arrow is-') == 3
    assert "4 (10.0 %)" in page
    assert "80 %" in page


def test_what_is_asked_for_again_is_the_part_that_changes(
    staff: Client, seven: list[Lease]
) -> None:
    whole, part = staff.get(PAGE).text, staff.get(PAGE, headers={"HX-Request": "true"}).text
    still = staff.get(PAGE + "?still").text

    assert 'hx-trigger="every 2s"' in whole
    assert "every 2s" not in still
    assert "<html" not in part
    assert "Who calls whom" in part


def test_one_process_says_that_it_is_all_and_how_to_split(staff: Client, settings: Any) -> None:
    settings.MESH_REGISTRY = "off"
    settings.SERVICES = tuple(BY_NAME)

    page = staff.get(PAGE).text

    assert "All seven services are served by this process" in page
    assert "manage.py dev --split" in page
    assert '<svg viewBox="-300' not in page
    assert 'value="drain"' not in page


def test_of_several_processes_of_one_service_each_is_counted() -> None:
    found = [lease("files", "audit"), lease("files", "audit", url="http://b"), lease("config")]

    boxes = {box.group.title: box.says for box in drawn(Topology(found)).boxes}

    assert boxes["2 services"] == "2 processes"
    assert boxes["Config"] == "1 process"
    assert len(boxes) == 6


def test_what_only_another_release_knows_is_left_out_of_the_drawing() -> None:
    told = {"weather": finds(), "files": {"breaker": "closed", "endpoints": [endpoint("files")]}}
    topology = Topology([lease("audit", "weather", told=told), lease("files")])

    assert [one.services for one in topology.places] == [("audit",), ("files",)]
    assert [arrow.says for arrow in drawn(topology).arrows] == [
        "Audit to Files: 0 of 0 calls failed, 95 of 100 in 0 ms"
    ]


def test_two_processes_at_one_address_are_drained_together(staff: Client) -> None:
    first, second = (replace(lease("files"), id=f"files@host:{n}") for n in (1, 2))
    written([first, second])

    staff.post(PAGE, {"verb": "drain", "url": URLS["files"], "confirmed": "yes"})

    assert [InDatabase().renew(one) for one in (first, second)] == [["drain"], ["drain"]]


@pytest.mark.parametrize(
    ("verb", "wanted", "by", "about"),
    [
        ("drain", "drain", {"files"}, ("Process", "files@host:1")),
        ("take", "take", {"files"}, ("Process", "files@host:1")),
        (
            "eject",
            f"eject {URLS['files']}",
            set(BY_NAME) - {"scheduler"},
            ("Endpoint", URLS["files"]),
        ),
        (
            "reset",
            f"reset {URLS['files']}",
            set(BY_NAME) - {"scheduler"},
            ("Endpoint", URLS["files"]),
        ),
    ],
)
def test_an_action_asks_first_then_reaches_all_whom_it_concerns_and_is_on_record(
    staff: Client, seven: list[Lease], verb: str, wanted: str, by: set[str], about: tuple[str, str]
) -> None:
    sent = {"verb": verb, "url": URLS["files"]}

    question = staff.post(PAGE, sent)
    before = [InDatabase().renew(one) for one in seven], told(StaffActed)
    staff.post(PAGE, sent | {"confirmed": "yes"})

    assert "Are you sure?" in question.text
    assert (
        "nobody else is well that serves Files" in question.text.replace("Nobody", "nobody")
    ) == (verb in {"drain", "eject"})
    assert before == ([[]] * 6, [])
    assert {one.services[0]: InDatabase().renew(one) for one in seven} == {
        one.services[0]: [wanted] if one.services[0] in by else [] for one in seven
    }
    (acted,) = told(StaffActed)
    assert (acted.action, acted.model, *acted.object_ids) == (verb, *about)


@pytest.mark.parametrize(
    "sent",
    [
        {"verb": "drain", "url": "http://nowhere"},
        {"verb": "eject", "url": ""},
        {"verb": "list", "url": URLS["files"]},
        # It holds no lease, so there is nobody to hear it.
        {"verb": "drain", "url": URLS["scheduler"]},
    ],
)
def test_what_there_is_not_is_not_done(
    staff: Client, seven: list[Lease], sent: dict[str, str]
) -> None:
    answer = staff.post(PAGE, sent | {"confirmed": "yes"}, follow=True)

    assert "Nothing was done" in answer.text
    assert [InDatabase().renew(one) for one in seven] == [[]] * 6
    assert told(StaffActed) == []


def test_who_may_look_may_not_act_and_others_may_neither(seven: list[Lease]) -> None:
    sees, sent = (
        browser("view_instance"),
        {"verb": "drain", "url": URLS["files"], "confirmed": "yes"},
    )
    shown, refused = sees.get(PAGE), sees.post(PAGE, sent)
    index = sees.get("/admin/").text
    User.objects.all().delete()
    other = browser()

    assert (shown.status_code, refused.status_code) == (200, 403)
    assert 'value="drain"' not in shown.text
    assert PAGE in index
    assert PAGE not in other.get("/admin/").text
    assert (other.get(PAGE).status_code, other.post(PAGE, sent).status_code) == (403, 403)
    assert [InDatabase().renew(one) for one in seven] == [[]] * 6


def test_while_the_registry_does_not_answer_nothing_is_done_and_the_page_says_so(
    staff: Client, seven: list[Lease], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_self: InDatabase) -> Sequence[Lease]:
        raise RegistryError("OperationalError")

    monkeypatch.setattr(InDatabase, "alive", broken)
    page = staff.get(PAGE).text
    answer = staff.post(PAGE, {"verb": "drain", "url": URLS["files"]}, follow=True).text

    assert "does not answer (OperationalError)" in page
    assert "Nothing was done: the registry does not answer" in answer


def test_a_lease_that_is_over_is_no_process() -> None:
    written([lease("files", until=clock.now() - timedelta(seconds=1))])

    assert Topology(InDatabase().alive()).places == []
