"""`manage.py migrate`: Django's, as the role that owns the tables where there is one."""

from django.core.management.base import CommandParser
from django.core.management.commands.migrate import Command as Migrate

from kernel.tenancy.aliases import system_alias


class Command(Migrate):
    """Bring the database up to date."""

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.set_defaults(database=system_alias())
