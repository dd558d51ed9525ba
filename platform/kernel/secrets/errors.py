"""What can be wrong with a secret at rest."""

from kernel.errors import DomainError


class SecretKeyMissingError(DomainError):
    """The key that encrypted a secret is not in the key ring; the message names its id."""

    code = "SECRET_KEY_MISSING"


class SecretUnreadableError(DomainError):
    """What is stored as a secret is not what was encrypted for this row and column."""

    code = "SECRET_UNREADABLE"
