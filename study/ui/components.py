"""The small browser components: panels of text shown as it is; keys, clicks and times of the judge page; a form for MTurk.

Untrusted text becomes ``textContent``, never HTML: no maths, no links, no images, every blank kept. All panels of a
page are one component, because each one costs a message and a mount on every click.
"""

import streamlit as st

from study.ui.connection import WATCH_JS
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
.row .panel.whole { max-height: none; }
.all { align-self: flex-start; margin-top: .2rem; padding: .1rem .5rem; font: inherit; font-size: .8rem; cursor: pointer;
       color: var(--st-primary-color); background: none; border: 1px solid var(--st-border-color);
       border-radius: var(--st-base-radius); }
.all[hidden] { display: none; }
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

// What the keys' component measures of the profile: whether it is in view, whether it is opened whole.
const profile = (window.__blindpairProfile ??= { seen: false, open: false, settle() {}, scrolled() {} });

function note(cell) {
  if (!cell.isProfile) return;
  profile.settle();
  profile.seen = cell.inView;
  profile.open = cell.children[1].classList.contains("whole");
}

function open(cell, whole) {
  const [, panel, all] = cell.children;
  panel.classList.toggle("whole", whole);
  all.textContent = whole ? "Show less" : "Show all";
  all.setAttribute("aria-expanded", whole);
  note(cell);
}

function newCell() {
  const [cell, title, panel, all] = ["div", "div", "div", "button"].map((tag) => document.createElement(tag));
  cell.className = "cell";
  all.className = "all";
  all.type = "button";
  title.className = "title";
  panel.className = "panel";
  panel.setAttribute("role", "region");
  const cue = () => {
    panel.classList.toggle("more", panel.scrollHeight - panel.clientHeight - panel.scrollTop > 4);
    if (panel.scrollHeight > panel.clientHeight + 1) panel.tabIndex = 0; else panel.removeAttribute("tabindex");
    all.hidden = !cell.mayOpen || !(panel.classList.contains("whole") || panel.scrollHeight > panel.clientHeight + 4);
  };
  panel.addEventListener("scroll", () => {
    cue();
    if (cell.isProfile && performance.now() - cell.drawnAt > 150) profile.scrolled();
  });
  all.addEventListener("click", () => { open(cell, !panel.classList.contains("whole")); cue(); });
  new IntersectionObserver(([seen]) => {
    cell.inView = seen.isIntersecting
      && (seen.intersectionRatio >= 0.5 || seen.intersectionRect.height >= window.innerHeight / 2);
    note(cell);
  }, { threshold: Array.from({ length: 51 }, (_, step) => step / 50) }).observe(panel);
  new ResizeObserver(cue).observe(panel);
  cell.cue = cue;
  cell.inView = false;
  cell.append(title, panel, all);
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
  if (!data.profile) { profile.settle(); profile.seen = profile.open = false; }
  data.rows.forEach(({ name, cells }, place) => {
    rows[place].className = "row " + name;
    const drawn = matching(rows[place], cells.length, newCell);
    cells.forEach(({ title, blocks }, column) => {
      const cell = drawn[column], [head, panel] = cell.children, signature = JSON.stringify(blocks);
      cell.dataset.title = head.textContent = title;
      cell.isProfile = data.profile && name === "context" && column === 0;
      cell.mayOpen = name === "context";
      panel.setAttribute("aria-label", title);
      if (cell.signature === signature) return;
      cell.signature = signature;
      cell.drawnAt = performance.now();
      open(cell, false);
      drawBlocks(panel, blocks);
      cell.cue();
    });
  });
}
"""

KEYS_JS = (
    WATCH_JS
    + """
const GAP_MS = 60000, BURST_MS = 400;
const SIGNS = ["pointermove", "pointerdown", "keydown", "wheel", "touchmove", "scroll"];
const profile = (window.__blindpairProfile ??= { seen: false, open: false, settle() {}, scrolled() {} });

// Streamlit calls the function below on every draw and its clean-up only at the end, so there is one pair of
// listeners per page, and they read what was drawn last.
const page = (window.__blindpair ??= { drawn: null, shownAt: 0, early: 0 });

function measure(question) {
  const now = performance.now();
  page.measured = { question, active: 0, profile: 0, open: 0, scrolls: 0, changes: 0, pressed: null, scrolledAt: -BURST_MS,
                    mark: now, sign: now, hidden: document.hidden };
}

