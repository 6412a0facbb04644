"""What every table on a terminal reads like: on an empty study, on one judgment, and on the demo."""

import re
from pathlib import Path

import pandas as pd
import pytest

from study.cli import analyses, judging, one_metric
from study.cli.shared import table_text
from tests.cases import cases
from tests.cli.conftest import Run, Said
from tests.templates import Templates

ANALYSES = (
    ("analyze", "agreement"),
    ("analyze", "agreement", "--by", "role"),
    ("analyze", "agreement", "--by", "profile"),
    ("analyze", "raters"),
    ("analyze", "raters", "--look", "taste"),
    ("analyze", "raters", "--look", "repeats"),
    ("analyze", "raters", "--look", "pairs"),
    *(("analyze", "rater-models", "--model", "one_coin", "--look", one) for one in ("raters", "preferences")),
    ("analyze", "ratings"),
    ("analyze", "ratings", "--show", "differences"),
    ("analyze", "ranking"),
    ("analyze", "ranking", "--model", "elo"),
    ("analyze", "ranking", "--by", "profile"),
    ("analyze", "pairs"),
    ("analyze", "pairs", "--look", "matrix"),
    ("analyze", "models"),
    ("analyze", "orders", "--orders", "5"),
    ("analyze", "conditional"),
    ("analyze", "conditional", "--look", "strengths"),
    ("analyze", "stopping"),
    ("analyze", "priority"),
    ("analyze", "position"),
    ("analyze", "position", "--look", "raters"),
    ("analyze", "correlation"),
    ("analyze", "metric-differences", "words", "characters"),
    *(("analyze", "metric", "words", "--look", look) for look in one_metric.MetricSubject),
    ("analyze", "metric-tests"),
    ("analyze", "judges"),
    ("analyze", "judges", "--look", "strengths"),
    *(
        ("analyze", "personalization", "--generic", "SYSTEM", "--what", what)
        for what in ("wins", "losses", "style")
    ),
    ("analyze", "personalization", "--generic", "SYSTEM", "--by", "system"),
    *(("judges", "report", "--what", what) for what in judging.REPORTS),
    ("metrics", "sentinels"),
)

OTHERS = (
    ("raters",),
    ("raters", "--simulated"),
    ("raters", "--show", "reminders"),
    *(("raters", "--simulated", "--show", show) for show in ("approvals", "flags", "forms", "actions")),
    ("progress", "--simulated"),
    ("metrics", "scores", "--metric", "length"),
    ("metrics", "scores", "--metric", "length", "--look", "quartiles"),
    ("metrics", "correlations"),
    ("metrics", "run", "--metric", "words", "--dry-run"),
    ("withdrawals",),
    ("skips",),
    ("audit",),
    ("elicited",),
    ("consents",),
    ("judges", "list"),
)
NOUNS = "comparison|document|item|judgment|judge|metric|output|pair|profile|rater|row|score|system|vote"
WRONG = {
    "a data frame's own words": re.compile(r"Empty DataFrame|Columns: \[|\bIndex: \["),
    "a cell of Python's": re.compile(r"(?<![\w'])(None|NaN|nan|NaT|<NA>)(?![\w'])"),
    "one of many": re.compile(rf"(?<![\d,.])1 (?:{NOUNS})s\b"),
}
P_NAMES = ("p_value", "adjusted_p", "p_adjusted", "left_p", "p_two_sided", "p_holm")


def wrong_words(said: Said) -> list[str]:
    """Return what no table may read like."""
    text = said.out + said.err
    return [f"{what}: {found.group()}" for what, sign in WRONG.items() if (found := sign.search(text))]


def of_study(command: tuple[str, ...], study: str, system: str) -> list[str]:
    return [*(system if part == "SYSTEM" else part for part in command), "--study", study]


def column(table: str, name: str) -> list[str]:
    """Return the last word of every cell of a column, whose cells end where its name ends; none where it has no such column."""
    header, *lines = table.splitlines() or [""]
    found = re.search(rf"(?<!\w){name}(?!\w)", header)
    cells = [line[: found.end()].split()[-1] for line in lines] if found else []
    return [cell for cell in cells if cell != "-"]


@pytest.fixture
def unjudged(run: Run, pairs: Path, templates: Templates, database_path: Path) -> Run:
    templates.copy_of("unjudged", database_path, lambda: imported(run, pairs))
    return run


@pytest.fixture
def one_judgment(run: Run, pairs: Path, votes: Path, templates: Templates, database_path: Path) -> Run:
    votes.write_text("\n".join(votes.read_text().splitlines()[:2]))
    templates.copy_of("one judgment", database_path, lambda: imported(run, pairs, votes))
    return run


def imported(run: Run, *files: Path) -> None:
    assert run("import", *files, "--study", "tiny").code == 0


def test_the_sweep_knows_every_analysis() -> None:
    known = {command[:2] for command in ANALYSES}
    assert {("analyze", str(one.name)) for one in analyses.app.registered_commands} <= known


@pytest.mark.parametrize("command", [*ANALYSES, *OTHERS], ids=" ".join)
def test_a_study_that_nobody_has_judged_reads_well(unjudged: Run, command: tuple[str, ...]) -> None:
    said = unjudged(*of_study(command, "tiny", "x"))
    assert wrong_words(said) == []
    assert said.err or said.out


@pytest.mark.thorough
@pytest.mark.parametrize("command", [*ANALYSES, *OTHERS], ids=" ".join)
def test_one_judgment_reads_well(one_judgment: Run, command: tuple[str, ...]) -> None:
    said = one_judgment(*of_study(command, "tiny", "x"))
    assert wrong_words(said) == []


@pytest.mark.parametrize(
    "command",
    cases(
        [*ANALYSES, *OTHERS], lambda command: command in ANALYSES[:8] or command in OTHERS[:4], one_value=True
    ),
    ids=" ".join,
)
def test_the_demo_reads_well(demo: Run, command: tuple[str, ...]) -> None:
    population = ["--population", "simulated"] if command in ANALYSES else []
    said = demo(*of_study(command, "demo", "generic"), *population)
    assert wrong_words(said) == []
    assert [cell for name in P_NAMES for cell in column(said.out, name) if float(cell) == 0] == []


def test_the_interval_of_a_share_is_printed_within_0_and_1() -> None:
    frame = pd.DataFrame(
        {"win_rate": [0.98], "win_rate_low": [-0.01], "win_rate_high": [1.04], "strength_low": [-1.5]}
    )
    assert table_text(frame).split("\n")[1].split() == ["0.980", "0.000", "1.000", "-1.500"]
