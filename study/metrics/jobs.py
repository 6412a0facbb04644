"""Jobs for a worker: which texts to score by which metrics, and how to compute them in small parts."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import zip_longest
from typing import Any

import pandas as pd

from study.content_kinds import plain_text
from study.errors import StudyError
from study.metrics.choosing import Chosen
from study.metrics.lexical.tokens import n_letters
from study.metrics.metric import TEXTS, Batch, Metric, Parameter, Score, score
from study.records import Content, references_of, stable_id

PART = 32
"""Rows with new texts that are computed, sent and stored together: the most that a killed run loses."""
MOST_ROWS = 1024
ASCII_LETTER = re.compile("[A-Za-z]")
PLAIN = 0.8
"""Share of a text's letters in every metric's alphabet above which no metric has ever refused the text."""

IDS = ("output_id", "item_id", "profile_id", "source_id", "system", "condition")


@dataclass(frozen=True, slots=True)
class Row:
    """The texts (by column) and ids that one score depends on, with the hash of those texts.

    Rows with the same ``group`` are in the same batch.
    """

    texts_hash: str
    texts: Mapping[str, str | None]
    ids: Mapping[str, str] = field(default_factory=dict)
    group: str | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """Rows for one metric to score."""

    name: str
    key: str
    signature: str
    rows: tuple[Row, ...]
    model: str | None = None
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    corpus: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class JobScores:
    """The scores of a part of a job, by the hash of the texts; or why the job failed."""

    name: str
    signature: str
    scores: Mapping[str, Score]
    error: str | None = None


def study_rows(texts: pd.DataFrame, chosen: Chosen) -> list[Row]:
    """Return one row per output of a study, in order; ``texts`` is from ``store.output_texts``."""
    columns = text_columns(texts, chosen.metric.reads)
    ids = [
        dict(zip(IDS, cells, strict=True)) for cells in texts[list(IDS)].itertuples(index=False, name=None)
    ]
    cells = list(zip(*columns.values(), strict=True))
    if "several_profiles" not in chosen.metric.needs:
        return [
            Row(texts_hash(row), dict(zip(columns, row, strict=True)), own)
            for row, own in zip(cells, ids, strict=True)
        ]
    groups = texts[["source_id", "system", "condition"]].apply(lambda row: stable_id(*row), axis=1).tolist()
    around: dict[str, list[str]] = {}
    for group, row, own in zip(groups, cells, ids, strict=True):
        around.setdefault(group, []).append(texts_hash((*row, own["profile_id"])))
    return [
        Row(
            texts_hash((*row, own["profile_id"], *sorted(around[group]))),
            dict(zip(columns, row, strict=True)),
            own,
            group,
        )
        for group, row, own in zip(groups, cells, ids, strict=True)
    ]


def pair_rows(pairs: Sequence[tuple[str, str]], metric: Metric) -> list[Row]:
    """Return one row per pair of texts, for a metric that compares two texts."""
    return [Row(texts_hash(pair), dict(zip(metric.reads, pair, strict=True))) for pair in pairs]


def job(chosen: Chosen, rows: Sequence[Row], corpus: Mapping[str, tuple[str, ...]]) -> Job:
    """Return the job of scoring rows; equal texts are scored once, short ones first so that batches are even."""
    single = {row.texts_hash: row for row in rows}
    ordered = sorted(single.values(), key=lambda row: (row.group or "", _size(row), row.texts_hash))
    return Job(
        chosen.name,
        chosen.metric.key,
        chosen.signature(corpus),
        tuple(ordered),
        chosen.checkpoint.path if chosen.checkpoint else None,
        chosen.parameters,
        {name: corpus[name] for name in chosen.corpus},
    )


def corpus_of(texts: pd.DataFrame, names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return every distinct text of some columns of a study, in order."""
    columns = text_columns(texts, names)
    return {
        name: tuple(
            sorted(
                {
                    text
                    for cell in cells
                    if cell
                    for text in (references_of(cell) if name == "reference" else [cell])
                }
            )
        )
        for name, cells in columns.items()
    }


def still_holds(row: Row) -> bool:
    """Return whether every metric reads all of a row's texts, so that a score with an earlier signature is still valid.

    >>> still_holds(Row("", {"output": "naïve words", "reference": None})), still_holds(Row("", {"output": "สวัสดี 2026"}))
    (True, False)
    """
    return all(map(_is_plain, filter(None, row.texts.values())))


def _is_plain(text: str) -> bool:
    if text.isascii():
        return ASCII_LETTER.search(text) is not None and len(references_of(text)) == 1
    return (
        len(ASCII_LETTER.findall(text)) >= PLAIN * max(n_letters(text), 1) and len(references_of(text)) == 1
    )


