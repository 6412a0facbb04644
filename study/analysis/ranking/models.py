"""The preference models that a ranking can be made with, and how well they fit beside each other."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from study import frames
from study.analysis.ranking.rows import table_of
from study.stats.arrays import IntArray
from study.stats.ranking.answers import A_WON, B_WON, BOTH_BAD, TIED, Answers, answer_counts, answers
from study.stats.ranking.fitted import FittedStrengths
from study.stats.ranking.model_influence import graded_model_strengths, tie_model_strengths
from study.stats.ranking.strengths import bradley_terry_strengths
from study.stats.ranking.tie_models import TIE_MODELS, TieModel, tie_model
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
TIE_PARAMETERS = {
    "ties_as_half": "share of ties",
    "davidson": "ν: ties between equals (2 / (2 + ν) are decided)",
    "rao_kupper": "θ: odds a system needs to be noticed",
    "grounded_rao_kupper": "θ: odds a system needs to be noticed",
}


@dataclass(frozen=True, slots=True)
class Model:
    """A preference model as a choice: what it is called, what it says of ties, and its source."""

    label: str
    ties: str
    source: str


MODELS: dict[str, Model] = {
    "bradley_terry": Model(
        "Bradley-Terry", "A tie, or both bad, is half a win for each.", "Bradley and Terry 1952"
    ),
    "davidson": Model(
        "Davidson", "A tie, or both bad, is an answer of its own, likelier between equals.", "Davidson 1970"
    ),
    "rao_kupper": Model(
        "Rao-Kupper", "A tie, or both bad, is a difference too small to be noticed.", "Rao and Kupper 1967"
    ),
    "grounded_rao_kupper": Model(
        "With both bad",
        "A tie is a difference too small to be noticed; both bad, that neither output passes a bar.",
        "Frick et al. 2025",
    ),
    "graded": Model(
        "Graded strength",
        "The steps of the scale are used; a tie, or both bad, is its middle.",
        "McCullagh 1980; Agresti 1992",
    ),
    "elo": Model("Elo", "A tie, or both bad, is half a win for each.", "Elo 1978"),
}


def coded_answers(selection: frames.Selection, *, steps: bool = True) -> Answers:
    """Return the judgments with ties, both bad and (with ``steps``) steps of the scale kept apart."""
    judged = selection.judgments
    a, b = frames.positions(selection.systems, judged["label_a"], judged["label_b"])
    codes, names = frames.coded(judged["preference"])
    given = np.array([ANSWER_CODES[name] for name in names], dtype=np.int64)[codes]
    grades = _grades(judged, given) if steps else SIGN_OF[given]
    return answers(a, b, given, grades, selection.systems, side_codes(selection))


def side_codes(selection: frames.Selection) -> IntArray:
    """Return 1 where a was on the left, -1 where b was, 0 where there were no sides."""
    code, names = frames.coded(selection.judgments["side_of_a"])
    return np.array([*(SIDES.get(name, 0) for name in names), 0], dtype=np.int64)[code]


def _grades(judged: pd.DataFrame, given: IntArray) -> IntArray:
    """Return how far each answer leans to a; one step where the format has no steps."""
    if "strength" in judged:
        return np.asarray(judged["strength"].fillna(0).to_numpy(), dtype=np.int64)
    return SIGN_OF[given]


def model_reasons(
    judgments: pd.DataFrame, *, criterion: str, subset: frames.Subset = frames.HUMAN
) -> dict[str, str | None]:
    """Return for each of :data:`MODELS` None, or why the answers do not allow it."""
    given = coded_answers(frames.select(judgments, criterion=criterion, subset=subset))
    no_bad = None if (given.answer == BOTH_BAD).any() else "no judgment says that both are bad"
    one_step = None if np.abs(given.grade).max(initial=0) > 1 else "the answers have no steps of strength"
    return dict.fromkeys(MODELS) | {"grounded_rao_kupper": no_bad, "graded": one_step}


def fitted_strengths(
    selection: frames.Selection, model: str, cluster: IntArray | Units | None
) -> tuple[FittedStrengths, str]:
    """Return the strengths of a model with the influence of clusters or units, and what to say of its method.

    ``cluster`` is None where intervals are to be model-based.
    """
    if model == "bradley_terry":
        method = "model" if cluster is None else "sandwich"
        return bradley_terry_strengths(frames.system_preferences(selection), cluster, method), ""
    given = coded_answers(selection)
    if model == "graded":
        fitted, steps = graded_model_strengths(given, cluster)
        return fitted, f"steps used: {', '.join(map(str, steps)) or 'none'}"
    return tie_model_strengths(given, cluster, model), ""


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
        Of the columns :data:`MODEL_COLUMNS`; ``aic_difference`` is from the best of the same outcomes, and
        ``value`` is the model's parameter of ties, or its level above the bar of both bad, with a Wald interval that
        takes judgments as independent.
    """
    selection = frames.select(judgments, criterion=criterion, subset=subset)
    given, rows = coded_answers(selection), []
    for name, entry in TIE_MODELS.items():
        grounded = name == "grounded_rao_kupper"
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
    found = [(TIE_PARAMETERS[fit.model], fit.tie_parameter, fit.tie_error)]
    if fit.model == "grounded_rao_kupper":
        found.append(("level: mean strength above the bar (logits)", fit.level, fit.level_error))
    return found


def _reason(fit: TieModel) -> str | None:
    if fit.reason is None and np.isnan(fit.tie_error):
        return "no tie: its parameter is on the boundary and has no interval"
    return fit.reason
