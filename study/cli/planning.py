"""The command that predicts the precision of a study, or the size it needs."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import pandas as pd
import typer

from study.cli.shared import FormatOption, TableFormat, note, print_table
from study.errors import InvalidInput

if TYPE_CHECKING:
    from study.stats.planning.plans import Plan


class PlannedQuantity(StrEnum):
    """The quantity to estimate."""

    win_rate = "win-rate"
    bt_difference = "bt-difference"
    alpha = "alpha"
    correlation = "correlation"


class Vary(StrEnum):
    """The size that a search varies."""

    items = "items"
    raters_per_item = "raters-per-item"


VARIED = {Vary.items: "n_items", Vary.raters_per_item: "raters_per_item"}
USUAL_EFFECTS = {"win_rate": 0.6, "bt_difference": 0.5, "alpha": 0.4, "correlation": 0.3}
# Columns that fit into a terminal; JSON and CSV have all columns.
SHOWN = (
    *("quantity", "effect", "items", "raters_per_item", "raters", "judgments"),
    *("power", "power_error", "half_width", "coverage", "reason"),
)


def plan_study(
    quantity: Annotated[PlannedQuantity, typer.Option(help="What to estimate.")],
    effect: Annotated[
        float | None,
        typer.Option(
            help="The expected win rate, difference in logits, alpha or correlation.",
            show_default="0.6, 0.5, 0.4 or 0.3",
        ),
    ] = None,
    items: Annotated[int, typer.Option(min=1, help="How many items (comparisons) are judged.")] = 100,
    raters_per_item: Annotated[int, typer.Option(min=1, help="How many raters judge each item.")] = 3,
    judgments_per_rater: Annotated[int, typer.Option(min=1, help="How many judgments a rater gives.")] = 30,
    tie_rate: Annotated[float, typer.Option(help="The share of ties.")] = 0.2,
    rater_sd: Annotated[float, typer.Option(help="How much raters differ, in logits.")] = 0.5,
    item_sd: Annotated[float, typer.Option(help="How much items differ, in logits.")] = 0.5,
    systems: Annotated[int, typer.Option(min=2, help="How many systems; for bt-difference.")] = 4,
    null: Annotated[
        float | None,
        typer.Option(help="The value that the interval should exclude.", show_default="no effect"),
    ] = None,
    target_power: Annotated[
        float | None, typer.Option(help="Search for the smallest study with this power.")
    ] = None,
    target_half_width: Annotated[
        float | None,
        typer.Option(help="Search for the smallest study with an interval of plus or minus this."),
    ] = None,
    vary: Annotated[Vary, typer.Option(help="What the search varies.")] = Vary.items,
    confidence_level: Annotated[float, typer.Option(help="Confidence level of the interval.")] = 0.95,
    simulations: Annotated[int, typer.Option(min=2, help="How many studies are simulated.")] = 500,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same plan.")] = 0,
    format: FormatOption = TableFormat.table,
) -> None:
    """Predict by simulation how precise a study will be, or how large it must be.

    Every simulated study is analysed like a real one. Power is the share of studies whose interval excludes the null;
    coverage, the share of intervals that contain the truth, shows how far you can trust the plan. No database is used.

    \b
    Examples:
      python -m study plan --quantity win-rate --effect 0.6 --items 100 --raters-per-item 3
      python -m study plan --quantity win-rate --effect 0.6 --target-power 0.8
      python -m study plan --quantity alpha --effect 0.4 --target-half-width 0.05 --format json
      python -m study plan --quantity bt-difference --effect 0.5 --systems 6 --target-power 0.9
    """
    from study.stats.planning.planned_studies import Assumptions, StudySize
    from study.stats.planning.plans import plan, smallest_plan

    if target_power is not None and target_half_width is not None:
        raise InvalidInput("--target-power and --target-half-width are given; allowed: one of them")
    name = quantity.name
    size = StudySize(items, raters_per_item, judgments_per_rater)
    expected = USUAL_EFFECTS[name] if effect is None else effect
    world = Assumptions(expected, tie_rate, rater_sd, item_sd, systems)
    settings: dict[str, Any] = {"null": null, "confidence_level": confidence_level}
    settings |= {"n_simulations": simulations, "seed": seed}
    if target_power is None and target_half_width is None:
        found = plan(name, size, world, **settings)
    else:
        target: dict[str, Any] = {"power": target_power, "half_width": target_half_width}
        found = smallest_plan(name, size, world, vary=VARIED[vary], **target, **settings)
    _print(found, format)


def _print(found: "Plan", format: TableFormat) -> None:
    table = pd.DataFrame([_row(found)])
    if format is not TableFormat.table:
        print_table(table, format)
        return
    print_table(table[[column for column in SHOWN if column != "reason" or found.reason]], format)
    studies = f"{found.n_simulations:,} simulated studies, seed {found.seed}"
    note(f"{studies}; {found.confidence_level:.0%} intervals: {found.method}.")


def _row(found: "Plan") -> dict[str, object]:
    size, world = found.size, found.assumptions
    return {
        "quantity": found.quantity,
        "effect": world.effect,
        "items": size.n_items,
        "raters_per_item": size.raters_per_item,
        "judgments_per_rater": size.judgments_per_rater,
        "raters": size.n_raters,
        "judgments": size.n_judgments,
        "power": found.power.value,
        "power_error": found.power.error,
        "half_width": found.half_width.value,
        "half_width_error": found.half_width.error,
        "coverage": found.coverage.value,
        "coverage_error": found.coverage.error,
        "truth": found.truth,
        "null": found.null,
        "tie_rate": world.tie_rate,
        "rater_sd": world.rater_sd,
        "item_sd": world.item_sd,
        "systems": world.n_systems,
        "confidence_level": found.confidence_level,
        "n_undefined": found.n_undefined,
        "n_simulations": found.n_simulations,
        "seed": found.seed,
        "method": found.method,
        "reason": found.reason,
    }
