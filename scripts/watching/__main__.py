"""`python -m scripts.watching [--check]`: writes dashboards, rules of service levels, alerts."""

import argparse
import json
import sys
from pathlib import Path

import yaml

from scripts.packages import ROOT
from scripts.watching import signoz
from scripts.watching.boards import BOARDS
from scripts.watching.slos import rules

DASHBOARDS = ROOT / "docker" / "grafana" / "dashboards"
PROMETHEUS = ROOT / "docker" / "prometheus" / "rules"
RULES = PROMETHEUS / "service-levels.yml"
SIGNOZ = ROOT / "docker" / "signoz"
_HEAD = "# Made by `python -m scripts.watching` from scripts/watching/slos.py.\n"


def wanted() -> dict[Path, str]:
    """Return what each file ought to hold."""
    found = {
        DASHBOARDS / f"{board.name}.json": json.dumps(board.as_json(), indent=1) + "\n"
        for board in BOARDS
    }
    for name, board in signoz.dashboards(BOARDS).items():
        found[SIGNOZ / "dashboards" / f"{name}.json"] = json.dumps(board, indent=1) + "\n"
    causes = yaml.safe_load((PROMETHEUS / "causes.yml").read_text(encoding="utf-8"))
    found[SIGNOZ / "alerts.json"] = json.dumps(signoz.alerts(causes), indent=1) + "\n"
    found[RULES] = _HEAD + yaml.safe_dump(rules(), sort_keys=False, width=1_000)
    return found


def main() -> int:
    """Write the files, or say which of them is not what it ought to be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare and write nothing")
    check = parser.parse_args().check
    files = wanted()
    made = (DASHBOARDS, SIGNOZ / "dashboards")
    others = [path for one in made for path in one.glob("*.json") if path not in files]
    old = [
        path
        for path, text in files.items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    if not check:
        for path in others:
            path.unlink()
        for path in old:
            path.parent.mkdir(exist_ok=True)
            path.write_text(files[path], encoding="utf-8")
        return 0
    for path in (*others, *old):
        print(f"{path.relative_to(ROOT)} is out of date: run `python -m scripts.watching`")
    return 1 if others or old else 0


if __name__ == "__main__":
    sys.exit(main())
