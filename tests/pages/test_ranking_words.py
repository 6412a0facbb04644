"""What the Ranking page says and draws of boards that position explains, and of systems with an open end."""

import numpy as np

from study import analysis
from study.ui.ranking import charts, sentences
from tests.analysis.test_ranking_claims import CONFOUNDED, EVEN, ONE, UNBALANCED, chain
from tests.long_tables import Answer, long_table


def with_the_best_and_the_worst() -> list[Answer]:
    rows: list[Answer] = []
    for number in range(96):
        rater, item = f"r{number % 8}", f"i{number // 8}"
        side, other = ("left", "right") if (number + number // 8) % 2 else ("right", "left")
        rows += [(rater, item, "best", name, side, side) for name in ("one", "two")]
        rows += [(rater, item, "one", "two", side, side if number % 3 else other)]
        rows += [(rater, item, "one", "worst", side, side)]
    return rows


def test_a_leader_that_the_left_side_makes_is_not_called_the_only_one() -> None:
    for sides in ("auto", "ignore"):
        table = analysis.ranking_table(UNBALANCED, **ONE, sides=sides)
        said = sentences.leader_sentence(table)
        assert "no system is claimed to be the best" in said
        assert "No other system can be first" not in said
        report = sentences.ranking_report(table, "", 0)
        assert report is not None
        assert ("no leader is claimed" in report) == (sides == "auto")
    assert "Adjusted for the left side, **alpha** ranks first" in sentences.leader_sentence(
        analysis.ranking_table(UNBALANCED, **ONE)
    )


def test_a_board_that_position_explains_has_no_sentence_on_who_is_first() -> None:
    table = analysis.ranking_table(CONFOUNDED, **ONE)
    assert sentences.leader_sentence(table) == "The systems cannot be ranked."
    assert sentences.ranking_report(table, "", 0) is None
    assert {sentences.strength_text(row) for row in table.to_dict("records")} == {"undefined"}


def test_a_report_says_to_whom_it_generalises_and_by_which_test() -> None:
    report = sentences.ranking_report(analysis.ranking_table(EVEN, **ONE), "", 0)
    assert report is not None
    assert "95% intervals over 8 raters x 30 items" in report
    assert "Numbers hold for raters and items like these 8 raters and 30 items." in report
    assert "score test (t) of a win rate of one half, over the units of its interval" in report
    assert "Sides balanced over systems" in report


def test_open_ends_stand_in_the_figure_in_their_order() -> None:
    table = analysis.ranking_table(long_table(with_the_best_and_the_worst()), **ONE)
    figure = charts.strength_plot(table, "Strength", 0)
    assert list(figure.layout.yaxis.ticktext) == ["best", "one", "two", "worst"]
    closed, best, worst = figure.data
    assert list(closed.y) == [1, 2]
    assert (list(best.y), list(worst.y)) == ([0, 0], [3, 3])
    assert (best.marker.symbol[1], worst.marker.symbol[0]) == ("triangle-right", "triangle-left")
    assert best.x[0] == table["strength_low"].iloc[0]
    assert best.x[1] < figure.layout.xaxis.range[1]
    assert "no upper bound" in best.hovertext
    assert sentences.leader_sentence(table).startswith("**best** ranks first")


def test_hollow_points_show_what_was_judged() -> None:
    figure = charts.strength_plot(analysis.ranking_table(UNBALANCED, **ONE), "Strength", 0)
    assert "hollow: not adjusted" in figure.layout.xaxis.title.text
    assert figure.data[-1].marker.symbol == "circle-open"
    even = charts.strength_plot(analysis.ranking_table(EVEN, **ONE), "Strength", 0)
    assert len(even.data) == 1


def test_a_chain_has_its_first_and_no_strengths() -> None:
    table = analysis.ranking_table(chain(), **ONE)
    said = sentences.leader_sentence(table)
    assert said.startswith("**m1** ranks first: it wins 100%")
    assert "it won every comparison, so its strength has no upper bound" in said
    assert ". m2, m3" in said
    assert "could also be first" in said
    assert np.isnan(table["strength"]).all()
    report = sentences.ranking_report(table, "", 0)
    assert report is not None
    assert "rank m1 first: no upper bound" in report
