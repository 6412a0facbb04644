"""Units of a claim: the clusters of judgments, and the population that a number generalises to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from study.errors import InvalidInput
from study.stats.arrays import BoolArray, IntArray, check_equal_lengths, codes, compact
from study.wording import counted, in_a_row

FEWEST = 5
"""Units of a kind needed for a claim about that population; with fewer, tests reject true nulls up to 8% of the time."""

ORDER = ("rater", "profile", "source", "item")
"""The order of kinds in labels."""

POPULATION = {"profile": "people", "rater": "raters", "source": "sources", "item": "items"}
"""The population that a number generalises to by kind of unit, in the order of sentences."""


@dataclass(frozen=True, slots=True)
class Units:
    """The units of judgments, made by :func:`units_of`; a number generalises to each kind in ``kinds``.

    Attributes
    ----------
    kinds : tuple of str
        For example ("rater", "profile"); empty if every kind has too few units.
    codes : tuple of ndarray of int64, each of shape (n_judgments,)
        Per kind from 0, without gaps.
    counts : tuple of int
        Number of units of each kind.
    fixed : tuple of (str, int)
        Kinds with fewer than :data:`FEWEST` units, with their number: results hold for these units only.
    asked : bool
        Whether the user named the kinds: then none is left out.
    named : dict of str to ndarray
        All kinds that were given.
    held : tuple of str
        Among these, kinds that results must not generalise to, however many units there are.
    """

    kinds: tuple[str, ...]
    codes: tuple[IntArray, ...]
    counts: tuple[int, ...]
    fixed: tuple[tuple[str, int], ...]
    asked: bool
    named: Mapping[str, IntArray]
    held: tuple[str, ...] = ()

    def __len__(self) -> int:
        """Return the number of judgments."""
        return len(next(iter(self.named.values())))

    @property
    def label(self) -> str:
        """The kinds in short: "rater x profile"."""
        return " x ".join(self.kinds) or "none"

    @property
    def fewest(self) -> int:
        """The number of units of the kind with the fewest; 0 without any kind."""
        return min(self.counts, default=0)

    def cells(self) -> tuple[IntArray, "Units"]:
        """Return each judgment's cell, a combination of units of all kinds, and the units of the cells."""
        cell = np.zeros(len(self), dtype=np.int64)
        first = np.arange(min(len(self), 1))
        for code, n in zip(self.codes, self.counts, strict=True):
            first, cell = compact(cell * n + code, (int(cell.max(initial=0)) + 1) * n)
        codes_of = tuple(code[first] for code in self.codes)
        named = {kind: one[first] for kind, one in self.named.items()}
        return cell, replace(self, codes=codes_of, named=named)

    def only(self, kinds: tuple[str, ...]) -> "Units":
        """Return the units of some of the given kinds."""
        counts = tuple(int(self.named[kind].max(initial=-1)) + 1 for kind in kinds)
        return replace(self, kinds=kinds, codes=tuple(self.named[kind] for kind in kinds), counts=counts)

    def known_by(self, counts: Mapping[str, int]) -> tuple[str, ...]:
        """Return the kinds that a number generalises to, if it rests on these numbers of units of each given kind."""
        kept = [kind for kind in self.named if kind not in self.held]
        if not self.asked:
            kept = [kind for kind in kept if counts[kind] >= FEWEST]
            every = {kind: int(code.max(initial=-1)) + 1 for kind, code in self.named.items()}
            kept = _without_nested(kept, self.named, every)
        return tuple(sorted(kept, key=_place))

    def resting_on(self, counts: Mapping[str, int]) -> "Units":
        """Return the units of a number that rests on these numbers of units of each given kind.

        The codes stay those of all judgments; the counts are the given ones.
        """
        kinds = self.known_by(counts)
        few = [kind for kind in self.named if kind in self.held or (not self.asked and counts[kind] < FEWEST)]
        if not self.asked:
            every = {kind: int(code.max(initial=-1)) + 1 for kind, code in self.named.items()}
            few = _without_nested(few, self.named, every)
        return replace(
            self.only(kinds),
            counts=tuple(counts[kind] for kind in kinds),
            fixed=tuple((kind, counts[kind]) for kind in sorted(few, key=_place)),
        )

    def of(self, kept: BoolArray | IntArray) -> "Units":
        """Return the units of some judgments, by a mask or by positions; some kinds may then have too few units."""
        named = {kind: one[kept] for kind, one in self.named.items()}
        return units_of(named, asked=self.asked, held=self.held)


