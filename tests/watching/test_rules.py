"""The rules of Prometheus: read by its own tools, tried on made-up series, led to pages."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
PROMETHEUS = ROOT / "docker" / "prometheus"
RULES = sorted((PROMETHEUS / "rules").glob("*.yml"))


def alerts() -> list[dict[str, Any]]:
    """Return every alert of the rules."""
    groups = [group for file in RULES for group in yaml.safe_load(file.read_text())["groups"]]
    return [rule for group in groups for rule in group["rules"] if "alert" in rule]


def promtool(*arguments: str) -> None:
    """Run Prometheus' own tool."""
    program = shutil.which("promtool")
    if program is None:
        pytest.skip("promtool is not installed: it comes with prometheus")
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.live
def test_prometheus_reads_the_rules_and_its_configuration(tmp_path: Path) -> None:
    promtool("check", "rules", *map(str, RULES))
    text = (PROMETHEUS / "prometheus.yml").read_text()
    here = tmp_path / "prometheus.yml"
    here.write_text(text.replace("/etc/prometheus/rules", str(PROMETHEUS / "rules")))
    promtool("check", "config", str(here))


@pytest.mark.live
def test_the_rules_do_what_their_unit_tests_say() -> None:
    promtool("test", "rules", str(PROMETHEUS / "tests" / "rules.yml"))


@pytest.mark.live
def test_alertmanager_reads_its_configuration(tmp_path: Path) -> None:
    program = shutil.which("amtool")
    if program is None:
        pytest.skip("amtool is not installed: it comes with prometheus-alertmanager")
    # Debian's is 0.25; addresses in files came with 0.26.
    here = tmp_path / "alertmanager.yml"
    text = (PROMETHEUS / "alertmanager.yml").read_text()
    here.write_text(text.replace("url_file: /etc/alertmanager", "url: http://localhost"))
    done = subprocess.run([program, "check-config", here], capture_output=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_each_alert_leads_to_a_place_that_says_what_to_do() -> None:
    for alert in alerts():
        page, _, place = alert["annotations"]["runbook"].partition("#")
        text = (ROOT / page).read_text()
        places = [
            re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")
            for title in re.findall(r"^#+ (.+)$", text, re.MULTILINE)
        ]
        assert not place or place in places, alert["alert"]
        assert alert["annotations"]["summary"]


def test_each_alert_goes_to_somebody() -> None:
    manager = yaml.safe_load((PROMETHEUS / "alertmanager.yml").read_text())
    routes = manager["route"]["routes"]
    told = {
        match[1]
        for one in routes
        for match in [re.match(r'severity = "(\w+)"', *one["matchers"])]
        if match
    }
    severities = {alert["labels"]["severity"] for alert in alerts()}

    assert severities == {"none", "page", "ticket"}
    # What no route takes is a ticket.
    assert severities - told == {manager["route"]["receiver"]}
    assert {one["receiver"] for one in (manager["route"], *routes)} == {
        one["name"] for one in manager["receivers"]
    }


def test_dashboards_and_rules_are_what_the_code_makes_of_them() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "scripts.watching", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
