"""The one rule by which texts leave in files that spreadsheets open, and come back as they were.

A spreadsheet computes a text that begins like a formula, and who wrote the text then runs what
they like on the machine of whoever opens the file. Such a text gets one apostrophe before it; so
does one that is apostrophes before such a text, else the reader could not tell whose they are.
Numbers stay numbers. `unguarded(guarded(text)) == text` holds for every text.
"""

import re

#: What Python takes for white space, and the mark of byte order: spreadsheets skip some of it.
_SPACES = (
    r"\t\n\u000b\u000c\r\u001c-\u001f \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f"
    r"\u3000\ufeff"
)
#: Also in the width of Chinese characters.
_SIGNS = r"=+\-@\uff1d\uff0b\uff0d\uff20"
_NUMBER = r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?"
_computed = re.compile(rf"'*([\0\t\r\n]|[{_SPACES}]*[{_SIGNS}])")
_number = re.compile(rf"'*{_NUMBER}")


def guarded(text: str) -> str:
    """Return a text that no spreadsheet computes."""
    return f"'{text}" if _risky(text) else text


def unguarded(text: str) -> str:
    """Return what `guarded` was given."""
    return text[1:] if text.startswith("'") and _risky(text[1:]) else text


def guarded_sql(column: str) -> str:
    """Return `guarded` as an expression of PostgreSQL, of one that gives a text.

    `column` is SQL already: the name of a column is quoted by who calls.
    """
    return (
        f"(CASE WHEN {column} ~ '^''*([\\t\\r\\n]|[{_SPACES}]*[{_SIGNS}])'"
        f" AND {column} !~ '^''*{_NUMBER}$' THEN '''' || {column} ELSE {column} END)"
    )


def _risky(text: str) -> bool:
    return _computed.match(text) is not None and _number.fullmatch(text) is None
