"""Second factors at rest: what allauth's MFA adapter calls to encrypt and decrypt.

It hands over a text and no row, so a seed is bound to its table and column alone.
"""

from kernel.secrets.sealing import Place, seal, unseal

PLACE = Place("mfa_authenticator", "data", "")


def seal_authenticator(text: str) -> str:
    """Encrypt the seed of one-time passwords or of recovery codes."""
    return seal(text, PLACE)


def unseal_authenticator(sealed: str) -> str:
    """Return the seed; raises SecretUnreadableError and SecretKeyMissingError."""
    return unseal(sealed, PLACE)
