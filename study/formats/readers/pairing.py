"""Which comparison a vote or verdict refers to, and in which arrangement it was shown."""

from collections.abc import Mapping
from dataclasses import dataclass

from study.blinding import A_LEFT, A_RIGHT
from study.formats.problems import SHOWN, Problems, listed, meant, shortened
from study.formats.readers import cells
from study.formats.readers.columns import Rows
from study.formats.readers.ids import Ids
from study.records import Comparison, Output, StudyRecords
from study.wording import counted

Found = tuple[Comparison, str]  # with its arrangement
Shown = tuple[str, str]
Place = tuple[str, str]  # the fields of one output: its system and its condition
PLACES: tuple[Place, Place] = (("left_system", "left_condition"), ("right_system", "right_condition"))


@dataclass(frozen=True, slots=True)
class Candidates:
    """Possible comparisons for a row, by systems, and by systems with conditions."""

    comparisons: list[Comparison]
    by_systems: dict[frozenset[str], list[Comparison]]
    by_outputs: dict[frozenset[Shown], list[Comparison]]

    def of(self, left: Shown, right: Shown) -> list[Comparison]:
        """Return the comparisons of two systems, or of two outputs if the row names both conditions."""
        if left[1] and right[1]:
            return self.by_outputs.get(frozenset((left, right)), [])
        return self.by_systems.get(frozenset((left[0], right[0])), [])


@dataclass(frozen=True, slots=True)
class Pairing:
    """The comparisons of a study, by the researcher's ids and by internal ids."""

    outputs: dict[str, Output]
    by_pair: dict[str, Candidates]
    by_item: dict[str, Candidates]
    pair_ids: Ids
    item_ids: Ids


def pairing_of(known: StudyRecords) -> Pairing:
    """Return the comparisons of a study by name and id; a name takes precedence over an equal id."""
    outputs = {output.output_id: output for output in known.outputs}
    of_pair: dict[str, list[Comparison]] = {}
    of_item: dict[str, list[Comparison]] = {item.item_id: [] for item in known.items}
    comparisons = known.comparisons()
    for comparison in comparisons:
        of_item[comparison.item_id].append(comparison)
        if comparison.task.name is not None:
            of_pair.setdefault(comparison.task.name, []).append(comparison)
    by_own_id = {one.task.task_id: _candidates([one], outputs) for one in comparisons}
    by_name = {
        name: by_own_id[found[0].task.task_id] if len(found) == 1 else _candidates(found, outputs)
        for name, found in of_pair.items()
    }
    by_id = {item_id: _candidates(found, outputs) for item_id, found in of_item.items()}
    by_item = by_id | {item.name: by_id[item.item_id] for item in known.items}
    names = [item.name for item in known.items]
    return Pairing(outputs, by_own_id | by_name, by_item, Ids(of_pair), Ids(names))


def _candidates(comparisons: list[Comparison], outputs: Mapping[str, Output]) -> Candidates:
    by_systems: dict[frozenset[str], list[Comparison]] = {}
    by_outputs: dict[frozenset[Shown], list[Comparison]] = {}
    for one in comparisons:
        a, b = outputs[one.output_a_id], outputs[one.output_b_id]
        by_systems.setdefault(frozenset((a.system, b.system)), []).append(one)
        both = frozenset(((a.system, a.condition), (b.system, b.condition)))
        by_outputs.setdefault(both, []).append(one)
    return Candidates(comparisons, by_systems, by_outputs)


def paired(
    rows: Rows,
    known: StudyRecords,
    problems: Problems,
    places: tuple[Place, Place] = PLACES,
    *,
    match_ids: bool = False,
) -> list[Found | None]:
    """Return each row's comparison and its arrangement; None if there is a problem, which is noted.

    ``places`` are the fields of the left and the right output. Time is linear in rows and comparisons.
    """
    pairing = pairing_of(known)
    pairs = _ids(rows, "pair_id", pairing.pair_ids, problems, match_ids)
    items = _ids(rows, "item_id", pairing.item_ids, problems, match_ids)
    left, right = (_shown(rows, place, problems) for place in places)
    cache: dict[tuple[str, str, Shown, Shown], list[Found]] = {}
    found: list[Found | None] = []
    for line, of in zip(rows.table.lines, zip(pairs, items, left, right, strict=True), strict=True):
        pair, item, on_left, on_right = of
        if not (on_left[0] and on_right[0]):
            found.append(None)
            continue
        candidates = pairing.by_pair.get(pair) if pair else pairing.by_item.get(item)
        if candidates is None:
            _note_unknown(rows, line, pair, item, pairing, problems)
            found.append(None)
            continue
        if of not in cache:
            fitting = candidates.of(on_left, on_right)
            cache[of] = [match for one in fitting for match in _matches(one, pairing, on_left, on_right)]
        if len(cache[of]) != 1:
            _note_systems(rows, line, places, (on_left, on_right), candidates, pairing, problems)
        found.append(cache[of][0] if len(cache[of]) == 1 else None)
    return found


