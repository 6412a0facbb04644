"""Definition of a metric: a function over a batch of texts, with what people need to know about it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from study.errors import InvalidInput
from study.records import references_of

Score = tuple[float | None, str | None]
"""A value, or None with the reason."""

Texts = Sequence[str | None]
Parameter = int | float | bool | str

TEXTS = ("output", "reference", "profile", "source")
"""The columns of texts of a batch; ``source`` is the item's text, which systems were given."""

NEEDS = (*TEXTS[1:], "several_profiles", "model")
"""What a metric may need besides the output. ``several_profiles``: the outputs of one system and condition for all profiles
of a source must be in the same batch."""

ModelKind = Literal["encoder", "causal", "seq2seq", "masked", "nli"]


@dataclass(frozen=True, slots=True)
class Batch:
    """Outputs to score, as columns of equal length.

    Attributes
    ----------
    texts : mapping of str to sequence of (str or None)
        Columns of :data:`TEXTS`, always including "output". A metric sees only outputs whose needed texts exist and
        are not blank.
    ids : mapping of str to sequence of str
        The columns ``output_id``, ``item_id``, ``profile_id``, ``source_id``, ``system`` and ``condition``; empty if only
        texts are compared.
    corpus : mapping of str to tuple of str
        For each column in ``Metric.corpus``, every distinct text of the study in order, for document frequencies.
    model : str or None
        The checkpoint's folder, if the metric needs one.
    parameters : mapping of str to (int, float, bool or str)
        All of ``Metric.parameters``, as chosen.
    """

    texts: Mapping[str, Texts]
    ids: Mapping[str, Sequence[str]] = field(default_factory=dict)
    corpus: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    model: str | None = None
    parameters: Mapping[str, Parameter] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.texts["output"])

    def column(self, name: str) -> list[str]:
        """Return a column of texts without missing ones, as a metric's function expects."""
        return [str(text) for text in self.texts[name]]

    def pairs(self, name: str) -> list[tuple[str, str]]:
        """Return each output with its text of a column."""
        return list(zip(self.column("output"), self.column(name), strict=True))

    def rows(self, places: Sequence[int]) -> "Batch":
        """Return some rows of the batch."""
        return replace(
            self,
            texts={name: [cells[place] for place in places] for name, cells in self.texts.items()},
            ids={name: [cells[place] for place in places] for name, cells in self.ids.items()},
        )


@dataclass(frozen=True, slots=True)
class Metric:
    """A function over a batch of texts, with what people need to know about it.

    Attributes
    ----------
    key : str
        The id under which scores are stored and exported.
    label : str
        The display name.
    function : callable
        From a batch to one score per output, in the same order. Use :func:`score`, which first removes outputs that
        cannot be scored.
    needs : tuple of str
        What an output must have, from :data:`NEEDS`. A score depends only on the output, the texts named here, the
        parameters, the model and the corpus.
    signature : str
        Name, versions and fixed parameters; stored with every score. ``Chosen.signature`` adds the chosen options.
    higher_is_better : bool or None
        None if neither direction is better.
    source : str
        The publication, or a short description.
    compares : {"similarity", "distance"} or None
        Whether it is a similarity or a distance between two texts: the output and the one text in ``needs``.
        :func:`pair_scores` then computes it for any two texts.
    best : float or None
        For metrics that compare: the score of two identical texts, which is the greatest similarity or the least
        distance.
    model : ModelKind or None
        The kind of checkpoint it needs.
    parameters : mapping
        Its parameters with their defaults.
    choices : mapping
        The allowed values of text parameters; a parameter not listed here takes any text.
    corpus : callable or None
        From the parameters to the columns whose texts in the whole study affect a score.
    blank : bool
        Whether an empty output can be scored.
    limits : str or None
        Which texts it cannot read, in words.
    several_references : bool
        Whether the function itself takes an item's several references together (``references_of``); otherwise
        :func:`score` passes them one by one, and the best score counts.
    earlier : str or None
        The signature under which version 0.1.0 stored scores, where they were the same for texts in Latin letters.
    later_parameters : tuple of str
        The parameters that version 0.1.0 lacked; it behaved like their defaults.
    unavailable : callable or None
        Returns the reason if this machine lacks data that the metric needs and nothing installs, else None.
    """

    key: str
    label: str
    function: Callable[[Batch], list[Score]]
    needs: tuple[str, ...]
    signature: str
    higher_is_better: bool | None
    source: str
    compares: Literal["similarity", "distance"] | None = None
    best: float | None = None
    model: ModelKind | None = None
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    corpus: Callable[[Mapping[str, Parameter]], tuple[str, ...]] | None = None
    blank: bool = False
    limits: str | None = None
    several_references: bool = False
    earlier: str | None = None
    later_parameters: tuple[str, ...] = ()
    unavailable: Callable[[], str | None] | None = None

    @property
    def reads(self) -> tuple[str, ...]:
        """The columns of texts that affect a score."""
        return ("output", *(name for name in self.needs if name in TEXTS))


