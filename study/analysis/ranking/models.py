"""The preference models available for a ranking, and a comparison of their fit."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from study import frames
from study.analysis.ranking.rows import table_of
from study.stats.arrays import IntArray
from study.stats.ranking.answers import A_WON, B_WON, BOTH_BAD, TIED, Answers, answer_counts, answers
from study.stats.ranking.elo import EloRatings, elo
from study.stats.ranking.fitted import FittedStrengths
from study.stats.ranking.model_influence import graded_model_strengths, tie_model_strengths
from study.stats.ranking.preferences import Preferences
from study.stats.ranking.strengths import bradley_terry_strengths
from study.stats.ranking.tie_likelihoods import TIE_MODELS
from study.stats.ranking.tie_models import TieModel, tie_model
from study.stats.resampling import normal_quantile
from study.stats.units import INDEPENDENT, Units

MODEL_COLUMNS = (
    *("model", "label", "outcomes", "aic", "aic_difference", "log_likelihood", "n_parameters"),
    *(
        "parameter",
        "value",
        "low",
        "high",
        "confidence_level",
        "n_judgments",
        "method",
        "source",
        "reason",
        "estimand",
    ),
)
ANSWER_CODES = {"a": A_WON, "b": B_WON, "tie": TIED, "both_bad": BOTH_BAD}
SIGN_OF = np.array([1, -1, 0, 0])
SIDES = {"left": 1, "right": -1}


def coded_answers(selection: frames.Selection, *, steps: bool = True) -> Answers:
    """Return the judgments with ties, both bad and (with ``steps``) steps of the scale kept separate."""
    judged = selection.judgments
    a, b = frames.positions(selection.systems, judged["label_a"], judged["label_b"])
    codes, names = frames.coded(judged["preference"])
    given = np.array([ANSWER_CODES[name] for name in names], dtype=np.int64)[codes]
    grades = _grades(judged, given) if steps else SIGN_OF[given]
    return answers(a, b, given, grades, selection.systems, side_codes(selection))


def side_codes(selection: frames.Selection) -> IntArray:
    """Return 1 where a was on the left, -1 where b was, 0 without sides."""
    code, names = frames.coded(selection.judgments["side_of_a"])
    return np.array([*(SIDES.get(name, 0) for name in names), 0], dtype=np.int64)[code]


def _grades(judged: pd.DataFrame, given: IntArray) -> IntArray:
    """Return how far each answer leans to a; one step if the format has no steps."""
    if "strength" in judged:
        return np.asarray(judged["strength"].fillna(0).to_numpy(), dtype=np.int64)
    return SIGN_OF[given]


Fitted = tuple[FittedStrengths, str]
"""Strengths with the influence of clusters or units, and the description of their method."""


def _bradley_terry(selection: frames.Selection, cluster: IntArray | Units | None) -> Fitted:
    method = "model" if cluster is None else "sandwich"
    return bradley_terry_strengths(frames.system_preferences(selection), cluster, method), ""


def _graded(selection: frames.Selection, cluster: IntArray | Units | None) -> Fitted:
    fitted, steps = graded_model_strengths(coded_answers(selection), cluster)
    return fitted, f"steps used: {', '.join(map(str, steps)) or 'none'}"


def _with_ties(selection: frames.Selection, cluster: IntArray | Units | None, *, model: str) -> Fitted:
    return tie_model_strengths(coded_answers(selection), cluster, model), ""


def _nothing_lacks(given: Answers) -> None:
    """Return no reason: any answers are suitable."""


def _lacks_both_bad(given: Answers) -> str | None:
    return None if (given.answer == BOTH_BAD).any() else "no judgment says that both are bad"


def _lacks_steps(given: Answers) -> str | None:
    return None if np.abs(given.grade).max(initial=0) > 1 else "the answers have no steps of strength"


@dataclass(frozen=True, slots=True)
class Model:
    """A preference model as an option.

    Attributes
    ----------
    label, ties, source : str
        Its name, its treatment of ties, and where it is defined.
    strengths : callable
        From a selection and clusters, which are None for model-based intervals.
    lacks : callable
        From answers to why they do not allow it, or None.
    takes_ridge : bool
        Whether a ridge can hold systems to which the comparisons give no strength.
    bounds_open_ends : bool
        Whether the model gives a bound to a system that won, or lost, everything.
    uses_steps : bool
        Whether steps of the scale count.
    """

    label: str
    ties: str
    source: str
    strengths: Callable[[frames.Selection, IntArray | Units | None], Fitted]
    lacks: Callable[[Answers], str | None] = _nothing_lacks
    takes_ridge: bool = False
    bounds_open_ends: bool = False
    uses_steps: bool = False


@dataclass(frozen=True, slots=True)
class RatingModel:
    """Ratings in the order of the judgments, as an option: without intervals, and not adjusted for the left side."""

    label: str
    ties: str
    source: str
    function: Callable[[Preferences], EloRatings]
    lacks: Callable[[Answers], str | None] = _nothing_lacks


MODELS: dict[str, Model | RatingModel] = {
    "bradley_terry": Model(
        "Bradley-Terry",
        TIE_MODELS["ties_as_half"].ties,
        "Bradley and Terry 1952",
        _bradley_terry,
        takes_ridge=True,
        bounds_open_ends=True,
    ),
    **{
        name: Model(
            entry.offered_as or entry.label,
            entry.ties,
            entry.source,
            partial(_with_ties, model=name),
            _lacks_both_bad if entry.both_bad else _nothing_lacks,
        )
        for name, entry in TIE_MODELS.items()
        if entry.is_likelihood
    },
    "graded": Model(
        "Graded strength",
        "The steps of the scale are used; a tie, or both bad, is its middle.",
        "McCullagh 1980; Agresti 1992",
        _graded,
        _lacks_steps,
        uses_steps=True,
    ),
    "elo": RatingModel("Elo", TIE_MODELS["ties_as_half"].ties, "Elo 1978", elo),
}
"""The preference models on offer, by key."""


def is_rating(model: str) -> bool:
    """Return whether an entry of :data:`MODELS` rates systems in the order of the judgments."""
    return isinstance(MODELS[model], RatingModel)


def takes_ridge(model: str) -> bool:
    """Return whether an entry of :data:`MODELS` can hold systems by a ridge."""
    entry = MODELS[model]
    return isinstance(entry, Model) and entry.takes_ridge


def uses_steps(model: str) -> bool:
    """Return whether the steps of the scale count for an entry of :data:`MODELS`."""
    entry = MODELS[model]
    return isinstance(entry, Model) and entry.uses_steps


def bounds_open_ends(model: str) -> bool:
    """Return whether an entry of :data:`MODELS` gives a bound to a system that won, or lost, everything."""
    entry = MODELS[model]
    return isinstance(entry, Model) and entry.bounds_open_ends


def model_reasons(
    judgments: pd.DataFrame, *, criterion: str, subset: frames.Subset = frames.HUMAN
) -> dict[str, str | None]:
    """Return, for each of :data:`MODELS`, None or the reason why the answers do not allow it."""
    given = coded_answers(frames.select(judgments, criterion=criterion, subset=subset))
    return {name: entry.lacks(given) for name, entry in MODELS.items()}


def model_table(
    judgments: pd.DataFrame,
    *,
    criterion: str,
    subset: frames.Subset = frames.HUMAN,
    confidence_level: float = 0.95,
) -> pd.DataFrame:
    """Return how well the models with ties fit, the best first; AIC compares fits of the same outcomes only.

    Parameters as in :func:`study.analysis.ranking_table`.

    Returns
    -------
    DataFrame
        With the columns :data:`MODEL_COLUMNS`; ``aic_difference`` is from the best of the same outcomes, and
        ``value`` is the model's tie parameter, or its level above the bar of both bad, with a Wald interval that
        treats judgments as independent.
    """
    selection = frames.select(judgments, criterion=criterion, subset=subset)
    given, rows = coded_answers(selection), []
    for name, entry in TIE_MODELS.items():
        grounded = entry.both_bad
        if not selection.systems or (grounded and not (given.answer == BOTH_BAD).any()):
            continue
        counts, bad = answer_counts(given, both_bad=grounded)
        fit = tie_model(counts, given.systems, name, both_bad=bad)
        for parameter, value, error in _parameters(fit):
            half = normal_quantile(confidence_level) * error
            spread = value, value - half, value + half, confidence_level, len(given.answer)
            fitted = (name, entry.label, ", ".join(fit.outcomes), fit.aic, np.nan, fit.log_likelihood)
            method = "maximum likelihood, Wald interval, judgments independent"
            rows.append(
                (
                    *fitted,
                    fit.n_parameters,
                    parameter,
                    *spread,
                    method,
                    entry.source,
                    _reason(fit),
                    INDEPENDENT,
                )
            )
    table = table_of(rows, MODEL_COLUMNS)
    table["aic_difference"] = table["aic"] - table.groupby("outcomes")["aic"].transform("min")
    return table.sort_values(["outcomes", "aic"], kind="stable", ignore_index=True)


def _parameters(fit: TieModel) -> list[tuple[str, float, float]]:
    entry = TIE_MODELS[fit.model]
    found = [(entry.parameter, fit.tie_parameter, fit.tie_error)]
    if entry.both_bad:
        found.append(("level: mean strength above the bar (logits)", fit.level, fit.level_error))
    return found


def _reason(fit: TieModel) -> str | None:
    if fit.reason is None and np.isnan(fit.tie_error):
        return "no tie: its parameter is on the boundary and has no interval"
    return fit.reason
