#!/usr/bin/env python
"""Septet's command line: `manage.py dev` runs everything, `manage.py help` lists the rest."""

import os
import sys
from pathlib import Path


def main() -> int:
    """Run one command; a setting that cannot be understood ends it with one sentence."""
    sys.path.insert(0, str(Path(__file__).resolve().parent / "platform"))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        print(f"septet cannot start: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
