"""Scores of a study by metrics: known scores come from the store, and a worker process computes the others.

Results are stored as they arrive, in small parts, so that a stopped or killed run can be continued.
"""

import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

import pandas as pd

from study import store
from study.errors import StudyError
from study.metrics import METRICS, metric_label
from study.metrics.choosing import Chosen, metric_named
from study.metrics.jobs import (
    Job,
    JobScores,
    Row,
    corpus_of,
    job,
    job_scores,
    pair_rows,
    still_holds,
    study_rows,
)
from study.metrics.metric import Score
from study.records import MetricScore
from study.wording import counted
from study.workers.metrics_worker import scores_by_worker

RATE_OVER = 32  # parts over which the rate shown is measured


@dataclass(frozen=True, slots=True)
class RunProgress:
    """The progress of a run."""

    done: int
    total: int
    metric: str
    rate: float
    seconds_left: float

    @property
    def part(self) -> float:
        """The part done, 0 to 1."""
        return self.done / self.total if self.total else 1.0

    def __str__(self) -> str:
        if not self.done:
            return f"Starting the worker: {counted(self.total, 'score')} to compute"
        left = f", {time_text(self.seconds_left)} left" if self.rate else ""
        return f"{self.metric}: {self.done:,} of {counted(self.total, 'score')}, {self.rate:,.1f} per second{left}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The counts of a run: scores computed, scores taken from the store, unscorable outputs and errors by metric."""

    computed: int
    known: int
    unscorable: Mapping[tuple[str, str], int]
    errors: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class MetricWork:
    """The work of a run for one metric.

    Attributes
    ----------
    chosen : Chosen
    rows : tuple of Row
        One per output, in the order of ``store.output_texts``.
    signature : str
    known : mapping
        The scores that the store already has, by the hash of the texts.
    corpus : mapping
    """

    chosen: Chosen
    rows: tuple[Row, ...]
    signature: str
    known: Mapping[str, Score]
    corpus: Mapping[str, tuple[str, ...]]

    @property
    def missing(self) -> tuple[Row, ...]:
        """The rows to compute; equal texts occur once."""
        return tuple({row.texts_hash: row for row in self.rows if row.texts_hash not in self.known}.values())


ShowProgress = Callable[[RunProgress], None]
Stopped = Callable[[], bool]


def nothing(progress: RunProgress) -> None:
    """Show nothing."""


def planned_work(
    db: store.Database, texts: pd.DataFrame, names: Sequence[str], stored: pd.DataFrame | None = None
) -> list[MetricWork]:
    """Return the known scores and the rows to compute for metrics over the outputs of ``store.output_texts``.

    Scores of equal texts are known, no matter which run computed them; with ``stored`` (from ``store.metric_scores``)
    so are scores that the study holds but the cache lacks, as after a restore.
    """
    plans = []
    for name in dict.fromkeys(names):
        chosen = metric_named(METRICS, name)
        corpus = corpus_of(texts, chosen.corpus)
        rows, signature = study_rows(texts, chosen), chosen.signature(corpus)
        known = known_scores(db, chosen, corpus, rows)
        if stored is not None:
            known = _stored_scores(stored, chosen.name, signature, texts["output_id"].tolist(), rows) | known
        plans.append(MetricWork(chosen, tuple(rows), signature, known, corpus))
    return plans


def known_scores(
    db: store.Database, chosen: Chosen, corpus: Mapping[str, tuple[str, ...]], rows: Sequence[Row]
) -> dict[str, Score]:
    """Return the cached scores of rows by the hash of their texts, with those of version 0.1.0 that are still valid."""
    known = dict(store.cached_scores(db, chosen.signature(corpus), [row.texts_hash for row in rows]))
    earlier = chosen.earlier_signature(corpus)
    if earlier is not None:
        left = [row.texts_hash for row in rows if row.texts_hash not in known and still_holds(row)]
        known |= store.cached_scores(db, earlier, left)
    return known


def score_here(
    db: store.Database, study_id: str, names: Sequence[str], *, progress: ShowProgress = nothing
) -> Outcome:
    """Score the outputs of a study in this process, and store all scores together: for a few metrics without a model.

    Known scores come from the store, and new ones are cached, as in :func:`score_study`.
    """
    texts = store.output_texts(db, study_id)
    plans = planned_work(db, texts, names, store.metric_scores(db, study_id))
    total, done = sum(len(one.missing) for one in plans), 0
    scores: list[MetricScore] = []
    for one in plans:
        found = dict(one.known)
        jobs = [job(one.chosen, one.missing, one.corpus)] if one.missing else []
        for part in job_scores(jobs, METRICS):
            found |= part.scores
            done += len(part.scores)
            progress(RunProgress(done, total, one.chosen.label, 0.0, 0.0))
        store.cache_scores(db, one.signature, found)
        scores += [
            MetricScore(study_id, output_id, one.chosen.name, *found[row.texts_hash], one.signature)
            for output_id, row in zip(texts["output_id"], one.rows, strict=True)
        ]
    store.save_scores(db, scores)
    unscorable = Counter((one.metric, one.reason) for one in scores if one.reason is not None)
    return Outcome(total, sum(len(one.known) for one in plans), unscorable, {})


