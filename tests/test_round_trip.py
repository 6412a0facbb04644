"""A study, its public export, a new study made of it: the analyses give the same tables."""

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from study import analysis, frames, store
from study.analysis import judges
from study.formats.reading import read
from study.formats.tiers import MADE_OF, TREATMENTS
from study.formats.writers.bundle import BUNDLE_TREATED_AS
from study.records import Verdict
from study.workflows.demo import open_demo
from study.workflows.exporting import Wanted, exported_file
from study.workflows.simulation import SimulatedRaters, simulate
from tests.cases import cases
from tests.tasks import study_of_all

SIMULATED = frames.Subset("simulated")
# What names ids, and where an order may follow the ids.
IDS = ("rater",)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, store.Database]]:
    """The demo with owners, repeats and verdicts, and what is imported of its export at each tier."""
    folder = tmp_path_factory.mktemp("round")
    databases = {"original": store.open_database(folder / "original.duckdb")}
    original = databases["original"]
    open_demo(original)
    embellish(original)
    for tier in ("public", "shared", "internal"):
        data = exported_file(original, Wanted("demo", "bundle", tier, "simulated")).data  # type: ignore[arg-type]
        path = folder / f"{tier}.zip"
        path.write_bytes(data)
        databases[tier] = store.open_database(folder / f"{tier}.duckdb")
        store.save_records(databases[tier], read(path))
    yield databases
    for db in databases.values():
        db.close()


def embellish(db: store.Database) -> None:
    """Let three raters own profiles, and let a judge have its say on some comparisons."""
    records = store.study_records(db, "demo")
    owners = zip(store.raters(db, "demo")[:3], records.profiles, strict=False)
    with db.writing(forget=True) as cursor:
        for rater, profile in owners:
            cursor.execute(
                "update rater set profile_id = ? where rater_id = ?", [profile.profile_id, rater.rater_id]
            )
    arrangements = ("01", "10", "?")
    verdict = Verdict("demo", "", "gpt", "fit", "01", "a", 0.75, "Shorter.", "gpt|1")
    store.save_verdicts(
        db,
        [
            replace(
                verdict,
                task_id=one.task_id,
                arrangement=arrangements[number % 3],
                answer="ab"[number % 2],
            )
            for number, one in enumerate(records.tasks[:90])
        ],
    )


def tables(db: store.Database) -> dict[str, pd.DataFrame]:
    """Return the tables of the analysis pages."""
    long, seed = store.coded_judgments(db, "demo"), store.study(db, "demo").seed
    scores, about = store.score_matrix(db, "demo"), store.metric_summary(db, "demo")
    verdicts, lengths = store.verdicts(db, "demo"), store.output_lengths(db, "demo")
    options: dict[str, Any] = {"criterion": "fit", "subset": SIMULATED}
    return {
        "agreement": analysis.agreement_table(long, criteria=["fit", "quality"], subset=SIMULATED, seed=seed),
        "agreement by role": analysis.agreement_by_group(long, by="role", **options),
        "agreement by tag": analysis.agreement_by_group(long, by="tag", **options),
        "raters": analysis.rater_table(long, **options),
        "taste": analysis.taste_table(long, **options),
        "ranking": analysis.ranking_table(long, seed=seed, **options),
        "ranking by item": analysis.ranking_table(
            long, cluster="item", model="davidson", seed=seed, **options
        ),
        "pairs": analysis.pair_table(long, **options),
        "position": analysis.effect_table(long, lengths, **options),
        "groups": analysis.group_table(long, by="tag: domain", **options),
        "sequence": analysis.sequence_table(
            long, system="generic", opponent="history_aware", unit="rater", **options
        ),
        "correlation": analysis.correlation_table(
            long,
            scores,
            about,
            level="comparison",
            statistics=("pairwise_accuracy", "pairwise_accuracy_eq"),
            seed=seed,
            **options,
        ),
        "points": analysis.metric_points(long, scores, metric="rouge_l", **options),
        "judges": judges.owner_table(long, verdicts, **options),
    }


