"""Chores of this process: told of, and done once for a key."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jsonschema_rs

from contracts.chores import Chore, Work, WorkState
from kernel.chores.registry import chores_of, registered
from kernel.errors import ConflictError, InvalidInputError
from kernel.idempotency.services import once
from kernel.tenancy.context import current_principal, require


@dataclass(frozen=True, slots=True)
class Begun:
    """What a chore told, and whether work goes on that it began."""

    result: Mapping[str, Any]
    goes_on: bool


def offered(service: str) -> list[Chore]:
    """Return the chores of an app that whoever acts may ask for."""
    principal = current_principal()
    return [one for one in chores_of(service) if principal.may(one.scope)]


def described(name: str) -> Chore:
    """Return what a chore says of itself; raises NotFoundError, ForbiddenError."""
    found = registered(name).chore
    require(found.scope)
    return found


def do(name: str, parameters: Mapping[str, Any], *, key: str) -> Begun:
    """Do a chore as whoever acts, once for the key, and return what it told.

    Raises NotFoundError, ForbiddenError, InvalidInputError for parameters that do not fit, and
    whatever the chore raises.
    """
    found = registered(name)
    require(found.chore.scope)
    check_parameters(found.chore, parameters)
    told = dict(parameters)
    done = once(key, f"chore {name}", told, lambda: dict(found.do(told)))
    return Begun(done.result(), goes_on=found.chore.followed)


def look(name: str, result: Mapping[str, Any]) -> Work:
    """Return how the work stands that a chore began, by what it told; to whoever may ask for it.

    Raises NotFoundError, ForbiddenError, InvalidInputError for what the chore never told.
    """
    found = registered(name)
    require(found.chore.scope)
    if found.follow is None:
        return Work(state=WorkState.DONE)
    try:
        return found.follow(result)
    except (KeyError, TypeError):
        raise InvalidInputError(f"{name} never told such a result") from None


def stop(name: str, result: Mapping[str, Any]) -> None:
    """Take back the work that a chore began; what has ended stays as it is. Raises as `look`."""
    found = registered(name)
    require(found.chore.scope)
    if found.stop is None:
        return
    try:
        found.stop(result)
    except ConflictError:
        # It has ended meanwhile.
        return
    except (KeyError, TypeError):
        raise InvalidInputError(f"{name} never told such a result") from None


def check_parameters(
    chore: Chore,
    parameters: Mapping[str, Any],
    *,
    passing: Callable[[Any], bool] = lambda _: False,
) -> None:
    """Raise InvalidInputError that names the first parameter that does not fit.

    A value that is `passing` is left out of that: it stands for one that is not known yet.
    """
    validator = jsonschema_rs.Draft202012Validator(dict(chore.parameters))
    for error in validator.iter_errors(dict(parameters)):
        if passing(error.instance):
            continue
        place = "".join(f".{part}" for part in error.instance_path)
        raise InvalidInputError(f"parameters{place}: {error.message[:300]}")
