"""Whose inbox an account of the platform has in a tenant."""

from apps.notifications.models import Subscriber
from kernel.tenancy.context import Principal

#: No customer of a tenant has it by chance, as a bare number may be.
ACCOUNTS = "account:"


def key_of(principal: Principal) -> str:
    """Return by which key an account is told something."""
    return key_of_account(principal.id)


def key_of_account(id_: str) -> str:
    """Return the same of an account by its id."""
    return f"{ACCOUNTS}{id_}"


def subscriber_of(principal: Principal) -> Subscriber | None:
    """Return who an account is among the subscribers of its tenant; none before it has said so."""
    return Subscriber.objects.filter(key=key_of(principal)).first()
