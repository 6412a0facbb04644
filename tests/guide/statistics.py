"""The page of the guide on statistics: a table per family, from the tables that the program itself uses.

The definition of a statistic is the first line of its function's docstring, and the undefined case the sentence there that names
nan, unless :data:`tests.guide.words.WORDS` says it better for readers who do not read code.
"""

import inspect
import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from study.analysis.agreement.overview import LABELS, SOURCES
from study.analysis.correlation.levels import LEVELS
from study.analysis.personalization.measure_definitions import MEASURES
from study.analysis.ranking.models import MODELS
from study.metrics import METRICS
from study.stats.agreement.coefficients import AGREEMENT
from study.stats.agreement.conger import conger_kappa
from study.stats.agreement.icc import ICC
from study.stats.agreement.leave_one_out import LEAVE_ONE_OUT
from study.stats.correlation.accuracy import ACCURACY
from study.stats.correlation.coefficients import COEFFICIENTS
from study.stats.correlation.dependent_correlations import DEPENDENT_CORRELATIONS
from study.stats.correlation.noise_ceiling import CEILINGS
from study.stats.multiplicity import ADJUSTMENTS
from study.stats.planning.plans import QUANTITIES
from study.stats.quality.flags import FLAGS
from study.stats.quality.models import RATER_MODELS
from study.stats.ranking.critical_values import CRITICAL
from study.stats.ranking.strengths import LIMITS
from tests.guide.words import FAMILIES, HEAD, WORDS

Row = tuple[str, ...]
STATISTIC = ("statistic", "what it is", "undefined", "source")
NAMED = ("name", "what it is", "source")


def statistics_page() -> str:
    """Return the page."""
    return HEAD + "".join(_section(*family) for family in families())


def families() -> Iterator[tuple[str, Row, list[Row]]]:
    """Yield each family: its title, the columns of its table, and its rows."""
    agreement = {name: _function(AGREEMENT.get(name) or ICC.get(name)) for name in LABELS} | {
        "conger_kappa": conger_kappa
    }
    yield (
        "Agreement of raters",
        STATISTIC,
        [_row(name, LABELS[name], agreement[name], SOURCES[name]) for name in LABELS],
    )
    yield "One rater and the others", STATISTIC, _rows(LEAVE_ONE_OUT)
    yield "Models of raters", STATISTIC, _rows(RATER_MODELS)
    yield (
        "Flags",
        ("flag", "raised when", "source"),
        [(o.label, o.sentence, o.source) for o in FLAGS.values()],
    )
    yield (
        "Preference models",
        ("model", "what it makes of ties", "source"),
        [(one.label, one.ties, one.source) for one in MODELS.values()],
    )
    yield "Intervals of strengths", NAMED, _named(LIMITS)
    yield "Intervals of ranks", NAMED, _named(CRITICAL)
    yield (
        "Levels of a correlation",
        ("level", "what is compared", "statistics"),
        [(one.label, one.words, _listed(one.statistics)) for one in LEVELS.values()],
    )
    yield "Coefficients of correlation", STATISTIC, _rows(COEFFICIENTS)
    yield "Accuracy of a metric on pairs", STATISTIC, _rows(ACCURACY)
    yield "How good a metric can be", STATISTIC, _rows(CEILINGS)
    yield "Tests of two correlated correlations", NAMED, _named(DEPENDENT_CORRELATIONS)
    yield "Several tests at once", NAMED, _named(ADJUSTMENTS)
    yield (
        "Measures of personalization",
        ("measure", "what it is", "undefined"),
        [(one.label, *WORDS[key]) for key, one in MEASURES.items()],
    )
    yield "Planning", NAMED, [(one.label, *WORDS[key][:1], one.source) for key, one in QUANTITIES.items()]
    yield (
        "Metrics",
        ("metric", "key", "needs", "better", "limits", "source"),
        [
            (
                one.label,
                f"`{key}`",
                ", ".join(one.needs).replace("_", " ") or "the output alone",
                {True: "high", False: "low", None: "neither"}[one.higher_is_better],
                one.limits or "",
                one.source,
            )
            for key, one in METRICS.items()
        ],
    )


def _rows(table: Mapping[str, Any]) -> list[Row]:
    return [_row(name, one.label, _function(one), one.source) for name, one in table.items()]


def _named(table: Mapping[str, Any]) -> list[Row]:
    return [(_upper(one.label), _said(name, _function(one))[0], one.source) for name, one in table.items()]


def _row(name: str, label: str, function: Any, source: str) -> Row:
    return (label, *_said(name, function), source)


def _said(name: str, function: Any) -> tuple[str, str]:
    """Return what a statistic is, and when it is undefined."""
    if name in WORDS:
        return WORDS[name]
    text = inspect.getdoc(function) or ""
    first, _, rest = text.partition("\n")
    sentences = re.split(r"(?<=[.;])\s+", " ".join(rest.split("References")[0].split()))
    undefined = [re.sub(r"^.*?\bnan\b\s*", "", one) for one in sentences if re.search(r"\bnan\b", one)]
    return _upper(first.removeprefix("Return ").partition(";")[0].rstrip(".")), _upper(
        undefined[-1].rstrip(".") if undefined else ""
    )


def _function(entry: Any) -> Any:
    function = getattr(entry, "function", entry)
    while isinstance(function, partial):
        function = function.func
    return function


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _listed(statistics: Mapping[str, Any]) -> str:
    return ", ".join(one.label for one in statistics.values())


def _section(title: str, columns: Row, rows: list[Row]) -> str:
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|").rstrip(".") for cell in row) + " |" for row in rows]
    return f"\n## {title}\n\n{FAMILIES[title]}\n\n" + "\n".join(lines) + "\n"
