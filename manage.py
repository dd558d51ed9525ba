#!/usr/bin/env python
"""Septet's command line: `manage.py dev` runs everything, `manage.py help` lists the rest."""

import os
import sys
from pathlib import Path


def main() -> int:
    """Run one command; a wrong setting or a database that cannot serve ends it with a sentence."""
    sys.path.insert(0, str(Path(__file__).resolve().parent / "platform"))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
    from django.db import DatabaseError, DataError, IntegrityError

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        print(f"septet cannot start: {error}", file=sys.stderr)
        return 2
    except (DataError, IntegrityError):
        # Not the database but what a command gave it: a mistake of ours.
        raise
    except DatabaseError as error:
        if "--traceback" in sys.argv:
            raise
        told = str(error).partition("\n")[0]
        print(f"the database says: {told}; `manage.py doctor` tells the repair", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
