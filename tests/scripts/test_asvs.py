"""The answers to ASVS and the threat model name what is really there."""

import re
from dataclasses import replace

import pytest

from scripts import asvs
from scripts.packages import ROOT

THREATS = (ROOT / "docs" / "security" / "threat-model.md").read_text(encoding="utf-8")
_ID = re.compile(r"`(tests/[\w/]+\.py::test_\w+)`")


@pytest.fixture(scope="module")
def answers() -> list[asvs.Answer]:
    return asvs.read(asvs.ANSWERS.read_text(encoding="utf-8"))


def test_the_requirements_are_as_many_as_the_standard_counts() -> None:
    levels = asvs.levels()
    by_chapter: dict[int, list[int]] = {}
    for number, level in levels.items():
        by_chapter.setdefault(int(number.partition(".")[0]), []).append(level)

    assert [[*levels.values()].count(level) for level in (1, 2, 3)] == [70, 183, 92]
    counted = {n: tuple(map(some.count, (1, 2, 3))) for n, some in by_chapter.items()}
    assert counted == {
        1: (8, 19, 3), 2: (4, 7, 2), 3: (8, 11, 12), 4: (2, 8, 6), 5: (4, 5, 4), 6: (13, 22, 12),
        7: (6, 12, 1), 8: (4, 3, 6), 9: (4, 3, 0), 10: (5, 24, 7), 11: (3, 11, 10), 12: (3, 6, 3),
        13: (1, 12, 8), 14: (2, 7, 4), 15: (3, 10, 8), 16: (0, 16, 1), 17: (0, 7, 5),
    }  # fmt: skip
    assert levels["1.2.10"] == 3
    assert levels["6.2.12"] == 2


def test_every_test_and_page_that_is_named_is_there(answers: list[asvs.Answer]) -> None:
    named = {test for answer in answers for test in answer.tests} | {*_ID.findall(THREATS)}
    collected = asvs.collect(test.partition("::")[0] for test in named)

    assert named - collected == set()
    assert asvs.faults(answers, collected) == []


def test_the_page_is_what_the_answers_say(answers: list[asvs.Answer]) -> None:
    assert asvs.PAGE.read_text(encoding="utf-8") == asvs.page(answers)


def test_what_is_named_and_not_there_is_told(answers: list[asvs.Answer]) -> None:
    wrong = replace(
        answers[0], tests=("tests/x.py::test_y",), pages=("docs/index.md#nowhere", "no.md")
    )

    assert asvs.faults([wrong], set()) == [
        "1.1.1: no test tests/x.py::test_y",
        "1.1.1: no docs/index.md#nowhere",
        "1.1.1: no no.md",
    ]


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({"pass": "so"}, "what it asks"),
        ({"asks": "x"}, "one verdict"),
        ({"asks": "x", "pass": "", "open": "y"}, "one verdict"),
        ({"asks": "x", "pass": "so"}, "without a test or a page"),
        ({"asks": "x", "not_applicable": ""}, "needs a reason"),
        ({"asks": "x", "open": "y"}, "without an issue"),
        ({"asks": "x", "open": "y", "issue": 5, "tset": []}, "nothing unknown"),
    ],
)
def test_an_answer_that_is_none_is_refused(told: dict[str, object], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        asvs.Answer.of("1.1.1", told)


def test_a_gap_and_an_unknown_number_are_refused() -> None:
    text = asvs.ANSWERS.read_text(encoding="utf-8")

    with pytest.raises(ValueError, match=r"without an answer: \['1.1.1'\]; unknown: \['1.2.99'\]"):
        asvs.read(text.replace('["1.1.1"]', '["1.2.99"]'))


def test_every_threat_has_a_test_or_is_called_open() -> None:
    rows = re.findall(r"^\| [STRIDE] \|.*\|$", THREATS, re.MULTILINE)

    assert len(rows) > 40
    assert [row for row in rows if not _ID.search(row) and "open:" not in row] == []
    for boundary in range(1, 8):
        section = THREATS.partition(f"\n## B{boundary} ")[2].partition("\n## ")[0]
        told = {row[2] for row in re.findall(r"^\| [STRIDE] \|", section, re.MULTILINE)}
        assert told >= set("STIDE")
