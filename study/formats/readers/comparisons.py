"""Which outputs of an item are compared: all pairs, or a seeded selection that keeps the systems connected."""

from collections import Counter
from collections.abc import Iterable
from itertools import combinations
from random import Random

from study.errors import InvalidInput
from study.records import Comparison, Item, Output, Study, Task, stable_id

Pair = tuple[Output, Output]


def comparison_of(
    study: Study, item: Item, one: Output, other: Output, name: str | None = None
) -> Comparison:
    """Return the comparison of two outputs of an item; a name makes it distinct from others of the same pair."""
    first, second = sorted((one.output_id, other.output_id))
    parts = ("named", name) if name else (first, second)
    task_id = stable_id(study.study_id, "comparison", *parts)
    task = Task(task_id, study.study_id, item.source_id, item.item_id, name=name)
    return Comparison(task, item.item_id, first, second)


def drawn_comparisons(
    study: Study, items: Iterable[Item], outputs: Iterable[Output], pairs_per_item: int | None = None
) -> list[Comparison]:
    """Return the comparisons of every item's outputs, in the order in which the outputs name the items.

    With ``pairs_per_item``, each item gets that many: first pairs that connect systems not yet connected, then the
    system pairs used least so far; the study's seed breaks ties. Items with few outputs go first, since they have the
    least choice.
    """
    outputs_of: dict[str, list[Output]] = {}
    for output in outputs:
        outputs_of.setdefault(output.item_id, []).append(output)
    if pairs_per_item is None:
        chosen = {item: list(combinations(found, 2)) for item, found in outputs_of.items()}
    elif pairs_per_item >= 1:
        chosen = _few_pairs(outputs_of, pairs_per_item, Random(f"{study.seed} pairs"))
    else:
        raise InvalidInput(
            f"pairs_per_item is {pairs_per_item}; give a whole number from 1 up, or none for all"
        )
    known = {item.item_id: item for item in items}
    return [
        comparison_of(study, known[item_id], one, other)
        for item_id in outputs_of
        for one, other in chosen[item_id]
    ]


def _few_pairs(outputs_of: dict[str, list[Output]], count: int, rng: Random) -> dict[str, list[Pair]]:
    parts = Parts()
    used: Counter[tuple[str, ...]] = Counter()
    chosen: dict[str, list[Pair]] = {}
    for item in sorted(outputs_of, key=lambda item: (len(outputs_of[item]), rng.random())):
        candidates = list(combinations(outputs_of[item], 2))
        rng.shuffle(candidates)
        chosen[item] = []
        for _ in range(min(count, len(candidates))):
            best = min(candidates, key=lambda pair: (parts.joined(*_systems(pair)), used[_systems(pair)]))
            candidates.remove(best)
            chosen[item].append(best)
            used[_systems(best)] += 1
            parts.join(*_systems(best))
    return chosen


def _systems(pair: Pair) -> tuple[str, str]:
    first, second = sorted((pair[0].system, pair[1].system))
    return first, second


class Parts:
    """The connected components of a graph that grows edge by edge."""

    def __init__(self) -> None:
        self._root: dict[str, str] = {}

    def root(self, node: str) -> str:
        """Return the representative of a node's component."""
        path = []
        while (above := self._root.setdefault(node, node)) != node:
            path.append(node)
            node = above
        for passed in path:
            self._root[passed] = node
        return node

    def joined(self, one: str, other: str) -> bool:
        """Return whether two nodes are connected."""
        return self.root(one) == self.root(other)

    def join(self, one: str, other: str) -> None:
        """Add an edge."""
        self._root[self.root(one)] = self.root(other)

    def count(self) -> int:
        """Return the number of components."""
        return sum(node == above for node, above in self._root.items())
