"""Whatever pages ask for, the worker gives the same to the last bit as this process does."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from study import analysis, frames, metrics, store
from study.analysis import flags, judges, meta, pace, personalization, progress, sentinels
from study.metrics.jobs import text_columns
from study.metrics.metric import TEXTS
from study.metrics.sentinels import hashed_ngrams
from study.workers import analysis_worker
from study.workers.analysis_worker import FunctionCall, TableKey, Worker, function_call
from study.workflows import scoring_plan, text_embeddings
from study.workflows.demo import open_demo
from tests.test_round_trip import SIMULATED, embellish

UI = Path(__file__).parents[2] / "study" / "ui"
ASKS = {"of", "long", "cached_call", "computed_from", "computed_from_with_progress"}
FIT: dict[str, Any] = {"criterion": "fit", "subset": SIMULATED}
SEED: dict[str, Any] = {"seed": 7}
METRIC: dict[str, Any] = {"metric": "rouge_l", **FIT}
PAIR: dict[str, Any] = {"system": "generic", "opponent": "history_aware", "unit": "rater"}
AT: dict[str, Any] = {"level": "comparison", "statistic": "pairwise_accuracy", **FIT, **SEED}
SCORED, JUDGED = ("judgments", "scores"), ("judgments", "verdicts")
TEXTS_TOO = ("judgments", "metric_scores", "texts")
NAMES = ("length", "rouge_l", "chrf")

# The tables and options of each function that pages ask for.
CASES: dict[Callable[..., Any], tuple[tuple[str, ...], dict[str, Any]]] = {
    analysis.agreement_table: (("judgments",), {"criteria": ("fit", "quality"), "subset": SIMULATED, **SEED}),
    analysis.agreement_by_group: (("judgments",), {"by": "tag", **FIT}),
    analysis.rater_table: (("judgments",), FIT),
    analysis.rater_pairs: (("judgments",), FIT),
    analysis.repeats_table: (("judgments",), FIT),
    analysis.taste_table: (("judgments",), FIT),
    analysis.model_of_raters: (("judgments",), {"model": "mace", **FIT, **SEED}),
    analysis.effect_table: (("judgments", "lengths"), FIT),
    analysis.rater_position_table: (("judgments",), FIT),
    analysis.ranking_table: (("judgments",), {"method": "score_bootstrap", **FIT, **SEED}),
    analysis.group_table: (("judgments",), {"by": "tag: domain", **FIT}),
    analysis.groups_there: (("judgments",), FIT),
    analysis.conditional_tables: (("judgments",), {"by": "tag: domain", "cluster": "rater", **FIT, **SEED}),
    analysis.pair_table: (("judgments",), FIT),
    analysis.win_matrix_table: (("judgments",), FIT),
    analysis.sequence_table: (("judgments",), {**PAIR, **FIT}),
    analysis.model_reasons: (("judgments",), FIT),
    analysis.model_table: (("judgments",), FIT),
    analysis.elo_order_table: (("judgments",), {**FIT, **SEED}),
    analysis.correlation_table: ((*SCORED, "about"), {"level": "by_item", **FIT, **SEED}),
    analysis.metric_points: (SCORED, METRIC),
    analysis.metric_tests: (
        SCORED,
        {"test": "perm_both", **AT} | {"level": "pooled", "statistic": "pearson"},
    ),
    analysis.metric_differences: (SCORED, {"first": "length", "second": "rouge_l", **AT}),
    analysis.prediction_table: (SCORED, {**METRIC, **SEED}),
    analysis.calibration_table: (SCORED, {**METRIC, **SEED}),
    analysis.tie_curve_table: (SCORED, {**METRIC, **SEED}),
    analysis.detection_table: (SCORED, {**METRIC, **SEED}),
    analysis.association_table: (SCORED, {"held": "length", **METRIC, **SEED}),
    analysis.simpson_table: (SCORED, METRIC),
    analysis.judge_table: (JUDGED, {**FIT, **SEED}),
    analysis.judge_points: (JUDGED, {"judge": "gpt", **FIT}),
    analysis.judges_of: (("verdicts",), {"criterion": "fit"}),
    judges.owner_table: (JUDGED, FIT),
    judges.certainty_table: (JUDGED, {"reference": "all", **FIT}),
    judges.variant_table: (JUDGED, {"reference": "all", **FIT}),
    judges.answer_table: (("verdicts",), {"criterion": "fit"}),
    judges.failure_table: (("verdicts",), {"criterion": "fit"}),
    personalization.win_table: (("judgments",), {"by": "profile", "generic": ("generic",), **FIT}),
    personalization.loss_table: (("judgments",), {"generic": ("generic",), **FIT}),
    sentinels.beside_sentinels: (TEXTS_TOO, {**FIT, **SEED}),
    sentinels.beside_embedded_sentinels: (TEXTS_TOO, {**FIT, **SEED}),
    meta.calibrate: (
        ("judgments", "metric_scores"),
        {"metrics": NAMES[:2], "n_iterations": 5, "n_resamples": 50, **FIT, **SEED},
    ),
    analysis.metric_correlations: (("metric_scores",), SEED),
    analysis.score_quartiles: (("metric_scores",), {"metric": "rouge_l"}),
    analysis.score_table_of: (("metric_scores",), {"metric": "rouge_l"}),
    analysis.card_of: (
        ("judgments", "scores", "about", "metric_scores", "texts"),
        {"name": "rouge_l", "criteria": ("fit",), **SEED},
    ),
    metrics.offline_metrics: (("texts",), {}),
    metrics.usual_metrics: (("texts",), {}),
    scoring_plan.signed: (("texts",), {"names": (*NAMES, "no_such_metric")}),
    scoring_plan.extents: (
        ("texts",),
        {
            "known": {"rouge_l": pa.table({"texts_hash": ["none"]})},
            "earlier": {"rouge_l": pa.table({"texts_hash": ["none"]})},
            "stored": {"rouge_l": pa.table({"output_id": ["none"]})},
        },
    ),
    text_embeddings.wanted_cosines: (("texts",), SEED),
    personalization.n_text_pairs: (("texts",), {}),
    personalization.text_pairs: (("texts",), {}),
    personalization.several_conditions: (("texts",), {}),
    judges.single_judges: (("verdicts",), {"criterion": "fit"}),
    personalization.text_measures: (("texts",), {"distance": "rouge_l", "generic": ("generic",), **SEED}),
    flags.flags_of: (("rater_answers", "lengths"), {"simulated": True, "checks": {}}),
    pace.filled: (("simulated_coverage",), {}),
    pace.headline_width: (("judgments",), {"share": 0.5, **FIT}),
    progress.coverage_table: (("simulated_coverage",), {"by": "tag"}),
    frames.filter_facts: (("judgments",), {}),
    frames.possible_units_of: (("metric_scores",), {}),
    frames.counts: (("judgments",), FIT),
}
# These take something beside tables first, or something made of the data.
APART = {"recipe_scores", "tie_rate_table"}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[store.Database]:
    db = store.open_database(tmp_path_factory.mktemp("both") / "demo.duckdb")
    open_demo(db)
    embellish(db)
    yield db
    db.close()


@pytest.fixture(scope="module")
def hired(demo: store.Database) -> Iterator[Worker]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(analysis_worker, "NICENESS", 0)
        one = Worker(lambda table: store.BIG_READS[table.name].rows(demo, "demo"))
        yield one
    one.end()


def handed(name: str) -> TableKey:
    return TableKey(("here", "demo", "True"), name, "now")


def same(one: Any, other: Any, what: str) -> None:
    """Fail where two results differ in anything."""
    assert type(one) is type(other), what
    if isinstance(one, pd.DataFrame):
        pd.testing.assert_frame_equal(one, other, check_exact=True, obj=what)
    elif isinstance(one, np.ndarray):
        np.testing.assert_array_equal(one, other, what)
    elif is_dataclass(one):
        for field in fields(one):
            same(getattr(one, field.name), getattr(other, field.name), f"{what}.{field.name}")
    elif isinstance(one, dict):
        assert list(one) == list(other), what
        for key in one:
            same(one[key], other[key], f"{what}[{key!r}]")
    elif isinstance(one, tuple | list):
        assert len(one) == len(other), what
        for place, (mine, its) in enumerate(zip(one, other, strict=True)):
            same(mine, its, f"{what}[{place}]")
    else:
        assert one == other or (one != one and other != other), what


def options_of(function: Callable[..., Any], demo: store.Database) -> dict[str, Any]:
    options = CASES[function][1]
    if function is not sentinels.beside_embedded_sentinels:
        return options
    columns = text_columns(store.output_texts(demo, "demo"), TEXTS)
    texts = sorted({"", *(cell for cells in columns.values() for cell in cells if cell)})
    vectors = dict(zip(texts, hashed_ngrams(texts), strict=True))
    return {**options, "embedding": text_embeddings.Embedding("n-grams", "a test", vectors)}


@pytest.mark.parametrize("function", CASES, ids=lambda one: one.__name__)
def test_both_ways_give_the_same(demo: store.Database, hired: Worker, function: Callable[..., Any]) -> None:
    names, options = CASES[function][0], options_of(function, demo)
    here = function(*(store.BIG_READS[name](demo, "demo") for name in names), **options)
    there = hired.call(function_call(function, tuple(map(handed, names)), options))
    same(here, there, function.__name__)
    if isinstance(here, pd.DataFrame) and function is not judges.failure_table:
        assert len(here) or function in (analysis.repeats_table, judges.variant_table)


def test_all_that_pages_ask_for_is_tried() -> None:
    asked = set()
    for path in UI.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ASKS:
                whose, first = node.func.value, node.args[0]
                place = 1 if node.func.attr in ("of", "long") else 0
                if isinstance(whose, ast.Name) and whose.id in ("results", "tables"):
                    first = node.args[place]
                    asked.add(first.attr if isinstance(first, ast.Attribute) else ast.unparse(first))
    tried = {one.__name__ for one in CASES} | APART
    # Names of variables that stand for one of those that are tried.
    assert asked - tried == {"analysis", "compute"}
    assert {one.__name__ for one in CASES} <= asked | {
        *("beside_sentinels", "beside_embedded_sentinels", "correlation_table")
    }


@pytest.mark.thorough
@pytest.mark.parametrize("name", store.BIG_READS)
def test_tables_are_the_same_after_the_way_through_the_pipe(
    demo: store.Database, hired: Worker, name: str
) -> None:
    here = store.BIG_READS[name](demo, "demo")
    there = hired.call(FunctionCall("pandas", "DataFrame", (handed(name),), {}))
    pd.testing.assert_frame_equal(here, there, check_exact=True)
