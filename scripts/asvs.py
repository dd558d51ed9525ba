"""`python -m scripts.asvs [--check]`: our answers to OWASP ASVS 5.0.0, checked, and their page.

It judges docs/security/asvs.toml: every requirement of levels 1 and 2 has one answer, every test it
names is collected by pytest, every page and heading it names is there. Without --check it writes
docs/security/asvs.md anew; with it, it says when that page is out of date.
"""

import argparse
import re
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from scripts.packages import ROOT

ANSWERS = ROOT / "docs" / "security" / "asvs.toml"
PAGE = ROOT / "docs" / "security" / "asvs.md"
#: The level of each requirement of a section, in order: 1.2.10 is of level 3.
LEVELS = {
    "1.1": "22", "1.2": "1111122223", "1.3": "112222222223", "1.4": "222", "1.5": "123",
    "2.1": "122", "2.2": "112", "2.3": "12223", "2.4": "23",
    "3.1": "3", "3.2": "113", "3.3": "12223", "3.4": "11222233", "3.5": "11122333", "3.6": "3",
    "3.7": "22333",
    "4.1": "12233", "4.2": "23333", "4.3": "22", "4.4": "1222",
    "5.1": "2", "5.2": "112333", "5.3": "113", "5.4": "222",
    "6.1": "122", "6.2": "111111112222", "6.3": "11223333", "6.4": "112233", "6.5": "22222333",
    "6.6": "2223", "6.7": "33", "6.8": "2222",
    "7.1": "222", "7.2": "1111", "7.3": "22", "7.4": "11222", "7.5": "223", "7.6": "22",
    "8.1": "1233", "8.2": "1123", "8.3": "133", "8.4": "23",
    "9.1": "111", "9.2": "1222",
    "10.1": "22", "10.2": "223", "10.3": "22223", "10.4": "1111122222233333", "10.5": "22222",
    "10.6": "22", "10.7": "222",
    "11.1": "2233", "11.2": "22233", "11.3": "11233", "11.4": "1222", "11.5": "23", "11.6": "23",
    "11.7": "33",
    "12.1": "12233", "12.2": "11", "12.3": "22223",
    "13.1": "2333", "13.2": "222223", "13.3": "2233", "13.4": "1222233",
    "14.1": "22", "14.2": "12223333", "14.3": "122",
    "15.1": "12233", "15.2": "12233", "15.3": "1222222", "15.4": "3333",
    "16.1": "2", "16.2": "22222", "16.3": "2222", "16.4": "222", "16.5": "2223",
    "17.1": "23", "17.2": "22223333", "17.3": "22",
}  # fmt: skip
CHAPTERS = (
    "Encoding and sanitisation",
    "Validation and business logic",
    "Web frontend",
    "API and web service",
    "Files",
    "Authentication",
    "Sessions",
    "Authorisation",
    "Self-contained tokens",
    "OAuth and OpenID Connect",
    "Cryptography",
    "Communication",
    "Configuration",
    "Data protection",
    "Coding and architecture",
    "Logs and errors",
    "WebRTC",
)
PASS, NOT_APPLICABLE, OPEN = "pass", "not_applicable", "open"
_WORDS = {PASS: "pass", NOT_APPLICABLE: "not applicable", OPEN: "**open**"}
INTRODUCTION = """\
# OWASP ASVS 5.0

Every requirement of levels 1 and 2 of the OWASP Application Security Verification Standard 5.0.0,
with our answer. A pass names the tests that show it, or the page where documentation is what is
asked for. This page is made of `docs/security/asvs.toml` by `python -m scripts.asvs`; `make lint`
fails when a requirement has no answer, or when a test, a page or a heading it names is not there.

What is asked is told here in a few words of our own. The standard's text decides; it is at
<https://github.com/OWASP/ASVS>, by the OWASP Foundation under CC BY-SA 4.0.
"""


def levels() -> dict[str, int]:
    """Return the level of every requirement."""
    return {
        f"{section}.{number}": int(level)
        for section, digits in LEVELS.items()
        for number, level in enumerate(digits, start=1)
    }


@dataclass(frozen=True, slots=True)
class Answer:
    """What we say to one requirement."""

    number: str
    asks: str
    verdict: str
    why: str
    tests: tuple[str, ...]
    pages: tuple[str, ...]
    issue: int | None

    @classmethod
    def of(cls, number: str, told: Mapping[str, Any]) -> "Answer":
        """Read an answer; raises ValueError for what is none."""
        unknown = told.keys() - {"asks", PASS, NOT_APPLICABLE, OPEN, "tests", "pages", "issue"}
        verdicts = [one for one in (PASS, NOT_APPLICABLE, OPEN) if one in told]
        if unknown or len(verdicts) != 1 or not told.get("asks"):
            raise ValueError(f"{number} needs what it asks and one verdict, nothing unknown")
        answer = cls(
            number,
            told["asks"],
            verdicts[0],
            told[verdicts[0]],
            tuple(told.get("tests", ())),
            tuple(told.get("pages", ())),
            told.get("issue"),
        )
        if answer.verdict == PASS and not (answer.tests or answer.pages):
            raise ValueError(f"{number} passes without a test or a page")
        if answer.verdict != PASS and not answer.why:
            raise ValueError(f"{number} needs a reason")
        if answer.verdict == OPEN and answer.issue is None:
            raise ValueError(f"{number} is open without an issue")
        return answer


