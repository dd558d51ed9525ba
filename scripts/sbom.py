"""`python -m scripts.sbom FILE`: what is in a release, as CycloneDX.

It lists the locked packages Septet runs on and those whose files are kept in the repository, each
with its hashes, its licence and what it needs. The same packages give the same file.
"""

import argparse
import json
import sys
import tomllib
import uuid
from collections.abc import Sequence
from importlib.metadata import requires
from pathlib import Path

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL
from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name

from scripts.licences import licence_of
from scripts.packages import ROOT, RUNTIME, Package, kept, locked

_licences = LicenseFactory()


def bill(version: str) -> Bom:
    """Return the bill of materials of this version."""
    packages = [*locked(RUNTIME), *kept()]
    components = {package: _component(package) for package in packages}
    by_name = {canonicalize_name(one.name): part for one, part in components.items()}
    whole = Component(
        name="septet", version=version, type=ComponentType.APPLICATION, bom_ref="septet"
    )
    made = Bom(components=components.values())
    made.metadata.component = whole
    # By default it is of the moment; the content alone shall decide.
    made.serial_number = uuid.uuid5(uuid.NAMESPACE_URL, _fingerprint(version, packages))
    for package, part in components.items():
        needed = _needed(package) if package.home == "pypi" else ()
        made.register_dependency(part, [by_name[name] for name in needed if name in by_name])
    made.register_dependency(whole, components.values())
    return made


def as_json(made: Bom) -> str:
    """Return a bill as JSON; raises ValueError when it is none by the standard's own schema."""
    told = json.loads(JsonV1Dot6(made).output_as_string())
    del told["metadata"]["timestamp"]
    text = json.dumps(told, indent=2) + "\n"
    wrong = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    if wrong is not None:
        raise ValueError(f"this is no CycloneDX: {wrong}")
    return text


def _component(package: Package) -> Component:
    return Component(
        name=package.name,
        version=package.version,
        type=ComponentType.LIBRARY,
        bom_ref=package.purl,
        purl=PackageURL.from_string(package.purl),
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=one) for one in package.sha256],
        licenses=[_licences.make_from_string(licence_of(package))],
    )


def _needed(package: Package) -> Sequence[NormalizedName]:
    needed = [Requirement(line) for line in requires(package.name) or []]
    return sorted(
        canonicalize_name(one.name)
        for one in needed
        if one.marker is None or one.marker.evaluate({"extra": ""})
    )


def _fingerprint(version: str, packages: list[Package]) -> str:
    return " ".join(["septet", version, *(f"{one.purl} {one.sha256}" for one in packages)])


def main(arguments: list[str]) -> int:
    """Write the bill of this version; return 0."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    target: Path = parser.parse_args(arguments).file
    target.parent.mkdir(parents=True, exist_ok=True)
    made = bill(_version())
    target.write_text(as_json(made), encoding="utf-8")
    print(f"{target}: {len(made.components)} packages.")
    return 0


def _version() -> str:
    told = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return str(told["project"]["version"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
