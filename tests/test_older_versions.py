"""What earlier versions wrote beside its databases is read today: archive, backup, bundles, exports, designs, manifests."""

import csv
import io
import json
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
import threadpoolctl

from study import store
from study.cli import main
from study.cli.reproducing import CORRECTED, made_again
from study.cli.shared import held
from study.formats.reading import read
from study.protocol.design import parse_design
from study.records import StudyRecords
from study.workflows import corrections, manifests, reproducing
from tests import older
from tests.cases import cases

KINDS = ("by-command", "by-page")
MANIFESTS = [
    (version, version, name)
    for version in older.VERSIONS
    for kind in KINDS
    for name in version.names(f"manifests-{kind}")
]
BY_COMMAND = older.FIRST.names("manifests-by-command")
BUNDLES = [(older.FIRST, "bundle-public"), (older.FIRST, "arena")] + [
    (version, "bundle-internal") for version in older.VERSIONS
]
DESIGNS = [(version, name) for version in older.VERSIONS for name in version.designs()]
LONG = {"long_csv": "csv", "long_jsonl": "jsonl", "long_parquet": "parquet"}


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return older.FIRST.unpacked("exports", tmp_path_factory.mktemp("exports")) / "exports"


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The manifests: a folder for each version, with one each of those by command and those by page."""
    folder = tmp_path_factory.mktemp("manifests")
    for version in older.VERSIONS:
        for kind in KINDS:
            if version.names(f"manifests-{kind}"):
                version.unpacked(f"manifests-{kind}", folder / version.name)
    return folder


@pytest.fixture(scope="module", params=[older.FIRST], ids=str)
def opened(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The database of a version, held for the commands of this module."""
    version: older.Version = request.param
    path = version.database(tmp_path_factory.mktemp("older"))
    with held(path):
        yield path


of_each_version = pytest.mark.parametrize("version", older.VERSIONS, ids=lambda one: one.name)


def facts_of(db: store.Database) -> dict[str, Any]:
    return {one.study_id: reproducing.study_facts(db, one.study_id) for one in store.all_studies(db)}


@of_each_version
def test_an_archive_rebuilds_the_same_content(tmp_path: Path, version: older.Version) -> None:
    facts = version.facts()
    version.unpacked("archive", tmp_path)
    counts = store.rebuild(tmp_path / "archive", tmp_path / "again.duckdb")
    assert facts["rows"].items() <= counts.items() | {"study_secret": len(facts["studies"])}.items()
    with closing(store.open_database(tmp_path / "again.duckdb")) as db:
        assert facts_of(db) == version.facts()["studies"]


@of_each_version
def test_a_backup_is_restored(tmp_path: Path, version: older.Version) -> None:
    version.unpacked("backup", tmp_path)
    store.restore(tmp_path / "study.duckdb", tmp_path / "backup.duckdb")
    with closing(store.open_database(tmp_path / "study.duckdb")) as db:
        assert facts_of(db) == version.facts()["studies"]


def rows_of(data: bytes) -> list[dict[str, str]]:
    """Return the rows of a CSV file."""
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize(("version", "name"), BUNDLES, ids=str)
def test_a_bundle_becomes_a_study_with_every_judgment(
    tmp_path: Path, version: older.Version, name: str
) -> None:
    path = tmp_path / f"{name}.zip"
    path.write_bytes((version.unpacked("exports", tmp_path) / "exports" / name).read_bytes())
    records = read(path)
    with closing(store.open_database(tmp_path / "new.duckdb")) as db:
        store.save_records(db, records)
        found = store.judgments(db, records.study.study_id)
    with zipfile.ZipFile(path) as bundle:
        given = len(bundle.read("judgments.jsonl").splitlines())
    assert len(found) == given > 90


@pytest.mark.parametrize("name", LONG)
def test_a_long_export_comes_back_as_votes(exports: Path, opened: Path, name: str) -> None:
    with held(opened) as db:
        records = store.study_records(db, "readers")
    known = StudyRecords(
        records.study, records.profiles, records.items, records.outputs, records.tasks, records.task_outputs
    )
    again = read(without_practice(exports / f"{name}-internal"), name=f"judgments.{LONG[name]}", known=known)
    rows = rows_of(without_practice(exports / "long_csv-internal"))
    assert Counter((one.question, one.response) for one in again.judgments) == Counter(
        (one["criterion"], one["response"]) for one in rows
    )


