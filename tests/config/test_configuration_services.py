"""Configurations and what is said of them in places: by services, on rows."""

import json
from collections.abc import Callable
from threading import Thread
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from apps.config.domain.configuration.layering import Layer
from apps.config.errors import DefinitionRefusedError
from apps.config.models import Configuration, ConfigurationValue, ConfigurationVersion
from apps.config.selectors.configurations import revision_of, snapshots
from apps.config.selectors.places import Place, place_at
from apps.config.services.configurations import create_configuration, delete_configuration
from apps.config.services.environments import create_environment, delete_environment
from apps.config.services.values import Saying, roll_back, say
from contracts.configurations import ConfigurationValuePublished
from kernel.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from kernel.identity.models import Tenant
from kernel.secrets.reading import read_secret
from kernel.tenancy.context import Principal, acting_as, in_tenant
from kernel.testing.events import published
from kernel.testing.tenants import make_tenant

ENVIRONMENT = "production"


def says(place: Place, key: str, value: Any, **told: Any) -> int:
    """Say a value; return its version."""
    text = None if value is None else json.dumps(value)
    version = say(place, [Saying(key=key, value=text, **told)]).versions[0]
    return 0 if version is None else version.number


def held(place: Place) -> dict[str, Any]:
    return snapshots.get(place).values


@pytest.fixture
def place(tenant: Tenant) -> Place:
    """The environment of the tenant in which the test says values."""
    return Place(tenant.pk, ENVIRONMENT)


def test_layers_are_put_together_and_each_says_who(place: Place) -> None:
    everywhere = place_at(Layer.GLOBAL)
    every = place_at(Layer.ENVIRONMENT, ENVIRONMENT)
    service = place_at(Layer.SERVICE, ENVIRONMENT, "billing")
    create_configuration(key="mail", type="object", merge=True, shared=True)
    create_configuration(key="retries", type="integer")
    says(everywhere, "mail", {"host": "a", "port": 25})
    says(every, "mail", {"port": 587})
    says(place, "mail", {"from": "us@example.com"})
    says(place, "retries", 3)
    says(service, "retries", 5)
    says(service, "mail", {"host": None})

    found = snapshots.get(service)

    assert held(place) == {
        "mail": {"host": "a", "port": 587, "from": "us@example.com"},
        "retries": 3,
    }
    assert found.values == {"mail": {"port": 587, "from": "us@example.com"}, "retries": 5}
    assert found.held["mail"].resolved.origins == {
        "/port": Layer.ENVIRONMENT,
        "/from": Layer.TENANT,
    }
    assert found.held["retries"].resolved.origin is Layer.SERVICE
    assert found.revision == 6 + 1  # and one for what is shared since then


def test_another_tenant_has_what_is_shared_and_nothing_else(place: Place) -> None:
    create_configuration(key="mail.host", type="string", shared=True)
    create_configuration(key="mine", type="string")
    says(place_at(Layer.GLOBAL), "mail.host", "a")
    says(place, "mail.host", "b")
    says(place, "mine", "c")
    other = Place(make_tenant().pk, ENVIRONMENT)

    assert held(place) == {"mail.host": "b", "mine": "c"}
    with in_tenant(other.tenant_id):
        assert held(other) == {"mail.host": "a"}
        with pytest.raises(NotFoundError):
            says(other, "mine", "d")


def test_a_tenants_own_key_is_not_taken_over_by_the_installation(place: Place) -> None:
    create_configuration(key="mail.host", type="string")
    says(place, "mail.host", "mine")
    create_configuration(key="mail.host", type="string", shared=True)
    says(place_at(Layer.ENVIRONMENT, ENVIRONMENT), "mail.host", "theirs")

    assert held(place) == {"mail.host": "mine"}
    says(place, "mail.host", None)
    assert held(place) == {}


@pytest.mark.parametrize("layer", [Layer.GLOBAL, Layer.ENVIRONMENT])
@pytest.mark.parametrize("kind", ["key", "member", "user", "service", "staff"])
def test_only_operators_say_something_for_all(tenant: Tenant, layer: Layer, kind: Any) -> None:
    principal = Principal(
        kind=kind, id="1", name="x", tenant_id=tenant.pk, scopes=frozenset(("*",))
    )
    environment = "" if layer is Layer.GLOBAL else ENVIRONMENT

    with acting_as(principal):
        with pytest.raises(ForbiddenError):
            place_at(layer, environment)
        with pytest.raises(ForbiddenError):
            create_configuration(key="a", type="string", shared=True)


