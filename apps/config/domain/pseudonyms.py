"""Who a targeting key is, without the key: the same for a tenant at all times, and no way back."""

import hmac

#: Pseudonyms are spread evenly below this.
SPACE = 2**63


def subject_of(secret: bytes, targeting_key: str) -> int:
    """Return the pseudonym of a targeting key, which no way of bucketing knows anything of.

    So whoever has one below a bound is a fair sample of all, whatever variant they get.
    """
    digest = hmac.digest(secret, targeting_key.encode("utf-8", "surrogatepass"), "sha256")
    return int.from_bytes(digest[:8]) >> 1


def bound_of(rate: float, level: int = 0) -> int:
    """Return below which bound pseudonyms are a share of all; each level halves it."""
    return int(rate * SPACE) >> level


def shown(subject: int) -> str:
    """Return a pseudonym as it is told."""
    return f"{subject:016x}"
