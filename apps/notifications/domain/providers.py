"""Kinds of providers: what each has to be told, and what of it goes into an address."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_TEXT = r"[^\x00-\x1f\x7f]{1,200}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What a kind of provider is."""

    channel: str
    #: By name the pattern of each setting; all of them are needed.
    settings: Mapping[str, str] = field(default_factory=dict)
    #: What its secret is called, and how that looks; none without.
    secret: str = ""
    pattern: str = _TEXT
    #: It works without its secret as well.
    secret_optional: bool = False
    #: It makes its own.
    own_secret: bool = False
    #: All messages go to one host, so that failures tell of it and not of a device.
    one_host: bool = True


_ADDRESS = r"[^\s@\"(),:;<>\[\]\\]{1,64}@[A-Za-z0-9.-]{3,200}"
KINDS: Mapping[str, Kind] = {
    "mailgun": Kind(
        channel="email",
        settings={"domain": r"[A-Za-z0-9.-]{3,200}", "from": _ADDRESS},
        secret="API key and, after a space, webhook signing key",  # noqa: S106  a name # nosec B106
        pattern=r"[!-~]{5,200} [!-~]{5,200}",
    ),
    "postmark": Kind(
        channel="email",
        settings={"from": _ADDRESS},
        secret="server token",  # noqa: S106  a name # nosec B106
        pattern=r"[!-~]{5,200}",
    ),
    "twilio": Kind(
        channel="sms",
        settings={
            "account_sid": r"AC[0-9a-fA-F]{32}",
            "from": r"\+[1-9][0-9]{6,14}|MG[0-9a-f]{32}",
        },
        secret="auth token",  # noqa: S106  a name # nosec B106
    ),
    "vonage": Kind(
        channel="sms",
        settings={"api_key": r"[0-9A-Za-z]{4,40}", "from": r"[0-9A-Za-z +]{1,15}"},
        secret="API secret",  # noqa: S106  a name # nosec B106
    ),
    "web_push": Kind(channel="push", own_secret=True, one_host=False),
    "fcm": Kind(
        channel="push",
        secret="key of a service account, as JSON",  # noqa: S106  a name # nosec B106
        pattern=r"(?s)\s*\{.{1,10000}\}\s*",
    ),
    "slack": Kind(
        channel="chat",
        secret="bot token",  # noqa: S106  a name # nosec B106
        pattern=r"xox[a-z]-[0-9A-Za-z-]{10,200}",
        secret_optional=True,
        one_host=False,
    ),
    "teams": Kind(channel="chat", one_host=False),
    "discord": Kind(channel="chat", one_host=False),
    "telegram": Kind(
        channel="chat",
        secret="bot token",  # noqa: S106  a name # nosec B106
        pattern=r"[0-9]{3,20}:[0-9A-Za-z_-]{20,100}",
    ),
    "apprise": Kind(channel="chat", one_host=False),
}


def checked_settings(kind: str, told: Any) -> dict[str, str]:
    """Return settings as they are kept; raises ValueError that names what is wrong."""
    patterns = KINDS[kind].settings
    if not isinstance(told, Mapping) or set(told) != set(patterns):
        expected = ", ".join(patterns) or "no settings"
        raise ValueError(f"{kind} takes {expected}")
    for name, pattern in patterns.items():
        if not isinstance(told[name], str) or not re.fullmatch(pattern, told[name]):
            raise ValueError(f"{kind}: {name} does not look like one")
    return dict(told)


def check_secret(kind: str, secret: str | None) -> None:
    """Raise ValueError unless a kind can have this secret."""
    known = KINDS[kind]
    if not secret:
        if known.secret and not known.secret_optional:
            raise ValueError(f"{kind} takes a secret: its {known.secret}")
    elif not known.secret:
        raise ValueError(f"{kind} takes no secret")
    elif not re.fullmatch(known.pattern, secret):
        raise ValueError(f"{kind}: this is no {known.secret}")
