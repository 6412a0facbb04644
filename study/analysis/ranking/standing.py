"""The limits of a ranking in plain sentences with a remedy: open ends, islands, and the left side."""

from collections.abc import Sequence

import pandas as pd

from study.analysis.ranking.models import MODELS, is_rating
from study.analysis.ranking.sided import ADJUSTED, CONFOUNDED, IGNORED
from study.records import FrameRow
from study.stats.ranking.sides import MOST_INFLATION
from study.wording import form, listed

MOST_NAMED = 3
BOTH_ORDERS = "Show pairs in both orders, or collect judgments that do."


def scale_notes(table: pd.DataFrame, *, ridge: str = "add a ridge penalty") -> list[str]:
    """Return why systems have no strength, a sentence or two for each kind of reason, with the remedy.

    Parameters
    ----------
    table : DataFrame
        From ``analysis.ranking_table``.
    ridge : str
        How to request a ridge, as the second half of "... or".
    """
    if table["system"].isna().all() or _state(table) == CONFOUNDED or is_rating(table["model"].iloc[0]):
        return []
    notes = []
    ends = table[table["open_end"].notna()]
    if len(ends):
        said = [f"{row['system']} {row['reason']}" for row in ends.to_dict("records")[:MOST_NAMED]]
        more = f"; so do {len(ends) - MOST_NAMED} more" if len(ends) > MOST_NAMED else ""
        order = (
            "The comparisons give its place in the order, but not its distance from the others"
            if len(ends) == 1
            else "The comparisons give their order, but not how far apart they are"
        )
        notes.append(
            f"{'; '.join(said)}{more}. {order}: judge more comparisons with systems of like strength, or {ridge}."
        )
    apart = table[table["open_end"].isna() & table["strength"].isna() & table["reason"].notna()]
    for reason, part in apart.groupby("reason", sort=False):
        names = _few(part["system"].tolist())
        if str(reason).startswith("never compared"):
            verb = form(len(part), "was", "were")
            notes.append(
                f"{names} {verb} {reason}: they are not on a common scale. Add comparisons between the "
                "groups, or rank each group by itself."
            )
        else:
            notes.append(f"{names}: {reason}.")
    return notes


def effect_of_side(table: pd.DataFrame) -> str | None:
    """Return how the left side affects the ranking, and by how much; None if it does not.

    Parameters
    ----------
    table : DataFrame
        From ``analysis.ranking_table``.
    """
    state = _state(table)
    if state == CONFOUNDED:
        return f"No rank is claimed: {table['side_reason'].iloc[0]}. {BOTH_ORDERS}"
    if state == IGNORED:
        model = table["model"].iloc[0]
        cannot = (
            f"{MODELS[model].label} cannot adjust for it"
            if is_rating(model)
            else "nothing is adjusted for it"
        )
        flip = "" if table["first_holds"].iloc[0] else " Adjusted, another system would be first."
        return f"Sides are unbalanced: {_stood(table)}; {cannot}.{flip}"
    if state != ADJUSTED:
        return None
    left = _percent(table.iloc[0].to_dict(), "left_rate")
    shaky = table["side_inflation"].iloc[0] > MOST_INFLATION
    warning = (
        " Few pairs were seen both ways: side and system are separated mostly by adding up strengths "
        f"(variance inflation {table['side_inflation'].iloc[0]:.1f})."
        if shaky
        else ""
    )
    return (
        f"Sides are unbalanced: {_stood(table)}. Strengths, ranks and win rates are adjusted: between equal systems the left "
        f"wins {left}. {_moved(table)}{_flipped(table)}{warning}"
    )


def _state(table: pd.DataFrame) -> str:
    return str(table["sides"].iloc[0])


def _stood(table: pd.DataFrame) -> str:
    """Return the systems that were on the left most and least often."""
    known = table[table["left_share"].notna()].sort_values(["left_share", "system"])
    least, most = known.iloc[0], known.iloc[-1]
    return (
        f"{most['system']} stood left in {most['left_share']:.0%} of its judgments, {least['system']} in "
        f"{least['left_share']:.0%}"
    )


def _moved(table: pd.DataFrame) -> str:
    """Return the largest change of a system by the adjustment."""
    distance = (table["strength"] - table["strength_unadjusted"]).abs()
    if distance.isna().all():
        return ""
    row = table.to_dict("records")[int(distance.fillna(-1).to_numpy().argmax())]
    return (
        f"Without it {row['system']} would have a strength of {row['strength_unadjusted']:.2f} instead of "
        f"{row['strength']:.2f}, and win {row['win_rate_unadjusted']:.0%} instead of {row['win_rate']:.0%}; "
    )


def _flipped(table: pd.DataFrame) -> str:
    """Return the adjustment's effect on the order."""
    if table["rank"].equals(table["rank_unadjusted"]):
        return "the order is the same."
    if table["first_holds"].iloc[0]:
        return "the first is the same, but the order of the others is not."
    first = table.loc[table["rank_unadjusted"] == 1, "system"].tolist()
    return f"{_few(first)} would be first, so no system is claimed to be the best."


def _percent(row: FrameRow, name: str) -> str:
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    ends: str = "" if pd.isna(low) else f" [{100 * low:.0f}, {100 * high:.0f}]"
    return f"{100 * row[name]:.0f}%{ends}"


def _few(names: Sequence[str]) -> str:
    shown = list(names[:MOST_NAMED])
    return (
        listed(shown)
        if len(names) <= MOST_NAMED
        else f"{', '.join(shown)} and {len(names) - MOST_NAMED} more"
    )
