"""Who an event is said to be done by."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.http import HttpRequest, HttpResponse

from contracts.envelope import SYSTEM, Actor
from kernel.errors import UnauthenticatedError
from kernel.tenancy.context import current_principal

#: CloudEvents' Auth Context calls them otherwise than we do.
_AUTH_TYPES = {"key": "api_key", "member": "user", "staff": "user"}

#: Asked only when there is something to tell: to know who is signed in costs a query.
_ask_here: ContextVar[Callable[[], Actor | None] | None] = ContextVar("actor", default=None)


@contextmanager
def acting(actor: Actor) -> Iterator[None]:
    """Let what a block publishes be done by this actor, where no credential says otherwise."""
    token = _ask_here.set(lambda: actor)
    try:
        yield
    finally:
        _ask_here.reset(token)


def current_actor() -> Actor:
    """Return who is acting: the credential, else who is signed in, else the platform itself."""
    try:
        principal = current_principal()
    except UnauthenticatedError:
        ask = _ask_here.get()
        return (ask() if ask else None) or SYSTEM
    kind = _AUTH_TYPES.get(principal.kind, principal.kind)
    return Actor(type=kind, id=principal.id, name=principal.name)


class ActorMiddleware:
    """Lets what a request publishes be done by the person who is signed in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = _ask_here.set(lambda: _signed_in(request))
        try:
            return self._get_response(request)
        finally:
            _ask_here.reset(token)


def _signed_in(request: HttpRequest) -> Actor | None:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return None
    return Actor(type="user", id=str(user.pk), name=user.get_username())
