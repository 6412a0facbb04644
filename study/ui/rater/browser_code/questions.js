// A screen that is answered as a whole: rows to choose in, numbers, texts, points and orders, and "Save".
// `page.forms` holds what was given, by view: per question, one value for each row, null where nothing is given yet.
const DIGITS = "1234567890-";

function given(vote) {
  return (page.forms[vote.view] ??= vote.draft ?? Object.fromEntries(
    vote.form.map((question) => [question.name, question.rows.map(() => (question.kind === "several" && !question.least ? [] : null))])));
}

function isAsked(vote, question) {
  if (!question.shownIf) return true;
  const [name, wanted] = question.shownIf, earlier = vote.form.find((each) => each.name === name);
  return !earlier || (isAsked(vote, earlier) && given(vote)[name].flat(2).some((value) => wanted.includes(String(value))));
}

function isGiven(question, value) {
  if (question.kind === "several") return Array.isArray(value) && value.length >= question.least && value.length <= question.most;
  if (question.kind === "order") return Array.isArray(value) && value.flat().length >= question.most;
  if (question.kind === "points") return value !== null && sum(value) === question.total;
  if (question.kind === "text") return (value ?? "").trim().length >= question.least;
  return value !== null;
}

function sum(points) { return Object.values(points).reduce((total, each) => total + (each ?? 0), 0); }

// The rows that are still open: [question, row].
function openRows(vote) {
  return vote.form.filter((question) => question.required && isAsked(vote, question)).flatMap((question) =>
    given(vote)[question.name].flatMap((value, row) => (isGiven(question, value) ? [] : [[question, row]])));
}

function rowNode(question, row) {
  return page.board.querySelector(`.row-of[data-at="${question.name}-${row}"]`);
}

function give(vote, question, row, value) {
  given(vote)[question.name][row] = value;
  page.touched = true;
  showForm(vote);
}

// Draws what depends on the answers: what is chosen, which questions are asked, what is still open.
function showForm(vote) {
  for (const question of vote.form) {
    const block = page.board.querySelector(`.question[data-name="${question.name}"]`);
    block.hidden = !isAsked(vote, question);
    question.rows.forEach((label, row) => SHOWS[question.kind]?.(question, given(vote)[question.name][row], rowNode(question, row)));
  }
  const open = openRows(vote).length, said = page.board.querySelector(".open-rows");
  said.textContent = open ? `${open} of ${open === 1 ? "the answers is" : "the answers are"} still open` : "";
  page.board.querySelector(".press[data-name=save]")?.classList.toggle("waits", open > 0);
}

function showChosen(question, value, node) {
  const several = question.kind === "several", chosen = several ? value ?? [] : [value];
  const full = several && chosen.length >= question.most;
  for (const button of node.querySelectorAll(".offer")) {
    const on = chosen.some((each) => String(each) === button.dataset.value);
    button.setAttribute("aria-checked", on);
    if (several) button.setAttribute("aria-disabled", full && !on);
  }
  const first = node.querySelector('.offer[aria-checked="true"]') ?? node.querySelector(".offer");
  if (!several) node.querySelectorAll(".offer").forEach((button) => { button.tabIndex = button === first ? 0 : -1; });
}

function showPoints(question, value, node) {
  const left = question.total - sum(value ?? {});
  node.querySelector(".left").textContent = left === 0 ? "all divided" : left > 0 ? `${left} left` : `${-left} too many`;
}

function showOrder(question, value, node) {
  const list = node.querySelector(".cards"), held = focused()?.dataset?.card, numbers = list.numbers;
  const cards = [...list.children].sort((a, b) => (numbers.get(+a.dataset.card) ?? 99) - (numbers.get(+b.dataset.card) ?? 99));
  list.append(...cards);
  for (const card of cards) {
    const at = numbers.get(+card.dataset.card), label = card.querySelector("strong").textContent;
    card.querySelector(".place").textContent = at ?? "–";
    card.classList.toggle("placed", at !== undefined);
    card.setAttribute("aria-label", `${label}: ${at ? `place ${at}` : "no place yet"}. A digit gives its place, arrows move it`);
  }
  if (held !== undefined) cards.find((card) => card.dataset.card === held)?.focus();
}

