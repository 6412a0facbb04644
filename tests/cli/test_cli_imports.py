"""The import command: everything is shown before it is written, and an error writes nothing."""

import io
from pathlib import Path

import pandas as pd
import pytest

from study import store
from tests.cli.conftest import Run

ROOT = Path(__file__).parents[2]


def studies(path: Path) -> pd.DataFrame:
    db = store.open_database(path)
    try:
        return store.overview(db).set_index("study_id")
    finally:
        db.close()


def test_a_table_of_pairs_becomes_a_live_study(run: Run, database_path: Path, pairs: Path) -> None:
    path = pairs.rename(pairs.with_name("my pairs.csv"))
    said = run("import", path, "--title", "Greetings")
    assert said.code == 0
    assert said.out.startswith("study: my-pairs\nstate: live\nrater link: /judge?study=")
    assert "2 comparisons" in said.err
    assert "system_a = system_a" in said.err
    row = studies(database_path).loc["my-pairs"]
    assert (row["title"], row["systems"], row["items"], row["comparisons"]) == ("Greetings", 2, 2, 2)


def test_a_dry_run_shows_everything_and_writes_nothing(run: Run, database_path: Path, pairs: Path) -> None:
    said = run("import", pairs, "--dry-run")
    assert said.code == 0
    assert "2 comparisons" in said.out
    assert "Hello" in said.out
    assert studies(database_path).empty


def test_a_draft_stays_closed_until_it_is_launched(run: Run, pairs: Path) -> None:
    assert "state: draft" in run("import", pairs, "--draft").out
    assert "state: live" in run("launch", "--study", "pairs").out


def test_columns_with_other_names_are_mapped(run: Run, database_path: Path, pairs: Path) -> None:
    pairs.write_text(pairs.read_text().replace("prompt,", "question,"))
    assert run("import", pairs, "--study", "mapped", "--map", "prompt=question").code == 0
    assert "questoin" in run("import", pairs, "--study", "other", "--map", "prompt=questoin").refused()
    assert list(studies(database_path).index) == ["mapped"]


def test_votes_join_the_study_they_belong_to(run: Run, database_path: Path, pairs: Path, votes: Path) -> None:
    assert run("import", pairs).code == 0
    assert run("import", votes, "--study", "pairs").code == 0
    assert studies(database_path).loc["pairs", ["human_raters", "human_judgments"]].tolist() == [2, 3]
    assert "has judged this pair" in run("import", votes, "--study", "pairs").err
    assert studies(database_path).loc["pairs", "human_judgments"] == 3


def test_several_files_go_into_one_study(run: Run, database_path: Path, pairs: Path, votes: Path) -> None:
    said = run("import", pairs, votes, "--study", "both")
    assert (said.code, said.out.count("study: both")) == (0, 1)
    assert studies(database_path).loc["both", "human_judgments"] == 3


def test_votes_without_their_study_are_refused(run: Run, database_path: Path, votes: Path) -> None:
    assert "belong to an existing study" in run("import", votes).err
    said = run("import", votes, "--study", "nowhere")
    assert said.code == 1
    assert "there is no study 'nowhere'" in said.err
    assert studies(database_path).empty


def test_a_study_is_not_imported_over_another(run: Run, database_path: Path, pairs: Path) -> None:
    assert run("import", pairs).code == 0
    said = run("import", pairs)
    assert said.code == 1
    assert "Error: a study with the id 'pairs' already exists" in said.err
    assert studies(database_path).loc["pairs", "comparisons"] == 2


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (("y,Hello", "x,Hello"), "pairs.csv, line 2"),
        (("prompt", "promt"), "there is no column for 'prompt'"),
        (("y,Ciao", "y,Ciao,extra"), "pairs.csv, line 3"),
    ],
)
def test_a_file_with_an_error_writes_nothing(
    run: Run, database_path: Path, pairs: Path, change: tuple[str, str], sentence: str
) -> None:
    pairs.write_text(pairs.read_text().replace(*change))
    said = run("import", pairs, "--format", "pairs")
    assert said.code == 1
    assert sentence in said.err
    assert "Traceback" not in said.err
    assert studies(database_path).empty


def test_a_file_that_is_not_there_is_named(run: Run, tmp_path: Path) -> None:
    assert "missing.csv" in run("import", tmp_path / "missing.csv").refused()
    assert "missing.zip" in run("import", tmp_path / "missing.zip").refused()


