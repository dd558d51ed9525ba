"""Configurations: made, described and removed; what is said of them is in `values`."""

from typing import TypedDict, Unpack

from django.db import IntegrityError, transaction

from apps.config.access import SECRET
from apps.config.domain.configuration.schemas import parse_schema
from apps.config.domain.configuration.values import is_key
from apps.config.domain.findings import InvalidDefinitionError
from apps.config.errors import DefinitionRefusedError
from apps.config.models import (
    Configuration,
    ConfigurationDeployment,
    ConfigurationValue,
    ValueOrigin,
)
from apps.config.models.rollouts import LIVE
from apps.config.selectors.places import Place, is_operator, require_operator
from apps.config.services.values import Saying, advance, say
from contracts.configurations import (
    ConfigurationChanged,
    ConfigurationCreated,
    ConfigurationDeleted,
)
from kernel.dynamic.declaring import REGISTRY
from kernel.errors import ConflictError, InvalidInputError, LimitExceededError, NotFoundError
from kernel.events.publishing import publish
from kernel.ids import parse_id
from kernel.rows import change, check
from kernel.tenancy.context import PLATFORM, acting_principal, current_tenant_id, in_tenant, require

#: Of a tenant, or of the installation.
MOST = 5_000


class ConfigurationChange(TypedDict, total=False):
    """What of a configuration can be changed; programs rely on the rest of it."""

    schema: str
    description: str
    owner: str


@transaction.atomic
def create_configuration(  # noqa: PLR0913  as the API has them
    *,
    key: str,
    type: str,
    schema: str = "",
    description: str = "",
    owner: str = "",
    secret: bool = False,
    merge: bool = False,
    shared: bool = False,
) -> Configuration:
    """Make one in the current tenant, or with `shared` one of the installation that all have.

    Raises ConflictError when its key is taken, InvalidInputError, DefinitionRefusedError,
    LimitExceededError, and ForbiddenError where it is for operators.
    """
    if shared:
        require_operator()
    tenant_id = PLATFORM if shared else current_tenant_id()
    made = Configuration(
        tenant_id=tenant_id,
        key=key,
        type=type,
        schema=schema,
        description=description,
        owner=owner,
        secret=secret,
        merge=merge,
        shared=shared,
    )
    _check(made)
    _check_free(made)
    with in_tenant(tenant_id):
        if Configuration.objects.count() >= MOST:
            raise LimitExceededError(f"at most {MOST} configurations")
        try:
            with transaction.atomic():
                made.save()
        except IntegrityError:
            raise ConflictError(f"there is a configuration {key!r} already") from None
        if shared:
            # What tenants have by this key is another now, also while nothing is said of it.
            advance(Place(PLATFORM, ""))
        publish(ConfigurationCreated(configuration_id=str(made.pk), key=key))
    return made


@transaction.atomic
def update_configuration(*, id: str, **changes: Unpack[ConfigurationChange]) -> Configuration:
    """Change what is given; values that were said stay, and what is said next has to fit."""
    found = _locked(id)
    with in_tenant(found.tenant_id):
        if "schema" in changes:
            _check_schema(changes["schema"])
        change(found, **changes)
        if changes:
            publish(
                ConfigurationChanged(
                    configuration_id=str(found.pk), key=found.key, fields=tuple(changes)
                )
            )
    return found


@transaction.atomic
def delete_configuration(*, id: str) -> Configuration:
    """Remove one with every value that its owner said of it; the history stays.

    A key that is made anew later goes on counting its versions.
    """
    found = _locked(id)
    with in_tenant(found.tenant_id):
        if ConfigurationDeployment.objects.filter(key=found.key, state__in=LIVE).exists():
            raise ConflictError(f"a value of {found.key!r} is being deployed: roll it back first")
        rows = ConfigurationValue.objects.filter(key=found.key)
        places = [
            Place(found.tenant_id, *names)
            for names in rows.exclude(value="", sealed__isnull=True)
            .values_list("environment", "service")
            .order_by("environment", "service")
        ]
        for place in places:
            say(place, [Saying(key=found.key, value=None)], origin=ValueOrigin.REMOVAL)
        if found.shared:
            advance(Place(PLATFORM, ""))
        Configuration.objects.filter(pk=found.pk).delete()
        publish(ConfigurationDeleted(configuration_id=str(found.pk), key=found.key))
    return found


def _locked(row_id: str) -> Configuration:
    """Return a configuration of the tenant, or for an operator one of the installation."""
    key = parse_id(row_id)
    found = Configuration.visible().select_for_update().filter(pk=key).first()
    if found is None and is_operator():
        with in_tenant(PLATFORM):
            found = Configuration.objects.select_for_update().filter(pk=key).first()
    if found is None:
        raise NotFoundError(f"no configuration {row_id}")
    if found.secret and acting_principal() is not None:
        require(SECRET)
    return found


def _check(made: Configuration) -> None:
    check(made)
    if not is_key(made.key):
        raise InvalidInputError(
            "a key is letters, digits, `-` and `_` with dots between, such as mail.host;"
            f" found {made.key[:40]!r}"
        )
    if made.merge and made.type != "object":
        raise InvalidInputError("objects are put together, and nothing else")
    if made.secret and made.type != "string":
        raise InvalidInputError("a secret is a string")
    _check_schema(made.schema)


def _check_schema(schema: str) -> None:
    if not schema:
        return
    try:
        parse_schema(schema)
    except InvalidDefinitionError as error:
        raise DefinitionRefusedError(error.findings) from None


def _check_free(made: Configuration) -> None:
    if made.shared:
        if made.key in REGISTRY:
            raise ConflictError(f"{made.key!r} is a dynamic setting of an app")
        return
    with in_tenant(PLATFORM):
        taken = Configuration.objects.filter(key=made.key, shared=True).exists()
    if taken:
        raise ConflictError(f"the installation has a configuration {made.key!r} for all tenants")
