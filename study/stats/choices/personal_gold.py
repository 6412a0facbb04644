"""One gold answer per person against the majority's: accuracy for each user, and for the crowd."""

import numpy as np
from numpy.typing import ArrayLike

from study.stats.arrays import FloatArray, IntArray, check_equal_lengths, codes
from study.stats.claims import Claim, claimed_share
from study.stats.units import Units, units_of

NO_MAJORITY = -1
"""The label of an item without answers or with a tie for the most frequent one."""


def user_accuracies(gold: ArrayLike, answer: ArrayLike, user: ArrayLike) -> FloatArray:
    """Return the share of each user's own gold answers that were met, shape (n_users,); nan without any.

    Parameters
    ----------
    gold, answer, user : array_like of int, shape (n_answers,)
        Codes from 0; the gold is the user's own.
    """
    true, said, person = (
        codes(one, None, what) for one, what in ((gold, "gold"), (answer, "answer"), (user, "user"))
    )
    check_equal_lengths(gold=len(true), answer=len(said), user=len(person))
    n = np.bincount(person)
    right = np.bincount(person, true == said, len(n))
    return np.asarray(np.divide(right, n, out=np.full(len(n), np.nan), where=n > 0))


def per_user_accuracy(
    gold: ArrayLike, answer: ArrayLike, user: ArrayLike, *, null: float = 0.5, confidence_level: float = 0.95
) -> Claim:
    """Return the mean over users of their accuracy, users as units: each counts once, however many answers.

    Parameters
    ----------
    gold, answer, user
        As in :func:`user_accuracies`.
    null : float
        The null accuracy of the test.
    confidence_level : float

    Examples
    --------
    One text, opposite golds of two users, and an output for each of them:

    >>> per_user_accuracy([0, 1], [0, 1], [0, 1]).estimate.value
    1.0
    """
    each = user_accuracies(gold, answer, user)
    each = each[~np.isnan(each)]
    units = units_of({"user": np.arange(len(each))}, asked=True)
    return claimed_share(
        each, None, units, null=null, confidence_level=confidence_level, floor=False, lacking="no answer"
    )


def majority_labels(label: ArrayLike, item: ArrayLike, *, n_items: int, n_labels: int) -> IntArray:
    """Return each item's most frequent label, shape (n_items,); :data:`NO_MAJORITY` for a tie or no label.

    A tie is not broken at random: that would make up a gold where there is none.

    Parameters
    ----------
    label, item : array_like of int, shape (n_answers,)
    n_items, n_labels : int

    Examples
    --------
    >>> majority_labels([0, 0, 1, 0, 1], [0, 0, 0, 1, 1], n_items=3, n_labels=2).tolist()
    [0, -1, -1]
    """
    given, place = codes(label, n_labels, "label"), codes(item, n_items, "item")
    check_equal_lengths(label=len(given), item=len(place))
    counts = np.bincount(place * n_labels + given, minlength=n_items * n_labels).reshape(n_items, n_labels)
    most = counts.max(axis=1, initial=0)
    alone = ((counts == most[:, None]).sum(axis=1) == 1) & (most > 0)
    return np.where(alone, counts.argmax(axis=1), NO_MAJORITY).astype(np.int64)


def majority_accuracy(
    majority: ArrayLike,
    answer: ArrayLike,
    item: ArrayLike,
    units: Units,
    *,
    null: float = 0.5,
    confidence_level: float = 0.95,
) -> Claim:
    """Return the share of answers that equal their item's majority; items without one are left out.

    Parameters
    ----------
    majority : array_like of int, shape (n_items,)
        From :func:`majority_labels`.
    answer, item : array_like of int, shape (n_answers,)
    units : Units
        Of the answers.
    null : float
    confidence_level : float
    """
    labels = np.asarray(majority, dtype=np.int64)
    said, place = codes(answer, None, "answer"), codes(item, len(labels), "item")
    check_equal_lengths(answer=len(said), item=len(place), units=len(units))
    known = labels[place] != NO_MAJORITY
    return claimed_share(
        (labels[place] == said) & known,
        known,
        units,
        null=null,
        confidence_level=confidence_level,
        floor=False,
        lacking="no item with a majority",
    )
