import pytest

from study.blinding import side_of_a
from study.formats import ImportOptions
from study.formats.reading import read, understand
from study.records import StudyRecords
from tests.llmfao import PAIRS, VERDICTS, VOTES, llmfao


@pytest.fixture(scope="module")
def known() -> StudyRecords:
    return read(llmfao("pairs-crowd.jsonl"), columns=PAIRS)


def test_the_pairs_of_llmfao_are_read_whole(known: StudyRecords) -> None:
    assert len(known.tasks) == 2139
    assert len({output.system for output in known.outputs}) == 59
    assert len(known.items) == 13
    assert len(known.outputs) == 750


def test_the_votes_of_llmfao_are_read_whole(known: StudyRecords) -> None:
    votes = read(llmfao("crowd-comparisons.csv"), columns=VOTES, known=known)
    assert (len(votes.raters), len(votes.assignments), len(votes.judgments)) == (124, 8931, 8931)
    answers = [judgment.response for judgment in votes.judgments]
    assert {code: answers.count(code) for code in set(answers)} == {"tie": 3471, "left": 2911, "right": 2549}
    sides = [side_of_a(assignment.arrangement) for assignment in votes.assignments]
    assert 0.4 < sides.count("left") / len(sides) < 0.6


def test_the_verdicts_of_gpt_4_on_llmfao_are_read_whole(known: StudyRecords) -> None:
    path = llmfao("gpt4-crowd-comparisons.csv")
    verdicts = read(path, columns=VERDICTS, known=known, options=ImportOptions(judge="GPT-4")).verdicts
    assert len(verdicts) == 2139
    assert {(one.judge, one.question) for one in verdicts} == {("GPT-4", "overall")}
    sides = [side_of_a(one.arrangement) for one in verdicts]
    first = [
        one.answer == ("a" if side == "left" else "b") for one, side in zip(verdicts, sides, strict=True)
    ]
    ties = sum(one.answer == "tie" for one in verdicts)
    assert (sum(first), ties) == (943, 66)
    assert 0.4 < sides.count("left") / len(sides) < 0.6


def test_llmfao_can_be_previewed(known: StudyRecords) -> None:
    preview = understand(llmfao("pairs-crowd.jsonl"), columns=PAIRS)
    assert (preview.format, preview.tables[0].ignored) == ("pairs", ("type", "slug", "note"))
    assert preview.notes == ("52 outputs without text",)
