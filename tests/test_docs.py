"""The documents say what the program does."""

import ast
import re
import shlex
from itertools import pairwise
from pathlib import Path

import pytest
from PIL import Image

from study.formats import ANSWER_EXPORTERS, EXPORTERS, IMPORTERS
from study.formats.content import kinds_markdown
from study.formats.dictionary import dictionary_markdown
from study.ui.help import guide
from study.ui.shared.heading import anchor
from tests.browser.pictures import FOLDER, MOST_BYTES, PICTURES, WIDTHS
from tests.documents import DOCUMENTS, GUIDE, ROOT, headings_of, lines_of_commands, links_in, paths_in
from tests.guide.commands import commands, option_names
from tests.guide.pages import PAGES
from tests.guide.statistics import families
from tests.test_layers import RANKS, SOURCES

README = DOCUMENTS["README.md"]
DATA_README = DOCUMENTS["data/README.md"]
MAP = DOCUMENTS["study/README.md"]
MOST_PICTURE_BYTES = 200_000
# One or several names of parameters, and perhaps what they are.
NAMED = re.compile(r"\*{0,2}\w+(, \*{0,2}\w+)*( : .+)?$")


def test_the_readme_names_the_two_commands() -> None:
    assert "    pip install -r requirements.txt && streamlit run app.py\n" in README
    assert "    pip install -r requirements.txt -r tests/requirements.txt && python -m pytest\n" in README


def test_the_readme_is_a_screen_and_a_half() -> None:
    assert README.count("\n") <= 80


def test_ci_runs_the_command_that_the_readme_names() -> None:
    run = (ROOT / ".ci" / "run").read_text("utf-8")
    assert "README.md" in run
    assert "BLINDPAIR_BROWSER=required" in run


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_path_that_a_document_names_is_there(name: str) -> None:
    text = DOCUMENTS[name]
    assert [path for path in paths_in(text) if not _is_there(path)] == []
    folder = (ROOT / name).parent
    assert [one for one in links_in(text) if not _leads_somewhere(folder, one, name)] == []


@pytest.mark.parametrize(
    ("name", "planted"),
    [
        ("study/README.md", "`study/nowhere.py`"),
        ("study/README.md", "`study/records.py:nothing`"),
        ("study/README.md", "`study/records.py:Study.nothing`"),
        ("README.md", "[x](study/guide/nowhere.md)"),
        ("README.md", "[x](study/guide/glossary.md#nowhere)"),
    ],
)
def test_a_planted_path_is_found(name: str, planted: str) -> None:
    paths = [path for path in paths_in(planted) if not _is_there(path)]
    links = [one for one in links_in(planted) if not _leads_somewhere((ROOT / name).parent, one, name)]
    assert len(paths + links) == 1


def _is_there(path: str) -> bool:
    file, _, name = path.partition(":")
    if not name:  # tests are also named without their ending
        return (ROOT / file).exists() or (ROOT / f"{file}.py").exists()
    if not (ROOT / file).is_file():
        return False
    return name in _defined(ROOT / file)


def _defined(path: Path) -> set[str]:
    """Return the names that a file of Python defines at its top, and the methods of its classes as ``Class.method``."""
    names = set()
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
            inner = node.body if isinstance(node, ast.ClassDef) else []
            names |= {f"{node.name}.{one.name}" for one in inner if isinstance(one, ast.FunctionDef)}
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {one.id for one in targets if isinstance(one, ast.Name)}
    return names


def _leads_somewhere(folder: Path, link: str, name: str) -> bool:
    path, _, part = link.partition("#")
    target = folder / path if path else ROOT / name
    if not target.exists() or not part:
        return target.exists()
    text = target.read_text("utf-8")
    return part in headings_of(text) and part in map(anchor, re.findall(r"^#+ (.+)$", text, re.MULTILINE))


@pytest.mark.parametrize("rank", RANKS)
def test_the_map_names_every_room(rank: str) -> None:
    assert f"\n| `{rank}` |" in MAP


def test_the_map_names_every_file_of_the_vocabulary() -> None:
    files = {path.name for path in (ROOT / "study").glob("*.py")} - {"__init__.py"}
    assert [name for name in files if f"`study/{name}`" not in MAP] == []


def test_the_map_names_the_rooms_in_the_order_of_their_ranks() -> None:
    rows = re.findall(r"^\| `([^`]+)` \|", MAP.partition("## The way of a click")[0], re.MULTILINE)
    assert tuple(rows) == RANKS


@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_the_guide_is_up_to_date(name: str) -> None:
    written = (GUIDE / f"{name}.md").read_text("utf-8")
    assert written == PAGES[name](), "python -m tests.guide writes it"


def test_no_document_names_a_folder_of_this_machine() -> None:
    assert [name for name, text in DOCUMENTS.items() if str(ROOT) in text or str(Path.home()) in text] == []


@pytest.mark.parametrize("words", commands())
def test_every_option_is_in_the_guide(words: str) -> None:
    section = DOCUMENTS["study/guide/commands.md"].partition(f"\n## {words}\n")[2].partition("\n## ")[0]
    assert [one for one in option_names(commands()[words]) if f"`{one}`" not in section] == []