const SHOWS = { scale: showChosen, choice: showChosen, several: showChosen, points: showPoints, order: showOrder };

function choose(vote, question, row, value) {
  if (question.kind !== "several") {
    give(vote, question, row, value);
    return;
  }
  const chosen = given(vote)[question.name][row] ?? [];
  if (chosen.includes(value)) give(vote, question, row, chosen.filter((each) => each !== value));
  else if (chosen.length < question.most) give(vote, question, row, [...chosen, value]);
  else say(vote, `At most ${question.most}: take one away first.`);
}

function say(vote, sentence) { page.board.querySelector(".open-rows").textContent = sentence; }

function drawOffers(vote, question, row) {
  const several = question.kind === "several", group = element("div", "offers");
  group.style.setProperty("--bp-offers", question.offers.length);
  group.classList.toggle("many", question.offers.length > 4);
  group.setAttribute("role", several ? "group" : "radiogroup");
  group.setAttribute("aria-label", [question.title, question.rows[row]].filter(Boolean).join(": "));
  for (const [value, label, key] of question.offers) {
    const button = element("button", "offer");
    button.type = "button";
    button.dataset.value = value;
    button.setAttribute("role", several ? "checkbox" : "radio");
    if (question.kind === "scale") button.append(element("span", "step", String(value)));
    if (label) button.append(element("span", "said", label));
    if (question.kind !== "scale") button.append(element("kbd", "", key));
    button.addEventListener("click", () => { choose(vote, question, row, value); button.focus(); });
    group.append(button);
  }
  return [group];
}

function drawNumber(vote, question, row) {
  const input = element("input", "box number"), value = given(vote)[question.name][row];
  input.type = "number";
  Object.assign(input, { min: question.low, max: question.high, step: question.step, value: value ?? "" });
  input.setAttribute("aria-label", [question.title, question.rows[row]].filter(Boolean).join(": "));
  input.addEventListener("input", () => {
    const typed = input.value === "" ? null : Number(input.value);
    give(vote, question, row, input.checkValidity() ? typed : null);
  });
  return [input, element("span", "unit", `${question.low} to ${question.high}${question.unit ? ` ${question.unit}` : ""}`)];
}

function drawText(vote, question, row) {
  const input = element("textarea", "box words");
  input.rows = 2;
  input.maxLength = question.most;
  input.value = given(vote)[question.name][row] ?? "";
  input.setAttribute("aria-label", [question.title, question.rows[row]].filter(Boolean).join(": "));
  input.addEventListener("input", () => give(vote, question, row, input.value || null));
  return [input];
}

function drawPoints(vote, question, row) {
  const cells = question.offers.map(([key, label]) => {
    const cell = element("label", "share", label), input = element("input", "box number");
    input.type = "number";
    Object.assign(input, { min: 0, max: question.total, step: 1, value: given(vote)[question.name][row]?.[key] ?? "" });
    input.addEventListener("input", () => {
      const points = { ...given(vote)[question.name][row], [key]: Math.max(0, Math.round(Number(input.value) || 0)) };
      give(vote, question, row, Object.fromEntries(question.offers.map(([one]) => [one, points[one] ?? 0])));
    });
    cell.append(input);
    return cell;
  });
  return [...cells, element("span", "left")];
}

// The number of each placed card, which may leave gaps until all are placed; the value holds groups of cards, best first.
function numbersOf(groups) {
  let place = 1;
  return new Map(groups.flatMap((group) => { const at = place; place += group.length; return group.map((one) => [one, at]); }));
}

function groupsOf(numbers) {
  const places = [...new Set(numbers.values())].sort((a, b) => a - b);
  return places.map((at) => [...numbers.keys()].filter((one) => numbers.get(one) === at));
}