@pytest.mark.parametrize(
    ("layer", "environment", "service"),
    [
        (Layer.GLOBAL, "production", ""),
        (Layer.TENANT, "", ""),
        (Layer.TENANT, "production", "billing"),
        (Layer.SERVICE, "production", ""),
        (Layer.TENANT, "Production", ""),
        (Layer.TENANT, "a" * 61, ""),
        (Layer.SERVICE, "production", "a/b"),
    ],
)
def test_a_place_has_the_names_of_its_layer(
    tenant: Tenant, layer: Layer, environment: str, service: str
) -> None:
    with pytest.raises(InvalidInputError):
        place_at(layer, environment, service)


def test_a_change_from_another_version_is_refused_and_changes_nothing(place: Place) -> None:
    create_configuration(key="a", type="integer")
    says(place, "a", 1, base=0)
    says(place, "a", 2, base=1)
    before = revision_of(place)

    with pytest.raises(ConflictError, match="at version 2 here, the change was made from 1"):
        says(place, "a", 3, base=1)

    assert held(place) == {"a": 2}
    assert revision_of(place) == before
    assert ConfigurationVersion.objects.count() == 2


def test_all_of_a_change_is_said_or_nothing(place: Place) -> None:
    create_configuration(key="a", type="integer")
    create_configuration(key="b", type="integer", schema='{"maximum": 9}')

    with pytest.raises(DefinitionRefusedError) as refused:
        say(place, [Saying(key="a", value="1"), Saying(key="b", value="10")])

    assert [one.place for one in refused.value.findings] == ["/b"]
    assert held(place) == {}
    assert ConfigurationVersion.objects.count() == 0


def test_what_is_said_already_is_no_version(place: Place) -> None:
    create_configuration(key="a", type="number")
    says(place, "a", 1.0)
    before = revision_of(place)

    assert says(place, "a", 1.0) == 0
    assert revision_of(place) == before
    # To a typed client it is another number.
    assert says(place, "a", 1) == 2


def test_members_have_to_fit_when_they_are_put_together(place: Place) -> None:
    create_configuration(
        key="mail",
        type="object",
        merge=True,
        schema='{"required": ["host"], "properties": {"port": {"maximum": 100}}}',
    )
    says(place, "mail", {"host": "a"})
    service = Place(place.tenant_id, ENVIRONMENT, "billing")
    says(service, "mail", {"port": 25})

    with pytest.raises(DefinitionRefusedError, match="/mail/port"):
        says(service, "mail", {"port": 101})
    with pytest.raises(DefinitionRefusedError, match="/mail"):
        says(service, "mail", {"host": None})
    with pytest.raises(DefinitionRefusedError, match="/mail"):
        # The service's own part does not have a host.
        says(place, "mail", {"port": 1})

    assert held(service) == {"mail": {"host": "a", "port": 25}}


def test_a_version_never_changes(place: Place) -> None:
    create_configuration(key="a", type="integer")
    says(place, "a", 1)

    with pytest.raises(DatabaseError), transaction.atomic():
        ConfigurationVersion.objects.update(value="2")


def test_a_rollback_is_a_version_of_its_own(place: Place) -> None:
    create_configuration(key="a", type="integer")
    says(place, "a", 1)
    says(place, "a", 2)

    roll_back(place, "a", number=1, base=2, reason="was better")

    last = ConfigurationVersion.objects.get(number=3)
    assert held(place) == {"a": 1}
    assert (last.value, last.origin, last.of_version, last.reason) == (
        "1",
        "rollback",
        1,
        "was better",
    )
    with pytest.raises(ConflictError):
        roll_back(place, "a", number=1, base=2)
    with pytest.raises(NotFoundError):
        roll_back(place, "a", number=9)


def test_a_removed_key_says_nothing_and_goes_on_counting(place: Place) -> None:
    made = create_configuration(key="a", type="integer")
    says(place, "a", 1)
    before = revision_of(place)

    delete_configuration(id=str(made.pk))

    assert held(place) == {}
    assert revision_of(place) == before + 1
    create_configuration(key="a", type="string")
    assert held(place) == {}
    assert says(place, "a", "x", base=2) == 3


def test_a_secret_is_kept_encrypted_and_told_nowhere(place: Place) -> None:
    create_configuration(key="password", type="string", secret=True, schema='{"minLength": 4}')
    says(place, "password", "hunter2")

    row = ConfigurationValue.objects.get()
    version = ConfigurationVersion.objects.get()
    assert read_secret(row, "sealed", purpose="test", shown=False) == "hunter2"
    assert (row.value, version.value, version.sealed) == ("", "", True)
    assert held(place) == {}
    assert snapshots.get(place).held["password"].encrypted
    assert "hunter2" not in repr(published())
    with pytest.raises(DefinitionRefusedError) as refused:
        says(place, "password", "abc")
    assert "abc" not in str(refused.value)
    with pytest.raises(ConflictError, match="was not kept"):
        roll_back(place, "password", number=1)


