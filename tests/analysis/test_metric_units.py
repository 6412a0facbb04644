"""Numbers on metrics are over people where items belong to people: what one person's items share is not counted as news."""

from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import special

from study import analysis
from study.analysis import judges, meta, sentinels
from study.errors import InvalidInput
from tests.long_tables import long_table

SYSTEMS = ("A", "B", "C", "D", "E", "F")
COPIES = 3
FIT: dict[str, Any] = {"criterion": "fit", "seed": 3}


def studied(n_people: int = 8, copies: int = 1, seed: int = 2) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return judgments and two metrics, one row of scores per output, of items that each stand ``copies`` times.

    Copies have the same answers and scores: whatever is over people does not change, whatever is over items feigns news.
    """
    rng = np.random.default_rng(seed)
    answers, values = [], []
    for person in range(n_people):
        for number in range(2):
            quality = rng.normal(size=len(SYSTEMS)) + np.arange(len(SYSTEMS)) / 2
            shown = {name: quality + rng.normal(size=len(SYSTEMS)) for name in ("one", "two")}
            said = [
                (rater, one, other, "left" if quality[one] + rng.normal() > quality[other] else "right")
                for rater in ("r1", "r2", "r3")
                for one, other in combinations(range(len(SYSTEMS)), 2)
            ]
            for copy in range(copies):
                item = f"{person}-{number}-{copy}"
                answers += [(r, item, SYSTEMS[a], SYSTEMS[b], "left", way) for r, a, b, way in said]
                values += [
                    (f"{item}:{system}", item, f"p{person}", system, metric, scores[place])
                    for metric, scores in shown.items()
                    for place, system in enumerate(SYSTEMS)
                ]
    judgments = long_table(answers)
    judgments["profile_id"] = "p" + judgments["item_id"].str.split("-").str[0]
    names = ["output_id", "item_id", "profile_id", "system", "metric", "value"]
    scores = pd.DataFrame(values, columns=names).assign(source_id=lambda table: table["item_id"])
    return judgments, scores.assign(condition="", reason=None, signature="s|1")


ONCE, OFTEN = studied(), studied(copies=COPIES)


def wide(scores: pd.DataFrame) -> pd.DataFrame:
    return scores.pivot(index="output_id", columns="metric", values="value")


def associated(judgments: pd.DataFrame, scores: pd.DataFrame, **options: Any) -> pd.DataFrame:
    return analysis.association_table(judgments, wide(scores), metric="one", held="two", **FIT, **options)


def predicted(judgments: pd.DataFrame, scores: pd.DataFrame, **options: Any) -> pd.DataFrame:
    found = analysis.prediction_table(judgments, wide(scores), metric="one", **FIT, **options)
    return found[found["statistic"].isin(["accuracy", "auc"])]


def soft(judgments: pd.DataFrame, scores: pd.DataFrame, cluster: str | None = None) -> pd.DataFrame:
    about = pd.DataFrame({"metric": ["one", "two"], "reason": None, "signature": "s|1"})
    options = {"level": "system", "statistics": ("soft_pairwise_accuracy",), "cluster": cluster}
    return analysis.correlation_table(judgments, wide(scores), about, **FIT, **options)


def alike(judgments: pd.DataFrame, scores: pd.DataFrame, **options: Any) -> pd.DataFrame:
    parts = [
        analysis.metric_correlations(scores, level=level, coefficient="pearson", seed=3, **options)
        for level in ("by_item", "pooled")
    ]
    return pd.concat(parts, ignore_index=True)


def means(judgments: pd.DataFrame, scores: pd.DataFrame, cluster: str | None = None) -> pd.DataFrame:
    kind = cluster.removesuffix("s") if cluster else None
    found = analysis.score_table(scores, cluster=kind)
    return found.rename(columns={"mean": "value", "mean_low": "low", "mean_high": "high"})


def beside(judgments: pd.DataFrame, scores: pd.DataFrame, **options: Any) -> pd.DataFrame:
    found = sentinels.sentinel_table(judgments, scores, **FIT, **options)
    renamed = [
        found.rename(columns={name: "value", f"{name}_low": "low", f"{name}_high": "high"})
        for name in ("ungrouped", "within_item")
    ]
    return pd.concat([one[["value", "low", "high", "estimand", "units"]] for one in renamed])


Table = Callable[..., pd.DataFrame]
TABLES: dict[str, Table] = {
    "association": associated,
    "prediction": predicted,
    "soft pairwise accuracy": soft,
    "metric by metric": alike,
    "mean scores": means,
    "sentinels": beside,
}


@pytest.mark.parametrize("name", TABLES)
def test_copies_of_items_say_nothing_new_of_people(name: str) -> None:
    # Means that someone asks for over people have no floor of s^2 / n over outputs, which would fall with copies.
    options = {"cluster": "profiles"} if name == "mean scores" else {}
    once, often = (TABLES[name](*study, **options) for study in (ONCE, OFTEN))
    assert once["low"].notna().any()
    for column in ("value", "low", "high"):
        np.testing.assert_allclose(once[column], often[column], rtol=1e-9, atol=1e-9, err_msg=column)
    assert often["estimand"].str.contains("people like these 8 profiles").all()


@pytest.mark.parametrize("name", TABLES)
def test_over_items_copies_make_intervals_narrower_and_the_line_says_for_whom_they_hold(name: str) -> None:
    once, often = (TABLES[name](*study, cluster="items") for study in (ONCE, OFTEN))
    assert ((often["high"] - often["low"]) < 0.9 * (once["high"] - once["low"])).sum() >= len(once) / 2
    assert often["estimand"].str.contains(f"items like these {16 * COPIES} items").all()


def test_fewer_than_5_people_are_these_people() -> None:
    few = studied(n_people=4)
    for name, table in TABLES.items():
        said = table(*few)["estimand"]
        assert said.str.contains("for these .*4 profiles; generalises to items like these 8 items").all(), (
            name
        )


def test_fewer_than_5_items_have_numbers_and_no_interval() -> None:
    judgments, scores = studied(n_people=2)
    for table in (associated, predicted, alike, means, beside):
        found = table(judgments, scores)
        assert found["value"].notna().any()
        assert found["low"].isna().all()
        assert found["estimand"].str.endswith("only; too few to generalise").all()


def test_mean_scores_are_over_people_and_what_they_share() -> None:
    # Two-way by hand: sources are shared, so that an effect of a source is one of all people who had it.
    scores = pd.DataFrame(
        [
            (f"{p}-{s}", f"p{p}", f"s{s}", float((p * 7 + 3) % 5) + 10 * ((s * 3) % 4))
            for p in range(6)
            for s in range(5)
        ],
        columns=["item_id", "profile_id", "source_id", "value"],
    ).assign(metric="m", system="A", condition="", reason=None, signature="s|1")
    row = analysis.score_table(scores).iloc[0]
    people, sources = (
        scores.groupby(kind)["value"].mean().to_numpy() - scores["value"].mean()
        for kind in ("profile_id", "source_id")
    )
    of_people, of_sources = ((one**2).sum() / (len(one) * (len(one) - 1)) for one in (people, sources))
    cells = (scores["value"] - scores["value"].mean()).pow(2).sum() / (30 * 29)
    both = of_people + of_sources - cells
    assert row["units"] == "6 profiles x 5 sources"
    largest = max(both, of_people, of_sources)
    freedom = max(4, largest**2 / (of_people**2 / 5 + of_sources**2 / 4 + cells**2 / 20))
    half = row["mean_high"] - row["mean"]
    assert half == pytest.approx(special.stdtrit(freedom, 0.975) * np.sqrt(largest))
    alone = analysis.score_table(scores, cluster="profile").iloc[0]
    assert alone["mean_high"] - alone["mean"] == pytest.approx(2.570582 * np.sqrt(of_people))


def test_the_noise_ceiling_is_over_people() -> None:
    # Of three raters' votes on 15 comparisons an item, the majority's share; the mean over a person's comparisons is one number.
    judgments, scores = ONCE
    found = associated(judgments, scores).set_index("statistic").loc["best_accuracy"]
    votes = judgments.groupby("comparison_id")["preference"].agg(lambda said: (said == "a").mean())
    best = np.maximum(votes, 1 - votes)
    of_person = best.groupby(best.index.str.split("-").str[0]).mean()
    assert found["value"] == pytest.approx(best.mean())
    assert found["high"] - found["value"] == pytest.approx(2.364624 * of_person.std(ddof=1) / np.sqrt(8))
    assert found["units"] == "8 profiles"
    assert found["estimand"] == "for these 3 raters; generalises to people like these 8 profiles"


def calibrated(judgments: pd.DataFrame, scores: pd.DataFrame, **options: Any) -> meta.Calibrated:
    return meta.calibrate(
        judgments, scores, metrics=["one", "two"], n_iterations=3, coefficient="pearson", **FIT, **options
    )


def test_a_person_is_fitted_to_or_held_out_with_all_items() -> None:
    once, often = (calibrated(*studied(n_people=12, copies=n)).table for n in (1, COPIES))
    assert once["units"].tolist() == ["5 profiles"] * 3
    assert once["n_items"].tolist() == [10] * 3
    for column in ("value", "low", "high", "difference_low", "difference_high"):
        np.testing.assert_allclose(once[column], often[column], atol=1e-6)
    assert often["estimand"].eq("for these 3 raters; generalises to people like these 5 profiles").all()
    items = calibrated(*studied(n_people=12), cluster="items").table
    assert items["units"].eq("7 items").all()
    assert items["estimand"].str.startswith("for these 3 raters and 6 profiles; generalises to items").all()


def test_over_systems_people_are_drawn_anew() -> None:
    found = calibrated(*studied(n_people=12), level="system_level", n_resamples=60).table
    assert found["method"].str.endswith("percentile bootstrap over profiles").all()
    assert found["n_resamples"].eq(60).all()
    assert found["n_units"].eq(5).all()


def test_a_cluster_that_is_none_is_refused() -> None:
    for table in (associated, predicted, alike, beside, calibrated):
        with pytest.raises(InvalidInput, match="allowed: items, profiles"):
            table(*ONCE, cluster="raters")


def test_coverage_says_what_it_is_over() -> None:
    judgments, _ = ONCE
    asked = judgments.drop_duplicates("comparison_id")
    certainty = np.where(np.arange(len(asked)) % 3 == 0, 0.9, 0.6)
    verdicts = asked.assign(judge="j", certainty=certainty, reason=None, preference="a", side_of_a="left")
    row = judges.certainty_table(judgments, verdicts, criterion="fit").set_index("band").loc["80+"]
    assert row["coverage"] == pytest.approx(1 / 3)
    assert row["coverage_units"] == "8 profiles"
    assert row["coverage_estimand"] == "for people like these 8 profiles"
    assert row["coverage_low"] < 1 / 3 < row["coverage_high"]


def test_two_metrics_that_agree_in_some_people_only_are_not_claimed_to_agree() -> None:
    # True mean 0: what the metrics have in common is a person's, so that items of one person say the same again.
    rng, held, studies = np.random.default_rng(4), {None: 0, "items": 0}, 60
    for seed in range(studies):
        own = np.tanh(rng.normal(size=8)).repeat(5)[:, None]
        one = rng.normal(size=(40, 4))
        two = own * one + np.sqrt(1 - own**2) * rng.normal(size=one.shape)
        item, system = (axis.ravel() for axis in np.indices(one.shape))
        cells = pd.DataFrame({"item_id": item.astype(str), "system": system.astype(str)})
        cells = cells.assign(profile_id=(item // 5).astype(str), source_id=cells["item_id"], condition="")
        both = [cells.assign(metric=name, value=said.ravel()) for name, said in (("one", one), ("two", two))]
        for cluster in held:
            row = analysis.metric_correlations(
                pd.concat(both, ignore_index=True), coefficient="pearson", cluster=cluster, seed=seed
            ).iloc[0]
            held[cluster] += bool(row["low"] <= 0 <= row["high"])
    assert held[None] >= 0.87 * studies
    assert held["items"] < 0.8 * studies