// Moves a card to a place among the placed ones, counted from 0.
function moved(groups, one, place) {
  const rest = groups.map((group) => group.filter((each) => each !== one)).filter((group) => group.length);
  return [...rest.slice(0, place), [one], ...rest.slice(place)];
}

function drawOrder(vote, question, row) {
  const list = element("ol", "cards"), cards = question.offers.length;
  const now = () => given(vote)[question.name][row] ?? [];
  const placeOf = (one) => now().findIndex((group) => group.includes(one));
  list.numbers = numbersOf(now());
  const set = (numbers) => { list.numbers = numbers; give(vote, question, row, groupsOf(numbers)); };
  const put = (one, place) => set(numbersOf(moved(now(), one, Math.max(0, Math.min(place, cards - 1)))));
  const step = (one, by) => put(one, placeOf(one) < 0 ? now().length : placeOf(one) + by);
  const number = (one, at) => {
    const others = [...list.numbers].filter(([each, taken]) => each !== one && (question.ties || taken !== at));
    set(new Map([...others, [one, at]]));
  };
  const tie = (one) => {
    const place = placeOf(one);
    if (!question.ties || place < 1) return;
    const rest = now().map((group) => group.filter((each) => each !== one));
    rest[place - 1].push(one);
    set(numbersOf(rest.filter((group) => group.length)));
  };
  for (const [one, label] of question.offers) list.append(drawCard(question, one, label, { list, put, step, number, tie, cards }));
  return [list];
}

