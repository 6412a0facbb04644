"""Drawing content: the blocks of each kind, with markdown reduced to formatting tags.

All text is drawn as ``textContent``, except in the class ``html``, which only :func:`safe_html` may fill.
"""

import nh3
from markdown_it import MarkdownIt

from study.content_kinds import CONTENT_KINDS, Block
from study.records import Content
from study.tables import lookup

_markdown = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable("table")
_markdown.disable(["image", "link", "autolink", "reference"])
SAFE_TAGS = {
    *("p", "br", "hr", "strong", "em", "code", "pre", "blockquote", "ul", "ol", "li"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"),
}


def blocks(content: Content) -> list[Block]:
    """Return the blocks of content of any kind."""
    drawn = lookup(CONTENT_KINDS, content["kind"], "content kind").blocks(content)
    return [_formatted(style, text) for style, text in drawn]


def _formatted(style: str, text: str) -> Block:
    if style == "markdown":
        return "html", safe_html(text)
    if style == "html":
        raise ValueError("a kind of content draws no HTML of its own; markdown is formatted here")
    return style, text


def safe_html(source: str) -> str:
    """Return markdown as HTML with formatting tags only.

    >>> safe_html("**bold** ![x](http://example.org/x.png) <script>alert(1)</script>")
    '<p><strong>bold</strong> ![x](http://example.org/x.png) &lt;script&gt;alert(1)&lt;/script&gt;</p>\\n'
    """
    return nh3.clean(_markdown.render(source), tags=SAFE_TAGS, attributes={})
