"""The packages of others: those of the lock files, and those whose files are in the repository."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RUNTIME = ROOT / "requirements.txt"
DEVELOPMENT = ROOT / "requirements-dev.txt"
#: A README in each says which files are whose.
KEPT = ("platform/project/portal/static/graphiql", "platform/kernel/static/alpine")

_PIN = re.compile(r"^(?P<name>[\w.-]+)(\[[\w, -]+\])?==(?P<version>[^ \n;]+)", re.MULTILINE)
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_FILE = re.compile(
    r"^\| `(?P<file>[^`]+)` \| (?P<name>[\w@/.-]+) (?P<version>[\d.]+)[^|]*"
    r"\| (?P<licence>[\w.-]+) \| `(?P<sha256>[0-9a-f]{64})` \|$",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Package:
    """One version of a package, and what tells that it is the very same."""

    name: str
    version: str
    #: Where it comes from, as in package URLs: `pypi` or `npm`.
    home: str
    sha256: tuple[str, ...]
    #: Its licence in the words of who published it, where a file of ours says so.
    told_licence: str = ""

    @property
    def purl(self) -> str:
        """Return it as a package URL."""
        return f"pkg:{self.home}/{self.name.replace('@', '%40')}@{self.version}"

    def installed(self) -> Distribution:
        """Return what is installed of it; raises LookupError when that is another version."""
        try:
            found = distribution(self.name)
        except PackageNotFoundError:
            raise LookupError(f"{self.name} is locked but not installed: run `make lint`") from None
        if found.version != self.version:
            raise LookupError(
                f"{self.name} is locked at {self.version}, but {found.version} is installed"
            )
        return found


def locked(file: Path) -> list[Package]:
    """Return the packages of a lock file, in its order."""
    text = file.read_text(encoding="utf-8")
    pins = list(_PIN.finditer(text))
    ends = [pin.start() for pin in pins[1:]] + [len(text)]
    return [
        Package(
            name=pin["name"],
            version=pin["version"],
            home="pypi",
            sha256=tuple(_HASH.findall(text[pin.start() : end])),
        )
        for pin, end in zip(pins, ends, strict=True)
    ]


def kept(folders: Iterable[str] = KEPT) -> list[Package]:
    """Return the packages whose files are in the repository, each once."""
    files: dict[tuple[str, str], list[re.Match[str]]] = {}
    for folder in folders:
        text = (ROOT / folder / "README.md").read_text(encoding="utf-8")
        for file in _FILE.finditer(text):
            files.setdefault((file["name"], file["version"]), []).append(file)
    return [
        Package(name, version, "npm", tuple(f["sha256"] for f in of_it), of_it[0]["licence"])
        for (name, version), of_it in files.items()
    ]
