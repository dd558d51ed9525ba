"""`manage.py settings_reference`: the page of all settings, made of their comments."""

import ast
import re
from argparse import ArgumentParser
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

SOURCE = Path(__file__).resolve().parents[2] / "settings.py"
INTRODUCTION = """\
Read once from the environment when a process starts. A value that cannot be understood ends the
start with a sentence that names it. This page is made by `manage.py settings_reference`.
"""
HEAD = "| setting | form | default | meaning |"
PAGE = "docs/reference/settings.md"
_TIMEDELTA = re.compile(r"timedelta\((?P<unit>\w+)=(?P<number>[\d.]+)\)")
#: Defaults that follow from other settings, in words.
_DERIVED = {
    "services.default_port(SERVICES)": "see there",
    "('localhost', '127.0.0.1', '[::1]', HOST)": "this machine and `HOST`",
    "BASE_DIR / 'var'": "`var` in the project's folder",
    "f'sqlite:///{DATA_DIR}/septet.sqlite3'": "`septet.sqlite3` in the data folder",
    "WEB_THREADS + WORKER_THREADS + 2": "the threads of both kinds and 2",
    "'console' if sys.stderr.isatty() else 'json'": "`console` on a terminal, else `json`",
}
_SECTION = re.compile(r"^# --- (?P<title>.*?) -+$")
_KINDS = {
    "text": "text",
    "choice": "one of a few",
    "flag": "true or false",
    "number": "whole number",
    "items": "items with commas",
    "duration": "time such as 30s",
    "path": "path",
    "database": "database URL",
}


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting as the page shows it."""

    section: str
    name: str
    kind: str
    default: str
    meaning: str


class Command(BaseCommand):
    """Write the page, or with --check tell that it is out of date."""

    help = f"Write {PAGE} from the comments in settings.py; --check only compares."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="compare and write nothing")

    def handle(self, *, check: bool, **_options: Any) -> None:
        path = Path(settings.BASE_DIR) / PAGE
        text = page(found_in(SOURCE.read_text(encoding="utf-8")))
        current = path.exists() and path.read_text(encoding="utf-8") == text
        if check and not current:
            raise CommandError(f"{PAGE} is out of date: run `manage.py settings_reference`")
        if not current:
            path.write_text(text, encoding="utf-8")
            self.stdout.write(f"wrote {PAGE}")


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
    if isinstance(given[0], ast.Constant):
        text = text.strip("'")
        return f"`{text}`" if text else "none"
    return _DERIVED.get(text, f"`{text}`")


def page(found: list[Setting]) -> str:
    """Return the reference page."""
    parts = ["# Settings\n", INTRODUCTION]
    section = ""
    for setting in found:
        if setting.section != section:
            section = setting.section
            parts += [f"\n## {section}\n", HEAD, "| --- " * 4 + "|"]
        cells = (f"`{setting.name}`", setting.kind, setting.default, setting.meaning)
        parts.append(f"| {' | '.join(cells)} |")
    return "\n".join(parts) + "\n"
