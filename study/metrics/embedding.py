"""Metrics by a sentence or token encoder: BERTScore, MoverScore and cosines."""

from collections.abc import Callable, Mapping
from importlib.metadata import version

from study.metrics.metric import Batch, Metric, Parameter, Score

# MiniLM-L6: layers 5 and 6 agree best with people on SummEval.
LAYER = 5
CUT = (
    "reads as many tokens as the model does: 512 with the included model, 256 for cosines; no score for a "
    "text whose words it does not know"
)
_READ = "read:half_the_letters"
_TRANSFORMERS = f"transformers:{version('transformers')}"
_MOVER = "mover_score|1/(1+emd)|ground:euclidean|words:no_punctuation,no_continuations"
_IDF = "weigh tokens by their rarity in the study's texts"


def _matching(name: str, column: str) -> Callable[[Batch], list[Score]]:
    def function(batch: Batch) -> list[Score]:
        from study.metrics.models import matching, reading  # torch: in the worker process only

        measure: Callable[[Batch, str], list[Score]] = getattr(matching, name)
        return reading.where_read("encoder", ("output", column), lambda part: measure(part, column), batch)

    return function


def _corpus_if_idf(*columns: str) -> Callable[[Mapping[str, Parameter]], tuple[str, ...]]:
    def corpus(parameters: Mapping[str, Parameter]) -> tuple[str, ...]:
        return columns if parameters["idf"] else ()

    return corpus


def _cosine(column: str, label: str) -> Metric:
    return Metric(
        f"cosine_{column}",
        label,
        _matching("cosine", column),
        (column, "model"),
        f"cosine|against:{column}|pooling:checkpoint|{_READ}|{_TRANSFORMERS}",
        True,
        "Reimers & Gurevych 2019",
        earlier=f"cosine|against:{column}|pooling:checkpoint|{_TRANSFORMERS}",
        compares="similarity",
        best=1.0,
        model="encoder",
        limits=CUT,
    )


BERT_SCORE = Metric(
    "bert_score",
    "BERTScore",
    _matching("bert_score", "reference"),
    ("reference", "model"),
    f"bert_score|version:2|{_TRANSFORMERS}",
    True,
    "Zhang et al. 2020",
    earlier=f"bert_score|version:1|{_TRANSFORMERS}",
    compares="similarity",
    best=1.0,
    model="encoder",
    parameters={"value": "f1", "layer": LAYER, "idf": False, "baseline": "none"},
    choices={"value": ("f1", "precision", "recall")},
    corpus=_corpus_if_idf("reference"),
    limits=CUT,
)
MOVER_SCORE = Metric(
    "mover_score",
    "MoverScore",
    _matching("mover_score", "reference"),
    ("reference", "model"),
    f"{_MOVER}|{_READ}|{_TRANSFORMERS}|POT:{version('POT')}",
    True,
    "Zhao et al. 2019, version 2",
    earlier=f"{_MOVER}|{_TRANSFORMERS}|POT:{version('POT')}",
    compares="similarity",
    best=1.0,
    model="encoder",
    parameters={"layer": 6, "idf": False},
    corpus=_corpus_if_idf("output", "reference"),
    limits=CUT,
)
COSINE_REFERENCE = _cosine("reference", "Cosine to the reference")
COSINE_PROFILE = _cosine("profile", "Cosine to the profile")
COSINE_SOURCE = _cosine("source", "Cosine to the source")

EMBEDDING = (BERT_SCORE, MOVER_SCORE, COSINE_REFERENCE, COSINE_PROFILE, COSINE_SOURCE)
