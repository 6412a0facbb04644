"""The strengths of a ranking and the left side: as judged, adjusted, or confounded with position."""

from dataclasses import dataclass, replace

import numpy as np

from study import frames
from study.analysis.ranking.leaderboards import (
    Leaderboard,
    Settings,
    board_as_judged,
    held_board,
    ranked_board,
)
from study.analysis.ranking.models import coded_answers, is_rating, side_codes, uses_steps
from study.stats.claims import Claim
from study.stats.ranking.preferences import Preferences
from study.stats.ranking.side_strengths import SideStrengths, side_strengths
from study.stats.ranking.sides import MATERIAL, SideBalance, side_balance
from study.stats.units import Units

BALANCED, ADJUSTED, CONFOUNDED, IGNORED, UNKNOWN = "balanced", "adjusted", "confounded", "ignored", "unknown"
"""How the left side was treated: no need to adjust, adjusted for, confounded, left in on request, no sides."""

SIDE_CHOICES = {
    "auto": "Adjust for the left side where it is unbalanced over systems",
    "adjust": "Adjust for the left side",
    "ignore": "Do not adjust for the left side",
}


@dataclass(frozen=True, slots=True)
class Sided:
    """A ranking as claimed and as judged.

    Attributes
    ----------
    main, unadjusted : Leaderboard
        The same if nothing is adjusted.
    state : str
        :data:`BALANCED`, :data:`ADJUSTED`, :data:`CONFOUNDED`, :data:`IGNORED` or :data:`UNKNOWN`.
    reason : str or None
        Why preference and position cannot be separated.
    balance : SideBalance
    effect : Claim or None
        Log odds of the left, if adjusted.
    rates : tuple of Claim or None
        Win rates adjusted for the left side, if they are.
    first_holds : bool
        Whether the same system is first with and without the left side fitted.
    pairs : dict of (int, int) to Claim, or None
        Win rates of pairs adjusted for the left side (the lower number against the higher one), if they were adjusted.
    """

    main: Leaderboard
    unadjusted: Leaderboard
    state: str
    reason: str | None
    balance: SideBalance
    effect: Claim | None = None
    rates: tuple[Claim, ...] | None = None
    first_holds: bool = True
    pairs: dict[tuple[int, int], Claim] | None = None


def sided_boards(selection: frames.Selection, cluster: Units | None, settings: Settings, sides: str) -> Sided:
    """Return strengths and ranks, adjusted for the left side where necessary.

    Parameters
    ----------
    selection : Selection
        With at least one judgment.
    cluster : Units or None
        None for model-based intervals.
    settings : Settings
    sides : str
        A key of :data:`SIDE_CHOICES`.
    """
    judged = frames.system_preferences(selection)
    plain, linked = board_as_judged(selection, judged, cluster, settings)
    among = linked if linked.any() else None
    balance = side_balance(judged.a, judged.b, side_codes(selection), len(judged.systems), among=among)
    if not balance.n_judgments:
        return Sided(plain, plain, UNKNOWN, None, balance)
    if balance.confounded:
        reason = _confounded_reason(balance, judged.systems)
        return Sided(_unranked(plain, reason), plain, CONFOUNDED, reason, balance)
    wanted = balance.unbalanced if sides == "auto" else sides == "adjust"
    adjusted = None
    if not is_rating(settings.model) and linked.any() and (wanted or balance.r_squared > MATERIAL):
        adjusted = _adjusted(selection, judged, cluster, settings)
    if adjusted is None:
        return Sided(plain, plain, IGNORED if balance.unbalanced else BALANCED, None, balance)
    board, found = adjusted
    if found.fit.reason is not None and wanted:
        reason = f"preference and position cannot be told apart: {found.fit.reason}"
        return Sided(_unranked(plain, reason), plain, CONFOUNDED, reason, balance)
    holds = found.fit.reason is None and _first(board) == _first(plain)
    level = settings.confidence_level
    if wanted:
        effect, rates, pairs = found.effect(level), found.win_rates(level), found.pair_rates(level)
        return Sided(board, plain, ADJUSTED, None, balance, effect, rates, holds, pairs)
    state = IGNORED if balance.unbalanced else BALANCED
    return Sided(plain, plain, state, None, balance, None, None, holds)


def sided_pairs(selection: frames.Selection, units: Units, level: float, sides: str) -> Sided:
    """Return the treatment of the left side for pairs of systems: as in the Bradley-Terry ranking, without ranks."""
    settings = Settings("bradley_terry", "sandwich", 0.0, 0, level, 0, ranked=False)
    return sided_boards(selection, units, settings, sides)


def _confounded_reason(balance: SideBalance, systems: tuple[str, ...]) -> str:
    share = np.abs(np.nan_to_num(balance.left_share, nan=0.5) - 0.5)
    place = int(np.argmax(share))
    stood = f"{systems[place]!r} stood left in {balance.left_share[place]:.0%} of its judgments"
    if not balance.n_both_ways:
        seen = "no pair was seen both ways"
    else:
        seen = "which systems were compared determines who stood left"
    return f"preference and position cannot be told apart: {stood}, {seen}"


def _first(board: Leaderboard) -> set[int]:
    return set(np.flatnonzero(board.rank == 1).tolist())


def _unranked(plain: Leaderboard, reason: str) -> Leaderboard:
    """Return a board without a claim: neither strengths nor ranks."""
    nothing = np.full_like(plain.rank, np.nan)
    strengths = tuple(
        replace(one, value=np.nan, low=np.nan, high=np.nan, reason=reason) for one in plain.strengths
    )
    ends = (None,) * len(strengths)
    return Leaderboard(strengths, nothing, nothing, nothing, plain.rank_method, reason, ends, nothing)


def _adjusted(
    selection: frames.Selection,
    judged: Preferences,
    cluster: Units | None,
    settings: Settings,
) -> tuple[Leaderboard, SideStrengths]:
    given = coded_answers(selection, steps=uses_steps(settings.model))
    found = side_strengths(given, settings.model, cluster)
    if settings.ridge:
        return held_board(judged, side_codes(selection), cluster, settings), found
    return ranked_board(found.fitted, judged, cluster, settings, ""), found
