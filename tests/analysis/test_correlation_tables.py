"""Metrics beside people: known answers, the engine's own values, degenerate judgments, the same seed."""

from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from study import analysis, frames
from study.analysis.correlation import LEVELS, clusters_of, fitting_tests
from study.analysis.correlation.values import metric_values
from study.errors import InvalidInput
from study.stats.correlation.accuracy import ACCURACY
from study.stats.correlation.coefficients import COEFFICIENTS
from study.stats.correlation.grouped import grouped_correlation
from tests.analysis.degenerate import DEGENERATE
from tests.cases import cases
from tests.long_tables import Answer, long_table, score_matrix
from tests.reference.accuracy import accuracy, outcome_counts
from tests.reference.choice_prediction import choice_prediction
from tests.reference.of_systems import system_cells, system_correlation

ONE = {"criterion": "fit", "seed": 3}
SYSTEMS = "ABCD"


def answers(n_items: int = 14, n_raters: int = 4, seed: int = 1) -> list[Answer]:
    """Return answers on four systems, better in alphabetical order, on random sides."""
    rng = np.random.default_rng(seed)
    found = []
    for item in range(n_items):
        for a, b in combinations(SYSTEMS, 2):
            for rater in range(n_raters):
                draw, side = rng.random(), str(rng.choice(["left", "right"]))
                other = "right" if side == "left" else "left"
                screen = "tie" if draw < 0.15 else other if draw < 0.75 else side
                found.append((f"r{rater}", f"i{item}", a, b, side, screen))
    return found


def values(value: Callable[[int, int], float | None], n_items: int = 14) -> dict[str, float | None]:
    return {
        f"i{item}:{system}": value(item, place)
        for item in range(n_items)
        for place, system in enumerate(SYSTEMS)
    }


def noisy(seed: int, weight: float = 1.0, missing: float = 0.0) -> dict[str, float | None]:
    rng = np.random.default_rng(seed)
    return values(
        lambda item, place: None if rng.random() < missing else round(weight * place + rng.normal(), 1)
    )


JUDGMENTS = long_table(answers())
SCORES, ABOUT = score_matrix(good=noisy(1), gappy=noisy(2, missing=0.2), poor=noisy(3, weight=0.0))


def table(level: str = "comparison", statistics: Sequence[str] | None = None, **options: Any) -> pd.DataFrame:
    settings = {"level": level, "statistics": statistics, **ONE, **options}
    return analysis.correlation_table(JUDGMENTS, SCORES, ABOUT, **settings)


def reasons(frame: pd.DataFrame, column: str = "value") -> list[str]:
    """Return the reasons of undefined numbers, after checking that each has one and that no number stands for nothing."""
    undefined = frame[frame[column].isna()]
    assert undefined["reason"].notna().all(), undefined
    return undefined["reason"].tolist()


@pytest.mark.parametrize("metric", ["good", "gappy", "poor"])
@pytest.mark.parametrize("name", ACCURACY)
def test_accuracies_of_all_metrics_at_once_are_those_of_each(metric: str, name: str) -> None:
    selection = frames.select(JUDGMENTS, criterion="fit")
    scores = SCORES[metric]
    difference = (
        selection.judgments["output_a_id"].astype(str).map(scores)
        - selection.judgments["output_b_id"].astype(str).map(scores)
    ).to_numpy()
    judged = frames.system_preferences(selection)
    for cluster, unit in (("items", "item"), ("raters", "rater")):
        codes = frames.cluster_codes(selection, unit)
        expected = accuracy(outcome_counts(difference, judged.preference, codes), name, unit=unit)
        row = table("comparison", (name,), cluster=cluster).set_index("metric").loc[metric]
        found = row[["value", "low", "high"]].to_numpy(dtype=float)
        np.testing.assert_allclose(found, [expected.value, expected.low, expected.high], atol=1e-12)
        assert row["method"] == expected.method


