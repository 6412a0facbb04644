"""Models of raters: how reliable each rater is, and the true preference behind the answers."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from study import frames
from study.stats.quality.labels import pairwise_labels
from study.stats.quality.models import RATER_MODELS, aggregated_preference, rater_model
from study.stats.quality.rater_model import RaterModel
from study.tables import lookup

RATER_MODEL_COLUMNS = ("rater", "competence", "position_bias", "n_judgments", "method", "reason")
PREFERENCE_COLUMNS = (
    *("comparison_id", "system_a", "system_b", "preferred_system", "probability", "score", "n_judgments"),
    *("method", "reason"),
)

# The bar is half full after this many steps of EM, because their total number is not known.
STEPS = 30
NOT_SHARED = "no comparison in common with another rater"


@dataclass(frozen=True, slots=True)
class ModelOfRaters:
    """A fitted model of raters as tables.

    Attributes
    ----------
    raters : DataFrame
        With the columns :data:`RATER_MODEL_COLUMNS`, the least competent first.
    preferences : DataFrame
        With the columns :data:`PREFERENCE_COLUMNS`, one row per comparison, the least certain first.
    caution : str or None
        Why the values are doubtful or missing.
    """

    raters: pd.DataFrame
    preferences: pd.DataFrame
    caution: str | None


def model_of_raters(
    judgments: pd.DataFrame,
    *,
    criterion: str,
    model: str,
    subset: frames.Subset = frames.HUMAN,
    seed: int = 0,
    progress: Callable[[float, str], object] | None = None,
) -> ModelOfRaters:
    """Fit a model of raters to the judgments of a criterion; its labels are the possible answers.

    Parameters
    ----------
    judgments : DataFrame
        The long table, from ``store.coded_judgments``.
    criterion : str
    model : str
        Key of :data:`study.stats.quality.models.RATER_MODELS`.
    subset : Subset
    seed : int
        The study's seed; some models start at random.
    progress : callable, optional
        Called after each step with the progress; an exception that it raises ends the fit.

    Raises
    ------
    InvalidInput
        If the model is unknown.
    """
    label = lookup(RATER_MODELS, model, "rater model").label
    if progress:
        progress(0.0, f"{label}: fitting")
    selection = frames.select(judgments, criterion=criterion, subset=subset)
    data = frames.rated(selection, "separate")
    given = pairwise_labels(
        data.unit,
        data.rater,
        data.category,
        n_items=len(data.comparisons),
        n_raters=len(data.raters),
        categories=data.names,
        a_left=(selection.judgments["side_of_a"] == "left").to_numpy(dtype=bool),
    )
    watch = (lambda steps: progress(steps / (steps + STEPS), f"{label}: step {steps}")) if progress else None
    fitted = rater_model(given, model, rng=np.random.default_rng(abs(seed)), watch=watch)
    return ModelOfRaters(
        _rater_table(data, fitted),
        _preference_table(selection, data, fitted),
        fitted.reason or fitted.caution,
    )


def _rater_table(data: frames.Rated, fitted: RaterModel) -> pd.DataFrame:
    bias = fitted.position_bias if fitted.position_bias is not None else np.full(len(data.raters), np.nan)
    return pd.DataFrame(
        {
            "rater": pd.Series(data.raters, dtype="str"),
            "competence": fitted.competence,
            "position_bias": bias,
            "n_judgments": fitted.n_labels,
            "method": fitted.model,
            "reason": pd.Series(
                [fitted.reason or (NOT_SHARED if np.isnan(one) else None) for one in fitted.competence],
                dtype="str",
            ),
        },
        columns=list(RATER_MODEL_COLUMNS),
    ).sort_values(["competence", "rater"], ignore_index=True)


def _preference_table(selection: frames.Selection, data: frames.Rated, fitted: RaterModel) -> pd.DataFrame:
    found = aggregated_preference(fitted)
    _, first = np.unique(data.unit, return_index=True)
    one = selection.judgments.iloc[first]
    a, b = (one[f"label_{side}"].astype("str").to_numpy() for side in "ab")
    preferred = np.select(
        [found.preference > 0, found.preference < 0, found.preference == 0], [a, b, "tie"], ""
    )
    return pd.DataFrame(
        {
            "comparison_id": pd.Series(data.comparisons, dtype="str"),
            "system_a": a,
            "system_b": b,
            "preferred_system": preferred,
            "probability": found.probability,
            "score": found.score,
            "n_judgments": np.bincount(data.unit, minlength=len(data.comparisons)),
            "method": fitted.model,
            "reason": pd.Series(
                [
                    fitted.reason or (None if known else "no one preference is the most probable")
                    for known in preferred
                ],
                dtype="str",
            ),
        },
        columns=list(PREFERENCE_COLUMNS),
    ).sort_values(["probability", "comparison_id"], ignore_index=True)
