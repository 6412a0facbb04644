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

// Measurements of the profile: whether it is in view, and whether it is fully opened.
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

function drawPanels(board, data) {
  const all = board.querySelector(".rows") ?? board.appendChild(document.createElement("div"));
  all.className = "rows";
  const rows = matching(all, data.rows.length, () => document.createElement("div"));
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
