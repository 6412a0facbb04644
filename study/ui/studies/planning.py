"""The planning page: the question, the simulation, and its result in words."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from study.errors import InvalidInput
from study.stats.planning.planned_studies import Assumptions, StudySize
from study.stats.planning.plans import QUANTITIES, Plan, plan, smallest_plan
from study.ui import state
from study.ui.shared import estimates, results
from study.wording import counted

EFFECTS = {
    "win_rate": ("Expected win rate", 0.6, 0.01),
    "bt_difference": ("Expected difference (logits)", 0.5, 0.1),
    "alpha": ("Expected α", 0.4, 0.05),
    "correlation": ("Expected correlation", 0.3, 0.05),
}
GOALS = {
    "size": "The power of a given size",
    "power": "The size for a given power",
    "half_width": "The size for a given precision",
}
VARIED = {"n_items": "Items", "raters_per_item": "Raters per item"}


@dataclass(frozen=True, slots=True)
class PlanningQuestion:
    """A planning question: a quantity, assumptions, and a size or a target."""

    quantity: str
    size: StudySize
    world: Assumptions
    goal: str
    target: float | None
    vary: str
    n_simulations: int
    seed: int


def question() -> PlanningQuestion:
    """Let the researcher choose the quantity to estimate, assumptions, and the size or target of the study."""
    quantity = st.selectbox(
        "What to estimate", list(QUANTITIES), format_func=lambda name: QUANTITIES[name].label
    )
    goal = st.segmented_control(
        "I want", list(GOALS), default="size", required=True, format_func=GOALS.__getitem__
    )
    columns = st.columns(3)
    label, usual, step = EFFECTS[quantity]
    with columns[0]:
        effect = st.number_input(label, value=usual, step=step, key=f"effect {quantity}")
        target, vary = _target(goal)
    with columns[1]:
        n_items = st.number_input(
            "Items (comparisons)", 1, value=100, disabled=goal != "size" and vary == "n_items"
        )
        per_item = st.number_input(
            "Raters per item", 1, value=3, disabled=goal != "size" and vary == "raters_per_item"
        )
        per_rater = st.number_input("Judgments per rater", 1, value=30)
    with columns[2]:
        tie_rate = st.number_input("Share of ties", 0.0, 0.99, 0.2, 0.05)
        rater_sd = st.number_input("Variation between raters (SD, logits)", 0.0, value=0.5, step=0.1)
        item_sd = st.number_input("Variation between items (SD, logits)", 0.0, value=0.5, step=0.1)
    n_systems = 4
    with st.expander("Simulation", icon=":material/casino:"):
        if quantity == "bt_difference":
            n_systems = int(st.number_input("Systems", 2, value=4))
        n_simulations = st.number_input("Simulated studies", 2, 10_000, 500)
        seed = st.number_input("Seed", 0, value=0)
    return PlanningQuestion(
        quantity,
        StudySize(int(n_items), int(per_item), int(per_rater)),
        Assumptions(effect, tie_rate, rater_sd, item_sd, n_systems),
        goal,
        target,
        vary,
        int(n_simulations),
        int(seed),
    )


def _target(goal: str) -> tuple[float | None, str]:
    if goal == "size":
        return None, "n_items"
    if goal == "power":
        target = st.number_input("Power", 0.01, 0.99, 0.8, 0.05)
    else:
        target = st.number_input("Interval, plus or minus", 0.001, value=0.05, step=0.01, format="%.3f")
    vary = st.selectbox("Find the number of", list(VARIED), format_func=VARIED.__getitem__)
    return target, vary


def answered_plan(asked: PlanningQuestion) -> Plan | None:
    """Return the plan once it was asked for; None if it is impossible, with the reason shown."""
    options = {"n_simulations": asked.n_simulations, "seed": asked.seed}
    try:
        if asked.target is None:
            return results.stoppable(
                ("plan", asked),
                lambda progress: plan(asked.quantity, asked.size, asked.world, progress=progress, **options),
                "Simulate",
            )
        return results.stoppable(
            ("plan", asked),
            lambda progress: smallest_plan(
                asked.quantity,
                asked.size,
                asked.world,
                vary=asked.vary,
                progress=progress,
                power=asked.target if asked.goal == "power" else None,
                half_width=asked.target if asked.goal == "half_width" else None,
                **options,
            ),
            "Find the smallest study",
        )
    except InvalidInput as error:
        st.error(state.escaped(f"{error}."))
        return None


def show_plan(asked: PlanningQuestion, found: Plan) -> None:
    """Show the expected result of a study of this size: a sentence, a table, and the method."""
    st.markdown(plan_sentence(found))
    if found.reason:
        st.warning(state.escaped(f"{found.reason}."))
    estimates.estimate_table(
        _table(found),
        "plan",
        title="The study",
        columns={
            "items": "Items",
            "raters_per_item": "Raters per item",
            "raters": "Raters",
            "judgments": "Judgments",
            "power": "Power ± error",
            "half_width": "Interval ±",
            "coverage": "Coverage",
        },
        report=plan_report(found),
    )
    st.caption(
        f"How this is computed: {found.n_simulations:,} studies are simulated (seed {found.seed}), and each "
        f"is analysed like a real one: {state.escaped(found.method)}, {found.confidence_level:.0%}. Power: "
        f"share of intervals that exclude {found.null:g} on the correct side. Coverage: share of intervals "
        f"that contain the truth; if it is near {found.confidence_level:.0%}, you can trust the plan. ± is "
        "the standard error due to the number of simulations."
    )


def plan_sentence(found: Plan) -> str:
    """Return the plan as a sentence."""
    size = found.size
    study = (
        f"**{counted(size.n_judgments, 'judgment')}** ({counted(size.n_items, 'item')}, {counted(size.raters_per_item, 'rater')} each, "
        f"{counted(size.n_raters, 'rater')})"
    )
    if np.isnan(found.half_width.value):
        return f"{study} are too few for an interval."
    return (
        f"{study} detect a "
        f"{QUANTITIES[found.quantity].label[0].lower()}{QUANTITIES[found.quantity].label[1:]} of "
        f"{estimates.number(found.truth)} (against {found.null:g}) with a power of "
        f"**{found.power.value:.0%}**; the interval is ± {estimates.number(found.half_width.value)}."
    )


def plan_report(found: Plan) -> str:
    """Return the sentence that reports the plan."""
    size, world = found.size, found.assumptions
    return (
        f"A simulation of {found.n_simulations:,} studies (seed {found.seed}; Arnold et al. 2011), analysed by "
        f"{found.method}, gives a power of {found.power.value:.3f} (standard error {found.power.error:.3f}) to exclude "
        f"{found.null:g} and a {found.confidence_level:.0%} interval of plus or minus {found.half_width.value:.3f} with "
        f"{counted(size.n_items, 'item')}, {counted(size.raters_per_item, 'rater')} per item and {counted(size.judgments_per_rater, 'judgment')} per "
        f"rater, assuming {QUANTITIES[found.quantity].label} {world.effect:g}, {world.tie_rate:.0%} ties, raters' sd "
        f"{world.rater_sd:g} and items' sd {world.item_sd:g} logits."
    )


def _table(found: Plan) -> pd.DataFrame:
    size, row = found.size, {}
    for name in ("power", "half_width", "coverage"):
        mean = getattr(found, name)
        undefined = np.isnan(mean.value)
        row[name] = "undefined" if undefined else f"{mean.value:.3f} ± {mean.error:.3f}"
    counts = {"items": size.n_items, "raters_per_item": size.raters_per_item, "raters": size.n_raters}
    return pd.DataFrame(
        [{**counts, "judgments": size.n_judgments, **row, "method": found.method, "seed": found.seed}]
    )
