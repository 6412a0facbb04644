"""Rankings in plain words: answers as safe markdown, and report sentences as plain text."""

from typing import Any

import pandas as pd

from study.analysis import PREFERENCE_MODELS as MODELS
from study.analysis.ranking.models import is_rating
from study.records import FrameRow
from study.ui.shared.estimates import estimate_text, number
from study.ui.state import escaped
from study.wording import counted, p_sentence, share_text


def leader_sentence(table: pd.DataFrame) -> str:
    """Return which system leads and how surely, or why none does."""
    if table.empty or is_missing(table["rank"].iloc[0]):
        why = _why_unranked(table)
        return f"The systems cannot be ranked: {escaped(why)}." if why else "The systems cannot be ranked."
    first = table.iloc[0]
    rate = share_text(first["win_rate"], first["win_rate_low"], first["win_rate_high"])
    name = f"**{escaped(first['system'])}**"
    adjusted = ", adjusted for the left side" if first["sides"] == "adjusted" and first["first_holds"] else ""
    wins = f"wins {rate} of its judgments (ties as half{adjusted})"
    if is_rating(first["model"]):
        return (
            f"After the judgments in their order of arrival, {name} is rated highest: its Elo rating is "
            f"{strength_text(first)}, and it {wins}. {_rivals(table)}"
        )
    if is_missing(first["strength"]):
        return f"{name} ranks first: it {wins}, and it {escaped(str(first['reason']))}. {_rivals(table)}"
    if first["sides"] == "adjusted" and not first["first_holds"]:
        return (
            f"Adjusted for the left side, {name} ranks first: it {wins}, and its strength is "
            f"{strength_text(first)}. {_rivals(table)}"
        )
    return f"{name} ranks first: it {wins}, and its strength is {strength_text(first)}. {_rivals(table)}"


def _why_unranked(table: pd.DataFrame) -> str | None:
    """Return why there is no rank; None if the note on the left side explains it."""
    if len(table) and table["sides"].iloc[0] == "confounded":
        return None
    said = [table[name].dropna() for name in ("reason", "rank_reason")]
    return next((str(one.iloc[0]) for one in said if len(one)), "no judgment")


def strength_text(row: pd.Series | FrameRow) -> str:
    """Return a strength as text, including open ends.

    >>> open_end = {"strength": float("nan"), "strength_low": 1.2, "strength_high": float("nan"), "open_end": "upper"}
    >>> strength_text(open_end), strength_text(open_end | {"open_end": "both"})
    ('1.200 or more, no upper bound', 'no bound')
    """
    if not is_missing(row["strength"]) or is_missing(row["open_end"]):
        return estimate_text(row["strength"], row["strength_low"], row["strength_high"])
    if row["open_end"] == "upper":
        return f"{_bound(row['strength_low'], 'more')}no upper bound"
    return (
        f"{_bound(row['strength_high'], 'less')}no lower bound" if row["open_end"] == "lower" else "no bound"
    )


def _bound(value: float, way: str) -> str:
    return "" if is_missing(value) else f"{number(value)} or {way}, "


def _rivals(table: pd.DataFrame) -> str:
    """Return which other systems could be first."""
    if not table["first_holds"].iloc[0]:
        other = "Unadjusted" if table["sides"].iloc[0] == "adjusted" else "Adjusted for the left side"
        return f"{other}, another system ranks first: no system is claimed to be the best."
    ranked = table[table["rank_low"].notna()]
    if ranked.empty:
        return "It is not known which other systems could be first: there are no rank intervals."
    could = ranked.loc[
        (ranked["rank_low"] == 1) & (ranked["system"] != table["system"].iloc[0]), "system"
    ].tolist()
    level = f"{ranked['confidence_level'].iloc[0]:.0%}"
    if not could:
        return f"No other system can be first, with {level} confidence in all ranks at once."
    named = ", ".join(escaped(name) for name in could[:4])
    more = f" and {len(could) - 4} more" if len(could) > 4 else ""
    return f"{named}{more} could also be first, with {level} confidence in all ranks at once."


def ranking_report(table: pd.DataFrame, counts: str, seed: int) -> str | None:
    """Return the sentence that reports the leader's strength."""
    if table.empty or is_missing(table["rank"].iloc[0]):
        return None
    row = table.iloc[0]
    model = MODELS[row["model"]]
    rate = estimate_text(row["win_rate"], row["win_rate_low"], row["win_rate_high"])
    unit = "rating" if is_rating(row["model"]) else "logits, mean 0 over systems"
    resampled = (
        f" Resamples: {row['n_resamples']:,}, seed {seed}."
        if row["n_resamples"]
        else f" Seed of ranks: {seed}."
    )
    return (
        f"{model.label} strengths ({model.source}; {row['method']}; {row['confidence_level']:.0%} intervals over "
        f"{row['units']}) rank {row['system']} first: {strength_text(row)} ({unit}), rank {_rank(row)}, win rate {rate} "
        f"({row['win_rate_method']}; {row['wins']:,} wins, {row['ties']:,} ties, {row['losses']:,} losses, "
        f"{p_sentence(row['p_value'])}, {row['p_method']}; n = {counted(row['n_judgments'], 'judgment')} of "
        f"{counted(row['n_comparisons'], 'comparison')} by {counted(row['n_raters'], 'rater')}). Numbers hold "
        f"{row['estimand']}. {_side_report(row)}{model.ties} {counts}{resampled}"
    )


