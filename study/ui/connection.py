"""What the browser does while the server is away, or asks raters to wait: the page stays, and goes on by itself."""

import streamlit as st

from study.ui import state

# A server that was away has forgotten the session, and the first click would only be answered by the page as it is: so the
# page is drawn again as soon as the connection is back. What was typed stays in the browser and is sent along.
WATCH_JS = """
const connection = (window.__blindpairConnection ??= { lost: false, asked: false, observer: null, back() {} });

function watchConnection(back) {
  connection.back = back;
  connection.asked = false;  // this is the drawing that was asked for
  const app = document.querySelector("[data-testid=stApp]");
  if (connection.observer || !app) return;
  connection.observer = new MutationObserver(() => {
    if (app.dataset.testConnectionState !== "CONNECTED") connection.lost = true;
    else if (connection.lost) { connection.lost = false; connection.asked = true; connection.back(); }
  });
  connection.observer.observe(app, { attributes: true, attributeFilter: ["data-test-connection-state"] });
}
"""

CONNECTION_JS = (
    WATCH_JS
    + """
export default function ({ setTriggerValue }) {
  watchConnection(() => setTriggerValue("back", true));
}
"""
)

NOTICE_CSS = """
.veil { position: fixed; inset: 0; z-index: 100000; display: flex; align-items: center; justify-content: center;
        padding: 1rem; background: color-mix(in srgb, var(--st-background-color) 82%, transparent); }
.card { max-width: 26rem; padding: 1.3rem 1.5rem; color: var(--st-text-color); background: var(--st-background-color);
        border: 1px solid var(--st-border-color); border-radius: var(--st-base-radius); box-shadow: 0 4px 24px #0003; }
.title { font-size: 1.2rem; font-weight: 600; margin-bottom: .4rem; }
.said { line-height: 1.5; overflow-wrap: anywhere; }
"""

# Asks the server every few seconds, each browser at moments of its own, and has the page drawn again when it is over.
NOTICE_JS = """
export default function ({ data, parentElement, setTriggerValue }) {
  parentElement.querySelector(".title").textContent = data.title;
  parentElement.querySelector(".said").textContent = data.text;
  let timer = null, gone = false;
  const wait = () => { timer = setTimeout(ask, 2000 + 3000 * Math.random()); };
  const ask = async () => {
    try {
      const found = await (await fetch(data.health, { cache: "no-store" })).json();
      if (!gone && found.status === "ok") setTriggerValue("over", true);
    } catch { /* the server is away; it is asked again */ }
    if (!gone) wait();
  };
  wait();
  return () => { gone = true; clearTimeout(timer); };
}
"""

_connection = st.components.v2.component(
    "blindpair_connection", html="<span hidden></span>", js=CONNECTION_JS
)
_notice = st.components.v2.component(
    "blindpair_notice",
    html='<div class="veil" role="status"><div class="card"><div class="title"></div><div class="said"></div></div></div>',
    css=NOTICE_CSS,
    js=NOTICE_JS,
)


def notice(title: str, text: str, health: str) -> None:
    """Lay a notice over the whole page, until the path ``health`` of the app answers that all is well again."""
    _notice(key="notice", data={"title": title, "text": text, "health": health}, on_over_change=lambda: None)


def watch() -> None:
    """Have a page without keys drawn again when a lost connection is back."""
    _connection(key="connection", data={"session": state.session_mark()}, on_back_change=lambda: None)
