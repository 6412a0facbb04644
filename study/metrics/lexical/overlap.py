"""How much two texts overlap: ROUGE, real ROUGE-SU4, BLEU and chrF."""

from collections import Counter
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING

from study.metrics.lexical.tokens import LATIN_ONLY, latin_words, of_pairs, outside_latin, without_words
from study.metrics.metric import Batch, Metric, Parameter, Score
from study.records import references_of

if TYPE_CHECKING:
    from rouge_score.rouge_scorer import RougeScorer
    from rouge_score.tokenizers import DefaultTokenizer
    from sacrebleu.metrics.base import Metric as OfSentences

# rouge-score's longest common subsequence is a Python loop over output tokens x reference tokens.
MOST_CELLS = 4_000_000
SKIP = 4
VALUES = ("f1", "precision", "recall")
Values = dict[str, float]
"""Precision, recall and F1 of an output against one reference."""


def rouge(kind: str, output: str, reference: str, *, stemmer: bool = False) -> Values | str:
    """Return precision, recall and F1 of a ROUGE of an output against its reference, by rouge-score; each from 0 to 1.

    Words are runs of a-z and 0-9 in lower case; with ``stemmer`` those of more than three letters lose their endings
    (Porter), as ``-m`` of ROUGE-1.5.5 does. For ``rougeL`` the whole text is one sequence; for ``rougeLsum`` each line is a
    sentence (without line breaks the two are equal). A text that is too long gives the reason.

    References
    ----------
    Lin 2004, sections 2 and 3.

    Examples
    --------
    The longest common subsequence is "police the gunman": 3 of 4 words on both sides (Lin 2004, section 3.1).

    >>> rouge("rougeL", "police kill the gunman", "police killed the gunman")
    {'f1': 0.75, 'precision': 0.75, 'recall': 0.75}
    >>> rouge("rougeL", "police kill the gunman", "police killed the gunman", stemmer=True)["f1"]
    1.0
    """
    sizes = len(_words(output, stemmer)), len(_words(reference, stemmer))
    if "L" in kind and (sizes[0] + 1) * (sizes[1] + 1) > MOST_CELLS:
        return f"too long: {sizes[0]} x {sizes[1]} words; at most {MOST_CELLS} pairs of words are compared"
    found = _scorer(stemmer).score(reference, output)[kind]
    return {"f1": float(found.fmeasure), "precision": float(found.precision), "recall": float(found.recall)}


def rouge_su4(output: str, reference: str, *, stemmer: bool = False) -> Values:
    """Return ROUGE-SU4: words, and pairs of words in order with at most four words between; each from 0 to 1.

    The published "ROUGE-SU4" of the EGISES and PerSEval code counts contiguous 5-grams by mistake; this does not.

    References
    ----------
    Lin 2004, section 5 (skip bigrams with unigrams).

    Examples
    --------
    Lin's S1 and S2: 4 words, 6 pairs each; 3 words and the pairs police-the, police-gunman, the-gunman are shared.

    >>> rouge_su4("police kill the gunman", "police killed the gunman")["f1"]
    0.6
    """
    ours, theirs = (_skip_grams(_words(text, stemmer)) for text in (output, reference))
    shared = (ours & theirs).total()
    return {
        "f1": 2 * shared / (ours.total() + theirs.total()),
        "precision": shared / ours.total(),
        "recall": shared / theirs.total(),
    }


def of_references(
    compare: Callable[..., Values | str],
    prepare: Callable[[str, Parameter], str] = lambda text, how: text,
) -> Callable[[Batch], list[Score]]:
    """Return a ROUGE as a metric's function of one reference, or of several together.

    Of several references the one with the greatest F1 counts (``references=max``, as in rouge-score and most papers),
    or their mean (``references=mean``). Unreadable ones are left out.
    """

    def function(batch: Batch) -> list[Score]:
        chosen = batch.parameters
        stemmer, how = bool(chosen["stemmer"]), chosen.get("sentences", "lines")

        def one(output: str, cell: str) -> Score:
            reason = outside_latin(output)
            if reason:
                return None, f"the output {reason}"
            references = references_of(cell)
            reasons = [outside_latin(text) for text in references]
            read = [text for text, reason in zip(references, reasons, strict=True) if not reason]
            if not read:
                return None, f"the reference {reasons[0]}"
            found = [compare(prepare(output, how), prepare(text, how), stemmer=stemmer) for text in read]
            values = [one for one in found if not isinstance(one, str)]
            if not values:
                return None, str(found[0])
            return _of_several(values, str(chosen["value"]), str(chosen["references"])), None

        return [one(*pair) for pair in batch.pairs("reference")]

    return function


def _of_several(values: list[Values], name: str, how: str) -> float:
    if how == "mean":
        return sum(one[name] for one in values) / len(values)
    return max(values, key=lambda one: one["f1"])[name]


def sentence_lines(text: str, how: Parameter) -> str:
    """Return a text with one sentence per line: unchanged (``lines``), or split by sentencex's rules (``split``).

    >>> sentence_lines("Dr. Smith went home. He slept.", "split")
    'Dr. Smith went home.\\nHe slept.'
    """
    if how == "lines":
        return text
    from sentencex import segment

    return "\n".join(
        sentence.strip() for line in text.splitlines() for sentence in segment("en", line) if sentence.strip()
    )


