"""Chores of this process: told of, and done once for a key."""

from collections.abc import Mapping
from typing import Any

import jsonschema_rs

from contracts.chores import Chore
from kernel.chores.registry import chores_of, registered
from kernel.errors import InvalidInputError
from kernel.idempotency.services import once
from kernel.tenancy.context import current_principal, require


def offered(service: str) -> list[Chore]:
    """Return the chores of an app that whoever acts may ask for."""
    principal = current_principal()
    return [one for one in chores_of(service) if principal.may(one.scope)]


def described(name: str) -> Chore:
    """Return what a chore says of itself; raises NotFoundError, ForbiddenError."""
    found = registered(name).chore
    require(found.scope)
    return found


def do(name: str, parameters: Mapping[str, Any], *, key: str) -> Mapping[str, Any]:
    """Do a chore as whoever acts, once for the key, and return what came of it.

    Raises NotFoundError, ForbiddenError, InvalidInputError for parameters that do not fit, and
    whatever the chore raises.
    """
    found = registered(name)
    require(found.chore.scope)
    check_parameters(found.chore, parameters)
    told = dict(parameters)
    result: Mapping[str, Any] = once(
        key, f"chore {name}", told, lambda: dict(found.do(told))
    ).result()
    return result


def check_parameters(chore: Chore, parameters: Mapping[str, Any]) -> None:
    """Raise InvalidInputError that names the first parameter that does not fit."""
    validator = jsonschema_rs.Draft202012Validator(dict(chore.parameters))
    error = next(iter(validator.iter_errors(dict(parameters))), None)
    if error is not None:
        place = "".join(f".{part}" for part in error.instance_path)
        raise InvalidInputError(f"parameters{place}: {error.message[:300]}")
