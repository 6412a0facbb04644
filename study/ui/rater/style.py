"""Style sheets: for raters' pages and comparisons, and to hide what researchers' pages must not offer."""

import streamlit as st

STEP_CSS = """
<style>
/* Streamlit's colour for the button of what is open is a dark blue, also on a dark page. */
[data-testid="stPopoverButton"][aria-expanded="true"] { color: inherit !important; }
[data-testid="stMainBlockContainer"] { padding: 2.4rem 1.2rem 3rem; max-width: 47.4rem; margin: 0 auto; }
[data-testid="stHeader"], [data-testid="stToolbar"] { display: none; }
.st-key-connection { position: absolute; }
[data-testid="stAlertContainer"] { padding: .55rem .9rem; }
[data-testid="stAlertContainer"] p { font-size: .95rem; }
/* A touch screen cannot hover over the code to see that it can be copied. */
[data-testid="stCode"] > div, [data-testid="stCode"] > div > div { opacity: 1 !important; visibility: visible !important; }
[data-testid="stApp"]:not([data-test-connection-state="CONNECTED"])::after, [data-away] [data-testid="stApp"]::after {
  content: "No connection at the moment. Your answers are saved, and this page will continue when the connection is back.";
  position: fixed; inset: 0 0 auto 0; z-index: 1000; padding: .5rem 1rem; text-align: center; font-size: .9rem;
  color: #5c3b00; background: #ffe9b8; }
[data-away] :is([data-testid="stMain"] button, .st-key-panels) { pointer-events: none; --bp-live: .5; }
[data-away] [data-testid="stMain"] button { opacity: .5; }
/* Streamlit's own word for it speaks of servers, and hides the page. */
body:has([data-testid="stApp"]:not([data-test-connection-state="CONNECTED"])) [data-testid="stDialog"] { display: none; }
@media (max-width: 640px) {
  [data-testid="stMainBlockContainer"] { padding: 1.4rem .9rem 2rem; }
  [data-testid="stLayoutWrapper"]:has(> .st-key-key_help) { display: none; }
  [data-testid="stRadioOption"] { min-height: 2.2rem; align-items: center; }
}
</style>
"""

CSS = """
<style>
[data-testid="stMainBlockContainer"] { padding: 1.1rem 1rem 0; max-width: 74rem; }
[data-testid="stHeader"], [data-testid="stToolbar"] { display: none; }
[data-testid="stLayoutWrapper"]:has(> .st-key-top) { position: relative; height: 0; margin-bottom: -1rem; z-index: 5; }
.st-key-top button { min-height: 1.6rem; padding-block: 0; }
[data-testid="InputInstructions"] { display: none; }
.bp-progress { height: .3rem; border-radius: .2rem; background: color-mix(in srgb, currentColor 14%, transparent); }
.bp-progress > div { height: 100%; border-radius: .2rem; background: #3f6ad8; }
[data-testid="stLayoutWrapper"]:has(> .st-key-vote) { position: sticky; bottom: 0; z-index: 10; }
.st-key-vote { padding: .5rem 0 .6rem; gap: .4rem; background: Canvas; background: light-dark(#ffffff, #171614);
  border-top: 1px solid color-mix(in srgb, currentColor 18%, transparent); }
.st-key-choices > div { flex: 1 1 8rem; }
.st-key-choices button { min-height: 2.9rem; width: 100%; }
.st-key-choices button p { white-space: nowrap; }
@media (max-width: 640px) {
  [data-testid="stMainBlockContainer"] { padding: .6rem .7rem 0; }
  .st-key-choices { gap: .4rem; }
  .st-key-choices > div { flex: 1 1 44%; }
  .st-key-choices button { min-height: 2.5rem; padding: .1rem .3rem; }
}
</style>
"""


# Streamlit's own CSV of a table escapes nothing, so a spreadsheet would compute a cell such as =1+1, and no option
# removes its button. Our own files escape what others wrote.
RESEARCHER_CSS = """
<style>
/* As for raters; and a choice is shown whole, because two titles may differ at their ends alone. */
[data-testid="stPopoverButton"][aria-expanded="true"] { color: inherit !important; }
[data-testid="stSelectboxVirtualDropdown"] [role="option"] > div { white-space: normal; overflow-wrap: anywhere;
  line-height: 1.15; font-size: .85rem; min-height: 2.1rem; margin-block: -.2rem; }
[data-testid="stElementToolbarButton"]:has([aria-label^="Download as CSV"]) { display: none; }
</style>
"""


def researcher_style() -> None:
    """Send the style sheet of researchers' and viewers' pages."""
    st.html(RESEARCHER_CSS)


def step_style() -> None:
    """Send the style sheet of all raters' pages."""
    st.html(STEP_CSS)


def judge_style() -> None:
    """Send the additional styles of a comparison."""
    st.html(CSS)
