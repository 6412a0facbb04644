"""Corrections name analyses that are there, and explain what they are of, nothing else."""

from typing import Any

import pytest
from typer.main import get_command

from study import __version__, cli
from study.errors import InvalidInput
from study.workflows import corrections, reproducing
from study.workflows.corrections import CORRECTIONS, Correction, known, version_of
from study.workflows.exporting import FORMATS

PLANTED = (
    Correction(
        "0.3", ("analyze pairs", "study.analysis.ranking.pairs:pair_table"), "P counted votes.", ("p",)
    ),
    Correction("0.2.1", ("export heds",), "The sheet named no raters."),
)


def is_there(of: str) -> bool:
    """Say whether a name of a correction stands for something that can be reproduced."""
    if " " not in of:
        try:
            reproducing.call_of({"function": of})
        except InvalidInput:
            return False
        return True
    group, _, name = of.partition(" ")
    if group == "export":
        return name in FORMATS
    commands: Any = get_command(cli.app)
    return bool(name) and name in getattr(commands.commands.get(group), "commands", {})


def faults(one: Correction) -> list[str]:
    """Return what is wrong with an entry."""
    found = [f"{of} is no analysis" for of in one.of if not is_there(of)]
    found += [] if one.of else ["of nothing"]
    found += [] if () < version_of(one.since) <= version_of(__version__) else [f"since {one.since}"]
    return found + ([] if one.sentence.endswith(".") and "\n" not in one.sentence else ["not a sentence"])


def test_corrections_name_analyses_that_are_there_and_versions_that_were() -> None:
    assert {one.of: faults(one) for one in CORRECTIONS if faults(one)} == {}


def test_a_faulty_entry_would_be_found() -> None:
    assert faults(Correction("99.0", ("analyze nothing",), "No end")) == [
        "analyze nothing is no analysis",
        "since 99.0",
        "not a sentence",
    ]
    assert faults(Correction(__version__, (), "Of nothing.")) == ["of nothing"]


@pytest.mark.parametrize(
    ("of", "there"),
    [
        ("analyze pairs", True),
        ("metrics sentinels", True),
        ("export heds", True),
        ("study.analysis.ranking.pairs:pair_table", True),
        ("analyze", False),
        ("analyze nothing", False),
        ("export pdf", False),
        ("study.analysis.ranking.pairs:nothing", False),
        ("os:system", False),
    ],
)
def test_a_name_of_nothing_would_be_found(of: str, there: bool) -> None:
    assert is_there(of) == there


def manifest(version: str, **recipe: object) -> dict[str, Any]:
    return {"program": {"version": version}, "recipe": recipe}


@pytest.mark.parametrize(
    ("written", "sentences"),
    [
        (
            manifest("0.1.0", kind="command", arguments=["analyze", "pairs", "--study", "s"]),
            ["P counted votes."],
        ),
        (manifest("0.2.9", kind="analysis", function=PLANTED[0].of[1]), ["P counted votes."]),
        (manifest("0.3.0", kind="command", arguments=["analyze", "pairs"]), []),
        (manifest("0.10", kind="command", arguments=["analyze", "pairs"]), []),
        (manifest("0.1.0", kind="command", arguments=["analyze", "pairs-of-shoes"]), []),
        (manifest("0.1.0", kind="command", arguments=["analyze", "ranking"]), []),
        (
            manifest("0.2", kind="command", arguments=["export", "--format", "heds"]),
            ["The sheet named no raters."],
        ),
        (manifest("0.2", kind="command", arguments=["export", "--study", "heds"]), []),
        (manifest("of old", kind="command", arguments=["analyze", "pairs"]), []),
    ],
)
def test_a_correction_is_known_of_older_manifests_of_its_analysis(
    monkeypatch: pytest.MonkeyPatch, written: dict[str, Any], sentences: list[str]
) -> None:
    monkeypatch.setattr(corrections, "CORRECTIONS", PLANTED)
    assert [one.sentence for one in known(written)] == sentences