def units_of(named: Mapping[str, ArrayLike], *, asked: bool = False, held: tuple[str, ...] = ()) -> Units:
    """Return units from the codes of judgments.

    Kinds with fewer than :data:`FEWEST` units are left out: no claim is made about that population. Then nested kinds
    are left out (items are nested in profiles, and so are raters who judge for one profile each); of two equal kinds,
    the later one stays. So items stay if there are too few profiles to generalise to others.

    Parameters
    ----------
    named : mapping of str to array_like of int, shape (n_judgments,)
        Codes from 0 by kind, gaps allowed.
    asked : bool
        Whether the user named the kinds: then all are kept, however few units they have.
    held : tuple of str
        Kinds that results must not generalise to: a table by profile makes statements about each of these profiles.

    Examples
    --------
    >>> rater, profile = np.arange(60) % 6, np.arange(60) // 10
    >>> units_of({"rater": rater, "profile": profile}).label
    'rater x profile'
    >>> units_of({"rater": rater % 3, "profile": profile}).fixed
    (('rater', 3),)
    """
    if not named:
        raise InvalidInput("no kind of unit; allowed: at least one, such as 'rater'")
    given = {kind: codes(one, None, kind) for kind, one in named.items()}
    check_equal_lengths(**{kind: len(one) for kind, one in given.items()})
    dense: dict[str, IntArray] = {}
    counts: dict[str, int] = {}
    for kind, one in given.items():
        first, place = compact(one, int(one.max(initial=-1)) + 1)
        dense[kind], counts[kind] = place, len(first)
    kept = [kind for kind in dense if kind not in held and (asked or counts[kind] >= FEWEST)]
    few = [kind for kind in dense if kind not in kept]
    if not asked:
        kept, few = _without_nested(kept, dense, counts), _without_nested(few, dense, counts)
    kept.sort(key=_place)
    return Units(
        tuple(kept),
        tuple(dense[kind] for kind in kept),
        tuple(counts[kind] for kind in kept),
        tuple((kind, counts[kind]) for kind in sorted(few, key=_place)),
        asked,
        dense,
        tuple(held),
    )


def _place(kind: str) -> int:
    """Return the position of a kind in labels; unknown kinds come last."""
    return ORDER.index(kind) if kind in ORDER else len(ORDER)


def _without_nested(kept: list[str], dense: Mapping[str, IntArray], counts: Mapping[str, int]) -> list[str]:
    """Leave out kinds nested in another kind; of two equal kinds the later one stays."""
    left = list(kept)
    for kind in kept:
        others = [one for one in left if one != kind]
        if any(
            counts[one] <= counts[kind] and lies_within(dense[kind], counts[kind], dense[one])
            for one in others
        ):
            left.remove(kind)
    return left


def units_met(code: IntArray, groups: Sequence[IntArray], n_groups: int) -> IntArray:
    """Return how many units of a kind occur with each group, shape (n_groups,).

    Parameters
    ----------
    code : ndarray of int64, shape (n_judgments,)
        Units from 0.
    groups : sequence of ndarray of int64, shape (n_judgments,)
        The groups of each judgment, such as its two systems.
    n_groups : int
    """
    there = np.zeros((n_groups, int(code.max(initial=-1)) + 1), dtype=bool)
    for group in groups:
        there[group, code] = True
    return np.asarray(there.sum(axis=1))


def lies_within(inner: IntArray, n_inner: int, outer: IntArray) -> bool:
    """Return whether each unit of one kind, codes below ``n_inner``, belongs to a single unit of another kind."""
    of_inner = np.zeros(n_inner, dtype=np.int64)
    of_inner[inner] = outer
    return bool((of_inner[inner] == outer).all())


def sizes(units: Units) -> str:
    """Return the units with their numbers: "12 raters x 20 profiles".

    >>> sizes(units_of({"rater": np.arange(12)}))
    '12 raters'
    """
    return " x ".join(counted(n, kind) for kind, n in zip(units.kinds, units.counts, strict=True)) or "none"


def estimand(units: Units) -> str:
    """Return the population that a number generalises to, with its units and their numbers.

    >>> rater, profile = np.arange(60) % 6, np.arange(60) // 10
    >>> estimand(units_of({"rater": rater, "profile": profile}))
    'for people and raters like these 6 profiles and 6 raters'
    >>> estimand(units_of({"rater": rater % 3, "profile": profile}))
    'for these 3 raters; generalises to people like these 6 profiles'
    >>> estimand(units_of({"rater": rater % 3}))
    'for these 3 raters only; too few to generalise'
    """
    order = [kind for kind in POPULATION if kind in units.kinds]
    order += [kind for kind in units.kinds if kind not in POPULATION]
    count = dict(zip(units.kinds, units.counts, strict=True))
    if 0 in count.values():
        return "for nothing: no judgment"
    populations = in_a_row([POPULATION.get(kind, f"{kind}s") for kind in order])
    these = in_a_row([counted(count[kind], kind) for kind in order])
    fixed = _these(units)
    if not order:
        return f"for {fixed} only; too few to generalise" if fixed else "for nothing: no judgment"
    few = [kind for kind in order if count[kind] < FEWEST]
    said = f"{populations} like these {these}" + (" (few: a rough guess)" if few else "")
    return f"for {fixed}; generalises to {said}" if fixed else f"for {said}"


INDEPENDENT = "as if every judgment were independent of all others; generalises to nobody in particular"
"""The estimand of numbers that treat judgments as independent."""


def _these(units: Units) -> str:
    """Return the kinds that are held fixed: "these 3 raters and 2 profiles", "this rater and these 2 profiles"."""
    fixed = [(kind, n) for kind, n in units.fixed if n]
    if not fixed:
        return ""
    if len({n > 1 for _, n in fixed}) == 1:
        names = in_a_row([counted(n, kind) if n > 1 else kind for kind, n in fixed])
        return f"{'these' if fixed[0][1] > 1 else 'this'} {names}"
    return in_a_row([f"these {counted(n, kind)}" if n > 1 else f"this {kind}" for kind, n in fixed])
