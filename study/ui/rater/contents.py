"""Kinds of content and how each is drawn. To add one: a function and a line in RENDERERS.

A renderer turns content into blocks; a block is a style class of :mod:`study.ui.rater.components` and a text. Every text is
shown as ``textContent``, but for the class ``html``, which only :func:`safe_html` may fill.
"""

from collections.abc import Callable

import nh3
from markdown_it import MarkdownIt

from study.records import Content
from study.tables import lookup

Block = tuple[str, str]
CHIP_LENGTH = 32
LONG_WORD = 2_000

_markdown = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable("table")
_markdown.disable(["image", "link", "autolink", "reference"])
SAFE_TAGS = {
    *("p", "br", "hr", "strong", "em", "code", "pre", "blockquote", "ul", "ol", "li"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"),
}


def blocks(content: Content) -> list[Block]:
    """Return the blocks of content of any kind."""
    return lookup(RENDERERS, content["kind"], "content kind")(content)


def text(content: Content) -> list[Block]:
    """Draw a text exactly as it is; a very long word is broken anywhere, which browsers do faster."""
    longest = max(map(len, content["text"].split()), default=0)
    return [("text solid" if longest > LONG_WORD else "text", content["text"])]


def markdown(content: Content) -> list[Block]:
    """Draw markdown without HTML, links, images or maths."""
    return [("html", safe_html(content["text"]))]


def dialogue(content: Content) -> list[Block]:
    """Draw the turns of a dialogue."""
    turns: list[Block] = []
    for turn in content["turns"]:
        turns += [("role", turn["role"]), ("turn", turn["text"])]
    return turns


def ranked_list(content: Content) -> list[Block]:
    """Draw a list with its ranks."""
    return [("entry", f"{rank}. {entry}") for rank, entry in enumerate(content["entries"], start=1)]


def facets(content: Content) -> list[Block]:
    """Draw labelled facets: short lists as chips, long ones as lines."""
    drawn: list[Block] = []
    for name, value in content["facets"].items():
        drawn.append(("label", name))
        if isinstance(value, str):
            drawn.append(("text", value))
        else:
            short = all(len(entry) <= CHIP_LENGTH for entry in value)
            drawn += [("chip" if short else "line", entry) for entry in value]
    return drawn


RENDERERS: dict[str, Callable[[Content], list[Block]]] = {
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
