"""Metrics by a language model that the user names: perplexity, FED, BARTScore, InfoLM and NLI consistency."""

from collections.abc import Callable, Mapping
from importlib.metadata import version

from study.metrics.metric import Batch, Metric, ModelKind, Parameter, Score

QUALITIES = (
    *("interesting", "engaging", "specific", "relevant", "correct", "semantically_appropriate"),
    *("understandable", "fluent", "coherent", "error_recovery", "consistent", "diverse", "depth"),
    *("likeable", "understand", "flexible", "informative", "inquisitive"),
)
CUT = "reads as many tokens as the model does; no score for a text whose words it does not know"
_TRANSFORMERS = f"transformers:{version('transformers')}"


def _by_model(module: str, name: str, *columns: str) -> Callable[[Batch], list[Score]]:
    def function(batch: Batch) -> list[Score]:
        from study.metrics.models import infolm, likelihood  # torch: in the worker process only

        found = {"infolm": infolm, "likelihood": likelihood}[module]
        measure: Callable[..., list[Score]] = getattr(found, name)
        return measure(batch, *columns)

    return function


def _where_read(
    model: ModelKind, needs: tuple[str, ...], measure: Callable[[Batch], list[Score]]
) -> Callable[[Batch], list[Score]]:
    def function(batch: Batch) -> list[Score]:
        from study.metrics.models import reading  # torch: in the worker process only

        return reading.where_read(model, ("output", *needs), measure, batch)

    return function


def _metric(
    key: str,
    label: str,
    function: Callable[[Batch], list[Score]],
    model: ModelKind,
    needs: tuple[str, ...],
    source: str,
    *,
    higher_is_better: bool = True,
    parameters: Mapping[str, Parameter] | None = None,
    choices: Mapping[str, tuple[str, ...]] | None = None,
) -> Metric:
    return Metric(
        key,
        label,
        _where_read(model, needs, function),
        (*needs, "model"),
        f"{key}|version:2|{_TRANSFORMERS}",
        higher_is_better,
        source,
        earlier=f"{key}|version:1|{_TRANSFORMERS}",
        model=model,
        parameters=parameters or {},
        choices=choices or {},
        limits=CUT,
    )


LANGUAGE_MODELS = (
    _metric(
        "perplexity",
        "Perplexity",
        _by_model("likelihood", "perplexity"),
        "causal",
        (),
        "Jelinek et al. 1977",
        higher_is_better=False,
    ),
    _metric(
        "bart_score_faithfulness",
        "BARTScore, source to output",
        _by_model("likelihood", "bart_score", "source", "output"),
        "seq2seq",
        ("source",),
        "Yuan et al. 2021",
    ),
    _metric(
        "bart_score_precision",
        "BARTScore, reference to output",
        _by_model("likelihood", "bart_score", "reference", "output"),
        "seq2seq",
        ("reference",),
        "Yuan et al. 2021",
    ),
    _metric(
        "bart_score_recall",
        "BARTScore, output to reference",
        _by_model("likelihood", "bart_score", "output", "reference"),
        "seq2seq",
        ("reference",),
        "Yuan et al. 2021",
    ),
    _metric(
        "bart_score_f",
        "BARTScore F",
        _by_model("likelihood", "bart_score_f"),
        "seq2seq",
        ("reference",),
        "Yuan et al. 2021",
    ),
    _metric(
        "fed",
        "FED",
        _by_model("likelihood", "fed"),
        "causal",
        ("source",),
        "Mehri & Eskenazi 2020",
        parameters={"quality": QUALITIES[0]},
        choices={"quality": QUALITIES},
    ),
    Metric(
        "infolm",
        "InfoLM",
        _where_read("masked", ("reference",), _by_model("infolm", "infolm")),
        ("reference", "model"),
        f"infolm|idf:no|version:2|{_TRANSFORMERS}",
        False,
        "Colombo et al. 2022",
        earlier=f"infolm|idf:no|version:1|{_TRANSFORMERS}",
        compares="distance",
        best=0.0,
        model="masked",
        parameters={"measure": "ab_divergence", "temperature": 0.25, "alpha": 1.0, "beta": 1.0},
        choices={"measure": ("ab_divergence", "fisher_rao")},
        limits=CUT,
    ),
    _metric(
        "nli_source",
        "NLI: entailed by the source",
        _by_model("likelihood", "nli_consistency", "source"),
        "nli",
        ("source",),
        "Falke et al. 2019",
    ),
    _metric(
        "nli_profile",
        "NLI: entailed by the profile",
        _by_model("likelihood", "nli_consistency", "profile"),
        "nli",
        ("profile",),
        "Falke et al. 2019",
    ),
)
