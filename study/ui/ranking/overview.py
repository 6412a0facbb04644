"""The overview of a ranking: strengths under a chosen model, ranks, win rates, and how well the models fit."""

import pandas as pd
import streamlit as st

from study import analysis, frames
from study.analysis.ranking.models import is_rating, takes_ridge
from study.ui import state
from study.ui.ranking import charts as ranking_charts
from study.ui.ranking import notes, sentences
from study.ui.shared import charts, estimates, filters, results, unit_choice
from study.ui.shared.view import View
from study.wording import p_text

METHODS = {
    "sandwich": "Clustered sandwich",
    "score_bootstrap": "Score bootstrap",
    "model": "Model-based, judgments independent",
}
RIDGE = 0.1


def draw(view: View, criterion: str, selection: frames.Counts) -> None:
    """Show who leads, the strengths, the table, and how it was computed."""
    reasons = results.of(view, analysis.model_reasons, criterion=criterion)
    left, right = st.columns(2)
    with left:
        model = st.selectbox(
            "Preference model",
            [name for name, reason in reasons.items() if reason is None],
            format_func=lambda name: analysis.PREFERENCE_MODELS[name].label,
        )
    with right:
        method = st.selectbox(
            "Interval method",
            list(METHODS),
            format_func=METHODS.__getitem__,
            disabled=is_rating(model),
        )
    cluster = unit_choice.chosen_units(selection)
    options = {
        "criterion": criterion,
        "model": model,
        "cluster": cluster,
        "method": method,
        "seed": view.study.seed,
    }
    table = results.of(view, analysis.ranking_table, **options)
    if _wants_ridge(table, model, method):
        table = results.of(view, analysis.ranking_table, ridge=RIDGE, **options)
    st.markdown(sentences.leader_sentence(table))
    _notes(table, model)
    _plot(table)
    _table(table, selection, view.study.seed)
    if is_rating(model):
        _orders(view, criterion)
    _models(view, criterion)
    st.caption(_how(table, selection, model))


def _notes(table: pd.DataFrame, model: str) -> None:
    """Show the effect of the left side, the systems without a strength, and to whom the numbers generalise."""
    notes.show_side_note(table)
    for note in analysis.scale_notes(table):
        st.warning(state.escaped(note), icon=":material/link_off:")
    if is_rating(model):
        said = str(table["reason"].iloc[0]).removeprefix("no interval: ")
        st.warning(f"{said}.", icon=":material/swap_vert:")
    unit_choice.estimand_note(table)


def _wants_ridge(table: pd.DataFrame, model: str, method: str) -> bool:
    """Offer a ridge for systems without a strength, and return whether it was chosen."""
    apart = table["strength"].isna().any() and table["sides"].iloc[0] != "confounded"
    return (
        bool(apart)
        and takes_ridge(model)
        and method != "score_bootstrap"
        and st.checkbox(
            f"Add a ridge penalty of {RIDGE:g}",
            help=f"A normal prior with mean 0 and variance {1 / RIDGE:g} on each strength. It lets you rank "
            "systems that the comparisons do not put on one scale; their estimates then depend "
            "strongly on this assumption.",
        )
    )


def _plot(table: pd.DataFrame) -> None:
    if table["strength"].notna().any():
        rated = is_rating(table["model"].iloc[0])
        title = "Elo rating" if rated else "Strength (logits, mean 0)"
        figure = ranking_charts.strength_plot(table, title, 1000 if rated else 0)
        charts.show(figure, f"{title} of each system with 95% intervals")
    elif table["win_rate"].notna().any():
        title = "Win rate as judged (ties as half)"
        figure = charts.interval_plot(
            table, label="system", value="win_rate", axis_title=title, lines={0.5: ""}
        )
        figure.update_xaxes(tickformat=".0%")
        charts.show(figure, "Win rate of each system with 95% intervals")


def _table(table: pd.DataFrame, selection: frames.Counts, seed: int) -> None:
    ranks = [
        f"{rank:.0f}" + ("" if pd.isna(low) else f" [{low:.0f}, {high:.0f}]")
        if pd.notna(rank)
        else "undefined"
        for rank, low, high in zip(table["rank"], table["rank_low"], table["rank_high"], strict=True)
    ]
    p_texts = [p_text(value) for value in table["p_value"]]
    texts = [sentences.strength_text(row) for row in table.to_dict("records")]
    shown = table.assign(ranks=ranks, p=p_texts, strength_shown=texts)
    if is_rating(table["model"].iloc[0]):
        shown = shown.assign(reason="")
    told = table["open_end"].notna() | table["sides"].eq("confounded")  # shown above the table, with a remedy
    shown["reason"] = shown["reason"].mask(told, "")
    unadjusted = {
        f"{name}_unadjusted": f"{title}, not adjusted"
        for name, title in (("strength", "Strength"), ("win_rate", "Win rate"))
        if not table[name].equals(table[f"{name}_unadjusted"])
    }
    estimates.estimate_table(
        shown,
        "ranking",
        title="Systems, with 95% intervals",
        columns={
            "system": "System",
            "ranks": "Rank [possible]",
            "strength_shown": "Elo rating" if is_rating(table["model"].iloc[0]) else "Strength (logits)",
            "win_rate": "Win rate",
            "p": "P (win rate of one half)",
            **unadjusted,
            "n_comparisons": "Comparisons",
            "n_judgments": "Judgments",
            "n_raters": "Raters",
        },
        report=sentences.ranking_report(table, filters.left_out_note(selection), seed),
    )


def _orders(view: View, criterion: str) -> None:
    orders = results.long(
        view,
        analysis.elo_order_table,
        "Elo over 100 random orders",
        criterion=criterion,
        seed=view.study.seed,
    )
    if orders is not None:
        estimates.estimate_table(
            orders.drop(columns="reason"),
            "elo-orders",
            title="Elo over random orders: mean [lowest, highest]",
            columns={
                "system": "System",
                "rating": "As judged",
                "mean": "Over orders",
                "rank_low": "Best rank",
                "rank_high": "Worst rank",
            },
        )


def _models(view: View, criterion: str) -> None:
    models = st.expander("Which model fits best?", icon=":material/balance:", key="models", on_change="rerun")
    if not models.open:
        return
    with models:
        table = results.of(view, analysis.model_table, criterion=criterion)
        estimates.estimate_table(
            table,
            "models",
            title="Models of ties, by AIC (lower is better; same outcomes only)",
            columns={
                "label": "Model",
                "outcomes": "Outcomes",
                "aic": "AIC",
                "aic_difference": "From best",
                "parameter": "Parameter",
                "value": "Estimate",
                "n_judgments": "Judgments",
            },
        )
        if len(table):
            st.caption(
                f"{table['method'].iloc[0].capitalize()}. Both bad counts as a tie where it is not an outcome."
            )


def _how(table: pd.DataFrame, selection: frames.Counts, model: str) -> str:
    said = (
        f"How this is computed: {filters.left_out_note(selection)} {analysis.PREFERENCE_MODELS[model].ties}"
    )
    if table.empty:
        return said
    row, rates = table.iloc[0], table["win_rate_method"].mode()
    equal = (
        ""
        if is_rating(model)
        else (" Systems of equal strength win half of the time; one that is one logit stronger wins 73%.")
    )
    return state.escaped(
        f"{said} Strengths: {row['method']}; over {row['units']}. Ranks: {row['rank_method']}. Win rates: "
        f"{rates.iloc[0] if len(rates) else 'none'}. P: {row['p_method']}.{equal}"
    )
