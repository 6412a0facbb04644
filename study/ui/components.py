"""The two small browser components: text shown exactly as it is, and the keys of the judge page.

Untrusted text becomes ``textContent``, never HTML: no maths, no links, no images, every blank kept.
"""

import streamlit as st

# The height at which a panel scrolls: on a wide window, and on a phone.
SIZES = {"output": ("58vh", "58vh"), "context": ("26vh", "17vh"), "whole": ("none", "none")}

BLOCKS_CSS = (
    "".join(
        f".{name} {{ max-height: {wide}; }} @media (max-width: 640px) {{ .{name} {{ max-height: {phone}; }} }}\n"
        for name, (wide, phone) in SIZES.items()
    )
    + """
.panel { font: inherit; line-height: 1.5; color: var(--st-text-color); overflow: auto; outline-offset: 2px; }
.more { mask-image: linear-gradient(to bottom, black calc(100% - 2.2rem), transparent); }
.title { font-size: .85rem; font-weight: 600; opacity: .68; margin-bottom: .25rem; }
.title:empty { display: none; }
.text, .turn, .entry, .line { white-space: pre-wrap; overflow-wrap: anywhere; }
.label { font-size: .78rem; opacity: .68; margin-top: .55rem; }
.label:first-child { margin-top: 0; }
.role { font-size: .78rem; opacity: .68; margin-top: .6rem; text-transform: capitalize; }
.turn { padding: .45rem .7rem; border-radius: .5rem; background: var(--st-secondary-background-color); }
.entry { padding: .2rem 0 .2rem 2.2rem; text-indent: -1.6rem; }
.line::before { content: "– "; opacity: .5; }
.chips { display: flex; flex-wrap: wrap; gap: .3rem; margin-top: .15rem; }
.chip { padding: 0 .55rem; border-radius: 1rem; border: 1px solid var(--st-border-color);
        background: var(--st-secondary-background-color); overflow-wrap: anywhere; }
"""
)

BLOCKS_JS = """
export default function (component) {
  const { data, parentElement } = component;
  const panel = parentElement.querySelector(".panel");
  panel.className = "panel " + data.size;
  panel.setAttribute("aria-label", data.title);
  parentElement.querySelector(".title").textContent = data.title;
  const signature = JSON.stringify(data.blocks);
  if (panel.dataset.signature === signature) return;
  panel.dataset.signature = signature;
  const nodes = [];
  let chips = null;
  for (const [name, text] of data.blocks) {
    const node = document.createElement("div");
    node.className = name;
    node.textContent = text;
    node.dir = "auto";
    if (name !== "chip") { chips = null; nodes.push(node); continue; }
    if (!chips) { chips = document.createElement("div"); chips.className = "chips"; nodes.push(chips); }
    chips.append(node);
  }
  panel.replaceChildren(...nodes);
  panel.scrollTop = 0;
  const cue = () => {
    const hidden = panel.scrollHeight - panel.clientHeight - panel.scrollTop;
    panel.classList.toggle("more", hidden > 4);
    if (panel.scrollHeight > panel.clientHeight + 1) panel.tabIndex = 0; else panel.removeAttribute("tabindex");
  };
  panel.onscroll = cue;
  new ResizeObserver(cue).observe(panel);
}
"""

KEYS_JS = """
// Streamlit calls the function below on every draw and its clean-up only at the end, so there is one pair of
// listeners per page, and they read what was drawn last.
const page = (window.__blindpair ??= { drawn: null, shownAt: 0, early: 0 });

function button(name) { return document.querySelector(".st-key-" + CSS.escape(name) + " button"); }

function typing(target) {
  return target instanceof HTMLElement
    && (target.isContentEditable || ["TEXTAREA", "SELECT"].includes(target.tagName)
        || (target.tagName === "INPUT" && !["button", "checkbox", "radio"].includes(target.type)));
}

function onClick(event) {
  const node = event.target instanceof Element ? event.target.closest("button") : null;
  const since = performance.now() - page.shownAt;
  if (!node || since >= page.drawn.guard_ms || !page.drawn.guarded.some((name) => button(name) === node)) return;
  event.stopImmediatePropagation();
  event.preventDefault();
  page.report({ question: page.drawn.question, ms: Math.round(since), nth: ++page.early });
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || typing(event.composedPath()[0])) return;
  const name = page.drawn.keys[event.key.toLowerCase()];
  if (!name) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (!event.repeat) button(name)?.click();
}

export default function ({ data, setTriggerValue }) {
  if (page.drawn?.comparison !== data.comparison) {
    document.querySelector('[data-testid="stMain"]')?.scrollTo(0, 0);
    if (!typing(document.activeElement)) document.activeElement?.blur();
  }
  if (page.drawn?.question !== data.question) page.shownAt = performance.now();
  page.drawn = data;
  page.report = (click) => setTriggerValue("early", click);
  document.addEventListener("click", onClick, true);
  document.addEventListener("keydown", onKey, true);
  return () => {
    document.removeEventListener("click", onClick, true);
    document.removeEventListener("keydown", onKey, true);
  };
}
"""

blocks = st.components.v2.component(
    "blindpair_blocks",
    html='<div class="title"></div><div class="panel" role="region"></div>',
    css=BLOCKS_CSS,
    js=BLOCKS_JS,
)
keys = st.components.v2.component("blindpair_keys", html="<span hidden></span>", js=KEYS_JS)