def read(text: str) -> list[Answer]:
    """Return all answers in the order of the standard; raises ValueError for a gap."""
    told = tomllib.loads(text)
    wanted = [number for number, level in levels().items() if level < 3]
    missing, unknown = [*set(wanted) - told.keys()], [*told.keys() - set(wanted)]
    if missing or unknown:
        raise ValueError(f"without an answer: {sorted(missing)}; unknown: {sorted(unknown)}")
    return [Answer.of(number, told[number]) for number in wanted]


def faults(answers: Iterable[Answer], collected: set[str]) -> list[str]:
    """Return what the answers name that is not there."""
    found = []
    for answer in answers:
        found += [f"{answer.number}: no test {one}" for one in answer.tests if one not in collected]
        found += [f"{answer.number}: no {one}" for one in answer.pages if not _is_there(one)]
    return found


def collect(files: Iterable[str]) -> set[str]:
    """Return the ids of all tests that pytest finds in these files, without their parameters."""
    there = sorted({file for file in files if (ROOT / file).is_file()})
    done = subprocess.run(  # noqa: S603  our own program # nosec B603
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "-m", "", *there],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise ValueError(f"pytest collects nothing: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return {line.partition("[")[0] for line in done.stdout.splitlines() if "::" in line}


def page(answers: list[Answer]) -> str:
    """Return the page."""
    counts = _counts(answers)
    chapters = [_chapter(number, answers) for number in range(1, len(CHAPTERS) + 1)]
    return "\n".join([INTRODUCTION, counts, *chapters])


def _counts(answers: list[Answer]) -> str:
    def row(name: str, some: list[Answer]) -> str:
        told = Counter((levels()[one.number], one.verdict) for one in some)
        cells = [told[level, verdict] for level in (1, 2) for verdict in _WORDS]
        return f"| {name} | {' | '.join(str(cell) for cell in cells)} |"

    rows = [
        row(f"{number} {name}", [one for one in answers if _chapter_of(one) == number])
        for number, name in enumerate(CHAPTERS, start=1)
    ]
    told = Counter(one.verdict for one in answers)
    later = sum(one.verdict == NOT_APPLICABLE and one.issue is not None for one in answers)
    share = 100 * told[PASS] / (told[PASS] + told[OPEN])
    names = ("level 1: pass", "not applicable", "open", "level 2: pass", "not applicable", "open")
    summary = (
        f"Of {len(answers)} requirements {told[PASS]} pass, {told[OPEN]} are open, and"
        f" {told[NOT_APPLICABLE]} do not apply, {later} of them until an issue builds what they are"
        f" about. Of those that apply, {share:.0f} % pass."
    )
    return "\n".join(
        [
            summary,
            "",
            f"| chapter | {' | '.join(names)} |",
            "| --- |" + " ---: |" * 6,
            *rows,
            row("**all**", answers),
            "",
        ]
    )


def _chapter(number: int, answers: list[Answer]) -> str:
    rows = [_row(one) for one in answers if _chapter_of(one) == number]
    return "\n".join(
        [
            f"## {number} {CHAPTERS[number - 1]}\n",
            "| no. | level | asks | answer | shown by |",
            "| --- | --- | --- | --- | --- |",
            *rows,
            "",
        ]
    )


def _row(answer: Answer) -> str:
    verdict = _WORDS[answer.verdict]
    why = f"{verdict}: {answer.why}" if answer.why else verdict
    why += f" (issue {answer.issue})" if answer.issue else ""
    shown = [f"`{one}`" for one in answer.tests] + [_link(one) for one in answer.pages]
    cells = (answer.number, str(levels()[answer.number]), answer.asks, why, "<br>".join(shown))
    return f"| {' | '.join(cells)} |".replace("<br>", ", ")


def _link(target: str) -> str:
    path, _, heading = target.partition("#")
    steps = "../.." if not path.startswith("docs/") else ".."
    where = path.removeprefix("docs/")
    if where.startswith("security/"):
        steps, where = ".", where.removeprefix("security/")
    return f"[{heading.replace('-', ' ') or where}]({steps}/{where}{'#' * bool(heading)}{heading})"


def _is_there(target: str) -> bool:
    path, _, heading = target.partition("#")
    file = ROOT / path
    if not file.is_file():
        return False
    headings = re.findall(r"^#+ (.*)$", file.read_text(encoding="utf-8"), re.MULTILINE)
    return not heading or heading in {_slug(one) for one in headings}


def _slug(heading: str) -> str:
    return re.sub(r"[^\w -]", "", heading.lower()).strip().replace(" ", "-")


def _chapter_of(answer: Answer) -> int:
    return int(answer.number.partition(".")[0])


def main(arguments: list[str]) -> int:
    """Check the answers, and write the page or compare it; return 0 when all is well."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    only_check = parser.parse_args(arguments).check
    try:
        answers = read(ANSWERS.read_text(encoding="utf-8"))
        named = {test.partition("::")[0] for answer in answers for test in answer.tests}
        wrong = faults(answers, collect(named))
    except ValueError as error:
        wrong = [str(error)]
    else:
        text = page(answers)
        if not only_check:
            PAGE.write_text(text, encoding="utf-8")
        elif not PAGE.is_file() or PAGE.read_text(encoding="utf-8") != text:
            wrong.append("docs/security/asvs.md is out of date: run `python -m scripts.asvs`")
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