def bleu(output: str, cell: str) -> float:
    """Return the sentence BLEU of sacrebleu with ``effective_order``, from 0 to 100.

    Without ``effective_order`` a text of fewer than four words would score 0 even against itself. Several references
    are used together, as in the paper.

    References
    ----------
    Papineni et al. 2002; Post 2018 (sacrebleu; tokenizer 13a, exponential smoothing).
    """
    return float(_bleu().sentence_score(output, list(references_of(cell))).score)


def without_words_in_any(cell: str) -> str | None:
    """Return why none of several references, or the one text, can be read as words; None if one can."""
    return without_words(" ".join(references_of(cell)))


def chrf(output: str, reference: str) -> float:
    """Return chrF2 of sacrebleu: F2 over character 1- to 6-grams without spaces, from 0 to 100; works in any script.

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


def _words(text: str, stemmer: bool) -> tuple[str, ...]:
    return tuple(_tokenizer().tokenize(text)) if stemmer else latin_words(text)


# Loaded at the first score: rouge-score loads nltk, which takes more than a second.
@cache
def _scorer(stemmer: bool) -> "RougeScorer":
    from rouge_score.rouge_scorer import RougeScorer

    return RougeScorer(["rouge1", "rouge2", "rougeL", "rougeLsum"], use_stemmer=stemmer)


@cache
def _tokenizer() -> "DefaultTokenizer":
    from rouge_score.tokenizers import DefaultTokenizer

    return DefaultTokenizer(use_stemmer=True)


@cache
def _bleu() -> "OfSentences":
    from sacrebleu.metrics.bleu import BLEU

    return BLEU(effective_order=True)


@cache
def _chrf() -> "OfSentences":
    from sacrebleu.metrics.chrf import CHRF

    return CHRF()


def _rouge_metric(
    key: str,
    label: str,
    kind: str,
    source: str,
    compare: Callable[..., Values | str],
    *,
    version_of: str,
    earlier: str,
    **more: tuple[str, ...],
) -> Metric:
    """Return a ROUGE with its parameters; the first choice of each parameter in ``more`` is the default."""
    prepare = sentence_lines if "sentences" in more else None
    choices = {"value": VALUES, "references": ("max", "mean"), **more}
    return Metric(
        key,
        label,
        of_references(compare, prepare) if prepare else of_references(compare),
        ("reference",),
        f"{kind}|read:half_the_letters|{version_of}",
        True,
        source,
        compares="similarity",
        best=1.0,
        parameters={
            "value": "f1",
            "stemmer": False,
            **{name: allowed[0] for name, allowed in choices.items() if name != "value"},
        },
        choices=choices,
        limits=LATIN_ONLY,
        several_references=True,
        earlier=earlier,
        later_parameters=("stemmer", *choices),
    )


def _by_rouge_score(key: str, label: str, kind: str, **more: tuple[str, ...]) -> Metric:
    def compare(output: str, reference: str, *, stemmer: bool) -> Values | str:
        return rouge(kind, output, reference, stemmer=stemmer)

    package = f"rouge-score:{version('rouge-score')}"
    splitter = f"|sentencex:{version('sentencex')}" if "sentences" in more else ""
    return _rouge_metric(
        key,
        label,
        kind,
        "Lin 2004",
        compare,
        version_of=package + splitter,
        earlier=f"{kind}|fmeasure|stemmer:no|{package}",
        **more,
    )


ROUGE_1 = _by_rouge_score("rouge_1", "ROUGE-1 (F1)", "rouge1")
ROUGE_2 = _by_rouge_score("rouge_2", "ROUGE-2 (F1)", "rouge2")
ROUGE_L = _by_rouge_score("rouge_l", "ROUGE-L (F1)", "rougeL")
ROUGE_LSUM = _by_rouge_score(
    "rouge_lsum", "ROUGE-Lsum (F1, a sentence a line)", "rougeLsum", sentences=("lines", "split")
)
ROUGE_SU4 = _rouge_metric(
    "rouge_su4",
    "ROUGE-SU4 (F1)",
    "rougeSU4",
    "Lin 2004, section 5",
    rouge_su4,
    version_of="gap:4|version:2",
    earlier="rougeSU4|fmeasure|stemmer:no|gap:4|version:1",
)
_SACREBLEU = version("sacrebleu")
BLEU = Metric(
    "bleu",
    "BLEU (sentence, 0-100)",
    of_pairs("reference", bleu, unread=without_words_in_any),
    ("reference",),
    f"BLEU|nrefs:var|case:mixed|eff:yes|tok:13a|smooth:exp|sacrebleu:{_SACREBLEU}",
    True,
    "Papineni et al. 2002; Post 2018",
    compares="similarity",
    best=100.0,
    several_references=True,
    earlier=f"BLEU|nrefs:1|case:mixed|eff:yes|tok:13a|smooth:exp|sacrebleu:{_SACREBLEU}",
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
