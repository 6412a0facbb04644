"""Flags: raters who answer as if they did not look. Every rule is shown to users; a flag never drops an answer."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import stats

from study.stats.arrays import BoolArray, FloatArray, IntArray
from study.stats.ranking.win_rates import wilson_interval

FEWEST_ANSWERS = 8
LEAST_SECONDS = 2.0
"""Seconds below which no answer can follow a look at the texts (Huang et al. 2012)."""
SCANNED_WORDS = 600
"""Words per minute when scanning a text for one word; reading is about 240 to 300 (Carver 1992; Brysbaert 2019)."""
CHARACTERS_OF_WORD = 6
"""Characters of a standard word, with the space after it (Carver 1992)."""
SLIPS, FLIPS = 0.05, 0.25


@dataclass(frozen=True, slots=True)
class RaterAnswers:
    """The input of the rules, for all raters of a study.

    Attributes
    ----------
    n_raters : int
    rater : ndarray of int64, shape (n_answers,)
        Ordered by when each rater answered.
    response : ndarray of int64, shape (n_answers,)
        The answer as given on screen, codes from 0.
    left : ndarray of float64, shape (n_answers,)
        1 where the left side was preferred, 0 where the right was, nan where neither.
    seconds : ndarray of float64, shape (n_answers,)
        Active time; nan where unknown.
    agreed : ndarray of float64, shape (n_answers,)
        1 if most other raters give the same answer, 0 if not; nan without another rater's answer.
    failed, checks : ndarray of int64, shape (n_raters,)
        Number of failed checks, and of all checks.
    flipped, repeats : ndarray of int64, shape (n_raters,)
        Number of hidden repeats that prefer the other output, and of those where both answers prefer one.
    least : ndarray of float64, shape (n_answers,), optional
        The least seconds that a look takes, from :func:`least_seconds`; by default :data:`LEAST_SECONDS`.
    """

    n_raters: int
    rater: IntArray
    response: IntArray
    left: FloatArray
    seconds: FloatArray
    agreed: FloatArray
    failed: IntArray
    checks: IntArray
    flipped: IntArray
    repeats: IntArray
    least: FloatArray | None = None


@dataclass(frozen=True, slots=True)
class RuleResult:
    """A rule's result: the flagged raters, their values (nan if there are too few answers), and the number of answers."""

    flagged: BoolArray
    value: FloatArray
    n: IntArray


@dataclass(frozen=True, slots=True)
class FlagRule:
    """A rule with its sentence for users, and its source."""

    function: Callable[[RaterAnswers], RuleResult]
    label: str
    unit: str
    sentence: str
    source: str


def least_seconds(characters: FloatArray) -> FloatArray:
    """Return the shortest possible time for a look, in seconds, from the shorter text's characters; nan if missing.

    A preference between two texts requires looking at both: at least scanning the shorter one, and never in less than
    :data:`LEAST_SECONDS`.

    Examples
    --------
    >>> least_seconds(np.array([30.0, 1200.0, np.nan]))
    array([ 2., 20.,  2.])
    """
    scanned = np.nan_to_num(characters) / (SCANNED_WORDS * CHARACTERS_OF_WORD / 60)
    return np.asarray(np.maximum(scanned, LEAST_SECONDS))


def too_fast(answers: RaterAnswers) -> RuleResult:
    """Flag a median time below a third of the median rater's, and most answers given faster than a look takes."""
    value, n = _by_rater(answers, answers.seconds, np.median)
    usual = np.nanmedian(value) if np.isfinite(value).any() else np.nan
    least = np.full(len(answers.seconds), LEAST_SECONDS) if answers.least is None else answers.least
    unseen = np.where(np.isnan(answers.seconds), np.nan, answers.seconds < least)
    share, _ = _by_rater(answers, unseen, np.mean)
    return RuleResult(_enough(n) & ((value < usual / 3) | (share > 0.5)), value, n)


def straight_lining(answers: RaterAnswers) -> RuleResult:
    """Flag a run of one answer that is so long that chance gives it less than once in a thousand times.

    A run of at least L among n answers, of which a share q are this answer, has a probability of at most
    ``q**L * (1 + (n - L) * (1 - q))``; q is the answer's share among all raters.
    """
    shares = np.bincount(answers.response) / max(len(answers.response), 1)
    value, flagged = np.full(answers.n_raters, np.nan), np.zeros(answers.n_raters, dtype=bool)
    n = np.bincount(answers.rater, minlength=answers.n_raters)
    for rater in np.flatnonzero(n):
        own = answers.response[answers.rater == rater]
        starts = np.flatnonzero(np.r_[True, own[1:] != own[:-1]])
        lengths = np.diff(np.r_[starts, len(own)])
        q = np.minimum(shares[own[starts]], 0.99)
        chance = q**lengths * (1 + (len(own) - lengths) * (1 - q))
        value[rater], flagged[rater] = lengths.max(), chance.min() < 0.001
    return RuleResult(flagged & _enough(n), value, n)