def score_study(
    db: store.Database,
    study_id: str,
    names: Sequence[str],
    *,
    progress: ShowProgress = nothing,
    stopped: Callable[[], bool] = lambda: False,
) -> Outcome:
    """Score the outputs of a study by metrics and store the scores.

    Parameters
    ----------
    names : sequence of str
        As :func:`study.metrics.choosing.metric_named` reads them.
    progress : callable
    stopped : callable
        Called a few times a second; when it returns True, the worker is ended.

    Raises
    ------
    ScoringStopped
        If the run was stopped.
    StudyError
        If a metric, parameter or model is not allowed, or the worker died.
    """
    texts, stored = store.output_texts(db, study_id), store.metric_scores(db, study_id)
    plans = {one.chosen.name: one for one in planned_work(db, texts, names, stored)}
    outputs = {name: _outputs_of(one, texts["output_id"].tolist()) for name, one in plans.items()}
    unscorable: Counter[tuple[str, str]] = Counter()

    def keep(name: str, scores: Mapping[str, Score], there: Set[str] = frozenset()) -> None:
        found = [
            MetricScore(study_id, output_id, name, value, reason, plans[name].signature)
            for key, (value, reason) in scores.items()
            for output_id in outputs[name][key]
        ]
        unscorable.update((name, one.reason) for one in found if one.reason is not None)
        store.save_scores(db, [one for one in found if one.output_id not in there], forget=False)

    store.log_action(db, "scores_computed", study_id, {"metrics": list(plans)})
    for name, one in plans.items():
        if one.known:
            store.cache_scores(db, one.signature, one.known)
        present = (stored["metric"] == name) & (stored["signature"] == one.signature)
        keep(name, one.known, set(stored.loc[present, "output_id"]))
    jobs = [job(one.chosen, one.missing, one.corpus) for one in plans.values() if one.missing]
    errors, n_computed = {}, 0
    for found in compute(db, jobs, progress=progress, stopped=stopped):
        keep(found.name, found.scores)
        n_computed += len(found.scores)
        if found.error:
            errors[found.name] = found.error
    return Outcome(n_computed, sum(len(one.known) for one in plans.values()), unscorable, errors)


def score_pairs(
    db: store.Database,
    name: str,
    pairs: Sequence[tuple[str, str]],
    *,
    corpus: Mapping[str, tuple[str, ...]] | None = None,
    progress: ShowProgress = nothing,
    stopped: Callable[[], bool] = lambda: False,
) -> list[Score]:
    """Return the scores of pairs of texts (candidate, other) by a metric that compares two texts; cached like all scores."""
    chosen = metric_named(METRICS, name)
    rows, corpus = pair_rows(pairs, chosen.metric), corpus or {}
    known = known_scores(db, chosen, corpus, rows)
    missing = [row for row in rows if row.texts_hash not in known]
    jobs = [job(chosen, missing, corpus)] if missing else []
    for found in compute(db, jobs, progress=progress, stopped=stopped):
        if found.error:
            raise StudyError(found.error)
        known |= found.scores
    return [known[row.texts_hash] for row in rows]


def compute(
    db: store.Database, jobs: Sequence[Job], *, progress: ShowProgress, stopped: Callable[[], bool]
) -> Iterator[JobScores]:
    """Yield the results of a worker for jobs; each is in the store's cache before it is yielded."""
    if not jobs:
        return
    total = sum(len(one.rows) for one in jobs)
    done, times = 0, deque([(time.monotonic(), 0)], maxlen=RATE_OVER)
    progress(RunProgress(0, total, "", 0.0, 0.0))
    for found in scores_by_worker(jobs, stopped):
        if found.scores:
            store.cache_scores(db, found.signature, found.scores)
        done += len(found.scores)
        times.append((time.monotonic(), done))
        rate = (done - times[0][1]) / max(times[-1][0] - times[0][0], 1e-9)
        progress(
            RunProgress(done, total, metric_label(found.name), rate, (total - done) / rate if rate else 0.0)
        )
        yield found


def time_text(seconds: float) -> str:
    """Return a duration as text for people.

    >>> time_text(8.2), time_text(135)
    ('8 s', '2 min 15 s')
    """
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _stored_scores(
    stored: pd.DataFrame, name: str, signature: str, output_ids: Sequence[str], rows: Sequence[Row]
) -> dict[str, Score]:
    """Return a study's scores by a metric's name and signature, by the hash of the texts."""
    of_metric = stored[(stored["metric"] == name) & (stored["signature"] == signature)]
    values = of_metric[["output_id", "value", "reason"]].astype("object").itertuples(index=False, name=None)
    held: dict[str, Score] = {
        output_id: (None, reason) if value is None or value != value else (float(value), None)
        for output_id, value, reason in values
    }
    return {
        row.texts_hash: held[output_id]
        for output_id, row in zip(output_ids, rows, strict=True)
        if output_id in held
    }


def _outputs_of(one: MetricWork, output_ids: Sequence[str]) -> dict[str, list[str]]:
    """Return the outputs by the hash of the texts that a metric reads."""
    outputs: dict[str, list[str]] = {}
    for output_id, row in zip(output_ids, one.rows, strict=True):
        outputs.setdefault(row.texts_hash, []).append(output_id)
    return outputs
