"""The table of systems: strength under a chosen preference model, win rate, and the possible ranks."""

import numpy as np
import pandas as pd
from scipy.special import expit

from study import frames
from study.analysis.ranking.leaderboards import Settings
from study.analysis.ranking.models import MODELS, takes_ridge
from study.analysis.ranking.rows import NO_JUDGMENT, table_of
from study.analysis.ranking.sided import CONFOUNDED, SIDE_CHOICES, Sided, sided_boards
from study.errors import InvalidInput
from study.stats.arrays import IntArray
from study.stats.claims import Claim
from study.stats.ranking.preferences import Preferences, win_counts
from study.stats.ranking.strengths import LIMITS
from study.stats.ranking.win_rates import score_p, system_claims, win_rates
from study.stats.resampling import Estimate
from study.stats.units import INDEPENDENT, Units
from study.tables import lookup

COLUMNS = (
    *("system", "model", "rank", "rank_low", "rank_high", "strength", "strength_low", "strength_high"),
    *("win_rate", "win_rate_low", "win_rate_high", "wins", "ties", "losses", "p_value", "confidence_level"),
    *(
        "n_comparisons",
        "n_judgments",
        "n_raters",
        "clusters",
        "n_clusters",
        "n_resamples",
        "method",
        "reason",
    ),
    *("rank_method", "rank_reason", "win_rate_method", "win_rate_reason"),
    *("open_end", "units", "estimand", "degrees_of_freedom", "p_method", "p_degrees_of_freedom"),
    *("sides", "left_share", "left_rate", "left_rate_low", "left_rate_high"),
    *("side_r_squared", "side_inflation", "side_reason", "first_holds"),
    *("rank_unadjusted", "strength_unadjusted", "strength_unadjusted_low", "strength_unadjusted_high"),
    *("win_rate_unadjusted", "win_rate_unadjusted_low", "win_rate_unadjusted_high"),
)


def ranking_table(
    judgments: pd.DataFrame,
    *,
    criterion: str,
    subset: frames.Subset = frames.HUMAN,
    model: str = "bradley_terry",
    cluster: str | None = None,
    method: str = "sandwich",
    ridge: float = 0.0,
    sides: str = "auto",
    seed: int = 0,
    confidence_level: float = 0.95,
    n_resamples: int = 1000,
) -> pd.DataFrame:
    """Return strength, rank and win rate of each system, the highest rank first.

    If the left side is unbalanced over systems (R² of the side on the systems above .01 and above its value under
    coin flips in 95% of boards), strengths, ranks and win rates are adjusted for it. If it cannot be separated from
    preference, no strength and no rank is claimed. The columns ``..._unadjusted`` always contain the values as
    judged.

    Parameters
    ----------
    judgments : DataFrame
        The long table, from ``store.coded_judgments``.
    criterion : str
    subset : Subset
        Which judgments count.
    model : str
        Key of :data:`study.analysis.ranking.models.MODELS`.
    cluster : str, optional
        The units of intervals, tests and ranks, as in :func:`study.frames.units`: "rater", "rater,profile" ...; by
        default they follow from the design.
    method : {"sandwich", "score_bootstrap", "model"}
        Method of the intervals of strengths; "model" treats judgments as independent, in win rates too.
    ridge : float
        Above 0, it holds systems that cannot be compared; only for Bradley-Terry with the sandwich or model-based.
    sides : {"auto", "adjust", "ignore"}
        Whether to adjust for the left side: if it is unbalanced, always, or never.
    seed : int
        Seed of the random draws behind bootstrap and ranks.
    confidence_level : float
    n_resamples : int
        Resamples of the score bootstrap.

    Returns
    -------
    DataFrame
        With the columns :data:`COLUMNS`. ``clusters``, ``n_clusters``, ``units`` and ``estimand`` are those of the
        system's judgments (``n_clusters`` of the kind with the fewest): a result for a system that few raters judged
        holds for these raters alone. ``degrees_of_freedom`` are those of the strength, ``p_degrees_of_freedom`` those
        of P. ``p_value`` tests a win rate of one half, over the units of the win rate's interval; ``strength`` is in
        logits, or a rating for Elo. ``rank_low`` and ``rank_high`` hold for all systems together. ``open_end`` is
        "upper" for a system that won everything, "lower" for one that lost everything, "both" for one between such:
        it has a rank, but no strength, and at most one bound. ``left_rate`` is the win rate of the left between equal
        systems; ``first_holds`` whether the same system is first with and without the left side fitted.
    """
    _check(model, method, ridge, sides)
    selection = frames.select(judgments, criterion=criterion, subset=subset)
    settings = Settings(model, method, ridge, seed, confidence_level, n_resamples)
    return table_of_selection(selection, frames.units(selection, cluster), settings, sides)


