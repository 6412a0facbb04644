"""The design on the command line."""

import json
from pathlib import Path

from study.formats.readers.settings import write_design
from study.protocol.design import Design
from tests.cli.conftest import Run


def test_the_schema_is_printed_as_json(run: Run) -> None:
    assert set(json.loads(run("design", "schema").out)["properties"]) == set(Design.model_fields)


def test_a_design_goes_out_and_comes_back_the_same(demo: Run, tmp_path: Path) -> None:
    exported = demo("design", "export", "--study", "demo")
    file = tmp_path / "design.yaml"
    file.write_text(exported.out, "utf-8")
    before = json.loads(demo("design", "history", "--study", "demo", "--format", "json").out)
    assert "its design is frozen" in demo("design", "import", file, "--study", "demo").refused()
    assert demo("design", "import", file, "--study", "demo", "--new-version").out.startswith(
        "version: 2\nhash: "
    )
    after = json.loads(demo("design", "history", "--study", "demo", "--format", "json").out)
    assert [one["version"] for one in after] == [1, 2]
    assert after[1]["design_hash"] == before[0]["design_hash"]
    assert demo("design", "export", "--study", "demo", "--version", "1").out == exported.out


def test_a_wrong_design_is_refused_with_field_and_what_is_allowed(demo: Run, tmp_path: Path) -> None:
    file = tmp_path / "design.yaml"
    file.write_bytes(write_design(Design()).replace(b"overlap: 3", b"overlap: 0"))
    assert (
        "'overlap': Input should be greater than or equal to 1"
        in demo("design", "import", file, "--study", "demo").refused()
    )
