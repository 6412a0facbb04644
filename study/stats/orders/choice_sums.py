"""The sum over all choices that a set allows, in the Plackett-Luce model with ties, and its derivatives."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from study.stats.arrays import FloatArray
from study.stats.threads import on_one_thread

PART_BYTES = 2**22


@dataclass(frozen=True, slots=True)
class ChoiceSums:
    """Of each set: the log of the sum over its choices, and the shares of systems and of numbers of tied systems.

    Attributes
    ----------
    log_sum : ndarray of shape (n_sets,)
    share : csr_array of shape (n_sets, n_systems)
        Derivatives by strengths: the expected share of each system in the choice; sums to 1 over a set.
    tied : ndarray of shape (n_sets, n_orders)
        Derivatives by the tie parameters: the chance that so many systems are chosen at once.
    information : ndarray of shape (n_parameters, n_parameters)
        Second derivatives of the log sums, summed with the weights of the sets: strengths, then tie parameters.
    """

    log_sum: FloatArray
    share: csr_array
    tied: FloatArray
    information: FloatArray


def choice_sums(
    member: csr_array, weight: FloatArray, strengths: FloatArray, orders: tuple[int, ...], ties: FloatArray
) -> ChoiceSums:
    """Return the sums over choices of one system, or of t tied ones for each t in ``orders``.

    A choice T weighs ``delta_t prod(worth_i, i in T) ^ (1 / t)``, so that the sum over all T of one size is an
    elementary symmetric polynomial of ``exp(strength / t)``: no choice is enumerated.

    Parameters
    ----------
    member : csr_array of shape (n_sets, n_systems)
        1 for the systems of a set.
    weight : ndarray of shape (n_sets,)
    strengths : ndarray of shape (n_systems,)
    orders : tuple of int
        Numbers of systems that may tie, 2 or more each.
    ties : ndarray of shape (n_orders,)
        Logs of the tie parameters.

    References
    ----------
    Turner, van Etten, Firth and Kosmidis 2020, eq. 2 and 3.
    """
    sizes = np.asarray(member.sum(axis=1), dtype=np.float64).ravel()
    every = (1, *orders)
    factors = np.exp(np.concatenate([[0.0], ties]))
    worths = [np.exp(strengths / t) for t in every]
    sums = [_symmetric(member, sizes, worth, t) for worth, t in zip(worths, every, strict=True)]
    total = np.sum([factor * e[t] for factor, e, t in zip(factors, sums, every, strict=True)], axis=0)
    scaled = [[factor / total * column for column in e] for factor, e in zip(factors, sums, strict=True)]
    parts = [_share(member, worth, e, t) for worth, e, t in zip(worths, scaled, every, strict=True)]
    share = csr_array((np.sum(parts, axis=0), member.indices, member.indptr), shape=member.shape)
    tied = np.column_stack([e[t] for e, t in zip(scaled, every, strict=True)])[:, 1:]
    n, row = member.shape[1], np.repeat(np.arange(member.shape[0]), np.diff(member.indptr))
    information = np.zeros((n + len(orders), n + len(orders)))
    inside = -_weighted(share, weight)
    for part, worth, e, t in zip(parts, worths, scaled, every, strict=True):
        inside += np.diag(np.bincount(member.indices, weight[row] * part, n) / t)
        inside += _off_diagonal(member, weight, worth, e, t)
    information[:n, :n] = inside
    for place, part in enumerate(parts[1:]):
        cross = weight[row] * (part - share.data * tied[row, place])
        information[:n, n + place] = information[n + place, :n] = np.bincount(member.indices, cross, n)
    information[n:, n:] = np.diag(weight @ tied) - tied.T @ (weight[:, None] * tied)
    return ChoiceSums(np.log(total), share, tied, information)


def _symmetric(member: csr_array, sizes: FloatArray, worth: FloatArray, t: int) -> list[FloatArray]:
    """Return the elementary symmetric polynomials of the worths of each set, of degrees 0 to t (Newton's identities)."""
    powers = [member @ worth**degree for degree in range(1, t + 1)]
    found = [np.ones(len(sizes))]
    for degree in range(1, t + 1):
        terms = [(-1) ** (a - 1) * found[degree - a] * powers[a - 1] for a in range(1, degree + 1)]
        found.append(np.where(sizes >= degree, np.maximum(np.sum(terms, axis=0) / degree, 0.0), 0.0))
    return found


def _share(member: csr_array, worth: FloatArray, e: list[FloatArray], t: int) -> FloatArray:
    """Return, for each entry of ``member``, the derivative of the scaled polynomial of degree t by the strength."""
    x = worth[member.indices]
    row = np.repeat(np.arange(member.shape[0]), np.diff(member.indptr))
    terms = [(-1) ** a * x ** (a + 1) * e[t - 1 - a][row] for a in range(t)]
    return np.asarray(np.sum(terms, axis=0) / t)


def _off_diagonal(
    member: csr_array, weight: FloatArray, worth: FloatArray, e: list[FloatArray], t: int
) -> FloatArray:
    """Return the second derivatives by two different strengths, summed over sets."""
    n = len(worth)
    found = np.zeros((n, n))
    for a in range(t - 1):
        complete = sum(np.outer(worth**b, worth ** (a - b)) for b in range(a + 1))
        found += (-1) ** a * complete * _weighted(member, weight * e[t - 2 - a])
    found *= np.outer(worth, worth) / t**2
    np.fill_diagonal(found, 0.0)
    return found


@on_one_thread
def _weighted(rows: csr_array, weight: FloatArray) -> FloatArray:
    """Return the weighted sum of the outer products of rows, shape (n_systems, n_systems), dense part by part."""
    n_sets, n = rows.shape
    found = np.zeros((n, n))
    step = max(1, PART_BYTES // (8 * max(n, 1)))
    for start in range(0, n_sets, step):
        part = rows[start : start + step].toarray()
        found += part.T @ (part * weight[start : start + step, None])
    return found
