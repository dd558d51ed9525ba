"""`manage.py settings_reference`: the page of all settings, made of their comments."""

import ast
import re
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from django.core.management.base import CommandError

from project.reference import ReferenceCommand, table

_PROJECT = Path(__file__).resolve().parents[2]
SOURCES = tuple(
    _PROJECT / f"{name}.py"
    for name in ("settings", "of_watching", "of_mesh", "of_database", "of_redis", "of_services")
)
INTRODUCTION = """\
Read once from the environment when a process starts. A value that cannot be understood ends the
start with a sentence that names it. This page is made by `manage.py settings_reference`.
"""
HEAD = ("setting", "form", "default", "meaning")
_TIMEDELTA = re.compile(r"timedelta\((?P<unit>\w+)=(?P<number>[\d.]+)\)")
#: Defaults that follow from other settings, in words.
_DERIVED = {
    "services.default_port(SERVICES)": "see there",
    "('localhost', '127.0.0.1', '[::1]', HOST)": "this machine and `HOST`",
    "DATA_DIR / 'encryption_keys.json'": "`encryption_keys.json` in the data folder",
    "BASE_DIR / 'var'": "`var` in the project's folder",
    "f'sqlite:///{DATA_DIR}/septet.sqlite3'": "`septet.sqlite3` in the data folder",
    "(80, 443)": "`80,443`",
    "DATA_DIR / 'mail'": "`mail` in the data folder",
    "not EMBEDDED": "false on SQLite",
    "DATABASE_POOLER == 'server'": "false behind a pooler",
    "'off' if env.text('SERVICES', 'all').strip() == 'all' else 'database'": (
        "`off` with all seven services, else `database`"
    ),
    "DEBUG or EMBEDDED": "true on SQLite and while debugging",
    "'console' if sys.stderr.isatty() else 'json'": "`console` on a terminal, else `json`",
}
_BY_LIMITS = re.compile(r"'?(?P<gateway>[\d:]+)'? if _FOR_GATEWAY else '?(?P<public>[\d:]+)'?")
_SECTION = re.compile(r"^# --- (?P<title>.*?) -+$")
_KINDS = {
    "text": "text",
    "secret": "secret",  # nosec B105  the name of a kind
    "choice": "one of a few",
    "flag": "true or false",
    "number": "whole number",
    "share": "a number from 0 to 1",
    "items": "items with commas",
    "pairs": "name=value pairs",
    "numbers": "name=number pairs",
    "choices": "name=choice pairs",
    "origin": "an origin",
    "origins": "origins with commas",
    "networks": "networks with commas",
    "url": "URL",
    "ports": "ports with commas",
    "duration": "time such as 30s",
    "rate": "a minute:at once, such as 600:100",
    "folder": "path",
    "path": "path",
    "database": "database URL",
    "databases": "database URLs with spaces",
    "mail": "mail URL",
    "objects": "JSON object",
}


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting as the page shows it."""

    section: str
    name: str
    kind: str
    default: str
    meaning: str


class Command(ReferenceCommand):
    """Write the page, or with --check tell that it is out of date."""

    help = "Write docs/reference/settings.md from the comments in settings.py; --check compares."
    name = "settings"

    def text(self) -> str:
        texts = [source.read_text(encoding="utf-8") for source in SOURCES]
        return page([setting for text in texts for setting in found_in(text)])


def found_in(source: str) -> list[Setting]:
    """Return every setting that is read from the environment, with the comment above it.

    Raises CommandError for one without a comment.
    """
    lines = source.splitlines()
    return [
        _setting(lines, call)
        for statement in ast.parse(source).body
        for call in ast.walk(statement)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id == "env"
    ]


def _setting(lines: list[str], call: ast.Call) -> Setting:
    name = ast.literal_eval(call.args[0])
    comment: list[str] = []
    index = call.lineno - 1
    while not lines[index].startswith("#"):
        index -= 1
        if not lines[index].strip():
            raise CommandError(f"{name} has no comment in settings.py")
    while lines[index].startswith("#"):
        comment.insert(0, lines[index].removeprefix("#").strip())
        index -= 1
    section = next(match["title"] for line in lines[index::-1] if (match := _SECTION.match(line)))
    method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    return Setting(section, name, _KINDS[method], _default(call), " ".join(comment))


def _default(call: ast.Call) -> str:
    given = call.args[1:2] or [word.value for word in call.keywords if word.arg == "default"]
    if not given:
        return "none"
    text = ast.unparse(given[0])
    if match := _TIMEDELTA.fullmatch(text):
        return f"`{match['number']}{match['unit'][0]}`"
    if match := _BY_LIMITS.fullmatch(text):
        return f"`{match['public']}`; `{match['gateway']}` for a gateway"
    if isinstance(given[0], ast.Constant):
        text = text.strip("'")
        return f"`{text}`" if text else "none"
    return _DERIVED.get(text, f"`{text}`")


def page(found: list[Setting]) -> str:
    """Return the reference page."""
    parts = ["# Settings\n", INTRODUCTION]
    for section, members in groupby(found, key=lambda setting: setting.section):
        rows = [(f"`{one.name}`", one.kind, one.default, one.meaning) for one in members]
        parts.append(f"## {section}\n\n{table(HEAD, rows)}")
    return "\n".join(parts)
