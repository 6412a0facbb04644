// The question under the panels, and its buttons: drawn, pressed by click or key, and sent.
const PRESSED_MS = 1500;
// Elements that cover the page while open: the instructions, a dialog.
const ABOVE = '[data-testid="stPopoverBody"], [role="dialog"]';

function element(tag, className, text) {
  const node = document.createElement(tag);
  node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

function typing(target) {
  return target instanceof HTMLElement
    && (target.isContentEditable || ["TEXTAREA", "SELECT"].includes(target.tagName)
        || (target.tagName === "INPUT" && !["button", "checkbox", "radio"].includes(target.type)));
}

function focused() {
  let node = document.activeElement;
  while (node?.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
  return node;
}

function drawButton(button) {
  const node = element("button", "press", button.label);
  node.type = "button";
  node.disabled = !button.open;
  node.dataset.name = button.name;
  if (button.label !== button.keys[0]) node.append(" ", element("kbd", "", button.keys[0].toUpperCase()));
  node.addEventListener("click", () => press(button, node));
  return node;
}

function drawTitle(vote) {
  const line = element("div", "asked");
  if (vote.count) line.append(element("span", "count", vote.count));
  line.append(element("strong", "", vote.title));
  if (!vote.help) return [line];
  const help = element("div", "help", vote.help), more = element("button", "more-help", "?");
  help.hidden = true;
  more.type = "button";
  more.setAttribute("aria-label", "What does this mean?");
  more.setAttribute("aria-expanded", false);
  more.addEventListener("click", () => { help.hidden = !help.hidden; more.setAttribute("aria-expanded", !help.hidden); });
  line.append(more);
  return [line, help];
}

function drawConfidence(vote) {
  const group = element("div", "confidence");
  group.setAttribute("role", "radiogroup");
  group.setAttribute("aria-label", "How sure are you?");
  const show = () => [...group.children].forEach((node) => node.setAttribute("aria-checked", +node.dataset.code === page.sure));
  for (const [code, label] of vote.confidence) {
    const node = element("button", "sure", label);
    node.type = "button";
    node.dataset.code = code;
    node.setAttribute("role", "radio");
    node.addEventListener("click", () => { page.sure = page.sure === code ? null : code; show(); });
    group.append(node);
  }
  show();
  return group;
}

function drawBox(vote) {
  const [label, placeholder, most] = vote.box, input = element("input", "box");
  input.type = "text";
  input.maxLength = most;
  input.placeholder = placeholder;
  input.setAttribute("aria-label", label);
  input.value = page.drafts[vote.view] ?? "";
  input.addEventListener("input", () => { page.drafts[vote.view] = input.value; });
  return input;
}

function drawVote(board, vote) {
  const before = board.querySelector(".vote"), signature = JSON.stringify(vote);
  if (!vote) { before?.remove(); return; }
  if (before?.signature === signature) return;
  const drawn = element("div", "vote"), answers = element("div", "choices"), aside = element("div", "aside");
  drawn.signature = signature;
  drawn.dataset.view = vote.view;
  answers.append(...vote.answers.map(drawButton));
  answers.classList.toggle("steps", vote.steps > 0);
  answers.classList.toggle("many", vote.steps > 5);
  answers.style.setProperty("--bp-offers", vote.steps);
  drawn.classList.toggle("long", (vote.form ?? []).flatMap(({ rows }) => rows).length > 2);
  aside.append(...vote.aside.map(drawButton));
  if (vote.box) aside[vote.box[3] ? "prepend" : "append"](drawBox(vote));
  if (vote.form) drawn.append(drawForm(vote));
  drawn.append(...(vote.form ? [] : drawTitle(vote)), ...(vote.confidence.length ? [drawConfidence(vote)] : []), answers, aside);
  if (before) before.replaceWith(drawn); else board.append(drawn);
  if (vote.form) showForm(vote);
}

function press(button, node) {
  if (document.hidden && page.shownAt === Infinity) {
    page.seen = true;  // a press means somebody is looking: some browsers report a cross-site frame as hidden
    page.shownAt = performance.now();
  }
  const since = Math.max(0, performance.now() - page.shownAt);
  notePress(button.name);
  if (since < button.guard) {
    page.report({ view: page.drawn.view, ms: Math.round(since), nth: ++page.early });
    return;
  }
  if (button.name === "save" && !mayBeSaved(page.drawn)) return;
  node.classList.add("pressed");
  clearTimeout(page.telling);  // the answer reports it as well
  setTimeout(() => node.classList.remove("pressed"), PRESSED_MS);
  page.send({ view: page.drawn.view, button: button.name, words: page.drafts[page.drawn.view] ?? null,
              confidence: page.sure ?? null, evidence: evidence(),
              ...(button.name === "save" ? { answers: given(page.drawn) } : {}) });
}

// The typed character; on keyboards without Latin letters or digits, also the key's usual one.
function keyNames(event) {
  const typed = event.key.toLowerCase();
  if (/^[a-z0-9]$/.test(typed) || typed.length > 1 || event.shiftKey) return [typed];
  const place = /^(?:Key|Digit)([A-Z0-9])$/.exec(event.code);
  return place ? [typed, place[1].toLowerCase()] : [typed];
}

function onKey(event) {
  // Enter and Escape leave the text field, so that keys answer again.
  const target = event.composedPath()[0];
  const leaves = event.key === "Escape" || (event.key === "Enter" && target.tagName !== "TEXTAREA");
  if (typing(target) && leaves) {
    if (event.key === "Escape") target.blur();  // at once: the next key may follow before a timer would
    else setTimeout(() => { target.blur(); if (page.drawn.form) goOn(page.drawn); }, 0);
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || typing(target)) return;
  if (document.querySelector(ABOVE)) return;
  if (page.drawn.form) {
    if (event.key === "Enter" && focused()?.matches?.("button:not(.offer, [data-name=save])")) return;
    const done = onFormKey(page.drawn, event);
    if (done === "card") return;  // it listens itself
    if (done) { event.preventDefault(); event.stopImmediatePropagation(); return; }
  }
  const buttons = [...page.drawn.answers, ...page.drawn.aside], names = keyNames(event);
  const button = buttons.find((each) => names.some((name) => each.keys.includes(name)));
  if (!button) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (!event.repeat) page.board.querySelector(`.press[data-name=${CSS.escape(button.name)}]`)?.click();
}

// When the current drawing is first seen: in a background tab, once it becomes visible.
function sinceNow() { return document.hidden && !page.seen ? Infinity : performance.now(); }

function renew(vote) {
  if (page.drawn?.comparison !== vote.comparison) {
    document.querySelector('[data-testid="stMain"]')?.scrollTo(0, 0);
    if (!typing(focused())) focused()?.blur();
    page.drafts = {};
    page.forms = {};
  }
  if (page.drawn?.view !== vote.view) { page.shownAt = sinceNow(); page.sure = null; }
  if (page.measured?.question !== vote.measured) measure(vote.measured);
  page.drawn = vote;
  document.documentElement.style.setProperty("--bp-guard", `${Math.max(...vote.answers.map(({ guard }) => guard))}ms`);
}

function listen() {
  document.addEventListener("keydown", onKey, true);
  document.addEventListener("visibilitychange", onVisibility);
  for (const sign of SIGNS) document.addEventListener(sign, onSign, { capture: true, passive: true });
  return () => {
    document.removeEventListener("keydown", onKey, true);
    document.removeEventListener("visibilitychange", onVisibility);
    for (const sign of SIGNS) document.removeEventListener(sign, onSign, { capture: true });
  };
}