def job_scores(jobs: Sequence[Job], metrics: Mapping[str, Metric]) -> Iterator[JobScores]:
    """Yield the scores of jobs in parts; jobs with one model take turns, so that a text is embedded only once."""
    for model in dict.fromkeys(job.model for job in jobs):
        running = [_parts(one, metrics[one.key]) for one in jobs if one.model == model]
        for turn in zip_longest(*running):
            yield from (found for found in turn if found is not None)


def to_lines(jobs: Sequence[Job]) -> Iterator[str]:
    """Yield jobs as JSON lines, with every text once."""
    place: dict[str, int] = {}
    for one in jobs:
        for row in one.rows:
            for text in row.texts.values():
                if text is not None:
                    place.setdefault(text, len(place))
    yield json.dumps(list(place))
    for one in jobs:
        rows = [
            (
                row.texts_hash,
                {name: None if text is None else place[text] for name, text in row.texts.items()},
                row.ids,
                row.group,
            )
            for row in one.rows
        ]
        yield json.dumps({**{name: getattr(one, name) for name in _PLAIN}, "rows": rows})


def from_lines(lines: Iterator[str]) -> list[Job]:
    """Return the jobs that :func:`to_lines` wrote."""
    texts = json.loads(next(lines))
    jobs = []
    for line in lines:
        cells: dict[str, Any] = json.loads(line)
        rows = tuple(
            Row(key, {name: None if at is None else texts[at] for name, at in places.items()}, ids, group)
            for key, places, ids, group in cells.pop("rows")
        )
        corpus = {name: tuple(found) for name, found in cells.pop("corpus").items()}
        jobs.append(Job(**cells, rows=rows, corpus=corpus))
    return jobs


def found_line(found: JobScores) -> str:
    """Return scores as a line of JSON."""
    return json.dumps(asdict(found))


def line_found(line: str) -> JobScores:
    """Return the scores in a line."""
    cells = json.loads(line)
    scores = {key: (value, reason) for key, (value, reason) in cells.pop("scores").items()}
    return JobScores(**cells, scores=scores)


def text_columns(texts: pd.DataFrame, names: Sequence[str]) -> dict[str, list[str | None]]:
    """Return columns of texts in the form that metrics read; typed contents become text."""
    return {name: [_text(cell, name) for cell in texts[_COLUMN[name]]] for name in names}


def texts_hash(texts: Sequence[str | None]) -> str:
    """Return the hash of texts; None differs from the empty text, and boundaries between texts count."""
    return stable_id(*(part for text in texts for part in ((-1, "") if text is None else (len(text), text))))


_COLUMN = dict(zip(TEXTS, ("content", "reference", "profile", "prompt"), strict=True))
_PLAIN = ("name", "key", "signature", "model", "parameters", "corpus")


def _parts(one: Job, metric: Metric) -> Iterator[JobScores]:
    try:
        for rows in _chunks(one.rows):
            columns = {name: [row.texts.get(name) for row in rows] for name in TEXTS}
            ids = {name: [row.ids[name] for row in rows] for name in rows[0].ids}
            batch = Batch(columns, ids=ids, corpus=one.corpus, model=one.model, parameters=one.parameters)
            scores = score(metric, batch)
            yield JobScores(
                one.name, one.signature, dict(zip((row.texts_hash for row in rows), scores, strict=True))
            )
    except StudyError as error:
        yield JobScores(one.name, one.signature, {}, str(error))


def _chunks(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    """Yield chunks of at most :data:`PART` rows with new texts, and at most :data:`MOST_ROWS` rows in all."""
    start, seen = 0, set[str]()
    while start < len(rows):
        end, fresh = start, 0
        while end < min(start + MOST_ROWS, len(rows)) and fresh < PART:
            texts = {text for text in rows[end].texts.values() if text}
            fresh += not texts <= seen
            seen |= texts
            end += 1
        while end < len(rows) and rows[end].group is not None and rows[end].group == rows[end - 1].group:
            end += 1
        yield rows[start:end]
        start = end


def _size(row: Row) -> int:
    return sum(len(text) for text in row.texts.values() if text)


def _text(cell: object, column: str) -> str | None:
    if not isinstance(cell, str):
        return None
    return cell if column == "reference" else _of_content(json.loads(cell))


def _of_content(content: Content) -> str:
    """Return the text of a content; facets as "name: value, value", one per line."""
    facets = content.get("facets")
    if not isinstance(facets, dict):
        return plain_text(content)
    return "\n".join(
        f"{name}: {', '.join(map(str, value)) if isinstance(value, list) else value}"
        for name, value in facets.items()
    )