def test_a_bundle_is_imported_under_an_id_and_title_of_its_own(run: Run, database_path: Path) -> None:
    bundle = ROOT / "data" / "demo"
    assert run("import", bundle, "--study", "mine", "--title", "Mine", "--draft").code == 0
    row = studies(database_path).loc["mine"]
    assert (row["title"], row["state"], row["comparisons"]) == ("Mine", "draft", 228)
    assert row["simulated_judgments"] > 1000
    db = store.open_database(database_path)
    assert [criterion.key for criterion in store.design(db, "mine").criteria] == ["fit", "quality"]
    db.close()


def test_fewer_pairs_per_item_make_a_smaller_study(run: Run, database_path: Path, tmp_path: Path) -> None:
    path = tmp_path / "outputs.csv"
    path.write_text("item,system,output\n" + "".join(f"{i},{s},{s}{i}\n" for i in range(4) for s in "abc"))
    assert run("import", path, "--pairs-per-item", "1").code == 0
    assert studies(database_path).loc["outputs", "comparisons"] == 4


@pytest.mark.parametrize(("answer", "code", "count"), [("n\n", 1, 0), ("y\n", 0, 1)])
def test_a_person_at_a_terminal_is_asked_before_anything_is_written(
    run: Run,
    database_path: Path,
    pairs: Path,
    monkeypatch: pytest.MonkeyPatch,
    answer: str,
    code: int,
    count: int,
) -> None:
    monkeypatch.setattr("study.cli.imports.on_terminal", lambda: True)
    monkeypatch.setattr("sys.stdin", io.StringIO(answer))
    assert run("import", pairs).code == code
    assert len(studies(database_path)) == count


def test_a_design_file_sets_the_questions_of_a_table(
    run: Run, database_path: Path, tmp_path: Path, pairs: Path
) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text(
        "criteria:\n  - key: tone\n    question: Which one is kinder?\nquota: 5\ncompletion_code: KIND-1\n"
    )
    assert run("import", pairs, "--study", "kind", "--design", rules).code == 0
    db = store.open_database(database_path)
    design = store.design(db, "kind")
    db.close()
    assert [criterion.key for criterion in design.criteria] == ["tone"]
    assert (design.quota, design.completion_code) == (5, "KIND-1")
    rules.write_text("overlap: none\n")
    assert "overlap" in run("import", pairs, "--study", "other", "--design", rules).refused()


def test_a_study_without_a_design_has_a_completion_code(run: Run, database_path: Path, pairs: Path) -> None:
    assert run("import", pairs, "--study", "plain").code == 0
    db = store.open_database(database_path)
    code = store.design(db, "plain").completion_code
    db.close()
    assert code is not None
    assert code.startswith("DONE-")


def test_verdicts_of_a_judge_join_the_study_and_may_be_imported_again(
    run: Run, database_path: Path, tmp_path: Path, pairs: Path
) -> None:
    path = tmp_path / "gpt4.csv"
    path.write_text("pair_id,left_system,right_system,winner\np1,x,y,left\np2,y,x,tie\n")
    assert run("import", pairs).code == 0
    for _ in range(2):
        said = run("import", path, "--study", "pairs", "--format", "verdicts", "--judge", "GPT-4")
        assert said.code == 0, said.err
        assert "Imported 2 verdicts." in said.err
    assert "the judge is called 'GPT-4'" in said.err
    db = store.open_database(database_path)
    found = store.verdicts(db, "pairs").set_index("comparison_name")
    db.close()
    assert found["judge"].tolist() == ["GPT-4", "GPT-4"]
    row = found.loc["p1"]
    assert row["system_a" if row["preference"] == "a" else "system_b"] == "x"
    assert found.loc["p2", "preference"] == "tie"


def test_what_a_file_may_mean_is_asked_and_told(run: Run, pairs: Path, tmp_path: Path) -> None:
    said = run("import", pairs, "--study", "mine")
    assert said.code == 0
    assert "comparison" in said.err
    assert "task" not in said.err
    ratings, votes = tmp_path / "ratings.csv", tmp_path / "votes.csv"
    ratings.write_text("item,system,rating\n1,x,4\n")
    sentence = run("import", ratings, "--study", "mine").refused()
    assert sentence.endswith(
        "Say which: --format scores (the values of automatic metrics) or --format ratings (ratings by people, a column for each)"
    )
    assert "Imported 1 score." in run("import", ratings, "--study", "mine", "--format", "scores").err
    votes.write_text("item_id,rater,left_system,right_system,answer\n01,r,x,y,left\n")
    assert "'01' looks like '1', and --match-ids" in run("import", votes, "--study", "mine").refused()
    said = run("import", votes, "--study", "mine", "--match-ids")
    assert "1 id in 'item_id' was matched: '01' is '1'" in said.err
    assert "1 rater, 1 judgment" in said.err
