"""What is read: the material of one comparison for the screen, the long table for analysis and export."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from study.errors import NotFound
from study.records import Item, Output, Profile, Side
from study.store import rows
from study.store.database import Database

if TYPE_CHECKING:
    import pandas as pd  # start-up does without it


@dataclass(frozen=True, slots=True)
class Material:
    """What stands on the screen for one comparison; immutable once imported."""

    item: Item
    profile: Profile | None
    output_a: Output
    output_b: Output

    def side(self, side: Side, side_of_a: Side) -> Output:
        """Return the output that stands on a side."""
        return self.output_a if side == side_of_a else self.output_b


def material(db: Database, comparison_id: str) -> Material:
    """Return item, profile and outputs of a comparison, in one query."""
    with db.reading() as cursor:
        found = cursor.execute(
            """
            select i.*, p.*, a.*, b.* from comparison c
            join item i on i.item_id = c.item_id
            join output a on a.output_id = c.output_a_id
            join output b on b.output_id = c.output_b_id
            left join profile p on p.profile_id = i.profile_id
            where c.comparison_id = ?
            """,
            [comparison_id],
        ).fetchall()
    if not found:
        raise NotFound(f"there is no comparison {comparison_id!r}")
    parts: list[Any] = []
    start = 0
    for record_type in (Item, Profile, Output, Output):
        width = len(rows.column_types(record_type))
        cells = found[0][start : start + width]
        parts.append(rows.from_row(record_type, cells) if cells[0] is not None else None)
        start += width
    return Material(*parts)


def judgments(db: Database, study_id: str, *, texts: bool = False) -> "pd.DataFrame":
    """Return the study's long table, one row per standing judgment, in a fixed order.

    With ``texts`` come the contents of profile, prompt and outputs (JSON text) and the raters' external ids, for exports.
    """
    extra = (
        """, p.content as profile, i.content as prompt, oa.content as output_a, ob.content as output_b, r.external_id as rater_external_id
        from judgment_long l
        join item i on i.item_id = l.item_id
        join output oa on oa.output_id = l.output_a_id
        join output ob on ob.output_id = l.output_b_id
        join rater r on r.rater_id = l.rater_id
        left join profile p on p.profile_id = l.profile_id"""
        if texts
        else " from judgment_long l"
    )
    with db.reading() as cursor:
        return cursor.execute(
            f"select l.*{extra} where l.study_id = ? order by l.judged_at, l.judgment_id", [study_id]
        ).df()
