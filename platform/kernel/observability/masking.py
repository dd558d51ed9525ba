"""What no log and no span tells: secrets, and data of persons. One list, applied in its order.

Texts of others cannot be told apart without error: rather too much is masked than too little, and
what says where something happened (hosts, networks, routes, ids) stays.
"""

import re
from functools import cache
from typing import Literal, NamedTuple, TypeAlias

#: What is told of addresses (IP): all of it, the network, nothing.
Addresses: TypeAlias = Literal["whole", "network", "none"]

_LETS_IN = (
    r"pass(?:word|wd|phrase)|(?:[\w-]{1,40}[_-])?(?:secret|token|signature)"
    r"|(?:api|access|private|signing)[_-]?key|authorization|(?:set-)?cookie|session_?id|otp|sig"
)
#: One of these is in each of them.
_LETS_IN_WORDS = (
    "pass",
    "secret",
    "token",
    "sig",
    "key",
    "authorization",
    "cookie",
    "session",
    "otp",
)
_PERSONAL_NAMES = (
    r"e?mail|phone|mobile|(?:first|last|full|given|family|display|user)_?name|birth_?date"
    r"|street|recipient"
)
_PERSONAL_WORDS = ("mail", "phone", "mobile", "name", "birth", "street", "recipient")


class Rule(NamedTuple):
    """What is masked: all but the groups, of which each is told."""

    of: str
    #: One of these, in lower case, is in each text that has it; to look for them costs far less.
    words: tuple[str, ...]
    pattern: re.Pattern[str]
    told: str


def _rule(of: str, words: str | tuple[str, ...], pattern: str, told: str = r"\1***") -> Rule:
    return Rule(of, (words,) if isinstance(words, str) else words, re.compile(pattern), told)


def _named(names: str) -> tuple[str, ...]:
    """Return patterns of values by names: in JSON, in JSON that is in it, and `name=value`."""
    return (
        rf"(?i)([\"'](?:{names})[\"']\s*:\s*\")(?:\\.|[^\"\\])+",
        rf"(?i)([\"'](?:{names})[\"']\s*:\s*')(?:\\.|[^'\\])+",
        rf"(?i)(\\\"(?:{names})\\\"\s*:\s*\\\")(?:\\{{3}}.|[^\"\\])+",
        rf"(?i)(?<![\w-])((?:{names})=\\?[\"']?)[^\s&\"'\\,;)]+",
    )


SECRETS = (
    # A damaged one too; the id before the secret may be shown.
    _rule("keys", "septet_", r"(septet_[a-z]+_[0-9a-f]{16}_)[0-9a-f]+"),
    # Django's own warnings and errors name the path of a request.
    _rule(
        "links that let in",
        ("/invitations/", "/reset/"),
        r"(/(?:invitations|account/password/reset)/)[^/\s\"']+(?=/)",
    ),
    # `django.core.signing`: without it what is before it is nothing.
    _rule("signatures", ":", r"(:)[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])"),
    _rule("JSON Web Tokens", "eyj", r"\beyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*)?", "***"),
    # RFC 9110, section 11.6.2: whatever the scheme.
    _rule(
        "credentials",
        ("bearer", "basic"),
        r"(?i)(\b(?:bearer|basic)\s+)(?=[\w.~+/-]*[\d=])[\w.~+/=-]{8,}",
    ),
    _rule(
        "credentials",
        "authorization",
        r"(?i)(\bauthorization\\?[\"']?\s*[:=]\s*\\?[\"']?)[^\"'\\\n]+",
    ),
    _rule("passwords in addresses", "://", r"(\w://)[^/\s:@\"']*:[^/\s@\"']+(?=@)"),
    *(_rule("secrets by their names", _LETS_IN_WORDS, pattern) for pattern in _named(_LETS_IN)),
)
PERSONAL = (
    # Whatever somebody has searched for, and signed addresses.
    _rule("queries of addresses", "?", r"(\?)(?=[^\s\"'=&\\]{1,100}=)[^\s\"'<>\\]+"),
    _rule("e-mail", "@", r"(?<![\w.+-])[\w.!#$%&*+=?^`{|}~-]{1,64}@(?=[\w-]+\.[\w.-]*\w)", "***@"),
    # ITU-T E.164 in any grouping; without the sign it could be any number.
    _rule("telephones", "+", r"\+(?<![\w:.]\+)[1-9](?:[ ()./-]{0,2}\d){6,14}(?!\d)", "+***"),
    # PostgreSQL tells the values of rows that it refuses.
    _rule("values of rows", "key (", r"(Key \([^)]*\)=\()[^\n\\]*?(?=\) (?:already|is|conflicts))"),
    _rule("values of rows", "failing row", r"(Failing row contains \()[^\n\\]*(?=\)\.)"),
    *(
        _rule("persons by their names", _PERSONAL_WORDS, pattern)
        for pattern in _named(_PERSONAL_NAMES)
    ),
)
_V4 = r"(?<![\w.])(?!127\.)((?:\d{1,3}\.){2}\d{1,3}\.)\d{1,3}(?![\w.]*\d)"
# Times have two colons.
_PART = r"[0-9A-Fa-f]{1,4}:"
_V6 = rf"(?<![\w:])((?:{_PART}){{3}})(?:{_PART}){{0,4}}:?[0-9A-Fa-f][0-9A-Fa-f:]*(?![\w:])"
_V6_SHORT = rf"(?<![\w:])((?:{_PART}){{1,2}}):[0-9A-Fa-f:]*(?![\w:])"
_ADDRESSES = (
    _rule("addresses", ".", _V4),
    *(_rule("addresses", ":", pattern) for pattern in (_V6, _V6_SHORT)),
)
_OF_ADDRESSES: dict[Addresses, tuple[Rule, ...]] = {
    "whole": (),
    "network": _ADDRESSES,
    "none": tuple(rule._replace(told="***") for rule in _ADDRESSES),
}


def mask_secrets(text: str) -> str:
    """Hide what lets in who has it: for what the one is shown whose data it is."""
    return _masked(text, SECRETS)


def mask(text: str, addresses: Addresses = "network") -> str:
    """Hide secrets and data of persons: for logs and spans."""
    return _masked(text, _rules(addresses))


@cache
def _rules(addresses: Addresses) -> tuple[Rule, ...]:
    return SECRETS + PERSONAL + _OF_ADDRESSES[addresses]


def _masked(text: str, rules: tuple[Rule, ...]) -> str:
    lower = text.lower()
    for rule in rules:
        if any(word in lower for word in rule.words):
            text = rule.pattern.sub(rule.told, text)
    return text
