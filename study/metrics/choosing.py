"""Metric names with parameters and model, such as ``bert_score:layer=6,idf=yes@roberta-large``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from study.errors import InvalidInput, NotFound
from study.metrics.checkpoints import Checkpoint, checkpoint
from study.metrics.metric import Metric, Parameter
from study.records import stable_id
from study.tables import lookup

YES = {True: "yes", False: "no"}


@dataclass(frozen=True, slots=True)
class Chosen:
    """A metric with its parameters and model.

    Attributes
    ----------
    name : str
        The name its scores are stored under: the metric's key, with any parameters and model that are not the
        default.
    """

    metric: Metric
    parameters: Mapping[str, Parameter]
    checkpoint: Checkpoint | None
    name: str

    @property
    def label(self) -> str:
        """The display name."""
        return self.metric.label + self.name[len(self.metric.key) :].replace(":", ", ", 1).replace(
            "@", ", ", 1
        )

    @property
    def corpus(self) -> tuple[str, ...]:
        """The columns whose texts in the whole study affect a score."""
        return self.metric.corpus(self.parameters) if self.metric.corpus else ()

    def signature(self, corpus: Mapping[str, Sequence[str]] | None = None) -> str:
        """Return everything that affects a score besides the texts it reads: name, versions, parameters, model, corpus."""
        return self._signed(self.metric.signature, self.parameters, corpus or {})

    def earlier_signature(self, corpus: Mapping[str, Sequence[str]] | None = None) -> str | None:
        """Return the signature under which version 0.1.0 stored the same scores of texts in Latin letters, or None."""
        metric, new = self.metric, self.metric.later_parameters
        if metric.earlier is None or any(self.parameters[name] != metric.parameters[name] for name in new):
            return None
        had = {name: value for name, value in self.parameters.items() if name not in new}
        return self._signed(metric.earlier, had, corpus or {})

    def _signed(
        self, beginning: str, parameters: Mapping[str, Parameter], corpus: Mapping[str, Sequence[str]]
    ) -> str:
        parts = [beginning, *(f"{name}:{_text(value)}" for name, value in parameters.items())]
        if self.checkpoint:
            parts += [f"model:{self.checkpoint.name}", f"revision:{self.checkpoint.revision}"]
        parts += [f"{name}s:{stable_id(*corpus.get(name, ()))}" for name in self.corpus]
        return "|".join(parts)


def metric_named(metrics: Mapping[str, Metric], text: str) -> Chosen:
    """Return the metric for a text ``key[:parameter=value,...][@model]``.

    The model is a local folder or a hub name; without one, metrics that need an encoder use the bundled one.

    Raises
    ------
    InvalidInput
        If the metric, a parameter or a value is not allowed, or a model is missing or not used.
    NotFound
        If this machine lacks what the metric needs.
    """
    head, _, model = text.partition("@")
    key, _, rest = head.partition(":")
    metric = lookup(metrics, key, "metric")
    given = dict(_given(metric, part) for part in rest.split(",") if part)
    lacking = metric.unavailable() if metric.unavailable else None
    if lacking:
        raise NotFound(f"{metric.label} cannot be computed here: {lacking}")
    found = _checkpoint(metric, model.strip())
    changed = [
        f"{name}={_text(value)}" for name, value in sorted(given.items()) if value != metric.parameters[name]
    ]
    name = key + (":" + ",".join(changed) if changed else "")
    if found and not found.embedded:
        name += f"@{found.name}"
    return Chosen(metric, {**metric.parameters, **given}, found, name)


def _given(metric: Metric, part: str) -> tuple[str, Parameter]:
    name, _, text = (piece.strip() for piece in part.partition("="))
    default = lookup(metric.parameters, name, f"parameter of {metric.key}:")
    if isinstance(default, bool):
        return name, lookup({"yes": True, "no": False}, text, f"value of {name}:")
    if name in metric.choices:
        return name, lookup({choice: choice for choice in metric.choices[name]}, text, f"value of {name}:")
    try:
        return name, type(default)(text)
    except ValueError:
        kind = {int: "a whole number", float: "a number"}[type(default)]
        raise InvalidInput(f"{name}={text!r} of {metric.key}: {name} is {kind}, such as {default}") from None


def _checkpoint(metric: Metric, model: str) -> Checkpoint | None:
    if metric.model is None:
        if model:
            raise InvalidInput(f"{metric.key} uses no model, but {model!r} is named after @")
        return None
    if not model and metric.model != "encoder":
        raise InvalidInput(
            f"{metric.key} needs a {metric.model} model: name a folder or a hub name after @, "
            f"such as {metric.key}@{Path('models') / 'name'}"
        )
    return checkpoint(model or None)


def _text(value: Parameter) -> str:
    return YES[value] if isinstance(value, bool) else str(value)
