"""Personalization on planted studies: who gains, who loses, and the measures of a study's own texts."""

import json

import numpy as np
import pandas as pd
import pytest

from study.analysis import personalization
from study.errors import InvalidInput
from study.metrics import METRICS, pair_scores
from study.metrics.personalization import ReaderTexts, reader_texts, system_labels
from study.stats.personalization.responsiveness import Distances
from tests.long_tables import long_table


def planted(n_items: int = 80) -> pd.DataFrame:
    """Return judgments: system p wins mostly for reader 0 and loses mostly for reader 1; q is like the generic output."""
    rng, answers, names, tags = np.random.default_rng(2), [], [], []
    for i in range(n_items):
        for rater in range(3):
            wins = rng.random() < (0.85, 0.2)[i % 2]
            answers.append((f"r{rater}", f"i{i}", "generic", "p", "left", "right" if wins else "left"))
            answers.append(
                (f"r{rater}", f"i{i}", "generic", "q", "left", str(rng.choice(["left", "right", "tie"])))
            )
            answers.append((f"r{rater}", f"i{i}", "p", "q", "left", "left"))
            names += [f"reader {i % 2}"] * 3
            tags += [json.dumps({"domain": "rail" if i % 2 else "garden"})] * 3
    source = [f"s{int(one[1][1:]) // 2}" for one in answers]
    return long_table(answers).assign(
        source_id=source, rater_role="proxy", profile_name=names, tags=tags, profile_id=names
    )


def test_who_gains_and_who_loses():
    table = personalization.win_table(planted(), criterion="fit", generic=["generic"]).set_index("group")
    assert table.index.tolist() == ["all", "reader 0", "reader 1"]
    assert table.loc["reader 0", "low"] > 0.5 > table.loc["reader 1", "high"]
    assert table.loc["all", "n_judgments"] == 80 * 3 * 2  # p against q is no duel with the generic output
    by_system = personalization.win_table(
        planted(), criterion="fit", generic=["generic"], by="system"
    ).set_index("group")
    assert by_system.loc["p", "low"] < (0.85 + 0.2) / 2 < by_system.loc["p", "high"]
    by_tag = personalization.win_table(planted(), criterion="fit", generic=["generic"], by="tag")
    assert by_tag["group"].tolist() == ["all", "domain: garden", "domain: rail"]
    with pytest.raises(InvalidInput, match="grouping"):
        personalization.win_table(planted(), criterion="fit", generic=["generic"], by="rater")


def test_losses_are_counted_by_item_and_hold_for_these_raters():
    judgments = planted()
    table = personalization.loss_table(judgments, criterion="fit", generic=["generic"]).set_index("system")
    row = table.loc["p"]
    of = judgments[(judgments["system_a"] == "generic") & (judgments["system_b"] == "p")]
    wins = (of["preference"] == "b").groupby(of["item_id"]).mean()
    assert row["value"] == pytest.approx((wins < 0.5).mean())
    assert row["n_items"] == 80
    assert row["n_sources"] == 40
    assert row["low"] < row["value"] < row["high"]
    assert (
        row["estimand"] == "for these 3 raters and 2 profiles; generalises to sources like these 40 sources"
    )
    assert (
        personalization.loss_table(judgments, criterion="fit", generic=["generic"], cluster="rater x item")
        .set_index("system")
        .at["p", "units"]
        == "80 items"
    )
    none = personalization.loss_table(judgments, criterion="fit", generic=["other"])
    assert none["value"].isna().all()
    assert none.loc[0, "reason"] == "no item"