def pairs_named(
    rows: Rows, known: StudyRecords, problems: Problems, *, match_ids: bool = False
) -> list[Comparison | None]:
    """Return the comparison named in each row by its id alone; None if there is a problem, which is noted."""
    pairing = pairing_of(known)
    found: list[Comparison | None] = []
    pairs = _ids(rows, "pair_id", pairing.pair_ids, problems, match_ids)
    for line, pair in zip(rows.table.lines, pairs, strict=True):
        candidates = pairing.by_pair.get(pair) if pair else None
        if not pair:
            sentence = "the row names no pair; give a pair_id, or an item_id and the two systems"
            problems.add(line, rows.column("pair_id"), sentence)
        elif candidates is None:
            _note_unknown(rows, line, pair, "", pairing, problems)
        found.append(candidates.comparisons[0] if candidates else None)
    return found


def _ids(rows: Rows, field: str, known: Ids, problems: Problems, match: bool) -> list[str]:
    names = cells.names(rows, field, problems)
    return [known.matched(name) for name in names] if match else names


def _shown(rows: Rows, place: Place, problems: Problems) -> list[Shown]:
    system, condition = place
    systems = cells.names(rows, system, problems, required=True)
    conditions = cells.names(rows, condition, problems)
    return list(zip(systems, conditions, strict=True))


def _matches(comparison: Comparison, pairing: Pairing, left: Shown, right: Shown) -> list[Found]:
    a = pairing.outputs[comparison.output_a_id]
    b = pairing.outputs[comparison.output_b_id]
    found: list[Found] = []
    if _is(a, left) and _is(b, right):
        found.append((comparison, A_LEFT))
    if _is(b, left) and _is(a, right):
        found.append((comparison, A_RIGHT))
    return found


def _is(output: Output, shown: Shown) -> bool:
    system, condition = shown
    return output.system == system and condition in ("", output.condition)


def _note_unknown(rows: Rows, line: int, pair: str, item: str, pairing: Pairing, problems: Problems) -> None:
    field, value, table = ("pair_id", pair, pairing.by_pair) if pair else ("item_id", item, pairing.by_item)
    if not value:
        problems.add(
            line, rows.column(field), "the row names no pair and no item; give a pair_id or an item_id"
        )
        return
    if problems.count >= SHOWN:  # only counted: another sentence would search every id again
        problems.add(line, rows.column(field), "unknown")
        return
    what, ids = ("pair", pairing.pair_ids) if pair else ("item", pairing.item_ids)
    hint = ids.hint(value) or f"{meant(value, list(table))}; it has: {listed(table, 5) or 'none'}"
    problems.add(line, rows.column(field), f"the study has no {what} {shortened(value)}{hint}")


def _note_systems(
    rows: Rows,
    line: int,
    places: tuple[Place, Place],
    shown: tuple[Shown, Shown],
    candidates: Candidates,
    pairing: Pairing,
    problems: Problems,
) -> None:
    if problems.count >= SHOWN:  # only counted: another sentence would search every comparison again
        problems.add(line, rows.column(places[1][0]), "not compared")
        return
    outputs = [
        pairing.outputs[output_id]
        for one in candidates.comparisons
        for output_id in (one.output_a_id, one.output_b_id)
    ]
    here = sorted({output.system for output in outputs})
    for (field, _), (system, _) in zip(places, shown, strict=True):
        if system and system not in here:
            sentence = f"{shortened(system)} has no output in this pair{meant(system, here)}; allowed: {listed(here)}"
            problems.add(line, rows.column(field), sentence)
            return
    both = " and ".join(shortened(system) for system, _ in shown)
    count = sum(len(_matches(one, pairing, *shown)) for one in candidates.of(*shown))
    if count:
        conditions = " and ".join(field for _, field in places)
        sentence = f"{counted(count, 'comparison')} fit {both}; give {conditions}, or the pair_id"
    else:
        sentence = f"{both} are not compared here under these conditions; compared are: {listed(here)}"
    problems.add(line, rows.column(places[1][0]), sentence)