function drawCard(question, one, label, { list, put, step, number, tie, cards }) {
  const card = element("li", "card");
  card.tabIndex = 0;
  card.dataset.card = one;
  card.append(element("span", "place"), element("strong", "", label));
  const buttons = [["↑", "up", () => step(one, -1)], ["↓", "down", () => step(one, 1)]];
  if (question.ties) buttons.push(["=", "level with the one above", () => tie(one)]);
  for (const [sign, words, act] of buttons) {
    const button = element("button", "move", sign);
    button.type = "button";
    button.tabIndex = -1;
    button.setAttribute("aria-label", `${label} ${words}`);
    button.addEventListener("click", () => { act(); card.focus(); });
    card.append(button);
  }
  const acts = { ArrowUp: () => step(one, -1), ArrowDown: () => step(one, 1), Home: () => put(one, 0), End: () => put(one, cards - 1),
                 "=": () => tie(one) };
  card.addEventListener("keydown", (event) => {
    const digit = DIGITS.indexOf(event.key);
    if (digit >= 0 && digit < cards) { number(one, digit + 1); nextCard(list); }
    else if (event.key in acts) acts[event.key]();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  dragged(card, list, (place) => put(one, place));
  return card;
}

// The next card without a place; after the last one, what is still open.
function nextCard(list) {
  const card = list.querySelector(".card:not(.placed)");
  if (card) card.focus(); else moveOn(page.drawn);
}

function dragged(card, list, drop) {
  let from = null;
  card.addEventListener("pointerdown", (event) => {
    if (event.target.closest("button") || (event.pointerType === "touch" && !event.target.closest(".place"))) return;
    from = event.clientY;
    card.setPointerCapture(event.pointerId);
    card.classList.add("lifted");
  });
  card.addEventListener("pointermove", (event) => { if (from !== null) card.style.translate = `0 ${event.clientY - from}px`; });
  const end = (event) => {
    if (from === null) return;
    const middle = event.clientY, others = [...list.children].filter((each) => each !== card);
    const place = others.filter((each) => { const box = each.getBoundingClientRect(); return box.top + box.height / 2 < middle; }).length;
    const far = Math.abs(event.clientY - from) > 6;
    from = null;
    card.style.translate = "";
    card.classList.remove("lifted");
    if (far && event.type === "pointerup") drop(place);
  };
  card.addEventListener("pointerup", end);
  card.addEventListener("pointercancel", end);
}

const DRAWS = { scale: drawOffers, choice: drawOffers, several: drawOffers, number: drawNumber, text: drawText,
                points: drawPoints, order: drawOrder };

function drawForm(vote) {
  const form = element("div", "form");
  for (const question of vote.form) {
    const block = element("section", "question");
    block.dataset.name = question.name;
    block.append(...drawTitle({ ...question, count: question.required ? "" : "optional" }));
    question.rows.forEach((label, row) => {
      const node = element("div", "row-of");
      node.dataset.at = `${question.name}-${row}`;
      if (label) node.append(element("span", "about", label));
      node.append(...DRAWS[question.kind](vote, question, row));
      block.append(node);
    });
    form.append(block);
  }
  const said = element("div", "open-rows");
  said.setAttribute("role", "status");
  form.append(said);
  return form;
}

// The row that keys answer: the one with the focus, else the first open one.
function rowOfKeys(vote) {
  const at = focused()?.closest?.(".row-of")?.dataset.at;
  const [name, row] = at?.split("-") ?? [];
  const question = vote.form.find((each) => each.name === name);
  return question ? [question, Number(row)] : openRows(vote)[0];
}

// Answers by keys, and returns what was done, if anything: a digit or a letter chooses in the current row, which moves on; arrows go from row to row.
function onFormKey(vote, event) {
  if (focused()?.classList.contains("card") && (DIGITS.includes(event.key) || /^(Arrow(Up|Down)|Home|End|=)$/.test(event.key))) return "card";
  const [question, row] = rowOfKeys(vote) ?? [];
  if (["ArrowUp", "ArrowDown"].includes(event.key)) {
    const rows = [...page.board.querySelectorAll(".question:not([hidden]) .row-of")];
    const here = rows.indexOf(question ? rowNode(question, row) : null) + (event.key === "ArrowDown" ? 1 : -1);
    focusRow(rows[Math.max(0, Math.min(here, rows.length - 1))]);
    return true;
  }
  if (question?.kind === "order" && DIGITS.includes(event.key)) {
    focusRow(rowNode(question, row));
    focused()?.dispatchEvent(new KeyboardEvent("keydown", { key: event.key }));
    return true;
  }
  if (!question?.offers || question.kind === "order" || question.kind === "points") return false;
  const names = keyNames(event), chosen = question.offers.findIndex(([, , ...keys]) => keys.some((key) => names.includes(key)));
  const side = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (side && question.kind !== "several") {
    const at = question.offers.findIndex(([value]) => value === given(vote)[question.name][row]) + side;
    const offer = question.offers[Math.max(0, Math.min(at, question.offers.length - 1))];
    choose(vote, question, row, offer[0]);
    rowNode(question, row).querySelector('.offer[aria-checked="true"]')?.focus();
    return true;
  }
  if (chosen < 0) return false;
  choose(vote, question, row, question.offers[chosen][0]);
  if (question.kind !== "several") moveOn(vote);
  return true;
}

// To the first row that is open, or to "Save".
function moveOn(vote) {
  const next = openRows(vote)[0];
  if (next) focusRow(rowNode(...next));
  else page.board.querySelector(".press[data-name=save]")?.focus();
}

function focusRow(node) { node?.querySelector(".offer[tabindex='0'], .offer, input, textarea, .card")?.focus(); }

// After a number or a word: saves if nothing is open, else goes to what is.
function goOn(vote) {
  const open = openRows(vote);
  if (open.length) focusRow(rowNode(...open[0]));
  else page.board.querySelector(".press[data-name=save]")?.click();
}

// Whether "Save" may be sent; if not, says what is open and goes there.
function mayBeSaved(vote) {
  const open = openRows(vote);
  if (!open.length) return true;
  focusRow(rowNode(...open[0]));
  rowNode(...open[0])?.classList.add("open");
  setTimeout(() => rowNode(...open[0])?.classList.remove("open"), PRESSED_MS);
  return false;
}