def table_of_selection(
    selection: frames.Selection, units: Units, settings: Settings, sides: str
) -> pd.DataFrame:
    """Return the table of :func:`ranking_table` for judgments that are already selected."""
    if not selection.systems:
        return table_of([], COLUMNS, NO_JUDGMENT)
    judged = frames.system_preferences(selection)
    found = sided_boards(selection, None if settings.method == "model" else units, settings, sides)
    rates = _rates(judged, units, settings.method, settings.confidence_level)
    claims = rates if found.rates is None else found.rates
    sizes_of, outcomes = _sizes(selection), _outcomes(judged)
    rows = [
        _row(i, system, settings, found, (claims[i], rates[i]), (*outcomes[i], *sizes_of[i]))
        for i, system in enumerate(judged.systems)
    ]
    table = table_of(rows, COLUMNS)
    if found.state == CONFOUNDED:
        return table.sort_values("system", ignore_index=True)
    return table.sort_values(
        ["rank", "strength", "win_rate", "system"], ascending=[True, False, False, True], ignore_index=True
    )


def _check(model: str, method: str, ridge: float, sides: str) -> None:
    lookup(MODELS, model, "model")
    lookup(LIMITS, method, "interval method")
    lookup(SIDE_CHOICES, sides, "choice for the left side")
    if ridge and (not takes_ridge(model) or method == "score_bootstrap"):
        raise InvalidInput(
            f"ridge {ridge:g} with model {model!r} and method {method!r}; allowed: bradley_terry with sandwich or model"
        )


def _row(
    i: int,
    system: str,
    settings: Settings,
    found: Sided,
    claims: tuple[Claim, Claim],
    n_of: tuple[int, ...],
) -> tuple[object, ...]:
    """Return one system's cells, in the order of the columns; ``n_of`` are its outcomes and its sizes."""
    main, plain, (claim, as_judged) = found.main, found.unadjusted, claims
    strength, rate = main.strengths[i], claim.estimate
    independent = settings.method == "model"
    confounded = found.state == CONFOUNDED
    return (
        *(system, settings.model, main.rank[i], main.rank_low[i], main.rank_high[i], *_spread(strength)),
        *(*_spread(rate), *n_of[:3], np.nan if confounded else claim.p_value, settings.confidence_level),
        *(*n_of[3:6], claim.kinds, claim.estimate.n_units, strength.n_resamples, strength.method),
        *(strength.reason, main.rank_method, main.rank_reason, rate.method, rate.reason),
        *(main.open_ends[i], "judgments" if independent else claim.units),
        *(
            INDEPENDENT if independent else claim.estimand,
            main.freedom[i],
            _p_method(confounded, settings, found),
        ),
        *(np.nan if confounded else claim.degrees_of_freedom, found.state, found.balance.left_share[i]),
        *(*_left_rate(found), found.balance.r_squared, _finite(found.balance.inflation), found.reason),
        *(found.first_holds, plain.rank[i], *_spread(plain.strengths[i]), *_spread(as_judged.estimate)),
    )


def _spread(estimate: Estimate) -> tuple[float, float, float]:
    return estimate.value, estimate.low, estimate.high


def _finite(value: float) -> float:
    return value if np.isfinite(value) else np.nan


def _p_method(confounded: bool, settings: Settings, found: Sided) -> str:
    if confounded:
        return "none: preference and position cannot be told apart"
    if settings.method == "model" and found.rates is None:
        return "score test of the win rate, ties as half, judgments independent"
    return "score test (t) of a win rate of one half, over the units of its interval"


def _left_rate(found: Sided) -> tuple[float, float, float]:
    """Return the win rate of the left between equal systems, with its interval; nan if it was not fitted."""
    if found.effect is None:
        return np.nan, np.nan, np.nan
    value, low, high = expit(np.array(_spread(found.effect.estimate))).tolist()
    return value, low, high


def _outcomes(judged: Preferences) -> list[tuple[int, int, int]]:
    """Return wins, ties and losses of each system."""
    counts = win_counts(judged)
    columns = counts.wins.sum(axis=1), counts.ties.sum(axis=1), counts.wins.sum(axis=0)
    return [(int(won), int(tied), int(lost)) for won, tied, lost in zip(*columns, strict=True)]


def _rates(judged: Preferences, units: Units, method: str, level: float) -> list[Claim]:
    """Return each system's win rate as judged, with the test against one half over the same units."""
    if method == "model":
        rates = win_rates(judged, None, confidence_level=level)
        said = "judgment", "judgments", INDEPENDENT
        return [Claim(rate, score_p(rate.value, rate.n_units), np.nan, *said) for rate in rates]
    return list(system_claims(judged, units, confidence_level=level))


def _sizes(selection: frames.Selection) -> list[tuple[int, int, int]]:
    """Return the numbers of comparisons, judgments and raters per system, in order."""
    judged, systems = selection.judgments, selection.systems
    sides = frames.positions(systems, judged["label_a"], judged["label_b"])
    (comparison, comparisons), (rater, raters) = (
        frames.coded(judged[f"{one}_id"]) for one in ("comparison", "rater")
    )

    def distinct(codes: IntArray, n_codes: int) -> IntArray:
        there = np.zeros((len(systems), n_codes), dtype=bool)
        for side in sides:
            there[side, codes] = True
        return np.asarray(there.sum(axis=1))

    columns = (
        distinct(comparison, len(comparisons)),
        np.bincount(np.concatenate(sides), minlength=len(systems)),
        distinct(rater, len(raters)),
    )
    return [(int(a), int(b), int(c)) for a, b, c in zip(*columns, strict=True)]