def _side_report(row: pd.Series) -> str:
    if row["sides"] == "adjusted":
        left = estimate_text(row["left_rate"], row["left_rate_low"], row["left_rate_high"])
        plain = estimate_text(
            row["strength_unadjusted"], row["strength_unadjusted_low"], row["strength_unadjusted_high"]
        )
        none = "" if row["first_holds"] else ", where another system ranks first: no leader is claimed"
        return (
            f"Adjusted for the left side (Davidson and Beaver 1977), which wins {left} between equal systems "
            f"(R² {row['side_r_squared']:.3f}, variance inflation {row['side_inflation']:.2f}); unadjusted {plain}{none}. "
        )
    if is_missing(row["side_r_squared"]):
        return ""
    said = "balanced over systems" if row["sides"] == "balanced" else "not adjusted for"
    return f"Sides {said} (R² {row['side_r_squared']:.3f}). "


def _rank(row: pd.Series) -> str:
    if is_missing(row["rank_low"]):
        return f"{row['rank']:.0f}, no interval"
    return (
        f"{row['rank']:.0f} [{row['rank_low']:.0f}, {row['rank_high']:.0f}] (simultaneous; Klein et al. 2020)"
    )


def pairs_answer(table: pd.DataFrame, level: float = 0.05) -> str:
    """Return how many pairs differ beyond chance, as a sentence."""
    tested = table[table["adjusted_p"].notna()]
    if table["sides"].eq("confounded").any():
        return f"No difference between systems is claimed: {escaped(table['reason'].iloc[0])}. Win rates are as observed."
    if tested.empty:
        return "No pair of systems can be tested: no judgment prefers one of two systems."
    beyond = int((tested["adjusted_p"] <= level).sum())
    first = tested.iloc[0]
    rate = share_text(first["win_rate"], first["win_rate_low"], first["win_rate_high"])
    return (
        f"**{beyond} of {len(tested)}** pairs of systems differ beyond chance (P adjusted to at most {level:g}). "
        f"Clearest: {escaped(first['system'])} wins {rate} against {escaped(first['opponent'])}."
    )


def pairs_report(table: pd.DataFrame) -> str | None:
    """Return the sentence that reports the clearest pair."""
    tested = table[table["adjusted_p"].notna()]
    if tested.empty:
        return None
    row = tested.iloc[0]
    rate = estimate_text(row["win_rate"], row["win_rate_low"], row["win_rate_high"])
    adjusted = (
        f" Win rate adjusted for the left side (Davidson and Beaver 1977); observed {share_text(row['win_rate_unadjusted'])}."
        if row["sides"] == "adjusted"
        else ""
    )
    return (
        f"{row['system']} was preferred to {row['opponent']} in {counted(row['wins'], 'judgment')} and not in {row['losses']:,}, "
        f"with {row['ties']:,} ties: win rate {rate} ({row['confidence_level']:.0%} CI, ties as half; {row['units']}, "
        f"cluster-robust, {row['degrees_of_freedom']:.1f} df, {p_sentence(row['p_value'])}; adjusted over "
        f"{counted(len(tested), 'pair')} {p_sentence(row['adjusted_p'])}, {row['adjustment']}), {row['estimand']}.{adjusted}"
    )


def effects_answer(table: pd.DataFrame) -> list[str]:
    """Return the effects of the left side and of length on the odds, in words."""
    texts = {
        "left side": ("The output on the left", "on the left"),
        "longer output": ("The longer output", "longer"),
    }
    return [_effect(row, *texts[row["effect"]]) for row in table[table["raters"] == "all"].to_dict("records")]


def _effect(row: FrameRow, subject: str, word: str) -> str:
    if is_missing(row["win_rate"]):
        return f"{subject}: no conclusion; {escaped(str(row['reason']))}."
    rate = share_text(row["win_rate"], row["win_rate_low"], row["win_rate_high"])
    said = f"**{subject}** is preferred in {rate} of the judgments that prefer one."
    if is_missing(row["odds"]):
        return f"{said} Adjusted for the systems, it is undefined: {escaped(str(row['adjusted_reason']))}."
    odds = estimate_text(row["odds"], row["odds_low"], row["odds_high"])
    unit = "" if word == "on the left" else f" ({row['unit']})"
    if is_missing(row["odds_low"]) or row["odds_low"] <= 1 <= row["odds_high"]:
        verdict = "no evidence of an effect"
    else:
        change = 100 * (row["odds"] - 1)
        verdict = f"{abs(change):.0f}% {'more' if change > 0 else 'less'}"
    return f"{said} Between equal systems, being {word}{unit} multiplies the odds by {odds}: {verdict}."


