"""What a change request would change, in the back office: each thing beside what it was."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.config.selectors.places import Place
from apps.config.services.configurations import create_configuration
from apps.config.services.environments import create_environment
from apps.config.services.proposing import ValueProposal
from apps.config.services.requests import create_request
from apps.config.services.values import Saying, say
from kernel.identity.models import Tenant
from tests.config.test_admin import browser_of


@pytest.fixture
def place(tenant: Tenant) -> Place:
    """Production."""
    create_environment(key="production")
    return Place(tenant.pk, "production")


def test_values_of_a_request_are_shown_beside_what_they_were(place: Place) -> None:
    create_configuration(key="mail", type="object")
    create_configuration(key="size", type="integer")
    create_configuration(key="gone", type="integer")
    create_configuration(key="token", type="string", secret=True)
    create_configuration(key="known", type="string", secret=True)
    said = {"mail": '{"port": 25, "tls": true}', "gone": "41", "token": '"hunter1"'}
    say(place, [Saying(key=key, value=text) for key, text in said.items()])
    proposals = [
        ValueProposal(key="mail", value='{"port": 587, "tls": true}'),
        ValueProposal(key="size", value="73", service="billing"),
        ValueProposal(key="gone", value=None),
        ValueProposal(key="token", value='"hunter2"'),
        ValueProposal(key="known", value='"env:HUNTER3"'),
    ]
    request = create_request(title="More", values=proposals)
    browser = browser_of("view_changerequest")
    path = f"/admin/config/changerequest/{request.pk}/change/"

    page = browser.get(path).text

    for told in (
        *("value of mail <small>made from version 1", "<del>  &quot;port&quot;: 25,</del>"),
        *("<ins>  &quot;port&quot;: 587,</ins>", "value of size for billing", "<ins>73</ins>"),
        *("value of gone: nothing any more", "<del>41</del>"),
        *("<del>&quot;secret&quot;</del>", "<ins>&quot;secret, said anew&quot;</ins>"),
        "<ins>&quot;secret&quot;</ins>",
    ):
        assert told in page, told
    assert "hunter" not in page.lower()


def test_many_values_of_a_request_are_read_by_few_queries(place: Place) -> None:
    browser, counts, page = browser_of("view_changerequest"), [], ""
    for many in (1, 30):
        keys = [f"key-{many}-{number}" for number in range(many)]
        for key in keys:
            create_configuration(key=key, type="integer")
        values = [ValueProposal(key=key, value="1") for key in keys]
        request = create_request(title="More", values=values)
        with CaptureQueriesContext(connection) as queries:
            page = browser.get(f"/admin/config/changerequest/{request.pk}/change/").text
        counts.append(len(queries))

    assert counts[0] == counts[1]
    assert page.count("<h2>value of key-30-") == 20
    assert "And more" in page