def ordered(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table without what names ids, in an order that does not follow them."""
    kept = frame.drop(columns=[name for name in IDS if name in frame.columns])
    return kept.sort_values(list(kept.columns), key=lambda column: column.astype(str), ignore_index=True)


@pytest.mark.parametrize("tier", cases(["public", "shared", "internal"], ["public"]))
def test_analyses_of_the_export_equal_those_of_the_study(both: dict[str, store.Database], tier: str) -> None:
    before, after = tables(both["original"]), tables(both[tier])
    for name, table in before.items():
        assert len(table), name
        pd.testing.assert_frame_equal(
            ordered(after[name].round(9)), ordered(table.round(9)), obj=name, rtol=1e-7, atol=1e-9
        )


def test_the_public_export_names_nobody_and_nothing_of_the_house(both: dict[str, store.Database]) -> None:
    original, public = both["original"], both["public"]
    names = {rater.external_id for rater in store.raters(original, "demo")} | {
        one.name for one in store.study_records(original, "demo").items
    }
    seen = {rater.external_id for rater in store.raters(public, "demo")} | {
        one.name for one in store.study_records(public, "demo").items
    }
    assert not names & seen
    records = store.study_records(public, "demo")
    assert {one.content["text"] for one in records.profiles} == {"[withheld]"}
    assert {one.reference for one in records.items} == {None}
    assert store.design(public, "demo").completion_code is None
    assert store.study(public, "demo").state == "draft"


def test_an_export_is_the_same_bytes_each_time(both: dict[str, store.Database]) -> None:
    wanted = Wanted("demo", "bundle", "public", "simulated")
    assert exported_file(both["original"], wanted).data == exported_file(both["original"], wanted).data


def test_owners_come_back(both: dict[str, store.Database]) -> None:
    for db in both.values():
        roles = store.coded_judgments(db, "demo")["rater_role"].value_counts().to_dict()
        assert roles == store.coded_judgments(both["original"], "demo")["rater_role"].value_counts().to_dict()
        assert roles["owner"] > 0


def test_an_owner_of_two_profiles_is_refused(tmp_path: Path) -> None:
    known = read(
        b"pair_id,item_id,prompt,profile_id,system_a,output_a,system_b,output_b\n7,i,P,p,x,X,y,Y\n8,j,Q,q,x,X,y,Y\n9,k,R,,x,X,y,Y\n",
        name="p.csv",
    )
    head = b"pair_id,rater,left_system,right_system,answer,rater_role\n"
    with pytest.raises(Exception, match="is the owner of two profiles"):
        read(head + b"7,r,x,y,left,owner\n8,r,x,y,left,owner\n", name="v.csv", known=known)
    with pytest.raises(Exception, match="is the owner of an item without a profile"):
        read(head + b"9,r,x,y,left,owner\n", name="v.csv", known=known)


def test_every_field_of_the_bundle_has_a_tier(
    both: dict[str, store.Database], empty_db: store.Database
) -> None:
    records = study_of_all()
    records.items = [replace(one, subjects={"tone": "The tone"}) for one in records.items]
    store.save_records(empty_db, records)
    simulate(empty_db, "kinds", SimulatedRaters(1))
    written = set()
    for db, study_id in ((both["original"], "demo"), (empty_db, "kinds")):
        data = exported_file(db, Wanted(study_id, "bundle", "public", "simulated")).data
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            tables = {name: archive.read(name) for name in archive.namelist() if name.endswith(".jsonl")}
        written |= {
            f"{name.removesuffix('.jsonl')}.{field}"
            for name, table in tables.items()
            for field in json.loads(table.splitlines()[0])
        }
    assert written == set(BUNDLE_TREATED_AS)
    assert set(BUNDLE_TREATED_AS.values()) <= set(TREATMENTS) | set(MADE_OF)
