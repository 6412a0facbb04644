// Draws the component: the header, the panels, and the vote.
function styled(parentElement) {
  if (parentElement.querySelector("style.blindpair")) return;
  const style = element("style", "blindpair", STYLES);
  parentElement.append(style);
}

function drawAbove(board, top, notices) {
  const above = board.querySelector(".above") ?? board.insertBefore(element("div", "above"), board.firstChild);
  const signature = JSON.stringify([top, notices]);
  if (above.signature === signature) return;
  above.signature = signature;
  above.replaceChildren();
  if (top) above.append(element("div", "bp-count", top[0]));
  if (top && top[1] !== null) {
    const bar = element("div", "bp-progress"), done = element("div", "");
    done.style.width = `${top[1]}%`;
    bar.append(done);
    above.append(bar);
  }
  for (const [kind, sentence] of notices) {
    const said = element("div", `notice ${kind}`, sentence);
    said.setAttribute("role", kind === "info" ? "status" : "alert");
    above.append(said);
  }
}

// Reports once that the rater has the first pair on screen; from then on it is held for them.
const SHOWN_MS = 2000;

function tellShown(drawn, tell) {
  clearTimeout(page.telling);
  page.tell = drawn.tell ? tell : null;
  if (!page.tell) return;
  page.telling = setTimeout(() => {
    if (!document.hidden) page.tell?.();
    else document.addEventListener("visibilitychange", () => tellShown(drawn, tell), { once: true });
  }, SHOWN_MS);
}

export default function ({ data: [drawn], parentElement, setTriggerValue }) {
  const board = parentElement.querySelector(".board");
  styled(parentElement);
  drawAbove(board, drawn.top, drawn.notices);
  drawPanels(board, drawn);
  if (drawn.vote) {
    page.board = board;
    renew(drawn.vote);
  }
  drawVote(board, drawn.vote);
  if (!drawn.vote) return undefined;
  page.send = (sent) => setTriggerValue("press", sent);
  page.report = (sent) => setTriggerValue("early", sent);
  tellShown(drawn, () => setTriggerValue("shown", true));
  return listen();
}
