"""What a person wants to get, by category and channel."""

from collections.abc import Mapping
from typing import Any

#: Stands for every category, or every channel.
ANY = "*"
CHANNELS = frozenset(("email", "sms", "push", "in_app", "webhook", "chat"))
MOST_CATEGORIES = 200
_MOST_CHARACTERS = 100

Preferences = Mapping[str, Mapping[str, bool]]


def wanted(preferences: Preferences, category: str, channel: str, *, critical: bool) -> bool:
    """Say whether a person wants this; what is critical comes whatever they want.

    What is said of the category counts before what is said of all, and in each what is said of the
    channel before what is said of all.
    """
    if critical:
        return True
    for of in (category, ANY):
        by_channel = preferences.get(of, {})
        for on in (channel, ANY):
            if on in by_channel:
                return by_channel[on]
    return True


def checked(told: Any) -> dict[str, dict[str, bool]]:
    """Return preferences as they are kept; raises ValueError that names what is wrong."""
    if not isinstance(told, Mapping):
        raise ValueError('preferences are {"category": {"channel": true}}')  # noqa: TRY004  as told
    if len(told) > MOST_CATEGORIES:
        raise ValueError(f"preferences have at most {MOST_CATEGORIES} categories")
    return {_category(name): _channels(name, said) for name, said in told.items()}


def _category(name: str) -> str:
    if not name.strip() or len(name) > _MOST_CHARACTERS:
        raise ValueError(f"a category has 1 to {_MOST_CHARACTERS} characters, found {name!r:.120}")
    return name


def _channels(category: str, said: Any) -> dict[str, bool]:
    if not isinstance(said, Mapping):
        raise ValueError(f"{category}: expected channels")  # noqa: TRY004  as told
    for channel, wants in said.items():
        if channel != ANY and channel not in CHANNELS:
            raise ValueError(f"{category}: no channel {channel!r:.40}")
        if not isinstance(wants, bool):
            raise ValueError(f"{category}.{channel}: expected true or false")  # noqa: TRY004  as told
    return dict(said)