def test_a_secret_by_reference_is_told_as_the_reference(place: Place) -> None:
    create_configuration(key="password", type="string", secret=True)
    says(place, "password", "hunter2")
    says(place, "password", "${env:DB_PASSWORD}")

    assert held(place) == {"password": "${env:DB_PASSWORD}"}
    assert ConfigurationValue.objects.get().sealed is None
    says(place, "password", "again")
    roll_back(place, "password", number=2)
    assert held(place) == {"password": "${env:DB_PASSWORD}"}


def test_events_tell_where_and_never_what(place: Place) -> None:
    made = create_configuration(key="a", type="string")
    says(place, "a", "the value")

    assert published()[1:] == [
        ConfigurationValuePublished(
            configuration_id=str(made.pk),
            key="a",
            layer="tenant",
            environment="production",
            service="",
            version=1,
            revision=1,
            origin="edit",
            removed=False,
        )
    ]


def test_what_is_said_in_an_environment_goes_with_it(place: Place) -> None:
    environment = create_environment(key="staging")
    staging = Place(place.tenant_id, "staging")
    create_configuration(key="a", type="integer")
    says(staging, "a", 1)
    before = revision_of(staging)

    delete_environment(id=str(environment.pk))

    create_environment(key="other")
    assert ConfigurationVersion.objects.count() == 0
    assert revision_of(staging) > before
    for act in (held, lambda where: says(where, "a", 2)):
        with pytest.raises(NotFoundError, match="no environment 'staging'"):
            act(staging)
    create_environment(key="staging")
    assert held(staging) == {}


@pytest.mark.parametrize(
    "wrong",
    [
        {"key": "a/b"},
        {"key": ""},
        {"key": "a" * 201},
        {"type": "text"},
        {"type": "list", "merge": True},
        {"type": "integer", "secret": True},
    ],
)
def test_a_configuration_that_means_nothing_is_refused(tenant: Tenant, wrong: Any) -> None:
    with pytest.raises(InvalidInputError):
        create_configuration(**({"key": "a", "type": "string"} | wrong))

    assert Configuration.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_what_holds_is_read_again_only_when_it_is_another(
    django_assert_num_queries: Callable[[int], Any],
) -> None:
    place = place_with_a()
    snapshots.get(place)

    # One for the installation's revisions, one for the tenant's.
    with django_assert_num_queries(2):
        assert held(place) == {"a": 1}


@pytest.mark.django_db(transaction=True)
def test_what_was_rolled_back_is_not_remembered() -> None:
    place = place_with_a()
    with in_tenant(place.tenant_id), transaction.atomic():
        says(place, "a", 2)
        assert held(place) == {"a": 2}
        transaction.set_rollback(True)

    with in_tenant(place.tenant_id):
        assert held(place) == {"a": 1}
        says(place, "a", 3)

    assert held(place) == {"a": 3}


@pytest.mark.django_db(transaction=True)
def test_the_last_good_values_hold_while_the_database_is_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    place = place_with_a()
    snapshots.get(place)

    def away(_place: Place) -> int:
        raise DatabaseError

    monkeypatch.setattr("apps.config.selectors.configurations.revision_of", away)
    found = snapshots.get(place)

    assert found.values == {"a": 1}
    assert found.stale_since is not None


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_concurrent_changes_from_one_version_one_wins_and_none_is_lost() -> None:
    tenant = make_tenant()
    place = Place(tenant.pk, ENVIRONMENT)
    with in_tenant(tenant.pk):
        create_configuration(key="counter", type="integer")
        says(place, "counter", 0)
    conflicts: list[int] = []

    def count() -> None:
        try:
            with in_tenant(tenant.pk):
                for _ in range(25):
                    while not _counted(place):
                        conflicts.append(1)
        finally:
            connection.close()

    threads = [Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with in_tenant(tenant.pk):
        assert held(place) == {"counter": 100}
        numbers = ConfigurationVersion.objects.order_by("number").values_list("number", "value")
        assert list(numbers) == [(number + 1, str(number)) for number in range(101)]


def place_with_a() -> Place:
    place = Place(make_tenant().pk, ENVIRONMENT)
    with in_tenant(place.tenant_id):
        create_configuration(key="a", type="integer")
        says(place, "a", 1)
    return place


def _counted(place: Place) -> bool:
    row = ConfigurationValue.objects.get(key="counter")
    try:
        says(place, "counter", int(row.value) + 1, base=row.number)
    except ConflictError:
        return False
    return True