def test_every_statistic_has_a_definition_and_an_undefined_case() -> None:
    known = {title: (columns, rows) for title, columns, rows in families()}
    assert len(known) > 10
    for columns, rows in known.values():
        assert rows
        for row in rows:
            assert len(row) == len(columns)
            empty = {name for name, cell in zip(columns, row, strict=True) if not cell}
            assert empty <= {"limits"}, row


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_command_that_a_document_names_is_one(name: str) -> None:
    text = DOCUMENTS[name]
    shown = [*lines_of_commands(name), *re.findall(r"`python -m study ([a-z][^`\n]*)`", text)]
    assert [line for line in shown if not _fits_a_command(line)] == []


def _fits_a_command(line: str) -> bool:
    """Say whether a line names a command and options that it has; redirections and names of groups are fine."""
    parts = shlex.split(line.partition(" > ")[0])
    known = commands()
    n_words = next(n for n in (3, 2, 1, 0) if " ".join(parts[:n]) in known or not n)
    if not n_words:
        return any(words.startswith(line + " ") for words in known)
    options = {"--help"}
    for one in known[" ".join(parts[:n_words])].params:
        options |= {*one.opts, *one.secondary_opts}
    return all(part in options for part in parts[n_words:] if part.startswith("-") and len(part) > 1)


def test_a_command_that_is_none_is_found() -> None:
    assert _fits_a_command("analyze ranking --study mine")
    assert not _fits_a_command("analyze rankings --study mine")
    assert not _fits_a_command("analyze ranking --studies mine")


def test_the_help_page_shows_every_page_of_the_guide() -> None:
    assert set(guide.topics()) == {path.stem for path in GUIDE.glob("*.md")} | {"data"}
    assert all(title and not title.startswith("#") for title in guide.topics().values())


@pytest.mark.parametrize("name", guide.topics())
def test_a_page_of_the_guide_reads_the_same_in_the_app_and_elsewhere(name: str) -> None:
    text = guide.page_text(name)
    assert guide.headings(text)
    assert not re.search(r"^\s*<|^```", text, re.MULTILINE)
    shown = guide.shown(text)
    assert ".md" not in "".join(re.findall(r"\]\(([^)]+)\)", shown))


def test_every_title_of_a_page_has_its_part_of_the_guide() -> None:
    titled = []
    for path in (*(ROOT / "pages" / "researcher").glob("*.py"),):
        text = path.read_text("utf-8")
        titled += re.findall(r"(?:page_title|judged_study)\(\s*\"([^\"]+)\"", text)
    assert len(titled) == len(list((ROOT / "pages" / "researcher").glob("*.py"))) - 1, "all but the Help page"
    assert set(titled) == set(guide.headings(guide.page_text("pages")))


@pytest.mark.parametrize(
    "exporter", (EXPORTERS | ANSWER_EXPORTERS).values(), ids=EXPORTERS | ANSWER_EXPORTERS
)
def test_every_export_is_in_the_data_readme(exporter: object) -> None:
    assert dictionary_markdown(exporter.columns) in DATA_README  # type: ignore[attr-defined]


@pytest.mark.parametrize("format", [name for name in IMPORTERS if name != "bundle"])
def test_every_field_of_an_import_is_in_the_data_readme(format: str) -> None:
    for fields in IMPORTERS[format].fields.values():
        assert [field for field in fields if f"`{field}`" not in DATA_README] == []


def test_the_kinds_of_content_are_in_the_data_readme() -> None:
    assert f"\n\n{kinds_markdown()}\n\n" in DATA_README


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


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_picture_is_small_and_has_words(name: str) -> None:
    for words, path in re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", DOCUMENTS[name]):
        assert len(words) > 20, f"{path} needs words for people who do not see it"
        assert ((ROOT / name).parent / path).stat().st_size < MOST_PICTURE_BYTES


def test_security_names_tests_that_are_there() -> None:
    text = DOCUMENTS[".github/SECURITY.md"]
    rows = re.findall(r"^\| .+ \| .+ \| (.+) \|$", text, re.MULTILINE)[2:]
    assert len(rows) > 30
    for row in rows:
        for name in re.findall(r"`(test_\w+|tests/[\w/]+)`", row):
            near = [ROOT / f"{name}.py", ROOT / name, *(ROOT / "tests").rglob(f"{name}.py")]
            assert any(path.exists() for path in near), name


def misplaced(docstring: str) -> list[str]:
    """Return the lines of a docstring that stand where the name of a parameter should."""
    found, section = [], ""
    for line, following in pairwise([*docstring.splitlines(), ""]):
        if re.fullmatch("-{3,}", following):
            section = line
        elif not line:
            section = section if following.startswith((" ", "*")) or NAMED.match(following) else ""
        elif section in ("Parameters", "Attributes") and not line.startswith((" ", "---")):
            found += [] if NAMED.match(line) else [line]
    return found


@pytest.mark.parametrize("path", [path for path in SOURCES if path.startswith("study/")])
def test_a_docstring_describes_parameters_by_their_names(path: str) -> None:
    for node in ast.walk(ast.parse(SOURCES[path])):
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module):
            assert misplaced(ast.get_docstring(node) or "") == []


def test_a_sentence_in_the_place_of_a_parameter_is_found() -> None:
    head = "Show a table.\n\nParameters\n----------\nframe : DataFrame\n    One row per rater.\n"
    assert misplaced(head) == []
    assert misplaced(head + "Columns with counts.\n    As elsewhere.\n") == ["Columns with counts."]
