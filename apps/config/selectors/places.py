"""Places in which values are said, from everywhere to one service, and who may say some there."""

from dataclasses import dataclass
from uuid import UUID

from apps.config.domain.configuration.layering import Layer
from apps.config.models import Environment
from apps.config.selectors.environments import named
from kernel.background.staff import require_staff
from kernel.errors import InvalidInputError, NotFoundError
from kernel.tenancy.context import PLATFORM, acting_principal, current_tenant_id, in_tenant

MOST_NAME = 60
MOST_INSTANCE = 200
#: What a tenant has that has made none.
FIRST = "production"
_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_.")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value is said."""

    tenant_id: UUID
    environment: str
    service: str = ""

    @property
    def layer(self) -> Layer:
        """Which layer the values are of that are said here."""
        if self.tenant_id == PLATFORM:
            return Layer.ENVIRONMENT if self.environment else Layer.GLOBAL
        return Layer.SERVICE if self.service else Layer.TENANT

    def below(self) -> "tuple[Place, ...]":
        """Return the places whose values hold here too, the widest first, without this one."""
        everywhere, every = Place(PLATFORM, ""), Place(PLATFORM, self.environment)
        match self.layer:
            case Layer.GLOBAL:
                return ()
            case Layer.ENVIRONMENT:
                return (everywhere,)
            case Layer.TENANT:
                return (everywhere, every)
            case Layer.SERVICE:
                return (everywhere, every, Place(self.tenant_id, self.environment))


def place_at(layer: Layer, environment: str = "", service: str = "") -> Place:
    """Return the place of a layer for the current tenant; raises InvalidInputError.

    The installation's are for its operators: ForbiddenError for everybody else.
    """
    _check_names(layer, environment, service)
    if layer in (Layer.GLOBAL, Layer.ENVIRONMENT):
        require_operator()
        return Place(PLATFORM, environment)
    return Place(current_tenant_id(), environment, service)


def default_environment() -> str:
    """Return the key of the environment that is meant if none is named."""
    return named(None).values_list("key", flat=True).first() or FIRST


def check_environment(place: Place) -> None:
    """Raise NotFoundError unless the tenant of a place has its environment.

    Who has made none has production, as it is made by first use.
    """
    if place.tenant_id == PLATFORM:
        return
    with in_tenant(place.tenant_id):
        known = set(Environment.objects.values_list("key", flat=True))
    if place.environment not in known and (known or place.environment != FIRST):
        raise NotFoundError(f"no environment {place.environment!r}")


def require_operator() -> None:
    """Raise ForbiddenError unless it is work of our own, or staff who may change configuration."""
    principal = acting_principal()
    if principal is not None and principal.kind != "system":
        require_staff("config.change_configuration")


def checked_instance(text: str) -> str:
    """Return the name of an instance; raises InvalidInputError for what is too long."""
    if len(text) > MOST_INSTANCE:
        raise InvalidInputError(f"an instance has at most {MOST_INSTANCE} characters")
    return text


def is_operator() -> bool:
    """Say whether rows of the installation may be there for whoever acts."""
    principal = acting_principal()
    return principal is None or principal.kind in ("staff", "system")


def _check_names(layer: Layer, environment: str, service: str) -> None:
    if bool(environment) is (layer is Layer.GLOBAL):
        raise InvalidInputError(
            f"the layer {layer} has {'no environment' if environment else 'an environment'}"
        )
    if bool(service) is not (layer is Layer.SERVICE):
        raise InvalidInputError(f"the layer {layer} has {'no' if service else 'a'} service")
    for name, text in (("environment", environment), ("service", service)):
        if len(text) > MOST_NAME or not _CHARACTERS.issuperset(text):
            raise InvalidInputError(f"{name} has at most {MOST_NAME} of a-z, 0-9, `-`, `_` and `.`")
