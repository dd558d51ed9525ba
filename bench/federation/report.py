"""What was measured, as tables."""

import json
import os
import platform
import subprocess
from collections import defaultdict
from importlib.metadata import version
from statistics import median

from federation.operations import APOLLO, SEPTET, SERVERS, STOCK, Operation
from federation.servers import PEER

#: What was measured of one operation: for each server and figure, a number for each round.
Figures = defaultdict[tuple[str, str], list[float]]


def print_machine(postgresql: str) -> None:
    """Print what the figures depend on."""
    packages = ("django", "graphene-django", "graphene-federation", "graphql-core", "psycopg")
    node = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True)
    peer = json.loads((PEER / "package.json").read_text())["dependencies"]
    print(
        f"{platform.platform()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f},"
        f" PostgreSQL {postgresql}\nPython {platform.python_version()},"
        f" {', '.join(f'{name} {version(name)}' for name in packages)}\n"
        f"Node {node.stdout.strip()}, {', '.join(f'{name} {pin}' for name, pin in peer.items())}"
    )


def print_figures(found: dict[str, Figures]) -> None:
    """Print what each server did."""
    print(
        "\n| operation | server | requests/s | median ms | CPU ms | PostgreSQL's CPU ms |"
        "\n|---|---|---:|---:|---:|---:|"
    )
    for name, figures in found.items():
        for server in SERVERS:
            rate, latency, cost, database = (
                median(figures[server, figure]) for figure in ("rate", "latency", "cost", "db cost")
            )
            print(
                f"| {name:<22} | {server:<6} | {rate:8.1f} | {latency:8.2f} | {cost:8.3f}"
                f" | {database:8.3f} |"
            )


def print_ratios(operations: list[Operation], found: dict[str, Figures]) -> None:
    """Print ours divided by theirs, with the targets; in brackets the least and the most."""
    print(
        "\n| ours divided by theirs | CPU, Apollo | target | latency | requests/s | target"
        " | requests/s, stock | target | CPU |"
        "\n|---|---:|---|---:|---:|---|---:|---|---:|"
    )
    for one in operations:
        figures = found[one.name]
        cost, latency, rate = (
            ratios(figures, figure, APOLLO) for figure in ("cost", "latency", "rate")
        )
        stock_rate, stock_cost = (ratios(figures, figure, STOCK) for figure in ("rate", "cost"))
        print(
            f"| {one.name:<22} | {spread(cost)} | {at_most(one.most_cost_of_apollo, cost):<14}"
            f" | {median(latency):5.2f}"
            f" | {spread(rate)} | {at_least(one.least_rate_of_apollo, rate):<12}"
            f" | {spread(stock_rate)} | {at_least(one.least_rate_of_stock, stock_rate):<13}"
            f" | {median(stock_cost):5.2f} |"
        )


def ratios(figures: Figures, figure: str, other: str) -> list[float]:
    """Return ours divided by theirs: each round is compared with itself."""
    pairs = zip(figures[SEPTET, figure], figures[other, figure], strict=True)
    return [ours / theirs for ours, theirs in pairs]


def spread(found: list[float]) -> str:
    """Return the median between the least and the most."""
    return f"{median(found):5.2f} ({min(found):.2f} to {max(found):.2f})"


def at_most(target: float | None, found: list[float]) -> str:
    """Return the verdict on a cost."""
    if target is None:
        return ""
    return f"≤ {target:g}: {'met' if median(found) <= target else 'MISSED'}"


def at_least(target: float | None, found: list[float]) -> str:
    """Return the verdict on a rate."""
    if target is None:
        return ""
    return f"≥ {target:g}: {'met' if median(found) >= target else 'MISSED'}"