@pytest.mark.parametrize("level", ["by_item", "by_system", "pooled"])
@pytest.mark.parametrize("coefficient", COEFFICIENTS)
def test_coefficients_of_all_metrics_at_once_are_those_of_each(level: str, coefficient: str) -> None:
    found = frames.evidence(frames.select(JUDGMENTS, criterion="fit"), SCORES)
    of_level = table(level, (coefficient,))
    for k, metric in enumerate(found.metrics):
        expected = grouped_correlation(
            found.matrix(found.human), found.matrix(found.values[:, k]), coefficient, level
        )
        row = of_level.set_index("metric").loc[metric]
        assert row["value"] == pytest.approx(expected.value)
        assert (row["n_groups"], row["n_undefined"]) == (expected.n_groups, expected.n_undefined)
        assert row["low"] < row["value"] < row["high"]


@pytest.mark.parametrize("name", ["pearson", "spearman", "kendall_b"])
def test_correlations_of_systems_are_those_of_each_metric(name: str) -> None:
    selection = frames.select(JUDGMENTS, criterion="fit")
    found = frames.evidence(selection, SCORES)
    judged, item = frames.system_preferences(selection), frames.cluster_codes(selection, "item")
    of_level = table("system", (name,)).set_index("metric")
    unguarded = metric_values(found, "system", name, "items", seed=3).estimates
    for k, metric in enumerate(found.metrics):
        cells = system_cells(
            judged, item, found.output_item, found.output_system, found.values[:, k], len(found.items)
        )
        expected = system_correlation(cells, name, rng=np.random.default_rng(1))
        assert of_level.at[metric, "value"] == pytest.approx(expected.value)
        if not np.isnan(expected.low):
            assert unguarded[k].low == pytest.approx(expected.low, abs=0.15)
        assert of_level.at[metric, "reason"] == "4 systems are too few to say: at least 5 are needed"
        assert np.isnan(of_level.at[metric, "low"])


def test_kendall_of_systems_has_its_p_value_and_says_where_systems_are_too_few() -> None:
    human = metric_points_of("good")
    expected = stats.kendalltau(human["metric_mean"], human["win_rate"], method="exact")
    found = table("system", ("pearson", "kendall_b", "kendall_c")).set_index(["metric", "statistic"])
    for name in ("kendall_b", "kendall_c"):
        assert found.at[("good", name), "p_value"] == pytest.approx(expected.pvalue)
    assert np.isnan(found.at[("good", "pearson"), "p_value"])
    few = table("system", ("pearson",), cluster="systems").iloc[0]
    assert few["reason"] == "4 systems are too few to say: at least 5 are needed"
    assert np.isnan(few["low"])


def test_no_interval_of_systems_has_no_width() -> None:
    """A metric that orders four systems alike in nearly all resamples says nothing of the width."""
    scores, about = score_matrix(sure=values(lambda item, place: -9 * place + (item == 3) * place * 5))
    for statistic in ("spearman", "kendall_b", "acc_eq"):
        found = analysis.correlation_table(
            JUDGMENTS, scores, about, level="system", statistics=(statistic,), **ONE
        ).iloc[0]
        assert np.isnan(found["low"]) or found["low"] < found["high"]


def metric_points_of(metric: str) -> pd.DataFrame:
    return analysis.metric_points(JUDGMENTS, SCORES, metric=metric, criterion="fit")


@pytest.mark.parametrize("level", LEVELS)
def test_every_statistic_has_an_interval_for_every_cluster_that_it_allows(level: str) -> None:
    for statistic, named in LEVELS[level].statistics.items():
        for cluster in clusters_of(level, statistic):
            found = table(level, (statistic,), cluster=cluster, n_resamples=200)
            assert found["value"].between(*named.bounds).all()
            assert (found["low"].isna() == found["high"].isna()).all()
            assert found.loc[found["low"].isna(), "reason"].notna().all()
            assert (found["low"].fillna(-9) <= found["high"].fillna(9)).all()
            assert found["method"].str.len().gt(5).all()


