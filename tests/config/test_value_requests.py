"""Values under approval: proposed beside flags, reviewed, joined, and applied as one."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from apps.config.errors import ApprovalRequiredError, DefinitionRefusedError
from apps.config.models import (
    ChangeRequest,
    ConfigurationVersion,
    ProposedValue,
)
from apps.config.selectors.configurations import snapshots
from apps.config.selectors.places import Place
from apps.config.services.configurations import create_configuration, delete_configuration
from apps.config.services.environments import update_environment
from apps.config.services.importing_values import import_values
from apps.config.services.proposing import ValueProposal
from apps.config.services.requests import (
    Proposal,
    apply_due,
    apply_request,
    create_request,
    review_request,
    submit_request,
    update_request,
)
from apps.config.services.values import Saying, check_only, roll_back, say
from kernel import clock
from kernel.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from kernel.tenancy.context import current_tenant_id
from kernel.testing.graphql import GraphQLClient
from tests.config.definitions import boolean
from tests.config.test_requests import approve, by, flag_at, guarded, value

pytestmark = pytest.mark.usefixtures("tenant")


@pytest.fixture
def place() -> Place:
    """Production, in which one other has to approve; `size` is 1 there, and `mail` an object."""
    environment = guarded(approvals=0)
    there = Place(current_tenant_id(), environment.key)
    create_configuration(key="size", type="integer", schema='{"maximum": 9}')
    create_configuration(key="mail", type="object")
    create_configuration(key="password", type="string", secret=True)
    say(there, [Saying(key="size", value="1"), Saying(key="mail", value='{"a": 1, "b": 1}')])
    update_environment(id=str(environment.pk), approvals_required=1)
    return there


def held(place: Place, key: str) -> object:
    return snapshots.get(place).values.get(key)


def ask(*values: ValueProposal, **more: object) -> ChangeRequest:
    with by("ann", "config:read", "config:write", "config:approve", "config:secret"):
        request = create_request(title="More", values=values)
        return submit_request(id=str(request.pk), **more)  # type: ignore[arg-type]  # apply_at


def numbers() -> int:
    return ConfigurationVersion.objects.count()


def test_what_others_have_to_approve_cannot_be_said(place: Place) -> None:
    before = numbers()
    for attempt in (
        lambda: say(place, [Saying(key="size", value="2")]),
        lambda: say(replace(place, service="billing"), [Saying(key="size", value="2")]),
        lambda: roll_back(place, "size", number=1),
        lambda: import_values(place, {"size": 2}),
        lambda: delete_configuration(id=_id("size")),
    ):
        with pytest.raises(ApprovalRequiredError, match="createChangeRequest"):
            attempt()

    assert held(place, "size") == 1
    assert numbers() == before
    # What would be wrong with it can be asked all the same.
    assert check_only(place, [Saying(key="size", value="2")]) is None
    assert isinstance(check_only(place, [Saying(key="size", value="10")]), DefinitionRefusedError)


def _id(key: str) -> str:
    from apps.config.models import Configuration  # noqa: PLC0415  for this alone

    return str(Configuration.objects.get(key=key).pk)


def test_flags_and_values_of_a_request_are_applied_as_one(place: Place) -> None:
    flag = flag_at(boolean("off"))
    with by("ann"):
        request = create_request(
            title="Both",
            changes=[Proposal(flag_id=str(flag.pk), definition=boolean("on"))],
            values=[
                ValueProposal(key="size", value="2"),
                ValueProposal(key="size", value="3", service="billing"),
                ValueProposal(key="mail", value=None),
            ],
        )
        request = submit_request(id=str(request.pk))
    assert (held(place, "size"), value(), numbers()) == (1, False, 2)
    with by("ann"), pytest.raises(ForbiddenError):
        review_request(id=str(request.pk), approve=True)

    approve(request, "bob")
    with by("bob"):
        done = apply_request(id=str(request.pk))

    billing = Place(place.tenant_id, place.environment, "billing")
    assert (done.state, value()) == ("applied", True)
    assert (held(place, "size"), held(billing, "size"), held(place, "mail")) == (2, 3, None)
    last = ConfigurationVersion.objects.get(key="size", service="", number=2)
    assert (last.origin, last.reason, last.author_name) == ("request", "Both", "bob")


def test_of_a_request_all_is_applied_or_nothing(place: Place) -> None:
    flag = flag_at(boolean("off"))
    with by("ann"):
        request = create_request(
            title="Both",
            changes=[Proposal(flag_id=str(flag.pk), definition=boolean("on"))],
            values=[ValueProposal(key="size", value="2")],
        )
        submit_request(id=str(request.pk))
    approve(request, "bob")
    say(place, [Saying(key="size", value="5")], approved=True)

    done = apply_request(id=str(request.pk))

    assert (done.state, done.problem) == ("conflicted", "changed by others too: /values/size")
    assert (value(), held(place, "size")) == (False, 5)


def test_what_others_said_meanwhile_is_joined_member_by_member(place: Place) -> None:
    request = ask(ValueProposal(key="mail", value='{"a": 2, "b": 1}'))
    say(place, [Saying(key="mail", value='{"a": 1, "b": 2, "c": 3}')], approved=True)
    approve(request, "bob")

    assert apply_request(id=str(request.pk)).state == "applied"
    assert held(place, "mail") == {"a": 2, "b": 2, "c": 3}


def test_what_cannot_be_said_is_refused_before_others_look_at_it(place: Place) -> None:
    with by("ann"):
        request = create_request(title="a", values=[ValueProposal(key="size", value="10")])
        with pytest.raises(DefinitionRefusedError, match="/size"):
            submit_request(id=str(request.pk))
        update_request(id=str(request.pk), values=[ValueProposal(key="size", value="9", base=7)])
        with pytest.raises(ConflictError, match="/values/size"):
            submit_request(id=str(request.pk))
        update_request(id=str(request.pk), values=[ValueProposal(key="size", value="9")])
        assert submit_request(id=str(request.pk)).state == "in_review"
    assert (held(place, "size"), numbers()) == (1, 2)


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ([("none", "1", "")], NotFoundError),
        ([("size", "1", ""), ("size", "2", "")], InvalidInputError),
        ([("size", "{", "")], DefinitionRefusedError),
        ([("size", "1", "NO/SERVICE")], InvalidInputError),
    ],
)
def test_what_cannot_be_proposed_leaves_no_request(
    place: Place, values: list[tuple[str, str, str]], error: type[Exception]
) -> None:
    proposals = [ValueProposal(key=key, value=text, service=name) for key, text, name in values]
    with by("ann"), pytest.raises(error):
        create_request(title="a", values=proposals)

    assert (ChangeRequest.objects.count(), ProposedValue.objects.count()) == (0, 0)


def test_a_request_waits_for_its_time(place: Place) -> None:
    at = clock.now() + timedelta(hours=1)
    request = approve(ask(ValueProposal(key="size", value="2"), apply_at=at), "bob")
    apply_due(str(request.pk))
    assert (request.state, held(place, "size")) == ("scheduled", 1)

    ChangeRequest.objects.update(apply_at=clock.now())
    apply_due(str(request.pk))

    assert held(place, "size") == 2


@pytest.mark.parametrize(("text", "encrypted"), [("hunter2", True), ("${env:PASSWORD}", False)])
def test_a_secret_is_proposed_and_shown_to_nobody(
    place: Place, text: str, encrypted: bool, graphql: GraphQLClient
) -> None:
    proposal = ValueProposal(key="password", value=json.dumps(text))
    with by("bob"), pytest.raises(ForbiddenError, match="config:secret"):
        create_request(title="a", values=[proposal])

    request = ask(proposal)
    shown = graphql(
        "query($id: ID!) { changeRequest(id: $id) { values {"
        " key base value removed encrypted differences { path before after } } } }",
        id=str(request.pk),
    ).data
    approve(request, "bob")
    with by("bob"):
        done = apply_request(id=str(request.pk))

    [told] = shown["changeRequest"]["values"]
    assert (told["encrypted"], told["removed"]) == (encrypted, False)
    assert told["value"] == (None if encrypted else text)
    assert "hunter2" not in str(shown)
    assert "hunter2" not in str(list(ProposedValue.objects.values_list("value")))
    assert done.state == "applied"
    assert ConfigurationVersion.objects.get(key="password").sealed is encrypted


def test_of_a_secret_that_others_changed_too_nothing_is_joined(place: Place) -> None:
    request = ask(ValueProposal(key="password", value='"a"'))
    say(place, [Saying(key="password", value='"b"')], approved=True)
    approve(request, "bob")

    assert apply_request(id=str(request.pk)).problem == "changed by others too: /values/password"
    assert ConfigurationVersion.objects.filter(key="password").count() == 1


def test_in_an_emergency_one_who_may_approve_goes_back_alone(place: Place) -> None:
    say(place, [Saying(key="size", value="2")], approved=True)
    with by("ann", "config:read", "config:write"), pytest.raises(ForbiddenError):
        roll_back(place, "size", number=1, reason="down", emergency=True)
    with by("bob"), pytest.raises(InvalidInputError, match="reason"):
        roll_back(place, "size", number=1, emergency=True)
    assert held(place, "size") == 2

    with by("bob"):
        roll_back(place, "size", number=1, reason="down", emergency=True)

    assert held(place, "size") == 1
    last = ConfigurationVersion.objects.get(key="size", number=3)
    assert (last.origin, last.reason) == ("rollback", "down")


def test_an_emergency_shows_no_way_around_secrets(place: Place) -> None:
    say(place, [Saying(key="password", value='"${env:A}"')], approved=True)
    with by("bob"), pytest.raises(ForbiddenError, match="config:secret"):
        roll_back(place, "password", number=1, reason="down", emergency=True)


def test_values_are_proposed_over_the_graph_with_their_differences(
    place: Place, graphql: GraphQLClient
) -> None:
    made = graphql(
        "mutation($input: CreateChangeRequestInput!) { change: createChangeRequest(input: $input) {"
        " changeRequest { values { key service base value removed"
        " differences { path verb before after } } } error { code } } }",
        input={
            "title": "More",
            "values": [
                {"key": "mail", "value": {"a": 2, "b": 1}, "baseVersion": 1},
                {"key": "size", "service": "billing", "value": None},
            ],
        },
    ).data["change"]
    refused = graphql(
        'mutation { change: setConfigurationValues(input: {environment: "production",'
        ' values: [{key: "size", value: 2}]}) { revision error { code message } } }'
    ).data["change"]

    [mail, size] = made["changeRequest"]["values"]
    assert made["error"] is None
    assert (mail["base"], mail["value"]) == (1, {"a": 2, "b": 1})
    assert mail["differences"] == [{"path": "/a", "verb": "changed", "before": 1, "after": 2}]
    assert (size["service"], size["base"], size["removed"]) == ("billing", 0, True)
    assert refused["error"]["code"] == "CONFIG_APPROVAL_REQUIRED"
    assert "createChangeRequest" in refused["error"]["message"]
