"""The surface of outputs: how each system's length and format differ, and how far they give systems away."""

import re
import unicodedata
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from study.audit.material import AuditedTexts
from study.stats.arrays import FloatArray, IntArray
from study.stats.group_differences import group_differences
from study.stats.resampling import Estimate, jackknife, whole_clusters
from study.wording import counted

WORD = re.compile(r"\w+")
N_FOLDS = 5
FEWEST_ITEMS = 10
RIDGE = 1e-2
FEATURE_COLUMNS = (
    "feature",
    "system",
    "mean",
    "mean_low",
    "mean_high",
    "others",
    "difference",
    "difference_low",
    "difference_high",
    "auc",
    "auc_low",
    "auc_high",
    "confidence_level",
    "n_outputs",
    "n_others",
    "reason",
)


def _share(text: str, test: Callable[[str], bool]) -> float:
    signs = [sign for sign in text if not sign.isspace()]
    return sum(map(test, signs)) / len(signs) if signs else 0.0


def _counts(pattern: str) -> Callable[[str], float]:
    found = re.compile(pattern, re.M)
    return lambda text: float(len(found.findall(text)))


FEATURES: dict[str, tuple[str, Callable[[str], float]]] = {
    "characters": ("Characters", lambda text: float(len(text))),
    "words": ("Words", lambda text: float(len(WORD.findall(text)))),
    "word_length": ("Characters per word", lambda text: len(text) / max(len(WORD.findall(text)), 1)),
    "sentences": ("Sentence ends", _counts(r"[.!?…](?:\s|$)")),
    "lines": ("Lines", lambda text: float(text.strip().count("\n") + 1)),
    "list_lines": ("Lines of lists", _counts(r"^\s*(?:[-*•]|\d+[.)])\s")),
    "markdown": ("Signs of markdown", _counts(r"\*\*|^#{1,6}\s|`|^\s*[-*]\s|\|")),
    "commas": ("Commas", _counts(",")),
    "colons": ("Colons and semicolons", _counts("[:;]")),
    "questions": ("Question marks", _counts(r"\?")),
    "exclamations": ("Exclamation marks", _counts("!")),
    "dashes": ("Dashes", _counts("[–—]| - ")),
    "quotes": ("Quotation marks", _counts('["“”„«»]')),
    "brackets": ("Brackets", _counts(r"[(\[]")),
    "digits": ("Share of digits", lambda text: _share(text, str.isdigit)),
    "capitals": ("Share of capitals", lambda text: _share(text, str.isupper)),
    "emoji": ("Emoji", lambda text: float(sum(unicodedata.category(sign) == "So" for sign in text))),
    "other_script": (
        "Share of letters of other scripts",
        lambda text: _share(
            text, lambda sign: sign.isalpha() and not unicodedata.name(sign, "").startswith("LATIN")
        ),
    ),
}
"""The features of a text by key: the label and the function."""


def feature_matrix(texts: Sequence[str]) -> FloatArray:
    """Return the features of texts, shape (n_texts, n_features), in the order of :data:`FEATURES`."""
    return np.array([[function(text) for _, function in FEATURES.values()] for text in texts]).reshape(
        len(texts), len(FEATURES)
    )


def feature_table(material: AuditedTexts, *, confidence_level: float = 0.95) -> pd.DataFrame:
    """Return how each system's outputs differ from those of the others, the most telling features first.

    Returns
    -------
    DataFrame
        With the columns :data:`FEATURE_COLUMNS`. ``auc`` is the probability that an output of the system has more of
        the feature than one of another system, counting ties as half (Mann and Whitney 1947): 0.5 tells nothing, 0 and
        1 everything. ``difference`` is that of the means, in pooled standard deviations; nan without variation.
        Intervals: delete-one-item jackknife, t, that of ``auc`` cut at 0 and 1; nan with a reason if there are fewer
        than two items or nothing varies.
    """
    values = feature_matrix([one.text for one in material.outputs])
    systems = np.array([one.system for one in material.outputs])
    item = pd.factorize(np.array([one.name for one in material.outputs], dtype=object), sort=True)[0]
    rows = []
    for column, (label, _) in enumerate(FEATURES.values()):
        for system in material.systems:
            own, others = values[systems == system, column], values[systems != system, column]
            if not len(own) or not len(others):
                continue
            found = group_differences(values[:, column], systems == system, item, confidence_level)
            cells = [(one.value, one.low, one.high) for one in found]
            reason = "it does not vary" if np.isnan(found[1].value) else found[2].reason or found[0].reason
            rest = (confidence_level, len(own), len(others), reason)
            rows.append((label, system, *cells[0], others.mean(), *cells[1], *cells[2], *rest))
    table = pd.DataFrame(rows, columns=list(FEATURE_COLUMNS)).astype({"reason": "str"})
    order = (table["auc"] - 0.5).abs().sort_values(ascending=False, kind="stable").index
    return table.loc[order].reset_index(drop=True)


def prediction(
    material: AuditedTexts, *, seed: int = 0, confidence_level: float = 0.95
) -> tuple[Estimate, float]:
    """Estimate how often the surface alone identifies the system of an output, and how often guessing would.

    A ridge regression of each system's membership on the standardised features; the largest value decides. Items are
    held out as a whole, so that traits shared by the outputs of an item do not help.

    Returns
    -------
    Estimate
        The share of outputs whose system is identified, cross-validated; the interval is the jackknife over items. nan
        with a reason for fewer than two systems or ten items.
    float
        The share of the most frequent system, which guessing reaches.
    """
    outputs = material.outputs
    item, items = pd.factorize(np.array([one.name for one in outputs], dtype=object), sort=True)
    system, systems = pd.factorize(np.array([one.system for one in outputs], dtype=object), sort=True)
    chance = float(np.bincount(system).max() / len(system)) if len(system) else np.nan
    if len(systems) < 2 or len(items) < FEWEST_ITEMS:
        reason = f"{counted(len(systems), 'system')} and {counted(len(items), 'item')}; at least 2 and {FEWEST_ITEMS} are needed"
        return Estimate(np.nan, np.nan, np.nan, confidence_level, len(items), 0, "none", reason), chance
    fold = np.random.default_rng(abs(seed)).permutation(len(items))[item] % N_FOLDS
    named = _named(feature_matrix([one.text for one in outputs]), system, fold, len(systems))
    right = (named == system).astype(np.float64)
    cells = np.column_stack([np.bincount(item, right), np.bincount(item).astype(np.float64)])
    found = jackknife(
        lambda totals: totals[:, 0] / totals[:, 1],
        whole_clusters(cells, "item"),
        confidence_level=confidence_level,
    )
    return found, chance


def _named(values: FloatArray, system: IntArray, fold: IntArray, n_systems: int) -> IntArray:
    """Return the system that a model fitted to the other folds predicts for each output."""
    named = np.zeros(len(system), dtype=np.int64)
    target = np.eye(n_systems)[system]
    for held_out in range(N_FOLDS):
        own = fold == held_out
        if not own.any() or own.all():
            continue
        mean, spread = values[~own].mean(axis=0), values[~own].std(axis=0)
        scaled = (values - mean) / np.where(spread > 0, spread, 1)
        train, level = scaled[~own], target[~own].mean(axis=0)
        penalty = RIDGE * len(train) * np.eye(values.shape[1])
        weights = np.linalg.solve(train.T @ train + penalty, train.T @ (target[~own] - level))
        named[own] = (scaled[own] @ weights + level).argmax(axis=1)
    return named