def one_sided(answers: RaterAnswers) -> RuleResult:
    """Flag a share of left answers that a fair coin gives less than once in a thousand times."""
    value, n = _by_rater(answers, answers.left, np.mean)
    p = [
        stats.binomtest(round(share * count), count).pvalue if count else 1.0
        for share, count in zip(value, n.tolist(), strict=True)
    ]
    return RuleResult(np.array(p) < 0.001, value, n)


def failed_checks(answers: RaterAnswers) -> RuleResult:
    """Flag more failed checks than accidental errors explain."""
    chance = stats.binom.sf(answers.failed - 1, answers.checks, SLIPS)
    return RuleResult(
        (answers.failed > 0) & (chance < 0.02), _share(answers.failed, answers.checks), answers.checks
    )


def high_flip_rate(answers: RaterAnswers) -> RuleResult:
    """Flag more changed answers to hidden repeats than close calls explain."""
    chance = stats.binom.sf(answers.flipped - 1, answers.repeats, FLIPS)
    return RuleResult(
        (answers.flipped > 0) & (chance < 0.01), _share(answers.flipped, answers.repeats), answers.repeats
    )


def low_agreement(answers: RaterAnswers) -> RuleResult:
    """Flag agreement with the others' majority that is clearly below the median rater's."""
    value, n = _by_rater(answers, answers.agreed, np.mean)
    usual = np.nanmedian(value) if np.isfinite(value).any() else np.nan
    highs = [
        wilson_interval(share * count, count, 0.998)[1] if count else np.nan
        for share, count in zip(value, n.tolist(), strict=True)
    ]
    return RuleResult(_enough(n) & (np.array(highs) < usual), value, n)


FLAGS: dict[str, FlagRule] = {
    "too_fast": FlagRule(
        too_fast,
        "Too fast",
        "active seconds, median",
        f"The median active time of an answer is below a third of the median rater's; or most answers took less than "
        f"{LEAST_SECONDS:g} s, or less than the shorter text takes to scan at {SCANNED_WORDS} words a minute "
        f"({SCANNED_WORDS * CHARACTERS_OF_WORD / 60:g} characters a second).",
        "Greszki, Meyer and Schoen 2015; Huang et al. 2012; Carver 1992",
    ),
    "straight_lining": FlagRule(
        straight_lining,
        "Straight-lining",
        "same answers in a row, at most",
        "One answer was given so often in a row that chance does it less than once in 1,000 raters.",
        "Johnson 2005",
    ),
    "one_sided": FlagRule(
        one_sided,
        "One-sided",
        "share of left answers",
        "The share of left answers differs from a half; exact binomial test, p < 0.001.",
        "Clopper and Pearson 1934",
    ),
    "failed_checks": FlagRule(
        failed_checks,
        "Failed checks",
        "share of checks failed",
        f"More attention and gold checks were failed than a slip in {1 / SLIPS:.0f} explains; binomial, p < 0.02.",
        "Oppenheimer, Meyvis and Davidenko 2009",
    ),
    "high_flip_rate": FlagRule(
        high_flip_rate,
        "High flip rate",
        "share of repeats flipped",
        f"More hidden repeats were answered the other way than one in {1 / FLIPS:.0f}; binomial, p < 0.01.",
        "Cohen 1960",
    ),
    "low_agreement": FlagRule(
        low_agreement,
        "Low agreement",
        "share agreeing with the majority",
        "The 99.8% interval of agreement with the majority of the others lies below the median rater's.",
        "Snow et al. 2008; Wilson 1927",
    ),
}


def _enough(n: IntArray) -> BoolArray:
    return np.asarray(n >= FEWEST_ANSWERS)


def _share(part: IntArray, whole: IntArray) -> FloatArray:
    return np.asarray(np.divide(part, whole, out=np.full(len(part), np.nan), where=whole > 0))


def _by_rater(
    answers: RaterAnswers, values: FloatArray, summary: Callable[[FloatArray], float]
) -> tuple[FloatArray, IntArray]:
    """Return a summary of each rater's known values, nan without any, and their number."""
    if not answers.n_raters:
        return np.zeros(0), np.zeros(0, dtype=np.int64)
    known = ~np.isnan(values)
    n = np.bincount(answers.rater[known], minlength=answers.n_raters)
    order = np.argsort(answers.rater[known], kind="stable")
    parts = np.split(values[known][order], np.cumsum(n)[:-1])
    return np.array([summary(part) if len(part) else np.nan for part in parts]), n