def without_practice(path: Path) -> bytes:
    """Return a long export without the judgments of the practice, which no import takes."""
    data = path.read_bytes()
    if "parquet" in path.name:
        table, file = pq.read_table(path), io.BytesIO()
        pq.write_table(table.filter(pc.not_equal(table["purpose"], "practice")), file)
        return file.getvalue()
    if "jsonl" in path.name:
        return b"".join(line for line in data.splitlines(True) if json.loads(line)["purpose"] != "practice")
    text, rows = io.StringIO(newline=""), rows_of(data)
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(one for one in rows if one["purpose"] != "practice")
    return text.getvalue().encode()


@pytest.mark.parametrize("tier", ["internal", "public"])
def test_other_exports_are_what_their_readers_expect(exports: Path, tier: str) -> None:
    battles = rows_of((exports / f"battles_csv-{tier}").read_bytes())
    assert {one["winner"] for one in battles} == {"model_a", "model_b", "tie", "tie (bothbad)"}
    lines = (exports / f"preferences_jsonl-{tier}").read_text("utf-8").splitlines()
    assert all({"prompt", "chosen", "rejected"} <= json.loads(line).keys() for line in lines)
    assert "Headlines for readers" in (exports / f"heds-{tier}").read_text("utf-8")


@pytest.mark.parametrize(("version", "name"), DESIGNS, ids=str)
def test_a_design_is_read_and_keeps_its_hash(version: older.Version, name: str) -> None:
    kept = version.designs()[name]
    design = parse_design(kept["design"])
    assert design.to_json() == kept["design"]
    assert design.hash() == kept["hash"]


@of_each_version
def test_frozen_designs_keep_their_hash(version: older.Version) -> None:
    frozen = [one for versions in version.facts()["designs"].values() for one in versions]
    assert len(frozen) >= 3
    for text, digest in frozen:
        assert (parse_design(text).to_json(), parse_design(text).hash()) == (text, digest)


@pytest.mark.parametrize(
    ("opened", "version", "name"),
    cases(MANIFESTS, lambda case: case[1] == older.FIRST and case[2] in BY_COMMAND),
    ids=str,
    indirect=["opened"],
    scope="module",
)
def test_a_manifest_is_reproduced_unless_its_method_was_corrected(
    opened: Path,
    kept: Path,
    version: older.Version,
    name: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = kept / version.name / name
    content = manifests.read_manifest(path.read_bytes(), name)
    with pytest.raises(SystemExit) as ended:
        main(["reproduce", str(path), "--db", str(opened)])
    said = capsys.readouterr()
    if ended.value.code == CORRECTED:
        assert corrections.known(content), said.out
    elif ended.value.code == 1 and not is_machine_of(version):
        only_last_digits_differ(content, made_again(content, opened))
    else:
        assert ended.value.code == 0, said.err
    hashes = [content["study"][key][:12] for key in ("data_hash", "design_hash")]
    assert f"data {hashes[0]}, design {hashes[1]}" in said.out or ended.value.code == 1


def is_machine_of(version: older.Version) -> bool:
    """Say whether sums are rounded here as where a version's files were made; another processor may do it otherwise."""
    found = {str(one.get("architecture")) for one in threadpoolctl.threadpool_info()}
    return found - {"None"} == set(version.facts()["blas"]) - {"None"}


def only_last_digits_differ(then: dict[str, Any], now: dict[str, Any]) -> None:
    """Hold what is found now against a manifest up to what another processor may do to its figures."""
    assert now["result"]["kind"] == "table"
    for one in manifests.differences(then, now):
        assert isinstance(one.then, float), one
        assert one.now == pytest.approx(one.then, rel=1e-6, abs=1e-9), one


def test_on_another_processor_a_wrong_figure_is_still_found() -> None:
    table = {"kind": "table", "columns": ["value"], "rows": [[0.5]]}
    parts: dict[str, Any] = {"study": {}, "recipe": {}}
    only_last_digits_differ(parts | {"result": table}, parts | {"result": table | {"rows": [[0.5 + 1e-12]]}})
    with pytest.raises(AssertionError):
        only_last_digits_differ(parts | {"result": table}, parts | {"result": table | {"rows": [[0.501]]}})
