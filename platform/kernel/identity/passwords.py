"""What a password may not be made of: words that everybody who knows this place would try."""

from typing import Any

from django.core.exceptions import ValidationError

from kernel.identity.scopes import Role
from kernel.services import BY_NAME

#: Without these and the person's own names, so many characters have to be left.
LEAST_OTHER = 8
#: The product, its services, what people are in it, and what comes to mind beside.
WORDS = frozenset(
    {"septet", *BY_NAME, *Role.values, "admin", "graphql", "login", "password", "tenant", "user"}
)
#: A name of two letters is in many a word.
_SHORTEST_NAME = 3


class KnownWordsValidator:
    """Refuses what is little more than words of this place and names of the person."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raise ValidationError when too little is left without such words."""
        left = password.casefold()
        for word in sorted(WORDS | _names_of(user), key=len, reverse=True):
            left = left.replace(word, "")
        if len(left) < LEAST_OTHER:
            raise ValidationError(
                f"This password is little more than words that others would try: without them"
                f" {len(left)} characters are left, and {LEAST_OTHER} should be.",
                code="password_of_known_words",
            )

    def get_help_text(self) -> str:
        """Return what a form says beforehand."""
        return "It is more than your own names, and than words such as septet, admin or password."


def _names_of(user: Any) -> set[str]:
    told = [
        str(getattr(user, name, "")) for name in ("username", "email", "first_name", "last_name")
    ]
    parts = {part for text in told for part in text.casefold().replace("@", " ").split()}
    return {part for part in parts if len(part) >= _SHORTEST_NAME}
