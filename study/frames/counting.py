"""Judgments counted per comparison and per output, with the scores of all metrics: the input of correlations."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from study.frames.reliability import SIGNS, preference_codes
from study.frames.reshaping import cluster_codes
from study.frames.selecting import Selection, coded, dense_codes
from study.stats.arrays import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class MetricEvidence:
    """What people said about comparisons and outputs, and the metric scores of the same outputs.

    Attributes
    ----------
    metrics, systems, items : tuple of str
        In alphabetical order; the codes below are positions in them. Items are ids.
    a, b : ndarray of shape (n_comparisons,)
        Positions of the two outputs.
    item : ndarray of shape (n_comparisons,)
    won, tied, lost : ndarray of shape (n_comparisons,)
        How many judgments prefer output a, neither (including both bad), output b.
    output_item, output_system : ndarray of shape (n_outputs,)
    human_sum, human_count : ndarray of shape (n_outputs,)
        Wins (ties as half) and number of judgments.
    values : ndarray of shape (n_outputs, n_metrics)
        nan where a metric has none.
    comparison, rater : ndarray of shape (n_judgments,)
        The comparison and the rater of each judgment.
    sign : ndarray of shape (n_judgments,)
        1 where output a is preferred, -1 where b is, 0 for neither.
    profile : ndarray of shape (n_items,)
        The profile that each item belongs to, as codes from 0; an item without one is its own profile.
    by_rater : ndarray of shape (n_raters, n_systems, 2), optional
        Sum and number of each rater's values of a system, if they are not what ``sign`` says.
    """

    metrics: tuple[str, ...]
    systems: tuple[str, ...]
    items: tuple[str, ...]
    a: IntArray
    b: IntArray
    item: IntArray
    won: FloatArray
    tied: FloatArray
    lost: FloatArray
    output_item: IntArray
    output_system: IntArray
    human_sum: FloatArray
    human_count: FloatArray
    values: FloatArray
    comparison: IntArray
    rater: IntArray
    sign: IntArray
    profile: IntArray
    by_rater: FloatArray | None = None

    @property
    def n_profiles(self) -> int:
        """The number of profiles; the number of items where none belongs to a profile."""
        return int(self.profile.max(initial=-1)) + 1

    @property
    def human(self) -> FloatArray:
        """The mean human score of each output; from 0 to 1 for preferences."""
        return self.human_sum / self.human_count

    @property
    def n_raters(self) -> int:
        """The number of raters."""
        return len(self.by_rater) if self.by_rater is not None else int(self.rater.max(initial=-1)) + 1

    def differences(self) -> FloatArray:
        """Return each metric of output a minus that of output b, shape (n_comparisons, n_metrics)."""
        return np.asarray(self.values[self.a] - self.values[self.b])

    def matrix(self, values: FloatArray) -> FloatArray:
        """Return values of outputs, shape (n_outputs,), as a matrix (n_systems, n_items), nan where missing."""
        cells = np.full((len(self.systems), len(self.items)), np.nan)
        cells[self.output_system, self.output_item] = values
        return cells


def evidence(selection: Selection, scores: pd.DataFrame) -> MetricEvidence:
    """Count the judgments of a selection per comparison and output, and align the scores with them.

    Parameters
    ----------
    selection : Selection
    scores : DataFrame of shape (n_outputs, n_metrics)
        From ``store.score_matrix``.
    """
    judged = selection.judgments
    comparison, n = dense_codes(judged["comparison_id"])
    sign = preference_codes(selection, SIGNS)
    counts = np.bincount(comparison * 3 + sign + 1, minlength=3 * n).reshape(n, 3).astype(np.float64)
    lost, tied, won = counts.T
    row = np.zeros(n, dtype=np.int64)
    row[comparison] = np.arange(len(comparison))
    once = judged.iloc[row]
    item, items = coded(once["item_id"])
    row_a, row_b, values = _scored_rows(once, scores)
    is_judged = np.zeros(len(values), dtype=bool)
    is_judged[row_a] = is_judged[row_b] = True
    rows = np.flatnonzero(is_judged)
    place = np.cumsum(is_judged) - 1
    a, b = place[row_a], place[row_b]
    systems, system_a, system_b = _together(once["label_a"], once["label_b"])
    output_item, output_system = np.zeros((2, len(rows)), dtype=np.int64)
    output_item[a], output_item[b] = item, item
    output_system[a], output_system[b] = system_a, system_b
    human_sum = np.bincount(a, won + tied / 2, len(rows)) + np.bincount(b, lost + tied / 2, len(rows))
    each = counts.sum(axis=1)
    human_count = np.bincount(a, each, len(rows)) + np.bincount(b, each, len(rows))
    return MetricEvidence(
        metrics=tuple(str(name) for name in scores.columns),
        systems=tuple(systems),
        items=tuple(items),
        a=a,
        b=b,
        item=item,
        won=won,
        tied=tied,
        lost=lost,
        output_item=output_item,
        output_system=output_system,
        human_sum=human_sum.astype(np.float64),
        human_count=human_count.astype(np.float64),
        values=values[rows],
        comparison=comparison,
        rater=cluster_codes(selection, "rater"),
        sign=sign,
        profile=_profiles(once, item, len(items)),
    )


def _profiles(once: pd.DataFrame, item: IntArray, n_items: int) -> IntArray:
    """Return the profile of each item; an item whose comparisons are judged for several profiles is its own profile."""
    own = np.arange(n_items, dtype=np.int64)
    if "profile_id" not in once:
        return own
    code, names = coded(once["profile_id"])
    first, last = own - n_items - 1, own - n_items - 1
    first[item], last[item[::-1]] = code, code[::-1]
    known = (first == last) & (first >= 0)
    return np.unique(np.where(known, first, len(names) + own), return_inverse=True)[1].astype(np.int64)


def comparison_names(selection: Selection) -> list[str]:
    """Return the id of the comparison at each position of an :class:`MetricEvidence`."""
    column = selection.judgments["comparison_id"].astype("category").cat
    codes = column.codes.to_numpy()
    present = np.bincount(codes, minlength=len(column.categories)) > 0
    return [str(name) for name in column.categories[present]]


def _scored_rows(compared: pd.DataFrame, scores: pd.DataFrame) -> tuple[IntArray, IntArray, FloatArray]:
    """Return the rows of both outputs of each comparison in the table of outputs, and the scores of all outputs."""
    cells = [compared[name].astype("category").cat for name in ("output_a_id", "output_b_id")]
    places = [scores.index.get_indexer(cell.categories) for cell in cells]
    if any((place[cell.codes] < 0).any() for place, cell in zip(places, cells, strict=True)):
        names = scores.index.union(cells[0].categories).union(cells[1].categories)
        scores = scores.reindex(names)
        places = [names.get_indexer(cell.categories) for cell in cells]
    first, second = (
        np.asarray(place[cell.codes], dtype=np.int64) for place, cell in zip(places, cells, strict=True)
    )
    return first, second, scores.to_numpy(dtype=np.float64)


def _together(one: pd.Series, other: pd.Series) -> tuple[list[str], IntArray, IntArray]:
    """Return the values of two columns, in alphabetical order, and both columns as positions in them."""
    first, first_names = coded(one)
    second, second_names = coded(other)
    names = pd.Index(first_names, dtype="str").union(pd.Index(second_names, dtype="str"))
    places = (names.get_indexer(pd.Index(part, dtype="str")) for part in (first_names, second_names))
    of_first, of_second = (np.asarray(place, dtype=np.int64) for place in places)
    return list(names), of_first[first], of_second[second]
