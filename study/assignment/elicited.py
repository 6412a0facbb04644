"""The profile for which a task is judged if its item names none: the rater's own, or another rater's."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from study.assignment.seats import MAIN, REPEAT, Choice, digest

if TYPE_CHECKING:
    from study.assignment.board import Board


def judged_for(
    board: "Board", rater_id: str, own: str | None, others: Sequence[str], choice: Choice
) -> str | None:
    """Return the elicited profile that a task is shown with; None if its item names a profile.

    A rater judges ``proxies`` tasks for others, randomly mixed among the rest, each time for the profile that has
    been judged for least often, or for themselves as long as no other rater has a profile. A repeat shows the same
    profile again.

    Parameters
    ----------
    board : Board
    rater_id : str
    own : str or None
        The rater's own elicited profile.
    others : sequence of str
        The elicited profiles of others.
    choice : Choice
    """
    place = board.index[choice.task_id]
    rules = board.design.elicitation
    if rules is None or own is None or board.facts[place].profile_id is not None:
        return None
    seats = [seat for seat in board.main_seats(rater_id) if seat.taken()]
    if choice.purpose == REPEAT:
        return next((seat.profile_id for seat in seats if seat.task == place), own)
    open_to_others = rules.proxies - sum(seat.profile_id not in (None, own) for seat in seats)
    if choice.purpose != MAIN or not others or open_to_others <= 0:
        return own
    left = max((board.design.quota or board.n_main) - len(seats), 1)
    if digest(board.seed, "for whom", rater_id, len(seats)) % left >= open_to_others:
        return own
    return min(others, key=lambda one: (board.taken_for[one], digest(board.seed, "for", rater_id, one)))
