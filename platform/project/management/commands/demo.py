"""`manage.py demo`: a tenant, an administrator, a key and real data to try Septet with."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from project.demo import FirstSecrets, load_data, make_tenant


class Command(BaseCommand):
    """Make what is missing of the demo; a second time changes nothing."""

    help = "Make the demo tenant with an administrator, a key and data."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--empty", action="store_true", help="without the data")

    def handle(self, *, empty: bool = False, **_options: Any) -> None:
        made = make_tenant()
        if not empty:
            load_data(lambda line: self.stdout.write(f"  {line}"))
        if made:
            self.stdout.write(told_once(made))


def told_once(made: FirstSecrets) -> str:
    """Return the secrets as they are shown, this once."""
    return (
        "\n  Shown once, so keep them:\n"
        f"    administrator  {made.username}\n"
        f"    password       {made.password}\n"
        f"    API key        {made.api_key}\n"
    )
