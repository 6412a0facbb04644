"""Which comparison of a study a vote or verdict speaks of, and on which side its output a stood."""

from dataclasses import dataclass

from study.formats import cells
from study.formats.columns import Rows
from study.formats.problems import SHOWN, Problems, listed, meant, shortened
from study.records import Comparison, Output, Side, StudyRecords
from study.wording import counted

Found = tuple[Comparison, Side]
Shown = tuple[str, str]
Place = tuple[str, str]  # the fields of one output: its system, and its condition
PLACES: tuple[Place, Place] = (("left_system", "left_condition"), ("right_system", "right_condition"))


@dataclass(frozen=True, slots=True)
class Pairing:
    """The comparisons of a study by the researcher's ids and by their own."""

    outputs: dict[str, Output]
    by_pair: dict[str, list[Comparison]]
    by_item: dict[str, list[Comparison]]


def pairing_of(known: StudyRecords) -> Pairing:
    """Return the comparisons of a study by name and id; a name goes before an id that reads the same."""
    by_pair: dict[str, list[Comparison]] = {}
    by_item_id: dict[str, list[Comparison]] = {item.item_id: [] for item in known.items}
    for comparison in known.comparisons:
        by_item_id[comparison.item_id].append(comparison)
        if comparison.name is not None:
            by_pair.setdefault(comparison.name, []).append(comparison)
    by_id = {comparison.comparison_id: [comparison] for comparison in known.comparisons}
    by_name = {item.name: by_item_id[item.item_id] for item in known.items}
    outputs = {output.output_id: output for output in known.outputs}
    return Pairing(outputs, by_id | by_pair, by_item_id | by_name)


def paired(
    rows: Rows, known: StudyRecords, problems: Problems, places: tuple[Place, Place] = PLACES
) -> list[Found | None]:
    """Return each row's comparison and the side of its output a; None where there is a problem, which is noted.

    ``places`` are the fields of the left output and of the right one.
    """
    pairing = pairing_of(known)
    pairs = cells.names(rows, "pair_id", problems)
    items = cells.names(rows, "item_id", problems)
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
            cache[of] = [match for one in candidates for match in _matches(one, pairing, on_left, on_right)]
        if len(cache[of]) != 1:
            _note_systems(rows, line, places, (on_left, on_right), candidates, pairing, problems)
        found.append(cache[of][0] if len(cache[of]) == 1 else None)
    return found


def pairs_named(rows: Rows, known: StudyRecords, problems: Problems) -> list[Comparison | None]:
    """Return the comparison that each row names by its id alone; None where there is a problem, which is noted."""
    pairing = pairing_of(known)
    found: list[Comparison | None] = []
    for line, pair in zip(rows.table.lines, cells.names(rows, "pair_id", problems), strict=True):
        candidates = pairing.by_pair.get(pair) if pair else None
        if not pair:
            sentence = "the row names no pair; give a pair_id, or an item_id and the two systems"
            problems.add(line, rows.column("pair_id"), sentence)
        elif candidates is None:
            _note_unknown(rows, line, pair, "", pairing, problems)
        found.append(candidates[0] if candidates else None)
    return found


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
        found.append((comparison, "left"))
    if _is(b, left) and _is(a, right):
        found.append((comparison, "right"))
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
    hint = meant(value, list(table)) if problems.count < SHOWN else ""
    what = "pair" if pair else "item"
    sentence = f"the study has no {what} {shortened(value)}{hint}; it has: {listed(table, 5) or 'none'}"
    problems.add(line, rows.column(field), sentence)


def _note_systems(
    rows: Rows,
    line: int,
    places: tuple[Place, Place],
    shown: tuple[Shown, Shown],
    candidates: list[Comparison],
    pairing: Pairing,
    problems: Problems,
) -> None:
    outputs = [
        pairing.outputs[output_id] for one in candidates for output_id in (one.output_a_id, one.output_b_id)
    ]
    here = sorted({output.system for output in outputs})
    for (field, _), (system, _) in zip(places, shown, strict=True):
        if system and system not in here:
            sentence = f"{shortened(system)} has no output in this pair{meant(system, here)}; allowed: {listed(here)}"
            problems.add(line, rows.column(field), sentence)
            return
    both = " and ".join(shortened(system) for system, _ in shown)
    count = sum(len(_matches(one, pairing, *shown)) for one in candidates)
    if count:
        conditions = " and ".join(field for _, field in places)
        sentence = f"{counted(count, 'comparison')} fit {both}; give {conditions}, or the pair_id"
    else:
        sentence = f"{both} are not compared here under these conditions; compared are: {listed(here)}"
    problems.add(line, rows.column(places[1][0]), sentence)
