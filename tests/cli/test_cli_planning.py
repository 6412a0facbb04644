"""The plan command: what a study would show, and how large it must be."""

import io
import json

import pandas as pd
import pytest

from tests.cli.conftest import Run

QUICK = ["--simulations", "40", "--format", "json"]


def planned(run: Run, *arguments: str) -> dict[str, object]:
    said = run("plan", *arguments, *QUICK)
    assert said.code == 0, said.err
    (row,) = json.loads(said.out, parse_constant=pytest.fail)
    return row


@pytest.mark.parametrize("quantity", ["win-rate", "bt-difference", "alpha", "correlation"])
def test_every_quantity_can_be_planned(run: Run, quantity: str) -> None:
    row = planned(run, "--quantity", quantity, "--items", "60")
    assert (row["items"], row["raters"], row["judgments"]) == (60, 6, 180)
    assert 0 <= row["power"] <= 1
    assert row["half_width"] > 0
    assert row["n_simulations"] == 40
    assert row["power_error"] is not None
    assert row == planned(run, "--quantity", quantity, "--items", "60")


def test_the_smallest_study_that_reaches_a_power_is_found(run: Run) -> None:
    wanted = ["--quantity", "win-rate", "--effect", "0.7", "--target-power"]
    some, more = (planned(run, *wanted, power) for power in ("0.5", "0.9"))
    assert some["power"] >= 0.5
    assert more["power"] >= 0.9
    assert 8 <= some["items"] < more["items"]


def test_the_number_of_raters_per_item_can_be_searched(run: Run) -> None:
    wanted = [
        "--quantity",
        "alpha",
        "--items",
        "80",
        "--target-half-width",
        "0.1",
        "--vary",
        "raters-per-item",
    ]
    row = planned(run, *wanted)
    assert row["items"] == 80
    assert row["raters_per_item"] > 1
    assert row["half_width"] <= 0.1


def test_a_plan_is_a_table_or_csv_too(run: Run) -> None:
    command = ["plan", "--quantity", "win-rate", "--simulations", "20"]
    table, as_csv = run(*command), run(*command, "--format", "csv")
    assert len(table.out.splitlines()) == 2
    assert "20 simulated studies, seed 0" in table.err
    assert len(pd.read_csv(io.StringIO(as_csv.out))) == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ["--effect", "0.95", "--tie-rate", "0.4"],
            "win rate 0.95; allowed with these ties: between 0.2 and 0.8",
        ),
        (["--tie-rate", "1"], "tie_rate 1.0; allowed: from 0 to below 1"),
        (["--target-power", "2"], "power 2.0; allowed: between 0 and 1"),
        (["--target-power", "0.8", "--target-half-width", "0.1"], "allowed: one of them"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(run: Run, arguments: list[str], sentence: str) -> None:
    assert sentence in run("plan", "--quantity", "win-rate", *arguments).refused()
