"""Which texts of a study personalization measures compare, and their distances as arrays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from study.errors import InvalidInput
from study.metrics.jobs import text_columns
from study.metrics.metric import Metric, Score
from study.records import references_of
from study.stats.arrays import FloatArray, IntArray
from study.stats.personalization.responsiveness import Distances
from study.tables import lookup

Pair = tuple[str, str]
NONE = -1

Given = tuple[str, str, str, str, float, str]
"""A distance from outside: item, system, profile_1, profile_2, distance, and its place in the file."""


@dataclass(frozen=True, slots=True)
class ReaderTexts:
    """The pairs of texts that EGISES and PerSEval compare, each once, and their positions in the arrays.

    A document is what several readers (profiles) were given: a source. The reference is the text that a reader
    expects.

    Attributes
    ----------
    systems, documents, readers : list of str
        Names of systems (with the condition where a system was run under several), source ids, profile ids.
    pairs : list of (str, str)
        Candidate and other text.
    places : dict of ndarray
        By the fields of ``Distances``, of their shapes: positions in ``pairs``, -1 where a text is missing.
    seats : dict
        Positions of each document's readers on the last axes, by source and profile id.
    """

    systems: list[str]
    documents: list[str]
    readers: list[str]
    pairs: list[Pair]
    places: dict[str, IntArray]
    seats: dict[tuple[str, str], int]

    @property
    def profiles(self) -> IntArray:
        """The reader (a position in ``readers``) at each position of each document, -1 if there is none."""
        document_of, reader_of = (
            {name: at for at, name in enumerate(names)} for names in (self.documents, self.readers)
        )
        found = np.full(self.places["accuracy"].shape[1:], NONE, dtype=np.int64)
        for (source, profile), seat in self.seats.items():
            found[document_of[source], seat] = reader_of[profile]
        return found

    def distances(self, scores: Sequence[Score], metric: Metric) -> Distances:
        """Return the distances that belong to the scores of the pairs.

        A similarity becomes 1 minus its fraction of the greatest one, negative ones 1; a distance is used unchanged.

        Raises
        ------
        InvalidInput
            If the metric does not compare two texts or a distance is above 1.
        """
        values = np.array([np.nan if value is None else value for value, _ in scores] + [np.nan])
        if metric.compares == "similarity" and metric.best:
            values = 1 - np.clip(values / metric.best, 0, 1)
        elif metric.compares != "distance":
            raise InvalidInput(f"{metric.label} is neither a similarity nor a distance of two texts")
        if np.nanmax(values, initial=0) > 1:
            raise InvalidInput(
                f"{metric.label} is {np.nanmax(values):g} for a pair of texts; allowed: distances from 0 to 1"
            )
        arrays: dict[str, FloatArray] = {name: values[place] for name, place in self.places.items()}
        return Distances(**arrays)


def reader_texts(texts: pd.DataFrame) -> ReaderTexts:
    """Return the texts to compare in a study.

    Parameters
    ----------
    texts : DataFrame
        From ``store.output_texts``. Only sources with several profiles count; where a system has several outputs for
        a source and profile, the first by id is used. Of several references the first is the one that the reader
        expects.
    """
    columns = text_columns(texts, ["output", "source"])
    made = pd.DataFrame({**columns, "label": system_labels(texts)}, index=texts.index, dtype="object")
    rows = pd.concat([texts, made], axis=1).sort_values("output_id")
    rows = rows[(rows["profile_id"] != "").to_numpy(dtype=bool)]
    several = rows.groupby("source_id")["profile_id"].transform("nunique") > 1
    rows = rows[several.to_numpy(dtype=bool)].drop_duplicates(["label", "source_id", "profile_id"])
    systems, documents, readers = (sorted(set(rows[name])) for name in ("label", "source_id", "profile_id"))
    place = {
        name: {one: at for at, one in enumerate(names)}
        for name, names in (("label", systems), ("source_id", documents), ("profile_id", readers))
    }
    n_systems, n_documents = len(systems), len(documents)
    # A document's readers have adjacent positions, so documents with few of many readers take little memory.
    most = int(rows.groupby("source_id")["profile_id"].nunique().max()) if len(rows) else 0
    seat: dict[tuple[str, str], int] = {}
    taken: dict[str, int] = {}
    for source, profile in sorted(set(zip(rows["source_id"], rows["profile_id"], strict=True))):
        seat[source, profile] = taken.get(source, 0)
        taken[source] = seat[source, profile] + 1
    output = np.full((n_systems, n_documents, most), None, dtype=object)
    expected = np.full((n_documents, most), None, dtype=object)
    document = np.full((n_documents, most), None, dtype=object)
    for label, source, profile, text, reference, shown in rows[
        ["label", "source_id", "profile_id", "output", "reference", "source"]
    ].itertuples(index=False):
        at, chair = place["source_id"][source], seat[source, profile]
        output[place["label"][label], at, chair] = text
        expected[at, chair] = references_of(reference)[0] if isinstance(reference, str) else None
        document[at, chair] = shown
    index: dict[Pair, int] = {}
    places = {
        "expected_pairs": _positions(expected[:, :, None], expected[:, None, :], index, skip_diagonal=True),
        "expected_document": _positions(expected, document, index),
        "output_pairs": _positions(output[:, :, :, None], output[:, :, None, :], index, skip_diagonal=True),
        "output_document": _positions(output, document, index),
        "accuracy": _positions(output, expected, index),
    }
    return ReaderTexts(systems, documents, readers, list(index), places, seat)


def with_given(
    distances: Distances, readers: ReaderTexts, given: Sequence[Given], profile_ids: Mapping[str, str]
) -> Distances:
    """Return distances with some replaced by external ones, such as people's judgments of how alike two texts are.

    Parameters
    ----------
    distances : Distances
        By a metric; distances that are not given stay.
    readers : ReaderTexts
    given : sequence of (item, system, profile_1, profile_2, distance, where)
        From ``formats.distances``: without a system, between expected texts; without a second profile, to the
        document; with one profile twice, from the output to the text that it expects. A pair given in one order holds
        for both.
    profile_ids : mapping
        Profile ids by profile name.

    Raises
    ------
    InvalidInput
        If a line names something that the study does not have.
    """
    arrays = {field: np.array(getattr(distances, field)) for field in readers.places}
    known = {one[:4] for one in given}
    system_of, document_of = (
        {name: at for at, name in enumerate(names)} for names in (readers.systems, readers.documents)
    )
    for item, system, one, other, value, where in given:
        try:
            document = lookup(document_of, item, "item that several profiles share:")
            first, second = (
                _seat(readers, item, name, profile_ids) if name else None for name in (one, other)
            )
            place = (lookup(system_of, system, "system"), document) if system else (document,)
        except InvalidInput as error:
            raise InvalidInput(f"{where}: {error}") from None
        side = "output" if system else "expected"
        if other == one:
            if not system:
                raise InvalidInput(
                    f"{where}: a text that {one!r} expects and itself; name a system, or two profiles"
                )
            arrays["accuracy"][(*place, first)] = value
        elif second is None:
            arrays[f"{side}_document"][(*place, first)] = value
        else:
            arrays[f"{side}_pairs"][(*place, first, second)] = value
            if (item, system, other, one) not in known:
                arrays[f"{side}_pairs"][(*place, second, first)] = value
    return Distances(**arrays)


def _seat(readers: ReaderTexts, item: str, name: str, profile_ids: Mapping[str, str]) -> int:
    place = readers.seats.get((item, lookup(profile_ids, name, "profile")))
    if place is None:
        raise InvalidInput(f"item {item!r} has no text for the profile {name!r}")
    return place


def system_labels(texts: pd.DataFrame) -> list[str]:
    """Return the name of the competitor that made each output, as in rankings.

    >>> system_labels(pd.DataFrame({"system": ["x", "x", "y"], "condition": ["plain", "rich", "plain"]}))
    ['x (plain)', 'x (rich)', 'y']
    """
    several = texts.groupby("system")["condition"].transform("nunique") > 1
    return [
        f"{system} ({condition})" if many and condition else str(system)
        for system, condition, many in zip(texts["system"], texts["condition"], several, strict=True)
    ]


def _positions(
    one: NDArray[np.generic],
    other: NDArray[np.generic],
    index: dict[Pair, int],
    *,
    skip_diagonal: bool = False,
) -> IntArray:
    left, right = np.broadcast_arrays(one, other)
    found = np.full(left.shape, NONE, dtype=np.int64)
    for at in np.ndindex(left.shape):
        a, b = (None if text is None else str(text) for text in (left[at], right[at]))
        # A missing or blank text has no distance, nor does a reader from itself.
        if not a or not b or not a.strip() or not b.strip() or (skip_diagonal and at[-1] == at[-2]):
            continue
        found[at] = index.setdefault((a, b), len(index))
    return found
