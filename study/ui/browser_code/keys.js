const GAP_MS = 60000, BURST_MS = 400;
const SIGNS = ["pointermove", "pointerdown", "keydown", "wheel", "touchmove", "scroll"];

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

function listen(data, setTriggerValue) {
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
