"""Lexical metrics against figures by hand and from their sources."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer
from sacrebleu.metrics.bleu import BLEU

from study.metrics import METRICS, Batch, metric_named, pair_scores, score
from study.metrics.lexical import LEXICAL
from study.metrics.lexical.overlap import rouge_su4
from study.records import several_references

FIELDS = {"f1": "fmeasure", "precision": "precision", "recall": "recall"}

AVAILABLE = [metric for metric in LEXICAL if metric.unavailable is None or metric.unavailable() is None]


def compared(key: str, output: str, reference: str) -> float:
    ((value, reason),) = pair_scores(METRICS[key], [(output, reference)])
    assert value is not None, reason
    return value


def of_text(key: str, output: str) -> float:
    ((value, reason),) = score(METRICS[key], Batch({"output": [output]}))
    assert value is not None, reason
    return value


@pytest.mark.parametrize(
    ("key", "output", "reference", "value"),
    [
        # Levenshtein's own example in most textbooks.
        ("edit_distance", "kitten", "sitting", 3),
        ("edit_distance_normalised", "kitten", "sitting", 3 / 7),
        # Lin 2004, section 3.1 and section 5: S1 and S2, and S1 and S3 ("the gunman kill police").
        ("rouge_l", "police kill the gunman", "police killed the gunman", 3 / 4),
        ("rouge_l", "the gunman kill police", "police killed the gunman", 2 / 4),
        ("rouge_1", "police kill the gunman", "police killed the gunman", 3 / 4),
        ("rouge_2", "police kill the gunman", "police killed the gunman", 1 / 3),
        ("rouge_su4", "police kill the gunman", "police killed the gunman", (3 + 3) / (4 + 6)),
        ("rouge_su4", "the gunman kill police", "police killed the gunman", (3 + 1) / (4 + 6)),
        # A sentence a line: the union of what each line shares (Lin 2004, section 3.2) counts w1 to w4 of five words.
        ("rouge_lsum", "w1 w2 w6 w7 w8\nw1 w3 w8 w9 w5", "w1 w2 w3 w4 w5", 2 * (4 / 10) * (4 / 5) / (4 / 10 + 4 / 5)),
        ("rouge_l", "a b\nc d", "c d\na b", 1 / 2),
        ("rouge_lsum", "a b\nc d", "c d\na b", 1),
        # Three of four words match in two chunks, a quarter is precision and recall lost: F = 3/4, penalty .5 (2/3)^3.
        ("meteor_exact_stem", "police kill the gunman", "police saw the gunman", 3 / 4 * (1 - 0.5 * (2 / 3) ** 3)),
        # A Porter stem counts as a match, and the four words stand in one chunk.
        ("meteor_exact_stem", "police killed the gunmen", "police kills the gunmen", 1 - 0.5 * (1 / 4) ** 3),
        ("jsd", "a b", "a c", 1 / 2),
        ("jsd", "a", "a b", 0.31127812445913283),  # 1/2 log2(4/3) + 1/4 log2(2/3) + 1/4 log2(2)
        ("bleu", "yes", "yes", 100),
        ("bleu", "the cat is on the mat", "the cat is on the mat", 100),
        ("bleu", "the the the the the the the", "the cat is on the mat", 7.809849842300641),
    ],
)  # fmt: skip
def test_figures_by_hand(key: str, output: str, reference: str, value: float) -> None:
    assert compared(key, output, reference) == pytest.approx(value, abs=1e-12)


@pytest.mark.parametrize(
    ("key", "output", "value"),
    [
        ("length", "Où ?", 4),
        ("words", "It's 7:30.", 3),
        ("distinct_1", "a rose is a rose", 3 / 5),
        ("distinct_2", "a rose is a rose", 3 / 4),
        ("ari", "The cat sat. It ran!", 4.71 * 14 / 5 + 0.5 * 5 / 2 - 21.43),
        ("coleman_liau", "The cat sat. It ran!", 0.0588 * 280 - 0.296 * 40 - 15.8),
        ("lix", "A readable sentence.", 3 + 100 * 2 / 3),
    ],
)
def test_figures_of_a_single_text(key: str, output: str, value: float) -> None:
    assert of_text(key, output) == pytest.approx(value)


def test_skip_bigrams_span_at_most_four_words() -> None:
    # With a gap of 4 the pair a-b is shared, with a gap of 5 only the two words are.
    assert rouge_su4("a b", "a 1 2 3 4 b")["f1"] > 2 * 2 / (3 + 6 + 15)
    apart = rouge_su4("a b", "a 1 2 3 4 5 b")
    assert apart["f1"] == pytest.approx(2 * 2 / (3 + 7 + 20))  # 7 words give 6 + 5 + 4 + 3 + 2 pairs


@pytest.mark.parametrize(
    ("key", "output", "reference", "reason"),
    [
        ("rouge_l", "a", None, "no reference"),
        ("rouge_l", "", "a", "the output is empty"),
        ("bleu", " \n", "a", "the output is empty"),
        ("chrf", "a", "", "the reference is empty"),
        ("rouge_l", "доброе утро", "good morning", "the output has no word of a-z or 0-9"),
        ("rouge_su4", "good morning", "おはよう", "the reference has no word of a-z or 0-9"),
        ("bleu", "?!", "what", "the output has no word"),
        ("rouge_l", "a " * 2000, "b " * 2000, "too long: 2000 x 2000 words"),
        ("rouge_l", "สวัสดี 2026", "สวัสดี 2026", "the output has most of its letters outside a-z and 0-9"),
        (
            "lix",
            "สวัสดีครับวันนี้ ok",
            None,
            "the output has most of its letters outside the alphabets that it reads",
        ),
        ("ari", "÷", None, "the output has no word of an alphabet that it reads"),
        ("ari", "おはよう", None, "the output has no word of an alphabet that it reads"),
        ("distinct_2", "one", None, "the output has fewer than 2 words"),
    ],
)
def test_what_cannot_be_scored_has_a_reason(
    key: str, output: str, reference: str | None, reason: str
) -> None:
    ((value, found),) = score(METRICS[key], Batch({"output": [output], "reference": [reference]}))
    assert value is None
    assert found is not None
    assert reason in found


@pytest.mark.parametrize(
    "text", ["доброе утро, мир", "おはようございます", "صباح الخير", "안녕하세요 여러분"]
)
def test_no_text_of_another_script_is_zero_against_itself(text: str) -> None:
    for metric in AVAILABLE:
        if metric.compares:
            ((value, reason),) = pair_scores(metric, [(text, text)])
            assert reason if value is None else value >= 0.9 * (metric.best or 0), metric.key


@given(st.text(max_size=60), st.text(max_size=60))
def test_every_text_gets_a_number_or_a_reason(output: str, reference: str) -> None:
    for metric in AVAILABLE:
        batch = Batch({"output": [output], "reference": [reference]})
        ((value, reason),) = score(metric, batch)
        assert (value is None) == (reason is not None)
        assert value is None or value >= 0 or metric.key in {"ari", "coleman_liau"}


TARGETS = ("the cats were sitting on the mat", "a dog sat there quietly on mats", "rain")


@pytest.mark.parametrize("stemmer", ["yes", "no"])
@pytest.mark.parametrize("value", ["f1", "precision", "recall"])
@pytest.mark.parametrize(
    ("key", "kind"), [("rouge_1", "rouge1"), ("rouge_2", "rouge2"), ("rouge_l", "rougeL")]
)
def test_rouge_of_several_references_is_that_of_the_package(
    key: str, kind: str, value: str, stemmer: str
) -> None:
    output = "the dogs sat on mats there"
    scorer = RougeScorer([kind], use_stemmer=stemmer == "yes")
    singly = [getattr(scorer.score(one, output)[kind], FIELDS[value]) for one in TARGETS]
    expected = {
        "max": getattr(scorer.score_multi(list(TARGETS), output)[kind], FIELDS[value]),
        "mean": sum(singly) / len(singly),
    }
    for references, figure in expected.items():
        chosen = metric_named(METRICS, f"{key}:value={value},stemmer={stemmer},references={references}")
        columns = {"output": [output], "reference": [several_references(TARGETS)]}
        ((found, _),) = score(chosen.metric, Batch(columns, parameters=chosen.parameters))
        assert found == pytest.approx(figure, abs=1e-12)


def test_rouge_lsum_splits_sentences_without_any_download() -> None:
    lines = "Dr. Smith went home.\nHe slept at 3 p.m. on the sofa."
    text, other = lines.replace("\n", " "), "He slept on the sofa. Smith went home."
    parameters = metric_named(METRICS, "rouge_lsum:sentences=split").parameters

    def of(one: str, sentences: str) -> float | None:
        ((value, _),) = pair_scores(
            METRICS["rouge_lsum"], [(one, other)], parameters=parameters | {"sentences": sentences}
        )
        return value

    assert of(text, "split") == of(lines, "split")
    by_hand = (
        scorer_of("rougeLsum").score("He slept on the sofa.\nSmith went home.", lines)["rougeLsum"].fmeasure
    )
    assert of(text, "split") == pytest.approx(by_hand)
    assert of(text, "split") != of(text, "lines") == compared("rouge_l", text, other)


def scorer_of(kind: str) -> RougeScorer:
    return RougeScorer([kind], use_stemmer=False)


def test_of_several_references_the_best_counts_and_bleu_takes_them_together() -> None:
    targets = ["the dog ran", "the cat sat on the mat", "ไทย"]
    columns = {"output": ["the cat sat"] * 2, "reference": [several_references(targets), targets[0]]}
    for metric in AVAILABLE:
        if "reference" not in metric.reads:
            continue
        (several, _), (first, _) = score(metric, Batch(columns))
        singly = [pair_scores(metric, [("the cat sat", one)])[0][0] for one in targets]
        known = [one for one in singly if one is not None]
        assert first == singly[0]
        if metric.key == "bleu":
            bleu = BLEU(effective_order=True).sentence_score("the cat sat", targets).score
            assert several == pytest.approx(bleu)
        else:
            assert several == (max(known) if metric.higher_is_better else min(known)), metric.key
