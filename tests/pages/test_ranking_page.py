"""The ranking page by Streamlit's AppTest: each section, empty, hardly judged and judged."""

from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from random import Random

import pytest
from streamlit.testing.v1 import AppTest

from study import store
from study.records import RaterSource
from study.stats.multiplicity import ADJUSTMENTS, holm
from study.stats.statistic import Statistic
from study.ui import state
from study.ui.server import access
from study.ui.shared import tables
from tests.cases import cases
from tests.conftest import small_study

PAGE = Path(__file__).parents[2] / "pages" / "researcher" / "ranking.py"
SECTIONS = ("Overview", "Pairs", "Position and length", "By group", "Stopping")
SYSTEMS = ["alpha-net", "beta-net", "gamma-net"]
Judge = Callable[..., None]


@pytest.fixture
def judge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Judge]:
    """Point the page at a database with a small study, and give a function by which raters judge all of it."""
    state.close_database()
    tables.forget_results()
    monkeypatch.setenv("BLINDPAIR_DB", str(tmp_path / "study.duckdb"))
    store.save_records(state.database(), small_study())
    rng = Random(3)

    def by(n_raters: int, answers: tuple[str, ...] = ("left", "right", "right", "tie", "both_bad")) -> None:
        db = state.database()
        source: RaterSource = "link"
        for _ in range(n_raters):
            rater = store.enrol(db, "small", source=source)
            while task := store.current_task(db, rater):
                for criterion, revision in task.revisions.items():
                    store.record_judgment(
                        db, rater, task.assignment_id, criterion, revision, rng.choice(answers)
                    )

    yield by
    state.close_database()


def opened(section: str = "Overview") -> AppTest:
    at = AppTest.from_file(str(PAGE), default_timeout=60)
    at.query_params["key"] = access.KEY
    at.run()
    assert not at.exception
    if section != "Overview":
        group(at, "Section").set_value(section).run()
        assert not at.exception
    return at


def group(at: AppTest, label: str):  # type: ignore[no-untyped-def]
    return next(one for one in at.button_group if one.label == label)


def box(at: AppTest, label: str):  # type: ignore[no-untyped-def]
    return next(one for one in at.selectbox if one.label == label)


def texts(at: AppTest) -> str:
    return "\n".join(str(part.value) for part in (*at.markdown, *at.caption, *at.info, *at.warning, *at.code))


@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_shows_an_answer_a_table_and_its_method(judge: Judge, section: str) -> None:
    judge(5)
    at = opened(section)
    assert len(at.dataframe) >= 1
    assert "How this is computed" in texts(at)
    assert at.markdown[0].value


@pytest.mark.parametrize("section", SECTIONS)
@pytest.mark.parametrize(
    "answer", cases(["tie", "left", "both_bad"], ["left"]), ids=["all ties", "always left", "all bad"]
)
def test_one_rater_and_equal_answers_leave_reasons_and_no_traceback(
    judge: Judge, section: str, answer: str
) -> None:
    judge(1, (answer,))
    at = opened(section)
    assert not at.error
    shown = texts(at) + "".join(frame.value.to_csv() for frame in at.dataframe)
    assert "nan" not in shown.lower().replace("nantes", "")


@pytest.mark.parametrize(
    ("model", "method"),
    cases(
        product(["davidson", "rao_kupper", "grounded_rao_kupper"], ["sandwich", "score_bootstrap", "model"]),
        [
            ("davidson", "sandwich"),
            ("rao_kupper", "score_bootstrap"),
            ("grounded_rao_kupper", "model"),
        ],
    ),
)
def test_every_model_ranks_with_every_kind_of_interval(judge: Judge, model: str, method: str) -> None:
    judge(6)
    at = opened()
    box(at, "Preference model").set_value(model)
    box(at, "Interval method").set_value(method).run()
    assert not at.exception
    assert sorted(at.dataframe[0].value["System"]) == SYSTEMS
    assert all(
        "[" in cell and "no interval" not in cell for cell in at.dataframe[0].value["Strength (logits)"]
    )


