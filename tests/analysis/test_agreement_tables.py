"""The tables of the Agreement page on planted and on degenerate judgments."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from study import analysis, frames
from study.analysis.agreement.differences import from_the_rest
from study.errors import InvalidInput
from study.stats.agreement.reliability import value_counts
from study.stats.quality.models import RATER_MODELS
from tests.analysis.degenerate import DEGENERATE
from tests.cases import cases
from tests.examples import studies
from tests.long_tables import Answer, long_table

PAIRS = (("A", "B"), ("A", "C"), ("B", "C"))
EVERYTHING = tuple(analysis.AGREEMENT_LABELS)


def planted(n_items: int = 30, n_raters: int = 4, noise: float = 0.25, seed: int = 0) -> pd.DataFrame:
    """Raters who prefer the alphabetically first system but for noise; an item belongs to a profile, a tag and a source."""
    rng = np.random.default_rng(seed)
    answers: list[Answer] = []
    for item in range(n_items):
        for pair in PAIRS:
            for rater in range(n_raters):
                side = ("left", "right")[int(rng.integers(2))]
                other = {"left": "right", "right": "left"}[side]
                draw = rng.random()
                answer = side if draw > noise else other if draw > noise / 2 else "tie"
                answers.append((f"rater{rater}", f"item{item}", *pair, side, answer))
    table = long_table(answers)
    number = table["item_id"].str.removeprefix("item").astype(int)
    return table.assign(
        profile_id="p" + (number % 3).astype(str),
        profile_name="reader " + (number % 3).astype(str),
        source_id="s" + (number // 3).astype(str),
        tags=["{}" if n % 2 else '{"domain": "news"}' for n in number],
    )


def reasons_stand_for_nan(table: pd.DataFrame, value: str = "value") -> None:
    undefined = table[table[value].isna()]
    assert undefined["reason"].notna().all(), undefined


@pytest.mark.parametrize("method", cases(["jackknife", "bootstrap", "linearised"], ["jackknife"]))
@pytest.mark.parametrize("cluster", list(analysis.AGREEMENT_CLUSTERS))
@pytest.mark.parametrize("name", DEGENERATE)
def test_degenerate_judgments_give_nan_with_a_reason(name: str, cluster: str, method: str) -> None:
    table = analysis.agreement_table(
        DEGENERATE[name],
        criteria=["fit"],
        coefficients=EVERYTHING,
        scale="strength" if method == "bootstrap" else "ordinal",
        cluster=cluster,
        method=method,
        n_resamples=50,
    )
    assert list(table["statistic"]) == list(EVERYTHING)
    reasons_stand_for_nan(table)
    reasons_stand_for_nan(table, "low")
    if name in (
        "no_judgment",
        "one_rater",
        "no_overlap",
        "only_skips",
        "simulated_only",
        "everyone_excluded",
    ):
        assert table["value"].isna().all()


@pytest.mark.parametrize("name", cases(DEGENERATE, ["no_judgment", "one_rater", "no_overlap", "only_skips"]))
def test_every_other_table_is_empty_or_says_why(name: str) -> None:
    judgments = DEGENERATE[name]
    options = {"criterion": "fit"}
    reasons_stand_for_nan(analysis.rater_table(judgments, **options), "agreement")
    reasons_stand_for_nan(analysis.rater_pairs(judgments, **options), "kappa")
    reasons_stand_for_nan(analysis.taste_table(judgments, **options))
    assert analysis.repeats_table(judgments, **options).empty
    for by in analysis.GROUPINGS:
        reasons_stand_for_nan(analysis.agreement_by_group(judgments, by=by, **options))
    for model in RATER_MODELS:
        found = analysis.model_of_raters(judgments, model=model, **options)
        reasons_stand_for_nan(found.preferences, "probability")
        assert (
            found.raters["competence"].notna().all() or found.caution or found.raters["reason"].notna().any()
        )


def test_intervals_by_item_are_those_of_items_as_units() -> None:
    """Three alike comparisons of an item say no more than one: an interval by item does not shrink with copies."""
    one = planted(noise=0.4)
    one = one[one["comparison_id"].str.endswith("A:B")]
    copies = pd.concat([one.assign(comparison_id=one["comparison_id"] + str(n)) for n in range(3)])
    options = {
        "criteria": ["fit"],
        "coefficients": ["krippendorff_alpha_nominal", "gwet_ac1", "percent_agreement"],
    }
    single = analysis.agreement_table(one, cluster="comparison", **options)
    by_item = analysis.agreement_table(copies, cluster="item", **options)
    by_comparison = analysis.agreement_table(copies, cluster="comparison", **options)
    width = {
        name: (table["high"] - table["low"]).to_numpy()
        for name, table in {"single": single, "item": by_item, "comparison": by_comparison}.items()
    }
    np.testing.assert_allclose(width["item"], width["single"], rtol=0.02)
    assert (width["comparison"] < 0.7 * width["single"]).all()
    assert by_item["n_clusters"].tolist() == [30, 30, 30]
    assert by_item["n_units"].tolist() == [90, 90, 90]


def test_groups_are_the_subsets_that_their_names_say() -> None:
    judgments = planted()
    options = {"criterion": "fit", "coefficient": "gwet_ac1"}
    by_profile = analysis.agreement_by_group(judgments, by="profile", **options).set_index("group")
    for name in ("reader 0", "reader 1", "reader 2"):
        alone = analysis.agreement_table(
            judgments, criteria=["fit"], coefficients=["gwet_ac1"], subset=frames.Subset(profiles=(name,))
        )
        assert by_profile.loc[name, "value"] == pytest.approx(alone["value"].iloc[0])
    assert by_profile.index.tolist() == ["all", "reader 0", "reader 1", "reader 2"]
    by_tag = analysis.agreement_by_group(judgments, by="tag", **options)
    assert by_tag["n_units"].tolist() == [90, 45]
    by_systems = analysis.agreement_by_group(judgments, by="systems", **options)
    assert by_systems["group"].tolist() == ["all", "A / B", "A / C", "B / C"]


def test_how_much_better_is_an_ordered_scale_of_all_steps() -> None:
    """Two raters who prefer the same outputs, but one of them always by a step less."""
    answers: list[Answer] = []
    for item, (strong, weak) in enumerate([("left_2", "left_1"), ("right_2", "right_1"), ("tie", "tie")] * 8):
        answers += [("r", str(item), "A", "B", "left", strong), ("s", str(item), "A", "B", "left", weak)]
    judgments = long_table(answers)
    selection = frames.select(judgments, criterion="fit")
    data = frames.rated(selection, "strength")
    assert (data.n_categories, data.exchangeable) == (5, (3, 1, 4, 0))
    first = {
        data.comparisons[u]: c for u, c, r in zip(data.unit, data.category, data.rater, strict=True) if not r
    }
    assert [first[f"{item}:A:B"] for item in range(3)] == [4, 0, 2]
    names = [
        "krippendorff_alpha_nominal",
        "krippendorff_alpha_ordinal",
        "krippendorff_alpha_interval",
        "icc_1_1",
    ]
    options = {"criteria": ["fit"], "coefficients": names}
    which = analysis.agreement_table(judgments, **options).set_index("statistic")["value"]
    how_much = analysis.agreement_table(judgments, scale="strength", **options).set_index("statistic")[
        "value"
    ]
    assert which["krippendorff_alpha_ordinal"] == which["krippendorff_alpha_nominal"] == 1
    assert how_much["krippendorff_alpha_nominal"] == 1
    for name in names[1:]:
        assert 0.3 < how_much[name] < 0.95
    exchanged = judgments.assign(
        side_of_a="right", preference=judgments["preference"].replace({"a": "b", "b": "a"})
    )
    again = analysis.agreement_table(exchanged, scale="strength", **options).set_index("statistic")["value"]
    np.testing.assert_allclose(again, how_much)
    assert frames.strength_steps(frames.select(planted(2), criterion="fit")) == 1


def test_a_group_is_held_against_the_rest() -> None:
    judgments = planted(60, noise=0.1)
    noisy = planted(60, noise=1, seed=1)
    mixed = pd.concat(
        [judgments[judgments["profile_id"] != "p0"], noisy[noisy["profile_id"] == "p0"]], ignore_index=True
    )
    options = {"criterion": "fit", "coefficient": "krippendorff_alpha_nominal"}
    table = analysis.agreement_by_group(mixed, by="profile", **options).set_index("group")
    alone = [
        analysis.agreement_by_group(part, by="profile", **options)["value"].iloc[0]
        for part in (mixed[mixed["profile_id"] == "p0"], mixed[mixed["profile_id"] != "p0"])
    ]
    assert table.loc["reader 0", "difference"] == pytest.approx(alone[0] - alone[1])
    assert table.loc["reader 0", "difference_high"] < 0
    assert table.loc["reader 0", "p_adjusted"] < 1e-6
    assert np.isnan(table.loc["all", "difference"])
    by_role = analysis.agreement_by_group(mixed, by="role", **options)
    assert by_role["difference"].isna().all()
    assert "same comparisons" in by_role["difference_reason"].iloc[1]


@pytest.mark.parametrize("name", ["krippendorff_alpha_nominal", "gwet_ac1"])
def test_groups_drawn_by_lot_are_seldom_said_to_differ(name: str) -> None:
    selection = frames.select(planted(40, 3, noise=0.6), criterion="fit")
    comparison = frames.coded(selection.judgments["comparison_id"])[0]
    n, rng, inside = studies(200), np.random.default_rng(0), 0
    for _ in range(n):
        group = np.where(rng.permutation(120) < 40, "one", "other")[comparison]
        drawn = replace(selection, judgments=selection.judgments.assign(profile_name=group))
        row = from_the_rest(drawn, ["one"], by="profile", coefficient=name, coding="separate").iloc[1]
        inside += row["difference_low"] <= 0 <= row["difference_high"]
    assert 0.91 <= inside / n <= 0.985


def test_a_rater_who_answers_by_the_side_is_found() -> None:
    judgments = planted(noise=0.1)
    rebel = judgments["rater_id"] == "rater3"
    sided = judgments.assign(
        response=np.where(rebel, "left", judgments["response"]),
        preference=np.where(
            rebel, np.where(judgments["side_of_a"] == "left", "a", "b"), judgments["preference"]
        ),
    )
    table = analysis.rater_table(sided, criterion="fit")
    assert table["rater"].iloc[0] == "rater3"
    assert table["left_rate"].iloc[0] == 1
    assert table["left_p"].iloc[0] < 1e-9
    assert (table["left_p"].iloc[1:] > 1e-3).all()
    assert table["agreement_high"].iloc[0] < table["agreement_low"].iloc[1:].min()


def test_kappas_of_pairs_are_those_of_the_raters_shared_comparisons() -> None:
    judgments = planted()
    pairs = analysis.rater_pairs(judgments, criterion="fit")
    assert len(pairs) == 6
    assert (pairs["n_units"] == 90).all()
    assert len(analysis.rater_pairs(judgments, criterion="fit", most=3)) == 3


def test_repeats_are_held_against_the_first_answer() -> None:
    first = planted(noise=0)
    again = first.assign(purpose="repeat")
    flipped = again["item_id"].isin(["item0", "item1", "item2"])
    again["preference"] = np.where(
        flipped, np.where(again["preference"] == "a", "b", "a"), again["preference"]
    )
    table = analysis.repeats_table(pd.concat([first, again], ignore_index=True), criterion="fit")
    together = table[table["rater"] == "all"].set_index("statistic")
    assert together.loc["share", "value"] == pytest.approx(0.9)
    assert together.loc["flip_rate", "value"] == pytest.approx(0.1)
    assert together.loc["share", "n_repeats"] == len(first)
    assert set(table["rater"]) == {"all", "rater0", "rater1", "rater2", "rater3"}


def test_raters_who_follow_the_profile_show_taste() -> None:
    """The same sources and pairs of systems, judged the other way round for one of three profiles."""
    judgments = planted(noise=0)
    turned = judgments["profile_id"] == "p0"
    tasted = judgments.assign(preference=np.where(turned, "b", "a"))
    found = analysis.taste_table(tasted, criterion="fit").set_index("statistic")
    assert found.loc["taste_first", "value"] == 1
    assert found.loc["taste_second", "value"] == pytest.approx(1 / 3, abs=0.01)
    none = analysis.taste_table(judgments.assign(preference="a"), criterion="fit").set_index("statistic")
    assert none.loc["taste_difference", "value"] == 0


def test_the_name_of_an_output_does_not_make_taste() -> None:
    """Which of two outputs is called a differs from item to item; taste is on systems."""
    judgments = planted(noise=0)
    turned = judgments["item_id"].isin([f"item{n}" for n in range(0, 30, 2)])
    exchanged = judgments.assign(
        system_a=np.where(turned, judgments["system_b"], judgments["system_a"]),
        system_b=np.where(turned, judgments["system_a"], judgments["system_b"]),
        preference=np.where(turned, "b", "a"),
    )
    found = analysis.taste_table(exchanged, criterion="fit").set_index("statistic")
    assert (found.loc["taste_first", "value"], found.loc["taste_second", "value"]) == (1, 1)


def test_models_find_the_system_that_raters_prefer() -> None:
    found = analysis.model_of_raters(planted(noise=0.1), criterion="fit", model="dawid_skene")
    assert (found.preferences["preferred_system"] == found.preferences["system_a"]).mean() > 0.9
    assert found.preferences["probability"].is_monotonic_increasing
    assert found.raters["competence"].between(0.6, 1).all()


def test_one_way_icc_takes_comparisons_with_the_usual_number_of_judgments() -> None:
    judgments = planted()
    table = analysis.agreement_table(
        judgments, criteria=["fit"], coefficients=["icc_1_1", "icc_2_1", "icc_3_k"]
    )
    assert (table["n_units"] == 90).all()
    assert table["value"].notna().all()
    sparse = analysis.agreement_table(
        judgments.assign(rater_id=judgments["rater_id"] + judgments["item_id"]),
        criteria=["fit"],
        coefficients=["icc_1_1", "icc_2_1"],
    )
    assert sparse["value"].iloc[0] == pytest.approx(table["value"].iloc[0])
    assert sparse["reason"].iloc[1] == "no two comparisons were judged by all raters"


def test_the_last_of_several_answers_to_one_comparison_counts_for_pairs_of_raters() -> None:
    twice = long_table(
        [
            ("r", "1", "A", "B", "left", "left"),
            ("r", "1", "A", "B", "left", "right"),
            ("s", "1", "A", "B", "left", "right"),
        ]
    )
    ratings = frames.rated(frames.select(twice, criterion="fit")).ratings()
    assert ratings.category.tolist() == [2, 2]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"coefficients": ["gwet_ac3"]}, "unknown coefficient 'gwet_ac3'"),
        ({"method": "magic"}, "unknown interval method 'magic'"),
        ({"cluster": "moon"}, "unknown cluster 'moon'"),
        ({"coding": "ordinal"}, "unknown coding 'ordinal'"),
        ({"scale": "nominal"}, "unknown scale 'nominal'"),
    ],
)
def test_unknown_names_are_refused(options: dict[str, object], sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        analysis.agreement_table(planted(2), criteria=["fit"], **options)


def test_value_counts_are_those_of_the_matrix_of_raters() -> None:
    judgments = planted(n_items=4)
    data = frames.rated(frames.select(judgments, criterion="fit"))
    matrix = np.full((len(data.raters), len(data.comparisons)), np.nan)
    matrix[data.rater, data.unit] = data.category
    expected = value_counts(matrix, range(4))
    found = data.value_counts()
    assert dict(zip(map(tuple, found.counts.tolist()), found.multiplicity, strict=True)) == dict(
        zip(map(tuple, expected.counts.tolist()), expected.multiplicity, strict=True)
    )
