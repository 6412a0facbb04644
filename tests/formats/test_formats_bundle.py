import io
import stat
import zipfile
from pathlib import Path

import pytest

from study.errors import InvalidInput
from study.formats.readers.archive import files_of
from study.formats.readers.bundle import read_bundle
from study.formats.reading import read, understand

REPOSITORY = Path(__file__).parents[2]
DEMO = REPOSITORY / "data" / "demo"

FILES = {
    "study.yaml": "title: Two readers\nstudy_id: two\nseed: 3\ndesign:\n  rationale: off\n  quota: null\n",
    "items.csv": "item_id,source_id,profile_id,prompt,reference,tags\ni1,s,p1,Say,Ref,domain=news\ni2,s,p2,Say,,\n",
    "outputs.jsonl": "\n".join(
        f'{{"item_id": "{item}", "system": "{system}", "output": "{system} for {item}"}}'
        for item in ("i1", "i2")
        for system in ("x", "y")
    ),
    "profiles.csv": "profile_id,content,version_date,external_id\np1,likes tea,2026-01-01,ann@example.org\np2,likes rain,,\n",
    "scores.csv": "item_id,system,metric,value,signature\ni1,x,length,4.5,length|v1\ni1,y,length,,\n",
    "judgments.csv": "item_id,rater,left_system,right_system,criterion,answer,position,rater_source\n"
    "i1,r,y,x,overall,left,0,simulated\ni2,r,x,y,overall,tie,1,simulated\n",
}


