import json

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from study import metrics
from study.errors import InvalidInput
from study.metrics import lexical


def texts(contents: list[dict[str, object]], references: list[str | None]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "output_id": [f"o{n}" for n in range(len(contents))],
            "content": [json.dumps(content) for content in contents],
            "reference": pd.Series(references, dtype="str"),
        }
    )


def said(text: str) -> dict[str, object]:
    return {"kind": "text", "text": text}


def test_rouge_l_is_as_computed_by_hand() -> None:
    # The longest common subsequence is "police the gunman": 3 of 4 words on both sides (Lin 2004, section 3.1).
    ((value, reason),) = lexical.rouge_l(["police kill the gunman"], ["police killed the gunman"])
    assert (value, reason) == (0.75, None)


@pytest.mark.parametrize(
    ("output", "reference", "reason"),
    [
        ("a", None, "no reference"),
        ("", "a", "the output is empty"),
        (" \n", "a", "the output is empty"),
        ("a", "", "the reference is empty"),
        ("доброе утро", "good morning", "the output has no word"),
        ("good morning", "おはよう", "the reference has no word"),
        ("a " * 2000, "b " * 2000, "too long: 2000 x 2000 words"),
    ],
)
def test_what_rouge_l_cannot_score_has_a_reason(output: str, reference: str | None, reason: str) -> None:
    ((value, found),) = lexical.rouge_l([output], [reference])
    assert value is None
    assert found is not None
    assert reason in found


@given(st.text(max_size=60), st.text(max_size=60))
def test_every_text_gets_a_number_or_a_reason(output: str, reference: str) -> None:
    for metric in metrics.METRICS.values():
        ((value, reason),) = metric.function([output], [reference])
        assert (value is None) == (reason is not None)
        assert value is None or value >= 0


def test_every_metric_is_described_under_its_own_key() -> None:
    for key, metric in metrics.METRICS.items():
        assert key == metric.key
        assert metric.label
        assert set(metric.needs) <= {"reference"}
        assert "|" in metric.signature
    assert "rouge-score:0.1.2" in metrics.METRICS["rouge_l"].signature
    assert "stemmer:no" in metrics.METRICS["rouge_l"].signature


def test_outputs_of_any_kind_are_scored_as_their_text() -> None:
    seen: list[tuple[float, str]] = []
    scores = metrics.score_outputs(
        texts([said("two words"), {"kind": "ranked_list", "entries": ["a", "b"]}], ["two words", None]),
        ["length", "rouge_l"],
        study_id="s",
        progress=lambda part, text: seen.append((part, text)),
    )
    assert [(score.output_id, score.metric, score.value, score.reason) for score in scores] == [
        ("o0", "length", 9.0, None),
        ("o1", "length", 3.0, None),
        ("o0", "rouge_l", 1.0, None),
        ("o1", "rouge_l", None, "no reference"),
    ]
    assert {score.study_id for score in scores} == {"s"}
    assert seen == [(0.5, "Length (characters)"), (1.0, "ROUGE-L (F1)")]


def test_an_unknown_metric_is_refused() -> None:
    with pytest.raises(InvalidInput, match="unknown metric 'rogue_l'"):
        metrics.score_outputs(texts([said("a")], ["a"]), ["rogue_l"], study_id="s")


def test_a_metric_is_missing_until_every_output_has_its_present_version() -> None:
    two = texts([said("a"), said("b")], ["a", "b"])
    nothing = pd.DataFrame({"output_id": [], "metric": [], "signature": []}, dtype="str")
    assert metrics.missing_metrics(nothing, two) == ["length", "rouge_l"]
    scores = pd.DataFrame(metrics.score_outputs(two, ["length"], study_id="s"))
    assert metrics.missing_metrics(scores, two) == ["rouge_l"]
    assert metrics.missing_metrics(scores.iloc[:1], two) == ["length", "rouge_l"]
    assert metrics.missing_metrics(scores.assign(signature="older"), two) == ["length", "rouge_l"]
