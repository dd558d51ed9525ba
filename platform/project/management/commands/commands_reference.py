"""`manage.py commands_reference`: every command of ours, what it takes, and how it ends."""

from argparse import Action, ArgumentParser, _SubParsersAction
from collections.abc import Iterator
from typing import Any

from django.core.management import get_commands, load_command_class
from django.core.management.base import BaseCommand
from django.core.management.commands.migrate import Command as Migrate

from project.reference import ReferenceCommand, table

INTRODUCTION = """\
# Commands

All are `python manage.py NAME`, and say the same by `--help`. This page is made by
`manage.py commands_reference`.

- **`--json`** writes what it tells as JSON to standard output, an object a line, for programs.
- **Progress** of what takes long is told on standard error, where that is a terminal.
- **`--dry-run`** says what would be changed and changes nothing; **`--check`** compares, and ends
  with 1 where something differs.
- **Completion** by the tab key, in bash: `source scripts/completion.bash`; in zsh say
  `autoload -U bashcompinit && bashcompinit` before that.

How each ends:

| exit code | means |
| --- | --- |
| 0 | it is done, or found in order |
| 1 | it was not done, or something is not as it ought to be; the last line says what is next |
| 2 | it was called wrongly, or cannot be done here: an argument, a setting, a missing program |
| 130 | somebody interrupted it |
"""
#: How the apps that commands are of begin.
OURS = ("apps.", "kernel", "project")
HEAD = ("argument", "what")


class Command(ReferenceCommand):
    """Write the page, or with --check tell that it is out of date."""

    help = "Write docs/reference/commands.md from the commands; --check only compares."
    name = "commands"

    def text(self) -> str:
        return "\n".join([INTRODUCTION, *(_section(*one) for one in own_commands().items())])


def own_commands() -> dict[str, BaseCommand]:
    """Return the commands of this project by name, in order."""
    return {
        name: load_command_class(app, name)
        for name, app in sorted(get_commands().items())
        if app.startswith(OURS)
    }


def parsers_of(name: str, command: BaseCommand) -> dict[str, ArgumentParser]:
    """Return the parser of a command, or those of its verbs, each by how it is called."""
    parser = command.create_parser("manage.py", name)
    verbs = [one for one in parser._actions if isinstance(one, _SubParsersAction)]
    if not verbs:
        return {name: parser}
    return {f"{name} {verb}": one for verb, one in verbs[0].choices.items()}


def arguments_of(command: BaseCommand, parser: ArgumentParser) -> Iterator[Action]:
    """Give what a command takes beside what each command of Django takes."""
    others = Migrate() if isinstance(command, Migrate) else BaseCommand()
    usual = {one.dest for one in others.create_parser("manage.py", "x")._actions}
    yield from (one for one in parser._actions if one.dest not in usual)


def _section(name: str, command: BaseCommand) -> str:
    parts = [f"## {name}\n\n{_one_line(command.help)}\n"]
    for called, parser in parsers_of(name, command).items():
        rows = [(_named(one), _told(parser, one)) for one in arguments_of(command, parser)]
        if called != name:
            parts.append(
                f"### {called}\n\n{_one_line(parser.description or _of(parser, command))}\n"
            )
        if rows:
            parts.append(table(HEAD, rows))
    return "\n".join(parts)


def _of(parser: ArgumentParser, command: BaseCommand) -> str:
    """Return what a verb does, which the parser above it knows."""
    whole = command.create_parser("manage.py", "x")
    verbs: Any = next(one for one in whole._actions if isinstance(one, _SubParsersAction))
    return next(
        one.help or "" for one in verbs._choices_actions if parser.prog.endswith(f" {one.dest}")
    )


def _named(argument: Action) -> str:
    values = argument.metavar or "{" + ",".join(map(str, argument.choices or ())) + "}"
    if values == "{}":
        values = argument.dest.upper()
    if not argument.option_strings:
        return f"`{values}`".replace("|", "\\|")
    name = argument.option_strings[-1]
    return f"`{name}`" if argument.nargs == 0 else f"`{name} {values}`"


def _told(parser: ArgumentParser, argument: Action) -> str:
    told = _one_line(parser._get_formatter()._expand_help(argument)) if argument.help else ""
    return f"{told}; needed" if argument.required and argument.option_strings else told


def _one_line(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