def test_a_metric_that_is_the_preference_agrees_perfectly_and_its_opposite_never() -> None:
    certain = [
        (f"r{rater}", f"i{item}", a, b, "left", "right")
        for item in range(8)
        for a, b in combinations(SYSTEMS, 2)
        for rater in range(2)
    ]
    scores, about = score_matrix(
        best=values(lambda item, place: place, 8), worst=values(lambda item, place: -place, 8)
    )
    for level in ("comparison", "by_item", "system"):
        found = analysis.correlation_table(long_table(certain), scores, about, level=level, **ONE)
        best = found[found["metric"] == "best"]
        assert best["value"].tolist() == pytest.approx([1.0] * len(best))
        worst = found[(found["metric"] == "worst") & (found["statistic"] != "soft_pairwise_accuracy")]
        lowest = [LEVELS[level].statistics[name].bounds[0] for name in worst["statistic"]]
        assert worst["value"].tolist() == pytest.approx(lowest)


def test_calibrated_ties_help_a_metric_that_never_ties() -> None:
    rng = np.random.default_rng(5)
    ties = [
        (f"r{rater}", f"i{item}", a, b, "left", "tie" if abs(ord(a) - ord(b)) == 1 else "right")
        for item in range(20)
        for a, b in combinations(SYSTEMS, 2)
        for rater in range(2)
    ]
    scores, about = score_matrix(fine=values(lambda item, place: place + 0.1 * float(rng.normal()), 20))
    found = analysis.correlation_table(long_table(ties), scores, about, **ONE).set_index("statistic")["value"]
    assert found["pairwise_accuracy_eq"] == pytest.approx(0.5)
    assert found["pairwise_accuracy_calibrated"] > 0.9


def test_the_same_seed_gives_the_same_numbers_whatever_other_metrics_and_orders_there_are() -> None:
    for level in LEVELS:
        alone = analysis.correlation_table(JUDGMENTS, SCORES[["good"]], ABOUT, level=level, **ONE)
        shuffled = analysis.correlation_table(
            JUDGMENTS.sample(frac=1, random_state=1), SCORES[["good"]], ABOUT, level=level, **ONE
        )
        beside = table(level)
        pd.testing.assert_frame_equal(alone, shuffled)
        of_metric = beside[beside["metric"] == "good"].reset_index(drop=True)
        pd.testing.assert_frame_equal(alone, of_metric)


def test_a_metric_without_values_says_why() -> None:
    scores, about = score_matrix(empty=values(lambda item, place: None))
    for level in LEVELS:
        found = analysis.correlation_table(JUDGMENTS, scores, about, level=level, **ONE)
        assert set(reasons(found)) == {"no judged comparison has a score on both sides: no reference"}
    points = analysis.metric_points(JUDGMENTS, scores, metric="empty", criterion="fit")
    assert set(reasons(points, "metric_mean")) == {"no output with a score"}


def test_points_are_means_and_win_rates() -> None:
    scores, _ = score_matrix(planted=values(lambda item, place: item + place))
    points = analysis.metric_points(JUDGMENTS, scores, metric="planted", criterion="fit").set_index("system")
    ranking = analysis.ranking_table(JUDGMENTS, criterion="fit").set_index("system")
    assert points["metric_mean"].to_dict() == pytest.approx({"A": 6.5, "B": 7.5, "C": 8.5, "D": 9.5})
    assert points["win_rate"].to_dict() == pytest.approx(ranking["win_rate"].to_dict())
    assert points["n_outputs"].tolist() == [14] * 4


@pytest.mark.parametrize("level", cases(LEVELS, ["by_item", "system"]))
@pytest.mark.parametrize("name", DEGENERATE)
def test_degenerate_judgments_give_reasons_and_no_traceback(name: str, level: str) -> None:
    judgments = DEGENERATE[name]
    outputs = {f"{item}:{system}": float(ord(system)) for item in "12345" for system in "ABCD"}
    scores, about = score_matrix(one=outputs, flat=dict.fromkeys(outputs, 1.0))
    for cluster in LEVELS[level].clusters:
        known = [one for one in LEVELS[level].statistics if cluster in clusters_of(level, one)]
        found = analysis.correlation_table(
            judgments, scores, about, level=level, statistics=known, cluster=cluster, n_resamples=50, **ONE
        )
        reasons(found)
        assert found.loc[found["low"].isna(), "reason"].notna().all()