def texts_of(
    made: dict[str, list[list[str]]], expected: list[list[str]], documents: list[str]
) -> pd.DataFrame:
    """Return output texts: of each system, a row per document with a text per reader."""
    rows = []
    for system, outputs in made.items():
        name, _, condition = system.partition("/")
        for d, row in enumerate(outputs):
            for r, text in enumerate(row):
                rows.append(
                    {
                        "output_id": f"{system}:{d}:{r}",
                        "item_id": f"{d}:{r}",
                        "profile_id": f"u{r}",
                        "source_id": f"d{d}",
                        "system": name,
                        "condition": condition,
                        "content": json.dumps({"kind": "text", "text": text}),
                        "reference": expected[d][r],
                        "profile": None,
                        "prompt": json.dumps({"kind": "text", "text": documents[d]}),
                    }
                )
    return pd.DataFrame(rows)


EXPECTED = [
    [f"{word} news of {place} today" for word in ("rail", "garden", "sea")]
    for place in ("York", "Bath", "Hull", "Ely")
]
DOCUMENTS = [f"Long report on {place} with rail, garden and sea" for place in ("York", "Bath", "Hull", "Ely")]
MADE = {
    "perfect": EXPECTED,
    "same for all": [["news of the day"] * 3] * 4,
    "wrong reader": [[row[1], row[2], row[0]] for row in EXPECTED],
}


def measured(
    metric: str = "edit_distance_normalised", made: dict[str, list[list[str]]] = MADE
) -> tuple[pd.DataFrame, ReaderTexts]:
    found = reader_texts(texts_of(made, EXPECTED, DOCUMENTS))
    distances = found.distances(pair_scores(METRICS[metric], found.pairs), METRICS[metric])
    table = personalization.measure_table(
        distances, found.systems, distance=metric, generic=["same for all"], readers=found.profiles
    )
    return table, found


@pytest.mark.parametrize("metric", ["edit_distance_normalised", "rouge_l", "jsd", "bleu"])
def test_measures_of_texts(metric):
    table, found = measured(metric)
    assert (found.systems, found.documents) == (sorted(MADE), [f"d{d}" for d in range(4)])
    assert len(found.pairs) == len(set(found.pairs))
    value = table.set_index(["measure", "system"])["value"]
    assert value["egises", "perfect"] == pytest.approx(0)
    assert value["distance", "perfect"] == pytest.approx(0, abs=1e-6)
    assert value["egises", "same for all"] > 0.99
    assert value["perseval", "same for all"] < 0.01
    assert value["perseval", "wrong reader"] < value["perseval", "perfect"]
    assert value["perseval", "perfect"] == pytest.approx(0.9989991, abs=1e-6)  # ORACLES: the perfect toy
    assert set(table["distance"]) == {metric}
    assert (table["n_documents"] == 4).all()
    assert (table["n_readers"] == 3).all()


def test_a_source_with_one_reader_and_blank_outputs_count_nowhere():
    made = {"x": [["a b c", "", "d e f"]] * 4}
    _, found = measured(made=made)
    assert all(one.strip() and other.strip() for one, other in found.pairs)
    alone = texts_of(MADE, EXPECTED, DOCUMENTS)
    alone = alone[alone["profile_id"] == "u0"]
    empty = reader_texts(alone)
    assert (empty.documents, empty.pairs) == ([], [])
    distances = empty.distances([], METRICS["rouge_l"])
    assert personalization.measure_table(distances, [], distance="rouge_l", generic=[]).empty
    with pytest.raises(InvalidInput, match="neither a similarity nor a distance"):
        empty.distances([], METRICS["length"])


