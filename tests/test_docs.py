"""The documents say what the program does."""

import re
from pathlib import Path

import pytest
from PIL import Image
from typer.main import get_command

from study import cli
from study.formats import EXPORTERS, IMPORTERS
from study.formats.dictionary import dictionary_markdown
from tests.browser.pictures import FOLDER, MOST_BYTES, PICTURES, WIDTHS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
DATA_README = (ROOT / "data" / "README.md").read_text("utf-8")


def test_the_readme_names_the_two_commands() -> None:
    assert "    pip install -r requirements.txt && streamlit run app.py\n" in README
    assert "    pip install -r requirements.txt -r tests/requirements.txt && python -m pytest\n" in README


def test_ci_runs_the_command_that_the_readme_names() -> None:
    run = (ROOT / ".ci" / "run").read_text("utf-8")
    assert "README.md" in run
    assert "BLINDPAIR_BROWSER=required" in run


@pytest.mark.parametrize("command", re.findall(r"^    python -m study ([a-z-]+)", README, re.MULTILINE))
def test_every_command_in_the_readme_is_there(command: str) -> None:
    assert command in get_command(cli.app).commands  # type: ignore[attr-defined]


@pytest.mark.parametrize("exporter", EXPORTERS.values(), ids=EXPORTERS)
def test_every_export_is_in_the_data_readme(exporter: object) -> None:
    assert dictionary_markdown(exporter.columns) in DATA_README  # type: ignore[attr-defined]


@pytest.mark.parametrize("format", [name for name in IMPORTERS if name != "bundle"])
def test_every_field_of_an_import_is_in_the_data_readme(format: str) -> None:
    for fields in IMPORTERS[format].fields.values():
        assert [field for field in fields if f"`{field}`" not in DATA_README] == []


@pytest.mark.parametrize("name", PICTURES)
def test_each_step_of_a_rater_has_its_two_pictures(name: str) -> None:
    shown = (FOLDER / "README.md").read_text("utf-8")
    for width, height in WIDTHS.items():
        path = FOLDER / f"{name}-{width}.png"
        assert f'src="{path.name}"' in shown
        assert path.stat().st_size < MOST_BYTES
        with Image.open(path) as picture:
            assert picture.size == (width, height)


def test_no_picture_of_a_step_is_left_over() -> None:
    assert {path.name for path in FOLDER.glob("*.png")} == {
        f"{name}-{width}.png" for name in PICTURES for width in WIDTHS
    }


@pytest.mark.parametrize("path", re.findall(r"\]\(([^):]+)\)", README))
def test_every_picture_and_link_of_the_readme_is_there(path: str) -> None:
    assert (ROOT / path).exists()
