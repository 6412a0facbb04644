"""Influence of judgments on strengths, over the units of a claim: variances of strengths and differences, joint draws."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy import special

from study.errors import InvalidInput
from study.stats.arrays import BoolArray, FloatArray, IntArray, compact
from study.stats.claims import TOO_FEW
from study.stats.multiway import JointSpread, joint_spread, spread
from study.stats.units import FEWEST, Units, units_met
from study.wording import counted

DRAWN_BYTES = 64 * 2**20


@dataclass(frozen=True, slots=True)
class OverUnits:
    """Influence on strengths, one row per set of judgments with the same units; made by :func:`over_units`.

    Attributes
    ----------
    units : Units
        Units of the rows.
    rows : ndarray of shape (n_rows, n_systems)
        Sums to 0 over rows.
    plain : ndarray of shape (n_systems, n_systems)
        Covariance if every judgment were a separate unit: a lower bound of every variance.
    alone : ndarray of bool, shape (n_systems,)
        Systems judged by too few units of every kind, or by a single unit of a kind named by the user.
    met : dict of str to ndarray of shape (n_systems,)
        Number of units of each given kind that judged each system.
    kinds : dict of bytes to tuple of str
        By the kinds of ``met`` with enough units, the kinds that a number generalises to.
    """

    units: Units
    rows: FloatArray
    plain: FloatArray
    alone: BoolArray
    met: Mapping[str, IntArray]
    kinds: Mapping[bytes, tuple[str, ...]]

    @property
    def reason(self) -> str | None:
        """Why there are no intervals."""
        if not self.units.kinds:
            return TOO_FEW
        if self.units.fewest < 2:
            kind = self.units.kinds[self.units.counts.index(self.units.fewest)]
            return f"{counted(self.units.fewest, kind)}: an interval needs at least 2"
        return None

    def of_strengths(self) -> tuple[FloatArray, FloatArray]:
        """Return variances and degrees of freedom of the strengths, shape (n_systems,) each, over each system's own units."""
        return self._of(self.rows, np.diag(self.plain), self.met)

    def of_differences(self) -> tuple[FloatArray, FloatArray]:
        """Return variances and degrees of freedom of all differences, shape (n_systems, n_systems); nan on the diagonal.

        Over the units of the system with fewer of them.
        """
        n = self.rows.shape[1]
        variance, freedom = np.full((n, n), np.nan), np.full((n, n), np.nan)
        for system in range(1, n):
            gaps = self.rows[:, :system] - self.rows[:, [system]]
            floor = (
                np.diag(self.plain)[:system] + self.plain[system, system] - 2 * self.plain[system, :system]
            )
            met = {kind: np.minimum(one[:system], one[system]) for kind, one in self.met.items()}
            variance[system, :system], freedom[system, :system] = self._of(gaps, floor, met)
            variance[:system, system], freedom[:system, system] = (
                variance[system, :system],
                freedom[system, :system],
            )
        return variance, freedom

    def joint(self) -> JointSpread:
        """Return the covariance matrix of the strengths, positive semidefinite."""
        return joint_spread(self.rows, self.units)

    def resampled(self, n_resamples: int, rng: np.random.Generator | None) -> FloatArray:
        """Return the changes of strengths when units are resampled, shape (n_resamples, n_systems).

        Each kind is drawn separately, with replacement; a judgment counts as often as its units were drawn,
        multiplied over the kinds (pigeonhole bootstrap). With several kinds it is too wide with many units, and too
        narrow with five or fewer.

        References
        ----------
        Owen 2007; Kline and Santos 2012 (scores in place of fits).
        """
        if rng is None or n_resamples < 1:
            raise InvalidInput(
                f"n_resamples {n_resamples}, rng {rng!r}; allowed: 1 or more, a numpy Generator"
            )
        chunk = max(1, DRAWN_BYTES // (8 * max(1, len(self.rows))))
        moves = []
        for start in range(0, n_resamples, chunk):
            size = min(chunk, n_resamples - start)
            weights = np.ones((size, len(self.rows)))
            for code, n in zip(self.units.codes, self.units.counts, strict=True):
                drawn = rng.multinomial(n, np.full(n, 1 / n), size=size)
                weights *= drawn[:, code]
            moves.append(weights @ self.rows)
        return np.concatenate(moves)

    def _of(
        self, rows: FloatArray, floor: FloatArray, met: Mapping[str, IntArray]
    ) -> tuple[FloatArray, FloatArray]:
        variance, freedom = np.full(rows.shape[1], np.nan), np.full(rows.shape[1], np.nan)
        kinds_of = [self.kinds[key] for key in _keys(met)]
        for kinds in dict.fromkeys(kinds_of):
            place = np.array([at for at, one in enumerate(kinds_of) if one == kinds])
            counts = {kind: met[kind][place] for kind in kinds}
            found = spread(rows[:, place], self.units.only(kinds), floor=False, counts=counts)
            variance[place], freedom[place] = found.variance, found.degrees_of_freedom
        if not self.units.asked:
            variance = np.maximum(variance, floor)
        return variance, freedom


def over_units(
    sums: Callable[[IntArray], FloatArray],
    cell: IntArray,
    units: Units,
    meets: tuple[IntArray, ...],
    n_systems: int,
) -> OverUnits:
    """Return influence over units.

    Parameters
    ----------
    sums : callable
        From a cluster of each judgment, codes without gaps, to the clusters' influence on the strengths, shape
        (n_clusters, n_systems).
    cell : ndarray of int64, shape (n_judgments,)
        Judgments of one cell have the same influence; codes without gaps.
    units : Units
    meets : tuple of ndarray of int64, shape (n_judgments,)
        The systems of each judgment: two of a comparison, any number of a ranking.
    n_systems : int
    """
    met = {kind: units_met(code, meets, n_systems) for kind, code in units.named.items()}
    kinds = _kinds(units, met, n_systems)
    named = dict.fromkeys(kind for one in (units.kinds, *kinds.values()) for kind in one)
    first, row = _finest(units.only(tuple(named)), len(cell))
    of_cell, size = sums(cell), np.bincount(cell)
    plain = (of_cell / np.maximum(size, 1)[:, None]).T @ of_cell * len(cell) / max(1, len(cell) - 1)
    alone = _alone(kinds, met, n_systems)
    return OverUnits(units.of(first), sums(row), np.asarray(plain), alone, met, kinds)


def _keys(met: Mapping[str, IntArray]) -> list[bytes]:
    """Return for each system, or difference, which kinds have enough units."""
    return [one.tobytes() for one in np.ascontiguousarray((np.stack(list(met.values())) >= FEWEST).T)]


def _kinds(units: Units, met: Mapping[str, IntArray], n_systems: int) -> dict[bytes, tuple[str, ...]]:
    """Return the kinds of each system and of each difference, by which kinds have enough units."""
    found: dict[bytes, tuple[str, ...]] = {}
    for system in range(n_systems):
        least = {kind: np.minimum(one[: system + 1], one[system]) for kind, one in met.items()}
        for place, key in enumerate(_keys(least)):
            if key not in found:
                found[key] = units.known_by({kind: int(one[place]) for kind, one in least.items()})
    return found


def _finest(units: Units, n: int) -> tuple[IntArray, IntArray]:
    """Return the first judgment of each cell of all kinds at once, and the cell of each judgment."""
    place, size = np.zeros(n, dtype=np.int64), 1
    first = np.zeros(min(n, 1), dtype=np.int64)
    for code, n_codes in zip(units.codes, units.counts, strict=True):
        first, place = compact(place * n_codes + code, size * n_codes)
        size = len(first)
    return first, place


def distinct_units(units: Units, meets: tuple[IntArray, ...], n_systems: int) -> FloatArray:
    """Return how many units judged each system, for the kind with the fewest, shape (n_systems,)."""
    fewest = np.full(n_systems, np.inf if units.kinds else 0.0)
    for code in units.codes:
        fewest = np.minimum(fewest, units_met(code, meets, n_systems))
    return fewest


def _alone(kinds: Mapping[bytes, tuple[str, ...]], met: Mapping[str, IntArray], n_systems: int) -> BoolArray:
    own = [kinds[key] for key in _keys(met)]
    return np.array([min((met[kind][i] for kind in own[i]), default=1) == 1 for i in range(n_systems)])


def t_half(variance: FloatArray, freedom: FloatArray, confidence_level: float) -> FloatArray:
    """Return half widths of t intervals."""
    with np.errstate(invalid="ignore"):
        return np.asarray(special.stdtrit(freedom, (1 + confidence_level) / 2) * np.sqrt(variance))
