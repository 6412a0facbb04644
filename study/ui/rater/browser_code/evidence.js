// Measurements while a question is on screen, sent with its answer.
const GAP_MS = 60000, BURST_MS = 400;
const SIGNS = ["pointermove", "pointerdown", "keydown", "wheel", "touchmove", "scroll"];

// Streamlit calls the page's function on every draw and its clean-up only at the end, so there is one set of listeners per
// page, which read the latest drawing.
const page = (window.__blindpair ??= { drawn: null, shownAt: 0, early: 0, drafts: {}, forms: {} });

function measure(question) {
  const now = performance.now();
  page.measured = { question, active: 0, profile: 0, open: 0, scrolls: 0, changes: 0, pressed: null, scrolledAt: -BURST_MS,
                    mark: now, sign: now, hidden: document.hidden };
}

// Adds the time since the last call: none while the tab is hidden, and at most a minute between two signs of activity.
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
  page.seen = false;
  if (!document.hidden && page.shownAt === Infinity) page.shownAt = performance.now();
  if (page.measured) page.measured.hidden = document.hidden;
}

profile.scrolled = () => {
  onSign();
  const at = page.measured;
  if (!at) return;
  if (at.mark - at.scrolledAt > BURST_MS) at.scrolls += 1;
  at.scrolledAt = at.mark;
};

function notePress(name) {
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
