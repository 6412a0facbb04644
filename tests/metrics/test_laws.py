"""Laws that every metric of the table keeps, with a check that nothing of the table is left out."""

from collections.abc import Mapping

import numpy as np
import pytest

from study.errors import NotFound
from study.metrics import METRICS, TEXTS, Batch, Score, metric_named, pair_scores, score

ORIGINAL = "The old mill by the river grinds flour again after forty silent years"
PARAPHRASE = "After forty silent years the old river mill is grinding flour again"
UNRELATED = "Tax cuts worry central bankers as exports shrink in winter"
# A penalty for chunks keeps METEOR of equal texts below 1: 0.5 / 13**3.
NEARLY = {"meteor_exact_stem": 1e-3, "meteor": 1e-3}
# With the random weights of the tests' checkpoint they can only tell equal from unequal.
NEEDS_A_TRAINED_MODEL = {"infolm"}
COMPARING = {key for key, metric in METRICS.items() if metric.compares}

OUTPUTS = [
    ORIGINAL,
    "a cat sat on the mat .",
    PARAPHRASE,
    "the dog ran",
    UNRELATED,
    "rain !",
    "that is good",
] * 2
REFERENCES = [
    PARAPHRASE,
    "the cat sat",
    ORIGINAL,
    "a dog ran in the rain",
    ORIGINAL,
    "sun is good",
    "bad",
] * 2


def values(scores: list[Score]) -> np.ndarray:
    return np.array([np.nan if value is None else value for value, _ in scores])


def batch(key: str, model: str | None) -> Batch:
    texts = dict(zip(TEXTS, (OUTPUTS, REFERENCES, REFERENCES[::-1], OUTPUTS[::-1]), strict=True))
    return Batch(texts, model=model, parameters=METRICS[key].parameters)


def test_every_metric_that_compares_is_held_against_the_laws() -> None:
    assert {
        *("bleu", "chrf", "rouge_1", "rouge_2", "rouge_l", "rouge_lsum", "rouge_su4", "meteor", "meteor_exact_stem"),
        *("edit_distance", "edit_distance_normalised", "jsd", "infolm"),
        *("bert_score", "mover_score", "cosine_reference", "cosine_profile", "cosine_source"),
    } == COMPARING  # fmt: skip


@pytest.mark.parametrize("key", sorted(COMPARING))
def test_equal_texts_are_best_and_a_paraphrase_is_nearer_than_what_is_unrelated(
    key: str, model_of: Mapping[str, str | None]
) -> None:
    metric = METRICS[key]
    pairs = [(ORIGINAL, ORIGINAL), (PARAPHRASE, ORIGINAL), (UNRELATED, ORIGINAL)]
    if metric.unavailable and metric.unavailable():
        with pytest.raises(NotFound, match="cannot be computed here"):
            metric_named(METRICS, key)
        return
    scores = pair_scores(metric, pairs, model=model_of[key])
    same, near, far = values(scores) * (1 if metric.compares == "similarity" else -1)
    best = (metric.best or 0) * (1 if metric.compares == "similarity" else -1)
    assert same == pytest.approx(best, abs=NEARLY.get(key, 1e-6))
    assert same > near
    if key not in NEEDS_A_TRAINED_MODEL:
        assert near > far


@pytest.mark.parametrize("key", sorted(METRICS))
def test_permuting_outputs_permutes_scores_and_the_batch_changes_nothing(
    key: str, model_of: Mapping[str, str | None]
) -> None:
    metric, whole = METRICS[key], batch(key, model_of[key])
    if metric.unavailable and metric.unavailable():
        return
    scores = score(metric, whole)
    order = np.random.default_rng(3).permutation(len(OUTPUTS)).tolist()

    def again(places: list[int]) -> np.ndarray:
        if metric.model == "encoder":
            from study.metrics.models.encoder import encoder  # loads torch

            encoder(str(whole.model)).forget()
        return values(score(metric, whole.rows(places)))

    np.testing.assert_allclose(again(order), values(scores)[order], rtol=1e-6, atol=1e-6)
    singly = np.concatenate([again([place]) for place in range(7)])
    np.testing.assert_allclose(singly, values(scores)[:7], rtol=1e-6, atol=1e-6)
    assert all((value is None) == (reason is not None) for value, reason in scores)
    assert np.isfinite(values(scores)).sum() >= 12


# Two different texts of a kind that the embedded encoder, an alphabet or a splitter into words may know nothing of.
STRANGE = {
    "Thai": ("สวัสดีครับวันนี้อากาศดีมาก", "พรุ่งนี้ฝนจะตกหนักทั้งวัน"),
    "Thai with a year": ("สวัสดีครับวันนี้อากาศดีมาก 2026!", "พรุ่งนี้ฝนจะตกหนักทั้งวัน 2026!"),
    "Khmer": ("សួស្តីអ្នកទាំងអស់គ្នា", "ថ្ងៃស្អែកនឹងមានភ្លៀង"),
    "emoji": ("🎉🎂", "🌧️☔"),
}
READ_ANY_SCRIPT = {"length", "words", "distinct_1", "distinct_2", "bleu", "chrf", "meteor", "meteor_exact_stem"} | {
    *("edit_distance", "edit_distance_normalised", "jsd")
}  # fmt: skip
READ_SOME = set(METRICS) - READ_ANY_SCRIPT


def strange_scores(key: str, one: str, other: str, model: str | None) -> list[Score]:
    """Return the scores of two texts against the first one."""
    columns = {name: [one, one] for name in TEXTS} | {"output": [one, other]}
    return score(METRICS[key], Batch(columns, model=model, parameters=METRICS[key].parameters))


@pytest.mark.parametrize("kind", STRANGE)
@pytest.mark.parametrize("key", sorted(READ_SOME))
def test_what_a_metric_cannot_read_has_no_score(
    key: str, kind: str, model_of: Mapping[str, str | None]
) -> None:
    for value, reason in strange_scores(key, *STRANGE[kind], model_of[key]):
        assert value is None
        assert reason is not None


@pytest.mark.parametrize("kind", STRANGE)
@pytest.mark.parametrize("key", sorted(READ_ANY_SCRIPT))
def test_two_different_texts_of_any_script_are_not_the_same(key: str, kind: str) -> None:
    metric = METRICS[key]
    if metric.unavailable and metric.unavailable():
        return
    (same, _), (different, reason) = strange_scores(key, *STRANGE[kind], None)
    assert (different is None) == (reason is not None)
    if metric.compares and different is not None:
        assert same is not None
        assert different != pytest.approx(same, abs=1e-6)


@pytest.mark.parametrize("key", sorted(READ_SOME))
def test_a_word_that_is_not_known_spoils_no_text(key: str, model_of: Mapping[str, str | None]) -> None:
    text = "the cat sat on the mat and the dog ran in the rain ไทย 🎉"
    assert all(value is not None for value, _ in strange_scores(key, text, text, model_of[key]))