// Adds the time since it was last called: none of a hidden tab, and of a gap between two signs of life a minute at most.
profile.settle = () => {
  const at = page.measured;
  if (!at) return;
  const now = performance.now();
  const span = at.hidden ? 0 : Math.max(0, Math.min(now, at.sign + GAP_MS) - at.mark);
  at.mark = now;
  at.active += span;
  if (profile.seen) at.profile += span;
  if (profile.seen && profile.open) at.open += span;
};

function onSign() {
  profile.settle();
  if (page.measured) page.measured.sign = page.measured.mark;
}

function onVisibility() {
  onSign();
  if (page.measured) page.measured.hidden = document.hidden;
}

profile.scrolled = () => {
  onSign();
  const at = page.measured;
  if (!at) return;
  if (at.mark - at.scrolledAt > BURST_MS) at.scrolls += 1;
  at.scrolledAt = at.mark;
};

function press(name) {
  const at = page.measured;
  onSign();
  if (!name.startsWith("answer_")) return;
  if (at.pressed && at.pressed !== name) at.changes += 1;
  at.pressed = name;
}

function evidence() {
  const at = page.measured;
  return { question: at.question, active_ms: Math.round(at.active), profile_ms: Math.round(at.profile),
           open_ms: Math.round(at.open), scrolls: at.scrolls, changes: at.changes };
}

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
  if (!name) return;
  press(name);
  // Streamlit sends what is set in one go, after this event: the evidence goes in the same message as the click.
  if (since >= page.drawn.guards[name]) { page.send(evidence()); return; }
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
  if (page.measured?.question !== data.measured) measure(data.measured);
  page.drawn = data;
  page.send = (found) => setTriggerValue("evidence", found);
  const guard = Math.max(...Object.entries(data.guards).filter(([name]) => name.startsWith("answer_")).map(([, ms]) => ms));
  document.documentElement.style.setProperty("--bp-guard", `${guard}ms`);
  page.report = (click) => setTriggerValue("early", click);
  watchConnection(() => setTriggerValue("back", true));
  document.addEventListener("click", onClick, true);
  document.addEventListener("keydown", onKey, true);
  document.addEventListener("visibilitychange", onVisibility);
  for (const sign of SIGNS) document.addEventListener(sign, onSign, { capture: true, passive: true });
  return () => {
    document.removeEventListener("click", onClick, true);
    document.removeEventListener("keydown", onKey, true);
    document.removeEventListener("visibilitychange", onVisibility);
    for (const sign of SIGNS) document.removeEventListener(sign, onSign, { capture: true });
  };
}
"""
)

FORM_CSS = """
button { font: inherit; color: #fff; background: var(--st-primary-color); border: 0; cursor: pointer;
         border-radius: var(--st-base-radius); padding: .6rem 1.1rem; }
"""

# The browser holds to the same hosts as the server (form-action of the security policy).
FORM_JS = """
export default function ({ data, parentElement }) {
  const form = parentElement.querySelector("form");
  form.method = "post";
  form.action = data.address;
  const fields = Object.entries(data.fields).map(([name, value]) => {
    const input = document.createElement("input");
    input.type = "hidden";
    input.name = name;
    input.value = value;
    return input;
  });
  const button = document.createElement("button");
  button.type = "submit";
  button.textContent = data.label;
  form.replaceChildren(...fields, button);
}
"""

_panels = st.components.v2.component(
    "blindpair_panels", html='<div class="board"></div>', css=PANELS_CSS, js=PANELS_JS
)
_form = st.components.v2.component("blindpair_form", html="<form></form>", css=FORM_CSS, js=FORM_JS)
keys = st.components.v2.component("blindpair_keys", html="<span hidden></span>", js=KEYS_JS)


def panels(*, profile: bool = False, **rows: list[tuple[str, list[Block]]]) -> None:
    """Draw rows of panels of equal width and height; each panel has a title and blocks.

    Parameters
    ----------
    profile : bool
        Whether the first panel of the context is the profile; the browser measures how long it is in view.
    rows : lists of (title, blocks)
        ``context`` stands low, scrolls soon and can be opened whole; ``outputs`` has borders and more height.
    """
    cells = {
        name: [{"title": title, "blocks": blocks} for title, blocks in row] for name, row in rows.items()
    }
    _panels(
        key="panels",
        data={"profile": profile, "rows": [{"name": name, "cells": row} for name, row in cells.items()]},
    )


def submit_form(address: str, fields: dict[str, str], label: str) -> None:
    """Draw a button that posts fields to another host; the security policy of the page must name it."""
    _form(key="submit_form", data={"address": address, "fields": fields, "label": label})
