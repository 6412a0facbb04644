"""The graph of which systems are compared."""

from collections.abc import Iterable


def components(pairs: Iterable[tuple[str, str]]) -> list[list[str]]:
    """Return the groups of systems that are compared, directly or through others; the largest first.

    >>> components([("a", "b"), ("c", "d"), ("b", "e")])
    [['a', 'b', 'e'], ['c', 'd']]
    """
    group: dict[str, set[str]] = {}
    for first, second in pairs:
        merged = group.get(first, {first}) | group.get(second, {second})
        group |= dict.fromkeys(merged, merged)
    parts = {min(part): sorted(part) for part in group.values()}
    return sorted(parts.values(), key=lambda part: (-len(part), part))
