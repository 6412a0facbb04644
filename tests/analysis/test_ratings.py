"""The tables of ratings against published packages: means, differences, correlations of metrics with ratings and ranks."""

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy import stats

from study import store
from study.analysis import answer_correlation_table
from study.analysis.ratings import acceptable_table, distribution_table, rating_differences, rating_table
from study.formats.reading import read
from study.records import MetricScore

MEANS = {"A": 4.22, "B": 3.37, "C": 3.0}


def planted(n_items: int = 40, n_raters: int = 12, kept: float = 0.7) -> pd.DataFrame:
    """Return ratings from 0 to 10 with planted means, effects of items and raters, and raters missing at random."""
    rng = np.random.default_rng(11)
    items, raters = rng.normal(0, 0.4, n_items), rng.normal(0, 0.3, n_raters)
    rows = [
        (
            f"i{i}",
            system,
            f"r{r}",
            round(float(np.clip(mean + items[i] + raters[r] + rng.normal(0, 0.7), 0, 10)), 2),
        )
        for i in range(n_items)
        for system, mean in MEANS.items()
        for r in range(n_raters)
        if rng.random() < kept
    ]
    return pd.DataFrame(rows, columns=["item", "system", "rater", "value"])


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return planted()


@pytest.fixture(scope="module")
def study(table: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> store.Database:
    """Return a study made of the table, with a metric that follows the ratings."""
    db = store.open_database(Path(tmp_path_factory.mktemp("ratings")) / "ratings.duckdb")
    store.save_records(db, read(table.to_csv(index=False).encode(), name="planted.csv"))
    rng, (known,) = np.random.default_rng(5), store.all_studies(db)
    outputs = store.study_records(db, known.study_id).outputs
    scores = [
        MetricScore(
            known.study_id, one.output_id, "mine", MEANS[one.system] + float(rng.normal()), None, "mine|1"
        )
        for one in outputs
    ]
    store.save_scores(db, scores)
    yield db  # type: ignore[misc]
    db.close()


def answers_of(db: store.Database) -> pd.DataFrame:
    return store.answers(db, store.all_studies(db)[0].study_id)


def test_means_and_differences_are_those_of_a_mixed_model_within_its_error(
    study: store.Database, table: pd.DataFrame
) -> None:
    answers = answers_of(study)
    means = rating_table(answers, question="rating").set_index("system")
    assert means["mean"].to_dict() == pytest.approx(table.groupby("system")["value"].mean().to_dict())
    assert means["units"].eq("12 raters x 40 items").all()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = smf.mixedlm(
            "value ~ C(system)",
            table.assign(one=1),
            groups="one",
            vc_formula={"item": "0 + C(item)", "rater": "0 + C(rater)"},
        ).fit()
    found = rating_differences(answers, question="rating").set_index(["system", "opponent"])
    for name, other in (("A", "B"), ("A", "C")):
        row = found.loc[(name, other)]
        fitted, error = -model.params[f"C(system)[T.{other}]"], model.bse[f"C(system)[T.{other}]"]
        assert abs(row["difference_by_item"] - fitted) < error
        assert row["difference_low"] < MEANS[name] - MEANS[other] < row["difference_high"]
        assert row["p_value"] < 0.001


@pytest.mark.parametrize("level", ["pooled", "by_item", "by_system", "system"])
def test_correlations_with_ratings_are_scipys_at_every_level(
    study: store.Database, table: pd.DataFrame, level: str
) -> None:
    study_id = store.all_studies(study)[0].study_id
    found = answer_correlation_table(
        answers_of(study),
        store.score_matrix(study, study_id),
        store.metric_summary(study, study_id),
        question="rating",
        level=level,
        statistics=["pearson", "spearman", "kendall_b"],
        seed=1,
        n_resamples=50,
    ).set_index("statistic")["value"]
    records = store.study_records(study, study_id)
    name = {one.item_id: one.name for one in records.items}
    score = store.score_matrix(study, study_id)["mine"]
    metric = pd.DataFrame(
        [(name[one.item_id], one.system, score[one.output_id]) for one in records.outputs],
        columns=["item", "system", "metric"],
    )
    human = table.groupby(["item", "system"])["value"].mean().reset_index().merge(metric)
    if level == "system":
        human = pd.DataFrame(
            {
                "value": table.groupby("system")["value"].mean(),
                "metric": metric.groupby("system")["metric"].mean(),
            }
        )
    groups = {"by_item": "item", "by_system": "system"}.get(level)
    parts = [part for _, part in human.groupby(groups)] if groups else [human]
    for key, function in (
        ("pearson", stats.pearsonr),
        ("spearman", stats.spearmanr),
        ("kendall_b", stats.kendalltau),
    ):
        expected = np.mean([function(part["value"], part["metric"])[0] for part in parts])
        assert found[key] == pytest.approx(expected, abs=1e-9)


def test_shares_of_a_distribution_add_up_and_those_above_a_threshold_are_counted(
    study: store.Database, table: pd.DataFrame
) -> None:
    answers = answers_of(study)
    shares = distribution_table(answers, question="rating").groupby("system")["share"].sum()
    assert shares.to_dict() == pytest.approx(dict.fromkeys(MEANS, 1.0))
    found = acceptable_table(answers, question="rating", threshold=4).set_index("system")
    expected = table["value"].ge(4).groupby(table["system"]).mean()
    assert found["share"].to_dict() == pytest.approx(expected.to_dict())
    assert found["share_low"].lt(found["share"]).all()


def test_what_is_not_rated_has_a_row_that_says_so(study: store.Database) -> None:
    (row,) = rating_table(answers_of(study).head(0), question="rating").to_dict("records")
    assert row["reason"] == "no rating"
    assert np.isnan(row["mean"])
