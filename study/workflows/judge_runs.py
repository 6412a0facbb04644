"""Runs of automatic judges on a study: ask, retry, store and count. A stopped run can be continued."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from statistics import fmean
from typing import TYPE_CHECKING

from study import store
from study.blinding import ARRANGEMENT_OF, UNKNOWN
from study.errors import NotAllowed, StudyError
from study.metrics.judges.clients import Chat, QuestionRefused, ServerError
from study.metrics.judges.questions import Judge, JudgeQuestion, questions_of
from study.metrics.judges.replies import Answer, Unreadable, read_reply
from study.records import MetricScore, StudyRecords, Verdict

if TYPE_CHECKING:
    import pandas as pd  # not loaded at start-up

N_THREADS = 4
PAUSE_SECONDS = 0.5
MOST_REFUSED = 10
HEAT_PER_RETRY = 0.1  # as LaMP-QA's code does (Salemi and Zamani 2025)


@dataclass(frozen=True, slots=True)
class JudgeProgress:
    """The progress of a run; ``seconds_left`` is nan before the first answer."""

    done: int
    total: int
    failures: int
    seconds_left: float

    @property
    def part(self) -> float:
        """The part done, 0 to 1."""
        return self.done / self.total if self.total else 1.0


@dataclass(frozen=True, slots=True)
class JudgeOutcome:
    """The counts of a run: questions asked, questions answered before, retries, failures by reason."""

    asked: int
    known: int
    retries: int
    failures: Mapping[str, int]
    stopped: bool


@dataclass(slots=True)
class _Run:
    """One run; only the storing thread changes its counts."""

    db: store.Database
    study_id: str
    judge: Judge
    chat: Chat
    failures: Counter[str] = field(default_factory=Counter)
    retries: int = 0
    refused: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def ask(self, question: JudgeQuestion) -> Answer | str:
        """Return the answer to a question, or the reason why there is none."""
        template, reason = self.judge.template, ""
        for attempt in range(self.judge.n_retries + 1):
            if attempt:
                with self.lock:
                    self.retries += 1
            try:
                reply = _patient(self.chat, question.prompt, HEAT_PER_RETRY * attempt)
                found = read_reply(reply, pairwise=template.pairwise, ties=template.ties)
            except QuestionRefused as error:
                return self._refused(str(error))
            except Unreadable as error:
                reason = f"{error} (asked {attempt + 1} times)" if attempt else str(error)
            else:
                self.refused = 0
                return found
        return reason

    def _refused(self, reason: str) -> str:
        with self.lock:
            self.refused += 1
            if self.refused >= MOST_REFUSED:
                raise ServerError(f"the server refused {self.refused} questions in a row: {reason}")
        return reason

    def keep(self, question: JudgeQuestion, answer: Answer | str) -> None:
        """Store the answer to a question, or its failure."""
        if isinstance(answer, str):
            self.failures[answer] += 1
        if question.output_id:
            value, reason = (None, answer) if isinstance(answer, str) else (float(answer.points or 0), None)
            certainty = None if isinstance(answer, str) else float(answer.certainty)
            names = score_names(self.judge, question.criterion)
            scores = [
                MetricScore(self.study_id, question.output_id, name, one, reason, self.judge.signature)
                for name, one in zip(names, (value, certainty), strict=True)
            ]
            store.save_scores(self.db, scores, forget=False)
        elif isinstance(answer, str):
            store.save_verdicts(self.db, [question.failure(self.study_id, self.judge, answer)])
        else:
            store.save_verdicts(self.db, [question.verdict(self.study_id, self.judge, answer)])


def judge_study(
    db: store.Database,
    study_id: str,
    judge: Judge,
    chat: Chat,
    *,
    criteria: Sequence[str] | None = None,
    n_comparisons: int | None = None,
    failures_again: bool = False,
    n_threads: int = N_THREADS,
    progress: Callable[[JudgeProgress], None] = lambda progress: None,
    stopped: Callable[[], bool] = lambda: False,
) -> JudgeOutcome:
    """Ask a judge all questions that it has not been asked yet, and store each answer at once.

    Parameters
    ----------
    judge : Judge
    chat : callable
        Takes a prompt and a temperature, returns a reply.
    criteria : sequence of str, optional
        Keys of criteria; None: all of the study.
    n_comparisons : int, optional
        The number of comparisons to ask about; None: all.
    failures_again : bool
        Whether failed questions are asked again.
    n_threads : int
        The number of concurrent questions.
    progress, stopped : callable
        Called with the progress; called to find out whether to stop.

    Raises
    ------
    NotAllowed
        If the study has verdicts by a judge of this name with another signature.
    ServerError
        If the model cannot be reached; earlier answers are stored.
    """
    design = store.design(db, study_id)
    chosen = [design.criterion(key) for key in criteria] if criteria else list(design.criteria)
    records = store.study_records(db, study_id)
    known = _known(db, study_id, judge, failures_again)
    questions = list(questions_of(records, judge, chosen, n_comparisons=n_comparisons))
    open_ones = [one for one in questions if _place(one) not in known]
    run, started, done = _Run(db, study_id, judge, chat), time.monotonic(), 0
    was_stopped = False
    details = {"judge": judge.name, "signature": judge.signature, "questions": len(open_ones)}
    store.log_action(db, "judge_asked", study_id, details)
    progress(JudgeProgress(0, len(open_ones), 0, float("nan")))
    try:
        for question, answer in _answered(run, open_ones, n_threads, stopped):
            run.keep(question, answer)
            done += 1
            left = (time.monotonic() - started) / done * (len(open_ones) - done)
            progress(JudgeProgress(done, len(open_ones), run.failures.total(), left))
        was_stopped = done < len(open_ones)
    finally:
        if not judge.template.pairwise:
            _save_derived(db, records, judge, [one.key for one in chosen])
    return JudgeOutcome(done, len(questions) - len(open_ones), run.retries, dict(run.failures), was_stopped)


def score_names(judge: Judge, criterion: str) -> tuple[str, str]:
    """Return the names of the metrics for the points of single outputs and for their certainty."""
    return f"judge {judge.name} ({criterion})", f"judge {judge.name} ({criterion}, certainty)"


def _patient(chat: Chat, prompt: str, temperature: float) -> str:
    """Ask; if the server does not answer, ask once more after a pause."""
    try:
        return chat(prompt, temperature)
    except QuestionRefused:
        raise
    except ServerError:
        time.sleep(PAUSE_SECONDS)
        return chat(prompt, temperature)


def _answered(
    run: _Run, questions: Sequence[JudgeQuestion], n_threads: int, stopped: Callable[[], bool]
) -> Iterator[tuple[JudgeQuestion, Answer | str]]:
    """Yield questions with their answers; at most ``n_threads`` are pending when the run is stopped."""
    remaining = iter(questions)
    with ThreadPoolExecutor(n_threads) as pool:
        while not stopped() and (part := list(islice(remaining, n_threads))):
            under_way = [pool.submit(run.ask, question) for question in part]
            error: StudyError | None = None
            for question, future in zip(part, under_way, strict=True):
                try:
                    yield question, future.result()
                except ServerError as one:
                    error = one
            if error:
                raise error


def _place(question: JudgeQuestion) -> tuple[str, str, str]:
    return question.output_id or question.task_id, question.criterion, question.arrangement


def _known(
    db: store.Database, study_id: str, judge: Judge, failures_again: bool
) -> set[tuple[str, str, str]]:
    """Return the questions that the judge was asked before."""
    verdicts = store.verdicts(db, study_id)
    own = verdicts[(verdicts["judge"] == judge.name).to_numpy(dtype=bool)]
    others = sorted({str(one) for one in own["signature"]} - {judge.signature})
    if others:
        raise NotAllowed(
            f"study {study_id!r} has verdicts by a judge {judge.name!r} with another signature ({others[0]}); "
            "give this judge another name"
        )
    if judge.template.pairwise:
        answered = own if not failures_again else own[own["preference"].notna().to_numpy(dtype=bool)]
        places = answered[["comparison_id", "criterion", "side_of_a"]].astype(str)
        shown = {str(side): arrangement for side, arrangement in ARRANGEMENT_OF.items()}
        return {(one, two, shown.get(side, UNKNOWN)) for one, two, side in places.itertuples(index=False)}
    scores = store.metric_scores(db, study_id)
    known = set()
    for criterion in store.design(db, study_id).criteria:
        name, _ = score_names(judge, criterion.key)
        of = scores[(scores["metric"] == name) & (scores["signature"] == judge.signature)]
        of = of[of["value"].notna()] if failures_again else of
        known |= {(output_id, criterion.key, UNKNOWN) for output_id in of["output_id"]}
    return known


def _save_derived(db: store.Database, records: StudyRecords, judge: Judge, criteria: Sequence[str]) -> None:
    """Store the verdicts on pairs that follow from the points of single outputs, if both outputs were judged."""
    scores = store.metric_scores(db, records.study.study_id)
    verdicts = []
    main = [one for one in records.comparisons() if one.task.purpose == "main" and not one.task.withdrawn]
    for criterion in criteria:
        points, certainties = (_values(scores, name) for name in score_names(judge, criterion))
        for one in main:
            pair = (one.output_a_id, one.output_b_id)
            if not all(output_id in points for output_id in pair):
                continue
            (a, why_a), (b, why_b) = (points[output_id] for output_id in pair)
            reason = why_a or why_b
            preference = None if reason else "tie" if a == b else "a" if a > b else "b"
            certainty = None if reason else fmean(certainties[output_id][0] for output_id in pair) / 100
            place = (records.study.study_id, one.task.task_id, judge.name, criterion)
            verdicts.append(Verdict(*place, UNKNOWN, preference, certainty, reason, judge.signature))
    store.save_verdicts(db, verdicts)


def _values(scores: "pd.DataFrame", metric: str) -> dict[str, tuple[float, str | None]]:
    """Return the value and reason of each output with a score by the metric."""
    of = scores[scores["metric"] == metric]
    cells = (of["output_id"].tolist(), of["value"].tolist(), of["reason"].tolist())
    return {
        key: (value, reason if isinstance(reason, str) else None)
        for key, value, reason in zip(*cells, strict=True)
    }
