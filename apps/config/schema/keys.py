"""Keys of environments through the graph: each is shown once."""

from typing import Any

import graphene

from apps.config.models import EnvironmentKey, KeyKind
from apps.config.services.keys import (
    create_environment_key,
    revoke_environment_key,
    rotate_environment_key,
)
from kernel.federation.directives import key
from kernel.federation.entities import Entity
from kernel.federation.fields import Many, One
from kernel.federation.mutations import ById, ChangeInput, Create, Update
from kernel.ids import parse_id

EnvironmentKeyKind = graphene.Enum.from_enum(
    KeyKind, name="EnvironmentKeyKind", description="Where a key is held, and so what it sees."
)


@key("id")
class EnvironmentKeyType(Entity):
    """A credential that evaluates flags of one environment, and opens nothing else."""

    class Meta:
        model = EnvironmentKey
        name = "EnvironmentKey"
        fields = (
            "id",
            "name",
            "prefix",
            "created_at",
            "rotated_at",
            "expires_at",
            "revoked_at",
            "last_used_at",
        )

    kind = EnvironmentKeyKind(required=True)
    environment_id = graphene.ID(required=True)


class EnvironmentKeyFilter(graphene.InputObjectType):
    """Which keys; every part that is given has to fit."""

    environment_ids = graphene.List(graphene.NonNull(graphene.ID), description="At most 100.")
    revoked = graphene.Boolean()


class EnvironmentKeyOrder(graphene.Enum):
    """In which order keys are listed."""

    NEWEST_FIRST = ("-created_at", "-id")
    OLDEST_FIRST = ("created_at", "id")


class CreateEnvironmentKeyInput(ChangeInput):
    """A key to be."""

    environment_id = graphene.ID(required=True)
    name = graphene.String(required=True)
    kind = EnvironmentKeyKind(description="SERVER if not said: one that is kept secret.")
    expires_at = graphene.DateTime(description="Never if not said.")


class RotateEnvironmentKeyInput(ById):
    """The key that is to have another secret."""

    grace_seconds = graphene.Int(
        description="How long the secret before it opens the same; 0 if not said, 30 days at most."
    )


class RevokeEnvironmentKeyInput(ById):
    """The key that is to open nothing any more."""


class _Shown:
    """Shows a secret, once: what is told again by an idempotency key is without it."""

    def results(self: Any) -> dict[str, Any]:
        return {
            **super().results(),  # type: ignore[misc]  # mixed into a Change
            "secret": graphene.String(
                description="The key: nobody can read it again, nor by an idempotency key."
            ),
        }

    def done(self: Any, made: Any) -> dict[str, Any]:
        row, text = made
        return {self.member: row, "secret": text}

    def kept(self: Any, answer: dict[str, Any]) -> dict[str, Any]:
        return answer | dict.fromkeys(("secret",))


class _Create(_Shown, Create):
    pass


class _Rotate(_Shown, Update):
    pass


def _narrowed(keys: Any, wanted: dict[str, Any]) -> Any:
    if "environment_ids" in wanted:
        keys = keys.filter(environment_id__in=[parse_id(one) for one in wanted["environment_ids"]])
    if "revoked" in wanted:
        keys = keys.filter(revoked_at__isnull=not wanted["revoked"])
    return keys


class Keys:
    """Reads of keys."""

    environment_key = One(EnvironmentKeyType)
    environment_keys = Many(
        EnvironmentKeyType,
        filter=EnvironmentKeyFilter,
        where=_narrowed,
        order=EnvironmentKeyOrder,
    )


class KeyChanges:
    """Changes of keys."""

    create_environment_key = _Create(
        EnvironmentKeyType,
        input=CreateEnvironmentKeyInput,
        by=lambda **sent: create_environment_key(**_plain(sent)),
        description="Make a key; it is shown in this answer and never again.",
    )
    rotate_environment_key = _Rotate(
        EnvironmentKeyType,
        input=RotateEnvironmentKeyInput,
        by=lambda **sent: rotate_environment_key(**_plain(sent)),
        description="Give a key another secret, which is shown in this answer and never again.",
    )
    revoke_environment_key = Update(
        EnvironmentKeyType,
        input=RevokeEnvironmentKeyInput,
        by=revoke_environment_key,
        description="Let a key open nothing any more.",
    )


def _plain(sent: dict[str, Any]) -> dict[str, Any]:
    return {
        name: getattr(value, "value", value) for name, value in sent.items() if value is not None
    }