def zipped(files: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return buffer.getvalue()


def without(*names: str, **changed: str) -> dict[str, str]:
    changes = {name.replace("_", "."): text for name, text in changed.items()}
    return {name: text for name, text in FILES.items() if name not in names} | changes


def test_a_zip_holds_a_whole_study() -> None:
    found = read(zipped(FILES), name="two.zip")
    assert (found.study.study_id, found.study.title, found.study.seed) == ("two", "Two readers", 3)
    assert '"rationale": "off"' in found.study.design
    assert [(one.name, one.version_date, one.external_id) for one in found.profiles] == [
        ("p1", "2026-01-01", "ann@example.org"),
        ("p2", None, None),
    ]
    assert [(one.name, one.source_id, one.reference, one.tags) for one in found.items] == [
        ("i1", "s", "Ref", {"domain": "news"}),
        ("i2", "s", None, {}),
    ]
    assert (len(found.outputs), len(found.tasks)) == (4, 2)
    assert [(one.value, one.reason, one.signature) for one in found.scores] == [
        (4.5, None, "length|v1"),
        (None, "the file gives no value", "length|imported"),
    ]
    assert [(one.external_id, one.source) for one in found.raters] == [("r", "simulated")]
    assert [one.response for one in found.judgments] == ["left", "tie"]


def test_a_folder_a_zip_and_a_zipped_folder_are_the_same(tmp_path: Path) -> None:
    folder = tmp_path / "two"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    nested = {f"two/{name}": text for name, text in FILES.items()} | {
        "__MACOSX/two/._items.csv": "x",
        "two/.hidden": "",
    }
    found = [read(folder), read(zipped(FILES), name="a.zip"), read(zipped(nested), name="b.zip")]
    assert len({tuple(one.outputs) == tuple(found[0].outputs) and len(one.judgments) for one in found}) == 1


def test_a_bundle_can_be_previewed_table_by_table() -> None:
    preview = understand(zipped(FILES), name="two.zip")
    assert preview.format == "bundle"
    assert [table.file for table in preview.tables] == [
        "items.csv",
        "outputs.jsonl",
        "profiles.csv",
        "scores.csv",
        "judgments.csv",
    ]
    assert preview.counts == {
        "items": 2,
        "profiles": 2,
        "systems": 2,
        "outputs": 4,
        "tasks": 0,
        "comparisons": 2,
        "raters": 1,
        "judgments": 2,
        "scores": 2,
        "judges": 0,
        "verdicts": 0,
    }
    assert preview.notes == (
        "1 of 1 rater is simulated",
        "2 judgments without judged_at: the time of the import is used",
    )


def test_the_demo_study_is_a_bundle() -> None:
    found = read_bundle(DEMO)
    assert found.study.study_id == "demo"
    assert len({output.system for output in found.outputs}) == 4
    assert {rater.source for rater in found.raters} <= {"simulated"}
    assert all(profile.content["kind"] == "facets" for profile in found.profiles)


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        (
            without("study.yaml"),
            "b.zip: there is no study.yaml; it contains items.csv, judgments.csv, outputs.jsonl",
        ),
        (without("items.csv"), "b.zip: there is no table of items (items with one of the endings .csv,"),
        (without(items_jsonl="{}"), "b.zip: items.csv and items.jsonl are both there; keep one of them"),
        (
            without("profiles.csv", profile_csv="a"),
            "b.zip: profile.csv is not part of a bundle (did you mean 'profiles'?)",
        ),
        (
            without("profiles.csv"),
            "items.csv has 2 problems:\n- line 2, column 'profile_id': 'p1' is not in the table of profiles",
        ),
        (without(study_yaml="title: [unclosed"), "study.yaml, line 1: not YAML ("),
        (
            without(study_yaml="seed: 1"),
            "study.yaml: there is no title; add a line such as 'title: My study'",
        ),
        (without(study_yaml="a: &x 1\ntitle: *x"), "study.yaml: it uses an alias"),
        (
            without(study_yaml="title: a\nsed: 1"),
            "study.yaml: unknown setting 'sed' (did you mean 'seed'?); allowed: title,",
        ),
        (without(study_yaml="title: a\nseed: -1"), "study.yaml: seed '-1': give a whole number from 0 up"),
        (without(study_yaml="title: a\nstudy_id: ../x"), "study.yaml: study_id '../x': give 1 to 64 letters"),
        (without(study_yaml="title: a\ndesign:\n  overlap: 0"), "study.yaml: design field 'overlap': "),
        (without(study_yaml="title: a\ndesign: 3"), "study.yaml: design field"),
        (without(study_yaml="just words"), "study.yaml: it contains no settings"),
        (
            without(items_csv="item_id,prompt\ni1,a\ni1,b\n"),
            "items.csv, line 3, column 'item_id': 'i1' already appears on line 2; give each row a different id",
        ),
        (
            without(outputs_jsonl='{"item_id":"i3","system":"x","output":"a"}'),
            "outputs.jsonl, line 1, column 'item_id': 'i3' is not in the table of items",
        ),
        (
            without(outputs_jsonl='{"item_id":"i1","system":"x","output":"a"}'),
            "outputs.jsonl: no item has outputs of two systems, so there is nothing to compare",
        ),
        (
            without(profiles_csv="profile_id,content\np1,\np2,b\n"),
            "profiles.csv, line 2, column 'content': the cell is empty; every profile needs a content",
        ),
        (
            without(scores_csv="item_id,system,metric,value\ni1,xx,length,1\n"),
            "scores.csv, line 2, column 'system': 'xx' has no output for the item 'i1' (did you mean 'x'?)",
        ),
        (
            without(scores_csv="item_id,system,metric,value\ni1,x,length,1\ni1,x,length,2\n"),
            "scores.csv, line 3, column 'metric': 'length' already has a value for this output on line 2",
        ),
        (
            without(scores_csv="item_id,system,metric,value\ni1,x,length,long\n"),
            "scores.csv, line 2, column 'value': 'long' is not valid: give a number",
        ),
        (
            without(judgments_csv="item_id,rater,left_system,right_system,answer\ni9,r,x,y,left\n"),
            "judgments.csv, line 2, column 'item_id': the study has no item 'i9'",
        ),
    ],
)
def test_a_wrong_bundle_says_which_file_and_what(files: dict[str, str], sentence: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read(zipped(files), name="b.zip")
    assert str(caught.value).startswith(sentence)


def linked() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        link = zipfile.ZipInfo("items.csv")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (
            zipped({"../items.csv": "x"}),
            "b.zip: the zip contains the path '../items.csv', which leads outside it",
        ),
        (
            zipped({"/items.csv": "x"}),
            "b.zip: the zip contains the path '/items.csv', which leads outside it",
        ),
        (
            zipped({"C:/items.csv": "x"}),
            "b.zip: the zip contains the path 'C:/items.csv', which leads outside it",
        ),
        (linked(), "b.zip: the zip contains the link 'items.csv'; replace it with the file itself"),
        (zipped({"items.csv": "x" * 1001}), "b.zip: 1,001 bytes unpacked; at most 1,000 are read"),
        (b"no zip", "b.zip: not a readable zip file ('File is not a zip file')"),
        (zipped(FILES)[:-30], "b.zip: not a readable zip file"),
        (zipped(FILES).replace(b"x" * 3, b"y" * 3, 1)[40:], "b.zip: not a readable zip file"),
    ],
)
def test_a_zip_that_is_not_safe_is_refused(data: bytes, sentence: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        files_of(data, "b.zip", lambda file: True, most_bytes=1000)
    assert str(caught.value).startswith(sentence)


def test_columns_of_a_bundle_are_not_mapped() -> None:
    with pytest.raises(InvalidInput, match="columns of a bundle cannot be mapped"):
        read(zipped(FILES), name="b.zip", columns={"prompt": "text"})