def test_intervals_can_be_over_items_and_the_question_can_change(judge: Judge) -> None:
    judge(5)
    at = opened()
    before = at.dataframe[0].value
    assert "generalises to raters like these 5 raters." in texts(at)
    box(at, "Intervals and tests over").set_value("item").run()
    assert not at.exception
    assert "clustered by item" in texts(at) or "sandwich over clusters" in texts(at)
    assert "Numbers hold for items like these" in texts(at)
    box(at, "Question").set_value("quality").run()
    assert not at.exception
    assert not at.dataframe[0].value.equals(before)


def test_elo_warns_of_its_order_and_shows_what_other_orders_give(judge: Judge) -> None:
    judge(4)
    at = opened()
    box(at, "Preference model").set_value("elo").run()
    assert not at.exception
    assert "depend on the order" in at.warning[0].value
    next(button for button in at.button if "random orders" in button.label).click().run()
    assert not at.exception
    assert "Over orders" in at.dataframe[1].value.columns


ALPHA_WINS = """
update judgment set response = won.response from (
    select j.judgment_id, case when (l.system_a = l.winner) = (l.side_of_a = 'left') then 'left' else 'right' end as response
    from judgment j join (
        from judgment_long select *, case when 'alpha-net' in (system_a, system_b) then 'alpha-net'
            when item_name in ('item 0', 'item 1') then 'beta-net' else 'gamma-net' end as winner
    ) l using (judgment_id)
) as won where won.judgment_id = judgment.judgment_id
"""


def test_a_system_that_always_wins_is_named_and_held_by_a_ridge_when_asked(judge: Judge) -> None:
    judge(4, ("left", "right"))
    with state.database().writing() as cursor:
        cursor.execute(ALPHA_WINS)
    at = opened()
    assert "alpha-net won every comparison, so its strength has no upper bound" in at.warning[
        0
    ].value.replace("\\", "")
    assert "add a ridge penalty" in at.warning[0].value
    assert at.dataframe[0].value["System"].iloc[0] == "alpha-net"
    assert "no upper bound" in at.dataframe[0].value["Strength (logits)"].iloc[0]
    assert len(at.get("plotly_chart")) == 1
    next(one for one in at.checkbox if "ridge" in one.label).check().run()
    assert not at.exception
    assert not at.warning
    assert not any("bound" in cell for cell in at.dataframe[0].value["Strength (logits)"])
    assert "ridge 0.1" in texts(at)


def test_the_adjustment_of_pairs_is_said(judge: Judge) -> None:
    judge(5)
    at = opened("Pairs")
    assert len(at.dataframe[0].value) == 3
    group(at, "P adjusted for the number of pairs by").set_value("benjamini_hochberg").run()
    assert not at.exception
    assert "Benjamini-Hochberg" in texts(at)


def test_an_added_adjustment_is_offered_and_used(judge: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ADJUSTMENTS, "copied", Statistic(holm, "Copied Holm", "Nobody 2026", (0, 1)))
    judge(5)
    at = opened("Pairs")
    choice = group(at, "P adjusted for the number of pairs by")
    assert choice.options == [one.label for one in ADJUSTMENTS.values()]
    choice.set_value("copied").run()
    assert not at.exception
    assert "Copied Holm" in texts(at)


def test_the_stopping_section_follows_the_chosen_pair(judge: Judge) -> None:
    judge(5)
    at = opened("Stopping")
    first = box(at, "System").value
    other = next(name for name in SYSTEMS if name != first)
    box(at, "System").set_value(other).run()
    assert not at.exception
    assert f"**{state.escaped(other)}** wins" in texts(at)
    assert box(at, "Against").value != other


def test_stopping_says_why_it_differs_from_pairs(judge: Judge) -> None:
    judge(4)
    text = texts(opened("Stopping"))
    assert "Every rater counts once here" in text
    assert "*Pairs* counts judgments, which gives " in text
