"""Kinds of content and how each is drawn. To add one: a function and a line in RENDERERS."""

from collections.abc import Callable
from dataclasses import dataclass
from html import escape

import nh3
import streamlit as st
from markdown_it import MarkdownIt

from study.records import Content
from study.tables import lookup
from study.ui import components

Block = tuple[str, str]

_markdown = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable("table")
_markdown.disable(["image", "link", "autolink", "reference"])
SAFE_TAGS = {
    *("p", "br", "hr", "strong", "em", "code", "pre", "blockquote", "ul", "ol", "li"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"),
}


@dataclass(frozen=True, slots=True)
class Panel:
    """Where content is drawn: the widget's opaque key, the title on top, and when it scrolls (components.SIZES)."""

    key: str
    title: str = ""
    size: str = "output"


def draw(content: Content, panel: Panel) -> None:
    """Draw content of any kind in a panel."""
    lookup(RENDERERS, content["kind"], "content kind")(content, panel)


def text(content: Content, panel: Panel) -> None:
    """Draw a text exactly as it is."""
    _draw_blocks([("text", content["text"])], panel)


def markdown(content: Content, panel: Panel) -> None:
    """Draw markdown without HTML, links, images or maths."""
    body = f'<div class="bp-markdown" style="max-height:{components.SIZES[panel.size][0]}">{safe_html(content["text"])}</div>'
    st.html(f'<div class="bp-title">{escape(panel.title)}</div>{body}')


def dialogue(content: Content, panel: Panel) -> None:
    """Draw the turns of a dialogue."""
    turns: list[Block] = []
    for turn in content["turns"]:
        turns += [("role", turn["role"]), ("turn", turn["text"])]
    _draw_blocks(turns, panel)


def ranked_list(content: Content, panel: Panel) -> None:
    """Draw a list with its ranks."""
    entries = [("entry", f"{rank}. {entry}") for rank, entry in enumerate(content["entries"], start=1)]
    _draw_blocks(entries, panel)


def facets(content: Content, panel: Panel) -> None:
    """Draw labelled facets: short lists as chips, long ones as lines."""
    drawn: list[Block] = []
    for name, value in content["facets"].items():
        drawn.append(("label", name))
        if isinstance(value, str):
            drawn.append(("text", value))
        else:
            short = all(len(entry) <= 32 for entry in value)
            drawn += [("chip" if short else "line", entry) for entry in value]
    _draw_blocks(drawn, panel)


RENDERERS: dict[str, Callable[[Content, Panel], None]] = {
    "text": text,
    "markdown": markdown,
    "dialogue": dialogue,
    "ranked_list": ranked_list,
    "facets": facets,
}


def safe_html(source: str) -> str:
    """Return markdown as HTML that holds formatting tags only.

    >>> safe_html("**bold** ![x](http://example.org/x.png) <script>alert(1)</script>")
    '<p><strong>bold</strong> ![x](http://example.org/x.png) &lt;script&gt;alert(1)&lt;/script&gt;</p>\\n'
    """
    return nh3.clean(_markdown.render(source), tags=SAFE_TAGS, attributes={})


def _draw_blocks(blocks: list[Block], panel: Panel) -> None:
    data = {"blocks": [list(block) for block in blocks], "title": panel.title, "size": panel.size}
    components.blocks(key=panel.key, data=data)