def score(metric: Metric, batch: Batch) -> list[Score]:
    """Return the score of each output of a batch; None with the reason if a text is missing or blank.

    >>> from study.metrics import METRICS
    >>> score(METRICS["rouge_l"], Batch({"output": ["a cat", "a cat", ""], "reference": ["a cat", None, "a cat"]}))
    [(1.0, None), (None, 'no reference'), (None, 'the output is empty')]
    """
    nothing = [None] * len(batch)
    columns = [batch.texts.get(name, nothing) for name in metric.reads]
    lacking = [_lacking(metric, texts) for texts in zip(*columns, strict=True)]
    places = [place for place, reason in enumerate(lacking) if reason is None]
    given = replace(batch.rows(places), parameters={**metric.parameters, **batch.parameters})
    found = _scored(metric, given) if places else []
    scores: list[Score] = [(None, reason) for reason in lacking]
    for place, (value, reason) in zip(places, found, strict=True):
        scores[place] = (value, reason) if value is None or value == value else (None, "it is not a number")
    return scores


def pair_scores(
    metric: Metric,
    pairs: Sequence[tuple[str, str]],
    *,
    model: str | None = None,
    parameters: Mapping[str, Parameter] | None = None,
    corpus: Mapping[str, tuple[str, ...]] | None = None,
) -> list[Score]:
    """Return the scores that a metric of two texts gives to any pairs of texts (candidate, other).

    Raises
    ------
    InvalidInput
        If the metric does not compare two texts.
    """
    if metric.compares is None:
        raise InvalidInput(f"{metric.label} is neither a similarity nor a distance of two texts")
    columns = zip(*pairs, strict=True) if pairs else ((), ())
    texts = dict(zip(metric.reads, columns, strict=True))
    chosen = {**metric.parameters, **(parameters or {})}
    return score(metric, Batch(texts, corpus=corpus or {}, model=model, parameters=chosen))


def _scored(metric: Metric, batch: Batch) -> list[Score]:
    """Return a metric's scores; with several references for a metric that takes one, the best score."""
    if metric.several_references or "reference" not in metric.reads:
        return metric.function(batch)
    cells = [references_of(cell) for cell in batch.column("reference")]
    if all(len(references) == 1 for references in cells):
        return metric.function(batch)
    rows = [place for place, references in enumerate(cells) for _ in references]
    repeated = batch.rows(rows)
    texts = {**repeated.texts, "reference": [text for references in cells for text in references]}
    single = iter(score(metric, replace(repeated, texts=texts)))
    return [_best([next(single) for _ in references], metric) for references in cells]


def _best(scores: Sequence[Score], metric: Metric) -> Score:
    known = [value for value, _ in scores if value is not None]
    if not known:
        return scores[0]
    return (max(known) if metric.higher_is_better else min(known)), None


def _lacking(metric: Metric, texts: Sequence[str | None]) -> str | None:
    for name, text in zip(metric.reads, texts, strict=True):
        if text is None:
            return f"no {name}"
        if not text.strip() and not (metric.blank and name == "output"):
            return f"the {name} is empty"
    return None
