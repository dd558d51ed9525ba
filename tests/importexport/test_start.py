"""What a process has in memory before it does anything with tables."""

import subprocess
import sys

from django.conf import settings

PROGRAM = """
import sys
import django
django.setup()
import project.urls
from project.graph import composed_endpoint
composed_endpoint()
print(sorted({"polars", "pyarrow"} & set(sys.modules)))
"""


#: What an import takes that has no pattern.
IMPORT = """
import sys
import django
django.setup()
from apps.importexport.services import import_work, undoing
print(sorted({"polars", "pyarrow"} & set(sys.modules)))
"""


def loaded(program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=settings.BASE_DIR,
        env={"PYTHONPATH": "platform:.", "DJANGO_SETTINGS_MODULE": "project.settings"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()[-1]


def test_what_reads_sources_is_not_loaded_until_a_job_does() -> None:
    assert loaded(PROGRAM) == "[]"


def test_an_import_loads_no_more_than_it_takes() -> None:
    assert loaded(IMPORT) == "['polars']"
