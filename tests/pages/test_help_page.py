"""The Help page: each page of the guide, for researchers and viewers, and the link to it beside every title."""

import pytest

from study.ui.help import guide
from study.ui.shared.heading import help_address
from tests.pages.conftest import Judge, page, shown_texts


@pytest.mark.parametrize("topic", guide.topics())
def test_every_page_of_the_guide_is_shown(judge: Judge, topic: str) -> None:
    at = page("help")
    at.query_params["topic"] = topic
    at.segmented_control[0].set_value(topic).run()
    assert not at.exception
    assert at.header[0].value == guide.topics()[topic]
    assert guide.headings(guide.page_text(topic))[-1] in shown_texts(at)
    assert at.query_params["topic"] in (topic, [topic])


def test_an_address_opens_its_page_and_a_strange_one_the_first(judge: Judge) -> None:
    at = page("help")
    assert at.header[0].value == "The pages"
    at.query_params["topic"] = "no such page"
    at.run()
    assert not at.exception
    assert at.header[0].value == "The pages"


@pytest.mark.parametrize(("name", "title"), [("planning", "Planning"), ("audit", "Blinding audit")])
def test_a_title_has_a_link_to_its_part_of_the_guide(judge: Judge, name: str, title: str) -> None:
    at = page(name)
    assert at.title[0].value == title
    assert f"[Help]({help_address('pages', title)})" in [one.value for one in at.markdown]


def test_what_streamlit_would_read_is_shown_as_it_is() -> None:
    text = "# T\n\nfrom $1 to $2, ~a~ :red[b] and `$HOME :x:`\n    $ kept :x:\n"
    assert guide.shown(text) == "from \\$1 to \\$2, \\~a\\~ \\:red[b] and `$HOME :x:`\n    $ kept :x:"


def test_links_out_of_the_guide_are_words_in_the_app() -> None:
    text = (
        "# T\n\n[a](../README.md), [b](https://example.org/x), [c](glossary.md), [d](#part), "
        "[e](../../data/README.md#votes)\n![f](x.png)\n"
    )
    assert (
        guide.shown(text)
        == "a, [b](https://example.org/x), [c](help?topic=glossary), [d](#part), [e](help?topic=data#votes)"
    )
