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


def test_what_reads_sources_is_not_loaded_until_a_job_does() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=settings.BASE_DIR,
        env={"PYTHONPATH": "platform:.", "DJANGO_SETTINGS_MODULE": "project.settings"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.splitlines()[-1] == "[]"
