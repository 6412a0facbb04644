"""The title of a researcher page, with a link to its part of the guide."""

import re

import streamlit as st


def page_title(title: str) -> None:
    """Show a page's title, and a link to the guide's section with the same title.

    The link is relative, so that it works if the app is served under a path, and opens a new tab.
    """
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.title(title, anchor=False, width="content")
        st.markdown(f"[Help]({help_address('pages', title)})", width="content")


def help_address(topic: str, heading: str = "") -> str:
    """Return the address of a page of the guide in the app, relative to any other page.

    >>> help_address("pages", "Blinding audit")
    'help?topic=pages#blinding-audit'
    """
    return f"help?topic={topic}" + (f"#{anchor(heading)}" if heading else "")


def anchor(heading: str) -> str:
    """Return the anchor of a heading, in the form used by GitHub and Streamlit.

    >>> anchor("What is in a backup?")
    'what-is-in-a-backup'
    """
    return re.sub(r"[^a-z0-9]+", "-", heading.lower()).strip("-")
