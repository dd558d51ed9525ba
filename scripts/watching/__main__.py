"""`python -m scripts.watching [--check]`: writes the dashboards and the rules of service levels."""

import argparse
import json
import sys
from pathlib import Path

import yaml

from scripts.packages import ROOT
from scripts.watching.boards import BOARDS
from scripts.watching.slos import rules

DASHBOARDS = ROOT / "docker" / "grafana" / "dashboards"
RULES = ROOT / "docker" / "prometheus" / "rules" / "service-levels.yml"
_HEAD = "# Made by `python -m scripts.watching` from scripts/watching/slos.py.\n"


def wanted() -> dict[Path, str]:
    """Return what each file ought to hold."""
    found = {
        DASHBOARDS / f"{board.name}.json": json.dumps(board.as_json(), indent=1) + "\n"
        for board in BOARDS
    }
    found[RULES] = _HEAD + yaml.safe_dump(rules(), sort_keys=False, width=1_000)
    return found


def main() -> int:
    """Write the files, or say which of them is not what it ought to be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare and write nothing")
    check = parser.parse_args().check
    files = wanted()
    others = [path for path in DASHBOARDS.glob("*.json") if path not in files]
    old = [
        path
        for path, text in files.items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    if not check:
        for path in others:
            path.unlink()
        for path in old:
            path.write_text(files[path], encoding="utf-8")
        return 0
    for path in (*others, *old):
        print(f"{path.relative_to(ROOT)} is out of date: run `python -m scripts.watching`")
    return 1 if others or old else 0


if __name__ == "__main__":
    sys.exit(main())
