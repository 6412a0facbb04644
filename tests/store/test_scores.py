import numpy as np

from study import store
from study.records import MetricScore
from tests.conftest import small_study

OUTPUTS = sorted(output.output_id for output in small_study().outputs)


def scores() -> list[MetricScore]:
    found = [
        MetricScore("small", output, "b", place / 2, None, "b|1") for place, output in enumerate(OUTPUTS)
    ]
    found += [MetricScore("small", output, "a", None, "no reference", "a|1") for output in OUTPUTS[:3]]
    return [*found, MetricScore("small", OUTPUTS[5], "a", 7.0, None, "a|2")]


def test_scores_are_read_as_a_matrix_of_outputs_and_metrics(db: store.Database) -> None:
    store.save_scores(db, scores())
    matrix = store.score_matrix(db, "small")
    assert list(matrix.columns) == ["a", "b"]
    assert list(matrix.index) == OUTPUTS
    assert matrix["b"].tolist() == [place / 2 for place in range(len(OUTPUTS))]
    assert matrix["a"].notna().sum() == 1
    assert matrix.at[OUTPUTS[5], "a"] == 7
    long = store.metric_scores(db, "small").set_index(["output_id", "metric"])["value"]
    for (output, metric), value in long.items():
        np.testing.assert_equal(matrix.at[output, metric], value)


def test_a_summary_says_what_is_known_of_each_metric(db: store.Database) -> None:
    store.save_scores(db, scores())
    summary = store.metric_summary(db, "small").set_index("metric")
    assert summary.loc["a", ["signature", "n_outputs", "n_undefined", "reason"]].tolist() == [
        *("a|1; a|2", 4, 3, "no reference")
    ]
    assert summary.loc["b", ["signature", "n_outputs", "n_undefined"]].tolist() == ["b|1", len(OUTPUTS), 0]


def test_a_study_without_scores_has_outputs_and_no_metric(db: store.Database) -> None:
    assert store.score_matrix(db, "small").shape == (len(OUTPUTS), 0)
    assert store.metric_summary(db, "small").empty
