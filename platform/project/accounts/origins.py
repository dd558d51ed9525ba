"""How the person of a session has signed in."""

from allauth.account.internal.flows.login import get_authentication_records
from django.contrib.auth.models import User
from django.http import HttpRequest


def signed_in_elsewhere(request: HttpRequest) -> bool:
    """Say whether this session began at an identity provider."""
    user = request.user
    records = get_authentication_records(request, user) if isinstance(user, User) else []
    return any(record["method"] == "socialaccount" for record in records)
