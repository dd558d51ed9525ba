"""Pages of the reference that are made of the code: written, or compared with what is there."""

from abc import abstractmethod
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError


class ReferenceCommand(BaseCommand):
    """Write `docs/reference/<name>.md`, or with --check tell that it is out of date."""

    #: The page's name; the command is called `<name>_reference`.
    name: ClassVar[str]

    @abstractmethod
    def text(self) -> str:
        """Return the page as it ought to be."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="compare and write nothing")

    def handle(self, *, check: bool, **_options: Any) -> None:
        page = f"docs/reference/{self.name}.md"
        path = Path(settings.BASE_DIR) / page
        text = self.text()
        current = path.exists() and path.read_text(encoding="utf-8") == text
        if check and not current:
            raise CommandError(f"{page} is out of date: run `manage.py {self.name}_reference`")
        if not current:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            self.stdout.write(f"wrote {page}")


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """Return a Markdown table."""
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)