def test_ranks_are_stable_and_people_are_set_beside_measures_within_groups():
    found = reader_texts(texts_of(MADE, EXPECTED, DOCUMENTS))
    metric = METRICS["edit_distance_normalised"]
    distances = found.distances(pair_scores(metric, found.pairs), metric)
    stability = personalization.stability_table(distances, distance="edit", seed=1)
    assert stability["share"].tolist() == [1.0, 0.8, 0.6, 0.4, 0.2] * 2
    assert (stability[stability["measure"] == "perseval"]["value"] == 1).all()
    assert stability["low"].isna().all(), "no order of few documents is certain"
    assert stability["reason"].str.contains("too few to say: at least 10").all()
    table, _ = measured()
    rates = pd.DataFrame({"system": sorted(MADE), "win_rate": [0.9, 0.2, 0.4]})
    people = personalization.people_table(table, rates).set_index(["measure", "group"])
    assert people.loc[("perseval", "all"), "value"] > 0.5
    assert people.loc[("egises", "all"), "n_systems"] == 3
    assert np.isnan(people.loc[("egises", "all"), "low"])
    assert people.loc[("egises", "all"), "reason"].startswith("3 systems are too few to say")
    assert np.isnan(people.loc[("perseval", "generic"), "value"])
    assert people.loc[("perseval", "generic"), "reason"] == "1 system: at least 3 are needed"


def test_an_order_that_no_draw_changes_has_no_interval_and_one_that_varies_has():
    rng = np.random.default_rng(0)
    shape = (4, 12, 3)
    sure = np.array([0.1, 0.3, 0.6, 0.9])[:, None, None] + np.zeros(shape)
    close = 0.5 + 0.2 * rng.random(shape)
    for accuracy, varies in ((sure, False), (close, True)):
        distances = Distances(
            expected_pairs=np.full((12, 3, 3), 0.5),
            expected_document=np.full((12, 3), 0.5),
            output_pairs=np.full((4, 12, 3, 3), 0.5),
            output_document=np.full(shape, 0.5),
            accuracy=accuracy,
        )
        table = personalization.stability_table(
            distances, distance="edit", seed=1, measures=("distance",)
        ).set_index("share")
        assert table.loc[1.0, "value"] == 1
        assert table.loc[1.0, "reason"].startswith("all documents")
        assert not ((table["low"] == 1) & (table["high"] == 1)).any()
        assert table.loc[0.2, ["low", "high"]].notna().all() == varies
        assert (table.loc[0.2, "reason"] is None or pd.isna(table.loc[0.2, "reason"])) == varies


def test_a_richer_prompt_degrades_or_improves():
    blurred = [[f"{row[r]} {row[(r + 1) % 3]}" for r in range(3)] for row in EXPECTED]
    made = {
        "x/1 plain": EXPECTED,
        "x/2 rich": blurred,
        "y/1 plain": blurred,
        "y/2 rich": EXPECTED,
        "z": EXPECTED,
    }
    texts = texts_of(made, EXPECTED, DOCUMENTS)
    pairs = personalization.condition_pairs(texts, ["1 plain", "2 rich"])
    assert pairs == [("x", "x (1 plain)", "x (2 rich)", True), ("y", "y (1 plain)", "y (2 rich)", True)]
    assert set(system_labels(texts)) == {"x (1 plain)", "x (2 rich)", "y (1 plain)", "y (2 rich)", "z"}
    found = reader_texts(texts)
    metric = METRICS["edit_distance_normalised"]
    distances = found.distances(pair_scores(metric, found.pairs), metric)
    table = personalization.change_table(
        distances, found.systems, pairs, distance="edit", seed=1, n_resamples=200
    )
    assert table["system"].tolist() == ["x", "y", "all systems"]
    assert table.loc[1, "words"].startswith("improved 100.0%")
    assert table.loc[2, "words"] == "50% of 2 systems degraded"


def conditions_table(names: tuple[str, str], order: tuple[str, ...]) -> pd.DataFrame:
    """Return the changes of a system whose first condition personalizes less, under two names for the conditions."""
    blurred = [[f"{row[r]} {row[(r + 1) % 3]}" for r in range(3)] for row in EXPECTED]
    texts = texts_of({f"x/{names[0]}": blurred, f"x/{names[1]}": EXPECTED}, EXPECTED, DOCUMENTS)
    return personalization.text_measures(
        texts, distance="edit_distance_normalised", generic=[], seed=1, condition_order=order
    ).changes


