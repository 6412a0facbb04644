"""Sentinels on planted studies: what they can know, and which metrics they flag."""

import json

import numpy as np
import pandas as pd
import pytest

from study import frames
from study.analysis.sentinels import sentinel_sentences, sentinel_table, with_sentinels
from study.errors import InvalidInput
from study.metrics.sentinels import SENTINELS, hashed_ngrams, sentinel_scores
from study.stats.ridge import held_out_predictions
from tests.long_tables import long_table, score_table

TOPICS = (
    "harbour cranes and tugs",
    "knitting a warm jumper",
    "chess openings for juniors",
    "ovens and sour dough",
)


def planted(seed: int = 0, n_items: int = 80) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return judgments, texts and a metric that knows the better output.

    The generic output meets two others; on half of the topics it wins mostly, on the others it loses, so that the mean human
    score of an item's outputs (a third, or two thirds) follows from its source.
    """
    rng = np.random.default_rng(seed)
    answers, texts, values = [], [], {}
    for number in range(n_items):
        topic = number % len(TOPICS)
        for other in ("x", "y"):
            wins = rng.random() < (0.9 if topic < 2 else 0.1)
            answers.append(
                (f"r{number}", f"i{number}", "generic", other, "left", "left" if wins else "right")
            )
            values[f"i{number}:{other}"] = rng.normal() - wins
        values[f"i{number}:generic"] = rng.normal() + (topic < 2)
        for system in ("generic", "x", "y"):
            words = " ".join(rng.choice(["one", "two", "six", "ten"], rng.integers(2, 9)))
            texts.append(
                {
                    "output_id": f"i{number}:{system}",
                    "item_id": f"i{number}",
                    "profile_id": f"p{number % 7}",
                    "source_id": f"s{number}",
                    "system": system,
                    "condition": "",
                    "content": json.dumps({"kind": "text", "text": words}),
                    "reference": None,
                    "profile": json.dumps({"kind": "text", "text": f"reader {number % 7}"}),
                    "prompt": json.dumps({"kind": "text", "text": f"{TOPICS[topic]}, story {number}"}),
                }
            )
    source = "s" + pd.Series([one[1] for one in answers]).str[1:]
    judgments = long_table(answers).assign(source_id=source, rater_role="proxy", profile_name="p", tags="{}")
    return judgments, pd.DataFrame(texts), score_table(values, "knowing")


def test_the_source_alone_is_above_0_ungrouped_and_undefined_within_item_and_a_sentence_says_so():
    judgments, texts, scores = planted()
    both = with_sentinels(judgments, scores, texts, criterion="fit", seed=1)
    assert set(both["metric"]) == {"knowing", *SENTINELS}
    table = sentinel_table(judgments, both, criterion="fit", seed=1).set_index("metric")
    source = table.loc["sentinel_source"]
    assert source["ungrouped_low"] > 0
    assert np.isnan(source["within_item"])
    assert source["n_undefined"] == source["n_items"] == 80
    assert table.loc["knowing", "verdict"] == "beats them within item"
    [first, *_] = sentinel_sentences(table.reset_index())
    assert first.startswith("The source alone, without the output, predicts human scores with r = 0.")
    assert "Within an item it is undefined, because all outputs of an item have the same source" in first
    assert "read the values within item" in first


def test_a_metric_that_knows_only_the_source_beats_sentinels_only_ungrouped():
    judgments, texts, scores = planted()
    outputs = frames.judged_outputs(frames.select(judgments, criterion="fit"))
    means = outputs.groupby("item_id")["human_score"].mean()
    oracle = score_table({key: means[key.split(":")[0]] for key in outputs["output_id"]}, "item mean")
    noise = np.random.default_rng(5).normal(size=len(outputs))
    random = score_table(dict(zip(outputs["output_id"], noise, strict=True)), "noise")
    both = with_sentinels(judgments, pd.concat([oracle, random, scores]), texts, criterion="fit", seed=1)
    table = sentinel_table(judgments, both, criterion="fit", seed=1)
    verdict = table.set_index("metric")["verdict"]
    assert verdict["item mean"] == "beats them only ungrouped"
    assert verdict["noise"] == "does not beat them"
    sentences = sentinel_sentences(table)
    assert "Compared with the sentinels, item mean beats them only ungrouped." in sentences
    assert "Compared with the sentinels, noise does not beat them." in sentences


def test_a_metric_that_is_better_low_is_turned_round():
    judgments, texts, scores = planted()
    other = scores.assign(metric="distance", value=-scores["value"])
    both = with_sentinels(judgments, pd.concat([scores, other]), texts, criterion="fit", seed=1)
    table = sentinel_table(judgments, both, criterion="fit", seed=1, lower_is_better=["distance"]).set_index(
        "metric"
    )
    assert table.loc["distance", "ungrouped"] == pytest.approx(table.loc["knowing", "ungrouped"])


def test_sentinels_depend_on_the_judgments_and_say_so():
    judgments, texts, _ = planted()
    outputs = frames.judged_outputs(frames.select(judgments, criterion="fit"))
    first, again = (sentinel_scores(outputs, texts, criterion="fit", seed=1) for _ in range(2))
    pd.testing.assert_frame_equal(first, again)
    shuffled = sentinel_scores(outputs, texts.sample(frac=1, random_state=3), criterion="fit", seed=1)
    assert shuffled.sort_values(["metric", "output_id"])["value"].tolist() == pytest.approx(
        first.sort_values(["metric", "output_id"])["value"].tolist()
    )
    fewer = sentinel_scores(outputs[:90], texts, criterion="fit", seed=1)
    assert set(first["signature"]).isdisjoint(fewer["signature"])
    assert set(first["reason"].dropna()) == set()
    without = sentinel_scores(outputs, texts.assign(profile=None), criterion="fit", seed=1)
    profile = without[without["metric"] == "sentinel_profile"]
    assert profile["value"].isna().all()
    assert set(profile["reason"]) == {"no profile"}


def test_predictions_are_held_out():
    rng = np.random.default_rng(0)
    group = np.repeat(np.arange(40), 3)
    chance = held_out_predictions(rng.normal(size=(120, 60)), rng.normal(size=120), group, rng=rng)
    known = rng.normal(size=(120, 4))
    learned = held_out_predictions(known, known @ [1, -1, 0.5, 0], group, rng=rng)
    assert np.corrcoef(learned, known @ [1, -1, 0.5, 0])[0, 1] > 0.99
    assert np.ptp(chance) < 3
    # A group's own mean must not leak: with one-hot groups nothing can be learned.
    target = rng.normal(size=40)[group]
    leaked = held_out_predictions(np.eye(40)[group], target, group, rng=rng)
    assert abs(np.corrcoef(leaked, target)[0, 1]) < 0.4 or np.corrcoef(leaked, target)[0, 1] < 0
    assert np.isnan(held_out_predictions(known, np.ones(120), np.zeros(120, dtype=int), rng=rng)).all()
    with pytest.raises(InvalidInput, match="n_folds 1"):
        held_out_predictions(known, np.ones(120), group, n_folds=1, rng=rng)


def test_hashed_ngrams_have_length_1_and_near_texts_are_near():
    table = hashed_ngrams(["the harbour crane", "The harbour  cranes", "warm jumper", ""])
    assert np.linalg.norm(table, axis=1).tolist() == pytest.approx([1, 1, 1, 0])
    assert table[0] @ table[1] > 0.8 > 0.3 > abs(table[0] @ table[2])


# Two sentences each that have no more in common than two English ones: the first is about a harbour, the second about a jumper.
SCRIPTS = {
    "Latin": ("the harbour crane is broken again", "she knits warm jumpers for you"),
    "Thai": ("ปั้นจั่นที่ท่าเรือเสียอีกแล้ว", "เธอถักเสื้อกันหนาวให้คุณ"),
    "Lao": ("ປັ້ນຈັ່ນທີ່ທ່າເຮືອເພອີກ", "ນາງຖັກເສື້ອກັນໜາວໃຫ້ເຈົ້າ"),
    "Han": ("港口的起重机又坏了", "她给你织暖和的毛衣"),
    "Kana": ("みなとのクレーンがまたこわれた", "セーターをあんでくれます"),
    "Hangul": ("항구의 기중기가 또 고장났다", "그녀는 따뜻한 스웨터를 뜬다"),
    "Devanagari": ("बंदरगाह की क्रेन फिर खराब है", "वह गरम स्वेटर बुनती है"),
    "Georgian": ("ნავსადგურის ამწე ისევ გაფუჭდა", "თქვენთვის თბილ სვიტრს ქსოვს"),
    "Cyrillic": ("портовый кран снова сломан", "она вяжет тёплые свитера"),
    "Arabic": ("رافعة الميناء معطلة", "هي تحيك سترة دافئة"),
    "Ethiopic": ("የወደቡ ክሬን እንደገና ተበላሸ", "ሹራብ ትሠራለች"),
    "pictures": ("🏗🚢🌊⚓🚧", "🧶🧥🐑🧣🧤"),
}


@pytest.mark.parametrize("script", SCRIPTS)
def test_hashed_ngrams_tell_texts_apart_in_any_script(script: str):
    one, other = SCRIPTS[script]
    table = hashed_ngrams([one, other, f"{one} "])
    assert abs(table[0] @ table[1]) < 0.3
    assert table[0] @ table[2] == pytest.approx(1)


def test_hashed_ngrams_of_plain_english_are_what_they_were():
    """Figures of texts in ASCII do not change with the way in which other letters are read."""
    found = hashed_ngrams(["the harbour crane"])[0]
    places = [9, 18, 21, 36]
    assert np.flatnonzero(found)[:4].tolist() == places
    assert found[places].tolist() == pytest.approx([0.149071, 0.149071, 0.149071, -0.149071], abs=1e-6)


def test_thirty_planted_metrics_sort_in_planted_order():
    judgments, _, _ = planted()
    outputs = frames.judged_outputs(frames.select(judgments, criterion="fit"))
    human, rng = outputs["human_score"].to_numpy(), np.random.default_rng(4)
    centred = human - human.mean()
    noise = rng.normal(size=len(human))
    noise -= noise.mean() + centred * (noise @ centred) / (centred @ centred)  # says nothing of people
    order = rng.permutation(30).tolist()
    tables = [
        score_table(
            dict(zip(outputs["output_id"], human + (place + 1) / 10 * noise, strict=True)), f"m{code:02d}"
        )
        for place, code in enumerate(order)
    ]
    table = sentinel_table(judgments, pd.concat(tables), criterion="fit", seed=1)
    found = table.sort_values("ungrouped", ascending=False)["metric"].tolist()
    assert found == [f"m{code:02d}" for code in order]
