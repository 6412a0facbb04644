"""How much two texts overlap: ROUGE, real ROUGE-SU4, BLEU and chrF."""

from collections import Counter
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from study.metrics.lexical.tokens import LATIN_ONLY, latin_words, of_pairs, words
from study.metrics.metric import Metric, Score

if TYPE_CHECKING:
    from rouge_score.rouge_scorer import RougeScorer

# rouge-score's longest common subsequence is a Python loop over output tokens x reference tokens.
MOST_CELLS = 4_000_000
SKIP = 4
NO_LATIN = "word of a-z or 0-9"


def rouge(kind: str, output: str, reference: str) -> Score:
    """Return a ROUGE F1 of an output against its reference, by rouge-score without stemming; from 0 to 1.

    Words are runs of a-z and 0-9 in lower case. For ``rougeL`` the whole text is one sequence; for ``rougeLsum`` each
    line is a sentence (without line breaks the two are equal).

    References
    ----------
    Lin 2004, sections 2 and 3.

    Examples
    --------
    The longest common subsequence is "police the gunman": 3 of 4 words on both sides (Lin 2004, section 3.1).

    >>> rouge("rougeL", "police kill the gunman", "police killed the gunman")
    (0.75, None)
    """
    sizes = len(latin_words(output)), len(latin_words(reference))
    if "L" in kind and (sizes[0] + 1) * (sizes[1] + 1) > MOST_CELLS:
        return (
            None,
            f"too long: {sizes[0]} x {sizes[1]} words; at most {MOST_CELLS} pairs of words are compared",
        )
    return float(_scorer().score(reference, output)[kind].fmeasure), None


def rouge_su4(output: str, reference: str) -> float:
    """Return ROUGE-SU4: F1 over words and pairs of words in order with at most four words between; from 0 to 1.

    The published "ROUGE-SU4" of the EGISES and PerSEval code counts contiguous 5-grams by mistake; this does not.

    References
    ----------
    Lin 2004, section 5 (skip bigrams with unigrams).

    Examples
    --------
    Lin's S1 and S2: 4 words, 6 pairs each; 3 words and the pairs police-the, police-gunman, the-gunman are shared.

    >>> rouge_su4("police kill the gunman", "police killed the gunman")
    0.6
    """
    ours, theirs = (_skip_grams(latin_words(text)) for text in (output, reference))
    shared = (ours & theirs).total()
    return 2 * shared / (ours.total() + theirs.total())


def bleu(output: str, reference: str) -> float:
    """Return the sentence BLEU of sacrebleu with ``effective_order``, from 0 to 100.

    Without ``effective_order`` a text of fewer than four words would be 0 even against itself.

    References
    ----------
    Papineni et al. 2002; Post 2018 (sacrebleu; tokenizer 13a, exponential smoothing).
    """
    return float(_bleu().sentence_score(output, [reference]).score)


def chrf(output: str, reference: str) -> float:
    """Return chrF2 of sacrebleu: F2 over character 1- to 6-grams without spaces, from 0 to 100; reads any script.

    References
    ----------
    Popović 2015.
    """
    return float(_chrf().sentence_score(output, [reference]).score)


def _skip_grams(tokens: tuple[str, ...]) -> Counter[tuple[str, ...]]:
    grams: Counter[tuple[str, ...]] = Counter((token,) for token in tokens)
    for place, token in enumerate(tokens):
        grams.update((token, later) for later in tokens[place + 1 : place + SKIP + 2])
    return grams


# Loaded at the first score: rouge-score loads nltk, more than a second.
@cache
def _scorer() -> "RougeScorer":
    from rouge_score.rouge_scorer import RougeScorer

    return RougeScorer(["rouge1", "rouge2", "rougeL", "rougeLsum"], use_stemmer=False)


@cache
def _bleu() -> Any:
    from sacrebleu.metrics.bleu import BLEU

    return BLEU(effective_order=True)


@cache
def _chrf() -> Any:
    from sacrebleu.metrics.chrf import CHRF

    return CHRF()


def _rouge_metric(key: str, label: str, kind: str, source: str) -> Metric:
    def compare(output: str, reference: str) -> Score:
        return rouge(kind, output, reference)

    return Metric(
        key,
        label,
        of_pairs("reference", compare, readable=latin_words, what=NO_LATIN),
        ("reference",),
        f"{kind}|fmeasure|stemmer:no|rouge-score:{version('rouge-score')}",
        True,
        source,
        compares="similarity",
        best=1.0,
        limits=LATIN_ONLY,
    )


ROUGE_1 = _rouge_metric("rouge_1", "ROUGE-1 (F1)", "rouge1", "Lin 2004")
ROUGE_2 = _rouge_metric("rouge_2", "ROUGE-2 (F1)", "rouge2", "Lin 2004")
ROUGE_L = _rouge_metric("rouge_l", "ROUGE-L (F1)", "rougeL", "Lin 2004")
ROUGE_LSUM = _rouge_metric("rouge_lsum", "ROUGE-Lsum (F1, a sentence a line)", "rougeLsum", "Lin 2004")
ROUGE_SU4 = Metric(
    "rouge_su4",
    "ROUGE-SU4 (F1)",
    of_pairs("reference", rouge_su4, readable=latin_words, what=NO_LATIN),
    ("reference",),
    "rougeSU4|fmeasure|stemmer:no|gap:4|version:1",
    True,
    "Lin 2004, section 5",
    compares="similarity",
    best=1.0,
    limits=LATIN_ONLY,
)
_SACREBLEU = version("sacrebleu")
BLEU = Metric(
    "bleu",
    "BLEU (sentence, 0-100)",
    of_pairs("reference", bleu, readable=words),
    ("reference",),
    f"BLEU|nrefs:1|case:mixed|eff:yes|tok:13a|smooth:exp|sacrebleu:{_SACREBLEU}",
    True,
    "Papineni et al. 2002; Post 2018",
    compares="similarity",
    best=100.0,
    limits="splits at spaces and punctuation: a sentence in a script without spaces is one word",
)
CHRF = Metric(
    "chrf",
    "chrF2 (0-100)",
    of_pairs("reference", chrf),
    ("reference",),
    f"chrF2|nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no|sacrebleu:{_SACREBLEU}",
    True,
    "Popović 2015",
    compares="similarity",
    best=100.0,
)
