"""Where code asks for flags: by their keys in texts, and by calls that ask for one."""

import re
from collections.abc import Collection, Iterator
from typing import NamedTuple

#: A text in quotes of any language that has them on one line.
_TEXT = re.compile(r"""(?P<quote>["'`])(?P<key>(?:(?!(?P=quote))[^\\\n]){1,200})(?P=quote)""")
#: What OpenFeature's SDKs and others call, up to the first text among the arguments.
_CALL = re.compile(
    r"""\b(?:
        get_?(?:boolean|bool|string|number|integer|int|float|double|object)_?(?:value|details)
        | (?:use)?(?:boolean|string|number|object)flag(?:value|details)
        | useflag | isenabled | is_enabled | isfeatureenabled | is_feature_enabled | variation
    )(?:_?async)?\s*\(\s*$""",
    re.VERBOSE | re.IGNORECASE,
)
#: Characters before a text in which its call is looked for.
_BEFORE = 80


class Place(NamedTuple):
    """A line in which a key stands; `asked` where a call asks for a flag by it."""

    line: int
    key: str
    asked: bool


def places(source: str, keys: Collection[str]) -> Iterator[Place]:
    """Yield where known keys stand, and where a call asks for one that is not known."""
    line, at = 1, 0
    for found in _TEXT.finditer(source):
        start = found.start()
        line += source.count("\n", at, start)
        at = start
        key = found["key"]
        asked = _CALL.search(source, max(0, start - _BEFORE), start) is not None
        if asked or key in keys:
            yield Place(line, key, asked)
