"""`python -m scripts.licences`: every package, for running and for developing, may be used so.

Prints what may not and returns 1; with --table, prints each package's licence.
"""

import argparse
import sys
from functools import cache

from license_expression import (
    ExpressionError,
    LicenseExpression,
    LicenseSymbol,
    get_spdx_licensing,
)

from scripts.packages import DEVELOPMENT, RUNTIME, Package, kept, locked

#: Licences that ask for no more than their text and the names of the authors.
ALLOWED = frozenset(
    {
        "0BSD",
        "Apache-2.0",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "ISC",
        "MIT",
        "MIT-0",
        "MIT-CMU",
        "PSF-2.0",
        "Python-2.0",
        "Unlicense",
    }
)
#: Packages under another licence, and why that is right for us.
EXCEPTIONS = {
    "certifi": ("MPL-2.0", "a list of certificates, used unchanged"),
    "dkimpy": ("Zlib", "for checks only, used unchanged"),
    "docxtpl": (
        "LGPL-2.1-only",
        "a library that is imported, used unchanged, replaceable",
    ),
    "fido2": (
        "BSD-2-Clause AND Apache-2.0 AND MPL-2.0",
        "of MPL is only its list of public suffixes, used unchanged",
    ),
    "fqdn": ("MPL-2.0", "for checks only, used unchanged"),
    "hypothesis": ("MPL-2.0", "for tests only, used unchanged"),
    "iso4217": ("CC-PDDC", "in the public domain, for checks only"),
    "orjson": ("MPL-2.0 AND (Apache-2.0 OR MIT)", "used unchanged, from its published wheel"),
    "paramiko": (
        "LGPL-2.1",
        "a library that is imported, used unchanged, replaceable",
    ),
    "pathspec": ("MPL-2.0", "for checks only, used unchanged"),
    "pikepdf": ("MPL-2.0", "a library that is imported, used unchanged, from its published wheel"),
    "psycopg": ("LGPL-3.0-only", "a library that is imported, used unchanged, replaceable"),
    "psycopg-binary": ("LGPL-3.0-only", "a library that is imported, used unchanged, replaceable"),
    "psycopg-pool": ("LGPL-3.0-only", "a library that is imported, used unchanged, replaceable"),
    "python-bidi": (
        "LGPL-3.0-or-later",
        "a library that is imported, used unchanged, replaceable",
    ),
    "python-stdnum": ("LGPL-2.1-or-later", "for checks only, used unchanged"),
    "text-unidecode": (
        "Artistic-1.0-Perl OR GPL-2.0-or-later",
        "by graphene-django, under the Artistic License, used unchanged",
    ),
}
#: Packages that tell their licence in no way a program reads, as a person read it.
READ = {
    "dkimpy": "Zlib",
    "fido2": "BSD-2-Clause AND Apache-2.0 AND MPL-2.0",
    "iso4217": "CC-PDDC",
    "mrml": "MIT",
    "protobuf": "BSD-3-Clause",
    "pypdfium2": "BSD-3-Clause AND Apache-2.0",
    "python-bidi": "LGPL-3.0-or-later",
    "python-stdnum": "LGPL-2.1-or-later",
    "qrcode": "BSD-3-Clause",
    "text-unidecode": "Artistic-1.0-Perl OR GPL-2.0-or-later",
    "uharfbuzz": "Apache-2.0",
}
#: Trove classifiers, for packages that were published before licences had expressions.
_CLASSIFIERS = {
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
_spdx = get_spdx_licensing()


def licence_of(package: Package) -> str:
    """Return a package's licence as an SPDX expression; raises LookupError when none is told."""
    if package.told_licence:
        return package.told_licence
    if package.name in READ:
        return READ[package.name]
    metadata = package.installed().metadata
    if told := metadata.get_all("License-Expression"):
        return str(told[0])
    prefix = "License :: "
    classifiers = [
        line.rpartition(" :: ")[2]
        for line in metadata.get_all("Classifier", [])
        if line.startswith(prefix) and line != "License :: OSI Approved"
    ]
    found = [_CLASSIFIERS.get(one, "") for one in classifiers]
    if found and all(found):
        # Several are all to be kept to: nothing says that one may be chosen.
        return " AND ".join(dict.fromkeys(found))
    for short in metadata.get_all("License", []):
        if "\n" not in short and _parsed(short):
            return str(short)
    raise LookupError(f"{package.name} {package.version} tells its licence in no way we read")


def may_use(package: Package) -> str:
    """Return what is against using a package; nothing when it may be used."""
    try:
        told = licence_of(package)
    except LookupError as error:
        return str(error)
    if _permits(told):
        return ""
    expected, _why = EXCEPTIONS.get(package.name, ("", ""))
    if told == expected:
        return ""
    return f"{package.name} {package.version} is under {told}, which is not on the list"


@cache
def _parsed(expression: str) -> LicenseExpression | None:
    try:
        return _spdx.parse(expression, validate=True)
    except ExpressionError:
        return None


def _permits(expression: str) -> bool:
    """Say whether the allowed licences suffice: all of an AND, one of an OR."""
    tree = _parsed(expression)
    return tree is not None and _holds(tree)


def _holds(tree: LicenseExpression) -> bool:
    if isinstance(tree, _spdx.OR):
        return any(_holds(part) for part in tree.args)
    if isinstance(tree, _spdx.AND):
        return all(_holds(part) for part in tree.args)
    return isinstance(tree, LicenseSymbol) and tree.key in ALLOWED


def main(arguments: list[str]) -> int:
    """Judge every package; return 0 when all may be used."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", action="store_true")
    table = parser.parse_args(arguments).table
    packages = [*locked(RUNTIME), *locked(DEVELOPMENT), *kept()]
    if table:
        for package in packages:
            print(f"{package.name} {package.version}\t{licence_of(package)}")
    refusals = [refusal for package in packages if (refusal := may_use(package))]
    unused = sorted({*EXCEPTIONS, *READ} - {package.name for package in packages})
    refusals += [f"{name} is an exception, but no package of ours" for name in unused]
    for refusal in refusals:
        print(refusal, file=sys.stderr)
    if refusals:
        print("Decide in scripts/licences.py, with a reason.", file=sys.stderr)
        return 1
    print(f"{len(packages)} packages may be used.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
