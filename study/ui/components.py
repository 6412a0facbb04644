"""The two small browser components: panels of text shown exactly as it is, and the keys of the judge page.

Untrusted text becomes ``textContent``, never HTML: no maths, no links, no images, every blank kept. All panels of a
page are one component, because each one costs a message and a mount on every click.
"""

import streamlit as st

from study.ui.contents import Block

PANELS_CSS = """
.row { display: grid; grid-template-columns: repeat(auto-fit, minmax(20rem, 1fr)); gap: .2rem 1rem; }
.row + .row { margin-top: .7rem; }
.cell { display: flex; flex-direction: column; min-width: 0; }
.outputs .cell { border: 1px solid var(--st-border-color); border-radius: var(--st-base-radius); padding: .7rem .9rem; }
.title { font-size: .85rem; font-weight: 600; opacity: .68; margin-bottom: .25rem; }
.title:empty { display: none; }
.panel { font: inherit; line-height: 1.5; color: var(--st-text-color); overflow: auto; outline-offset: 2px; }
.outputs .panel { max-height: 58vh; }
.context .panel { max-height: 26vh; }
.more { mask-image: linear-gradient(to bottom, black calc(100% - 2.2rem), transparent); }
.text, .turn, .entry, .line { white-space: pre-wrap; overflow-wrap: anywhere; }
.solid { overflow-wrap: normal; word-break: break-all; }
.html { overflow-wrap: anywhere; }
.html :is(h1, h2, h3, h4, h5, h6) { font-size: 1.05rem; margin: .4rem 0; }
.html > :first-child { margin-top: 0; }
.html pre { white-space: pre-wrap; }
.label { font-size: .78rem; opacity: .68; margin-top: .55rem; }
.label:first-child { margin-top: 0; }
.role { font-size: .78rem; opacity: .68; margin-top: .6rem; text-transform: capitalize; }
.turn { padding: .45rem .7rem; border-radius: .5rem; background: var(--st-secondary-background-color); }
.entry { padding: .2rem 0 .2rem 2.2rem; text-indent: -1.6rem; }
.line::before { content: "– "; opacity: .5; }
.chips { display: flex; flex-wrap: wrap; gap: .3rem; margin-top: .15rem; }
.chip { padding: 0 .55rem; border-radius: 1rem; border: 1px solid var(--st-border-color);
        background: var(--st-secondary-background-color); overflow-wrap: anywhere; }
@media (max-width: 640px) {
  .row { grid-template-columns: 1fr; gap: .7rem; }
  .context .panel { max-height: 17vh; }
}
"""

PANELS_JS = """
function drawBlocks(panel, blocks) {
  const nodes = [];
  let chips = null;
  for (const [name, text] of blocks) {
    const node = document.createElement("div");
    node.className = name;
    node.dir = "auto";
    if (name === "html") node.innerHTML = text; else node.textContent = text;
    if (name !== "chip") { chips = null; nodes.push(node); continue; }
    if (!chips) { chips = document.createElement("div"); chips.className = "chips"; nodes.push(chips); }
    chips.append(node);
  }
  panel.replaceChildren(...nodes);
  panel.scrollTop = 0;
}

function newCell() {
  const [cell, title, panel] = ["div", "div", "div"].map((tag) => document.createElement(tag));
  cell.className = "cell";
  title.className = "title";
  panel.className = "panel";
  panel.setAttribute("role", "region");
  const cue = () => {
    panel.classList.toggle("more", panel.scrollHeight - panel.clientHeight - panel.scrollTop > 4);
    if (panel.scrollHeight > panel.clientHeight + 1) panel.tabIndex = 0; else panel.removeAttribute("tabindex");
  };
  panel.addEventListener("scroll", cue);
  new ResizeObserver(cue).observe(panel);
  cell.cue = cue;
  cell.append(title, panel);
  return cell;
}

function matching(parent, count, create) {
  while (parent.children.length > count) parent.lastElementChild.remove();
  while (parent.children.length < count) parent.append(create());
  return [...parent.children];
}

export default function ({ data, parentElement }) {
  const board = parentElement.querySelector(".board");
  const rows = matching(board, data.rows.length, () => document.createElement("div"));
  data.rows.forEach(({ name, cells }, place) => {
    rows[place].className = "row " + name;
    const drawn = matching(rows[place], cells.length, newCell);
    cells.forEach(({ title, blocks }, column) => {
      const cell = drawn[column], [head, panel] = cell.children, signature = JSON.stringify(blocks);
      cell.dataset.title = head.textContent = title;
      panel.setAttribute("aria-label", title);
      if (cell.signature === signature) return;
      cell.signature = signature;
      drawBlocks(panel, blocks);
      cell.cue();
    });
  });
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
  const name = node && Object.keys(page.drawn.guards).find((each) => button(each) === node);
  if (!name || since >= page.drawn.guards[name]) return;
  event.stopImmediatePropagation();
  event.preventDefault();
  page.report({ question: page.drawn.question, ms: Math.round(since), nth: ++page.early });
}

function onKey(event) {
  // Enter and Escape leave the reason, so that the next key is an answer again.
  const target = event.composedPath()[0];
  if (typing(target) && ["Enter", "Escape"].includes(event.key)) { setTimeout(() => target.blur(), 0); return; }
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || typing(target)) return;
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
  const guard = Math.max(...Object.entries(data.guards).filter(([name]) => name.startsWith("answer_")).map(([, ms]) => ms));
  document.documentElement.style.setProperty("--bp-guard", `${guard}ms`);
  page.report = (click) => setTriggerValue("early", click);
  document.addEventListener("click", onClick, true);
  document.addEventListener("keydown", onKey, true);
  return () => {
    document.removeEventListener("click", onClick, true);
    document.removeEventListener("keydown", onKey, true);
  };
}
"""

_panels = st.components.v2.component(
    "blindpair_panels", html='<div class="board"></div>', css=PANELS_CSS, js=PANELS_JS
)
keys = st.components.v2.component("blindpair_keys", html="<span hidden></span>", js=KEYS_JS)


def panels(**rows: list[tuple[str, list[Block]]]) -> None:
    """Draw rows of panels of equal width and height; each panel has a title and blocks.

    Parameters
    ----------
    rows : lists of (title, blocks)
        ``context`` stands low and scrolls soon; ``outputs`` has borders and more height.
    """
    cells = {
        name: [{"title": title, "blocks": blocks} for title, blocks in row] for name, row in rows.items()
    }
    _panels(key="panels", data={"rows": [{"name": name, "cells": row} for name, row in cells.items()]})