def effects_report(table: pd.DataFrame) -> str | None:
    """Return the sentence that reports the effect of position."""
    rows = table[(table["raters"] == "all") & table["odds"].notna()].to_dict("records")
    if not rows:
        return None
    parts = [
        f"{row['effect']} ({row['unit']}): observed win rate "
        f"{estimate_text(row['win_rate'], row['win_rate_low'], row['win_rate_high'])}, odds ratio "
        f"{estimate_text(row['odds'], row['odds_low'], row['odds_high'])}"
        for row in rows
    ]
    row = rows[0]
    return (
        f"Effects adjusted for Bradley-Terry strengths ({row['adjusted_method']}, {row['units']}, "
        f"{row['estimand']}, {row['confidence_level']:.0%} intervals, ties as half; Davidson and Beaver "
        f"1977, Liang and Zeger 1986): {'; '.join(parts)}; n = {counted(row['n_judgments'], 'judgment')}. "
        "Observed rates leave out ties."
    )


def held_out_answer(row: FrameRow) -> str:
    """Return whether knowing the group helps to predict held-out judgments."""
    if is_missing(row["value"]):
        return f"Whether the groups differ cannot be tested: {escaped(str(row['reason']))}."
    gain = estimate_text(row["value"], row["low"], row["high"])
    losses = (
        f"log-loss {row['conditional_log_loss']:.4f} against {row['global_log_loss']:.4f}, gain {gain} nats"
    )
    if row["low"] > 0:
        return f"**The groups differ:** separate strengths predict held-out items better ({losses})."
    if row["high"] < 0:
        return f"**One ranking fits all groups better:** separate strengths predict held-out items worse ({losses})."
    return (
        "**There is no evidence that the groups differ:** separate strengths predict held-out items no better "
        f"({losses})."
    )


def held_out_report(row: FrameRow, by: str) -> str | None:
    """Return the sentence that reports the held-out gain."""
    if is_missing(row["value"]):
        return None
    return (
        f"Strengths by {by} ({counted(row['n_groups'], 'group')}, ridge {row['ridge']:g}; Frick et al. 2025) changed the log-loss of "
        f"held-out items from {row['global_log_loss']:.4f} to {row['conditional_log_loss']:.4f}, a gain of "
        f"{estimate_text(row['value'], row['low'], row['high'])} nats per judgment ({row['confidence_level']:.0%}; "
        f"{row['method']}, seed {row['seed']}; ties as half; n = {counted(row['n_judgments'], 'judgment')} of {counted(row['n_items'], 'item')})."
    )


def sequence_answer(table: pd.DataFrame) -> str:
    """Return whether collection could have stopped."""
    row = table.iloc[-1]
    if is_missing(row["win_rate"]):
        return f"There is no sequence to show: {escaped(str(row['reason']))}."
    rate = share_text(row["win_rate"], row["win_rate_low"], row["win_rate_high"])
    units = f"{row['unit']}s"
    said = f"**{escaped(row['system'])}** wins {rate} against **{escaped(row['opponent'])}** after {row['n_units']:,} {units}."
    if row["sides"] == "confounded":
        return f"{said} This rate is as observed, and no difference is claimed: {escaped(row['reason'])}."
    if is_missing(row["decided_after"]):
        return (
            f"{said} No look has excluded an even chance yet: collect more judgments, or leave the question "
            "open."
        )
    return (
        f"{said} An even chance was first excluded after {row['decided_after']:,.0f} {units}. You can stop "
        "there, and look at any time."
    )


def beside_pairs(matrix: pd.DataFrame, system: str, opponent: str) -> str:
    """Return why the mean of raters differs from the win rate in the Pairs section, with that rate.

    Parameters
    ----------
    matrix : DataFrame
        From ``analysis.win_matrix_table``.
    """
    found = matrix[matrix["system"].eq(system) & matrix["opponent"].eq(opponent)]
    won, lost, n = (int(found[name].sum()) for name in ("wins", "losses", "n_judgments"))
    if not n:
        return ""
    return (
        f"Every rater counts once here, however many of the {counted(n, 'judgment')} of these two systems "
        "are theirs: the rate is a mean of raters' own win rates. *Pairs* counts judgments, which gives "
        f"{(won + (n - won - lost) / 2) / n:.0%} as observed; its interval is for one look only."
    )


def sequence_report(table: pd.DataFrame) -> str | None:
    """Return the sentence that reports a confidence sequence."""
    row = table.iloc[-1]
    if is_missing(row["win_rate"]) or row["sides"] == "confounded":
        return None
    return (
        f"{row['system']} against {row['opponent']}: win rate "
        f"{estimate_text(row['win_rate'], row['win_rate_low'], row['win_rate_high'])} after {row['n_units']:,} {row['unit']}s "
        f"({row['confidence_level']:.0%} {row['method']}; ties as half; Howard et al. 2021), {row['estimand']}."
    )


def is_missing(value: Any) -> bool:
    """Return whether a cell is empty."""
    return bool(pd.isna(value))
