"""Badges: pictures of how schedules stand, by addresses that open nothing else."""

import pytest

from apps.scheduler.models import JobSchedule
from apps.scheduler.services.badges import badge_path
from apps.scheduler.services.pings import ping_path
from kernel.identity.models import Tenant
from kernel.testing.graphql import GraphQLClient, http_client
from kernel.testing.tenants import make_tenant
from tests.scheduler.factories import NOON, fire, make, work

pytestmark = pytest.mark.usefixtures("tenant")


def picture(path: str) -> str:
    answer = http_client().get(path)
    assert answer.status_code == 200, answer.content
    assert answer["Content-Type"] == "image/svg+xml"
    return answer.content.decode()


def test_a_badge_tells_the_name_and_the_last_state() -> None:
    schedule = make(name="night <&>")
    new = picture(badge_path(schedule))
    fire(schedule, NOON.replace(minute=0))
    work()
    ran = picture(badge_path(schedule))
    JobSchedule.objects.update(enabled=False)
    off = picture(badge_path(schedule))

    assert "night &lt;&amp;&gt;: new" in new
    assert ("succeeded" in ran, "#15803d" in ran) == (True, True)
    assert ": off" in off


def test_the_address_of_a_badge_is_no_address_for_pings(tenant: Tenant) -> None:
    schedule = make(target_kind="ping", grace_seconds=60)
    signature = badge_path(schedule).rpartition("/")[2].removesuffix(".svg")
    of_ping = ping_path(schedule).rpartition("/")[2]
    base = "/scheduler/api"

    paths = [
        f"{base}/pings/{tenant.pk}/{schedule.pk}/{signature}",
        f"{base}/badges/{tenant.pk}/{schedule.pk}/{of_ping}.svg",
        f"{base}/badges/{make_tenant('other').pk}/{schedule.pk}/{signature}.svg",
        f"{base}/badges/{tenant.pk}/{tenant.pk}/{signature}.svg",
    ]

    assert [http_client().get(path).status_code for path in paths] == [404] * 4
    assert http_client().post(badge_path(schedule)).status_code == 405
    schedule.refresh_from_db()
    assert schedule.last_ping_at is None


def test_the_graph_tells_the_address(graphql: GraphQLClient) -> None:
    schedule = make()

    told = graphql("query($id: ID!) { jobSchedule(id: $id) { badgePath } }", id=str(schedule.pk))

    assert told.data["jobSchedule"]["badgePath"] == badge_path(schedule)