@pytest.mark.parametrize("name", cases(DEGENERATE, ["no_judgment", "one_rater", "no_overlap", "only_skips"]))
def test_degenerate_judgments_leave_one_metric_and_tests_undefined_with_reasons(name: str) -> None:
    judgments = DEGENERATE[name]
    outputs = {f"{item}:{system}": float(ord(system)) for item in "12345" for system in "ABCD"}
    scores, _ = score_matrix(one=outputs, flat=dict.fromkeys(outputs, 1.0))
    options = {"metric": "one", **ONE}
    for found in (
        analysis.prediction_table(judgments, scores, **options),
        analysis.detection_table(judgments, scores, **options),
        analysis.association_table(judgments, scores, held="flat", **options),
    ):
        reasons(found)
    analysis.calibration_table(judgments, scores, **options)
    analysis.tie_curve_table(judgments, scores, **options)
    analysis.simpson_table(judgments, scores, metric="one", criterion="fit")
    for level, statistic in (
        ("comparison", "pairwise_accuracy"),
        ("by_item", "pearson"),
        ("system", "pearson"),
    ):
        for test in fitting_tests(level, statistic):
            compared = {"level": level, "statistic": statistic, "n_resamples": 20, **ONE}
            tested = analysis.metric_tests(judgments, scores, test=test, **compared)
            assert tested.loc[tested["p_value"].isna(), "reason"].notna().all()
        both = analysis.metric_differences(judgments, scores, first="one", second="flat", **compared)
        reasons(both, "p_value")


def test_prediction_from_counts_is_that_from_single_judgments() -> None:
    found = frames.evidence(frames.select(JUDGMENTS, criterion="fit"), SCORES)
    by_judgment = choice_prediction(
        found.differences()[:, 0][found.comparison],
        found.sign,
        found.item[found.comparison],
        rng=np.random.default_rng(3),
    )
    metric = found.metrics[0]
    rows = analysis.prediction_table(JUDGMENTS, SCORES, metric=metric, **ONE).set_index("statistic")
    for name in ("accuracy", "auc", "log_loss", "calibration_error"):
        assert rows.at[name, "value"] == pytest.approx(getattr(by_judgment, name))
        assert rows.at[name, "low"] < rows.at[name, "value"] < rows.at[name, "high"]
    bins = analysis.calibration_table(JUDGMENTS, SCORES, metric=metric, **ONE)
    assert bins["n"].sum() == by_judgment.n


def test_the_best_metric_is_told_from_noise_and_not_from_its_twin() -> None:
    twin = SCORES[["good", "poor"]].assign(twin=SCORES["good"] * 2 + 1)
    for level, statistic in (("comparison", "pairwise_accuracy"), ("by_item", "kendall_b")):
        for test in fitting_tests(level, statistic):
            found = analysis.metric_tests(
                JUDGMENTS, twin, level=level, statistic=statistic, test=test, n_resamples=300, **ONE
            ).set_index("metric")
            assert found["best"].unique().tolist() == ["good"]
            assert found.at["twin", "p_value"] == 1
            # Four systems can be swapped in 16 ways only.
            assert found.at["poor", "p_adjusted"] < (0.5 if test == "perm_systems" else 0.05)
            assert found.at["poor", "p_adjusted"] >= found.at["poor", "p_value"]
            assert found.at["good", "reason"] == "the best"


def test_sign_flips_of_items_are_perm_inputs_within_items() -> None:
    options = {"level": "by_item", "statistic": "pearson", "n_resamples": 4000, **ONE}
    found = analysis.metric_differences(JUDGMENTS, SCORES, first="good", second="gappy", **options)
    p_values = found.set_index("test")["p_value"]
    assert p_values["PERM-INPUTS"] == pytest.approx(p_values["Sign flips"], abs=0.05)


def test_a_long_test_reports_its_progress_and_ends_with_the_whole() -> None:
    seen: list[float] = []
    analysis.metric_differences(
        JUDGMENTS,
        SCORES,
        first="good",
        second="poor",
        level="by_item",
        statistic="kendall_b",
        n_resamples=100,
        progress=lambda done, text: seen.append(done),
        **ONE,
    )
    assert seen == sorted(seen)
    assert len(seen) > 40
    assert seen[-1] == pytest.approx(1)