def test_the_alphabet_does_not_say_which_condition_is_richer():
    numbered = conditions_table(("1-none", "2-history"), ("1-none", "2-history"))
    named = conditions_table(("zero", "history"), ("zero", "history"))
    assert numbered["words"].tolist() == named["words"].tolist()
    assert numbered.loc[0, "words"].startswith("improved")
    assert named.loc[0, ["before", "after"]].tolist() == ["x (zero)", "x (history)"]
    np.testing.assert_allclose(numbered["value"], named["value"])


def test_without_a_declaration_there_are_both_figures_and_no_verdict():
    for names in (("1-none", "2-history"), ("zero", "history")):
        table = conditions_table(names, ())
        assert table["words"].tolist() == ["no verdict"]
        assert np.isnan(table.loc[0, "value"])
        assert table.loc[0, "reason"] == "which condition is richer is not declared"
        figures = {table.loc[0, side]: table.loc[0, f"{side}_egises"] for side in ("before", "after")}
        assert figures[f"x ({names[0]})"] > 0.01 > figures[f"x ({names[1]})"]
        assert {f"{side}_egises_{end}" for side in ("before", "after") for end in ("low", "high")} <= set(
            table
        )
    nothing = conditions_table(("rich", "poor"), ("poor", "rich"))
    assert nothing.loc[0, "words"] == "undefined"
    assert nothing.loc[0, "reason"] == "EGISES of x (poor) is 0, so that no change is relative to it"


def test_an_order_of_conditions_names_known_ones_and_more_than_one():
    texts = texts_of({"x/zero": EXPECTED, "x/history": EXPECTED}, EXPECTED, DOCUMENTS)
    assert personalization.checked_order(["zero", "history"], texts) == ("zero", "history")
    assert personalization.checked_order([], texts) == ()
    with pytest.raises(InvalidInput, match="condition 'full'"):
        personalization.checked_order(["zero", "full"], texts)
    with pytest.raises(InvalidInput, match="'zero' alone is not an order"):
        personalization.checked_order(["zero"], texts)
    with pytest.raises(InvalidInput, match="'zero' is named twice"):
        personalization.condition_pairs(texts, ["zero", "zero"])


def test_who_writes_like_the_reader_is_nearer_to_the_reader_s_other_texts():
    shouting, quiet = "WOW!!! {} NOW!!! BUY!!!", "a calm remark on {}, as ever; no more than that"
    own = [[style.format(topic) for style in (shouting, quiet)] for topic in ("rail", "sea", "tea", "art")]
    made = {
        "same style": [
            [style.format(topic) for style in (shouting, quiet)] for topic in ("box", "cat", "dog", "egg")
        ],
        "other style": [
            [style.format(topic) for style in (quiet, shouting)] for topic in ("box", "cat", "dog", "egg")
        ],
    }
    table = personalization.style_table(texts_of(made, own, DOCUMENTS)).set_index("system")
    assert table.loc["same style", "value"] > 0.6 > table.loc["other style", "value"]
    assert (table["n_outputs"] == 8).all()
    assert (table["n_profiles"] == 2).all()
    alone = texts_of({"x": [["one text"]]}, [["its own reference"]], DOCUMENTS)
    none = personalization.style_table(alone)  # the reference of the same item is no other text of the reader
    assert np.isnan(none.loc[0, "value"])
    assert none.loc[0, "reason"] == "no output whose reader has a text of another item"


def test_outputs_without_a_source_are_not_all_of_one_source():
    documents = [f"document {n} of the archive" for n in range(12)]
    own = [[f"{word} and {n}" for word in ("Rail", "sea")] for n in range(12)]
    texts = texts_of({"x": own}, own, documents)
    texts.loc[texts["source_id"].isin([f"d{n}" for n in range(6)]), "source_id"] = None
    (row,) = personalization.style_table(texts).to_dict("records")
    assert row["units"] == "18 sources"  # 6 with two items each, and 12 items without one
