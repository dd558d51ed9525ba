"""Demo data: a few files to look at."""

from apps.files.models import File
from kernel.demo import demo_id

#: Name, content type, bytes.
FILES = (
    ("runways.csv", "text/csv", 3_960_755),
    ("airport-frequencies.csv", "text/csv", 1_299_314),
    ("countries.csv", "text/csv", 24_583),
    ("incident-report.pdf", "application/pdf", 48_213),
)


def load() -> str:
    """Make them in the current tenant, unless it has some already."""
    if not File.objects.exists():
        _make()
    return f"{File.objects.count():,} files"


def _make() -> None:
    for name, content_type, size_bytes in FILES:
        File.objects.create(
            id=demo_id("File", name), name=name, content_type=content_type, size_bytes=size_bytes
        )