def test_length_that_explains_a_metric_leaves_nothing_of_it() -> None:
    rng = np.random.default_rng(8)
    length = values(lambda item, place: place + float(rng.normal()))
    scores, _ = score_matrix(
        length=length,
        metric={key: 3 * (one or 0) + 0.01 * float(rng.normal()) for key, one in length.items()},
    )
    found = analysis.association_table(JUDGMENTS, scores, metric="metric", held="length", **ONE)
    rows = found.set_index("statistic")["value"]
    assert rows["pearson"] > 0.3
    assert abs(rows["partial_pearson"]) < 0.35
    assert rows["corrected"] > rows["pearson"]
    assert rows["correlation_ceiling"] == pytest.approx(np.sqrt(rows["reliability"]))


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"level": "levle"}, "unknown level 'levle' (did you mean 'pooled'?)"),
        ({"statistics": ("pearson",)}, "unknown statistic at the level 'comparison' 'pearson'"),
        ({"level": "pooled", "cluster": "raters"}, "unknown cluster of pearson 'raters'"),
    ],
)
def test_what_does_not_fit_a_level_is_refused(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        table(**options)
    assert sentence.split(" (did")[0] in str(caught.value)


def of_people(n_profiles: int = 8, n_items: int = 6) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return judgments and a metric that is right for every other person, on all of that person's items alike."""
    answers: list[Answer] = [
        ("r0", f"i{profile}-{item}", a, b, "left", "left")
        for profile in range(n_profiles)
        for item in range(n_items)
        for a, b in (("A", "B"), ("B", "C"), ("A", "C"))
    ]
    judgments = long_table(answers)
    profile = judgments["item_id"].astype(str).str.extract(r"i(\d+)-")[0]
    outputs = sorted({*judgments["output_a_id"].astype(str), *judgments["output_b_id"].astype(str)})
    right = [1 if int(name.split("-")[0][1:]) % 2 else -1 for name in outputs]
    place = ["ABC".index(name[-1]) for name in outputs]
    scores = pd.DataFrame(
        {"half": [-r * p for r, p in zip(right, place, strict=True)]}, index=outputs, dtype=float
    )
    about = pd.DataFrame({"metric": ["half"], "reason": [None], "signature": ["half|1"]})
    return judgments.assign(profile_id="p" + profile), scores, about


@pytest.mark.parametrize(
    ("level", "statistic"),
    [("comparison", "pairwise_accuracy"), ("by_item", "pearson"), ("pooled", "pearson")],
)
def test_items_of_one_person_are_left_out_together(level: str, statistic: str) -> None:
    judgments, scores, about = of_people()
    options: dict[str, Any] = {"level": level, "statistics": (statistic,), **ONE}
    of_design = analysis.correlation_table(judgments, scores, about, **options).iloc[0]
    by_item = analysis.correlation_table(judgments, scores, about, cluster="items", **options).iloc[0]
    assert (of_design["cluster"], by_item["cluster"]) == ("profiles", "items")
    assert of_design["value"] == by_item["value"]
    assert of_design["high"] - of_design["low"] > 2 * (by_item["high"] - by_item["low"])
    assert "profile" in of_design["method"]
    no_people = judgments.assign(profile_id=None)
    alone = analysis.correlation_table(no_people, scores, about, **options).iloc[0]
    assert (alone["cluster"], alone["low"]) == ("items", by_item["low"])


def test_one_metric_is_over_people_where_items_belong_to_people() -> None:
    judgments, scores, _ = of_people()
    options: dict[str, Any] = {"metric": "half", **ONE}
    for function in (analysis.prediction_table, analysis.detection_table):
        found = function(judgments, scores, **options)
        assert (found["n_units"].iloc[0] <= 8).all()
        assert found["method"].iloc[0].count("profile")


def test_pooled_says_what_its_human_side_is() -> None:
    for level in ("pooled", "by_system"):
        assert "share of its comparisons that it won within its item" in LEVELS[level].words
