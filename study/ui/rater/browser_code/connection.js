// A server that was down has lost the session and would answer a click only by redrawing the page. So the page is redrawn as
// soon as the connection is back, and ignores clicks until then. Typed text stays in the browser and is sent along.
const ASKED_AGAIN_MS = 5000;
const connection = (window.__blindpairConnection ??= { drawn: null, app: null, back() {} });

function away(is) { document.documentElement.toggleAttribute("data-away", is); }

function onState() {
  const { testConnectionState, testScriptState } = connection.app.dataset;
  if (testConnectionState !== "CONNECTED") {
    clearInterval(connection.asking);
    connection.asking = null;
    connection.lost = true;
    away(true);
  } else if (connection.lost && !connection.asking) {
    connection.last = connection.drawn;
    connection.asking = setInterval(() => connection.back(), ASKED_AGAIN_MS);
    connection.back();
  } else if (connection.lost && connection.drawn !== connection.last && testScriptState === "notRunning") {
    clearInterval(connection.asking);
    connection.asking = null;
    connection.lost = false;
    away(false);
  }
}

function onClick(event) {
  if (!connection.lost || !event.composedPath().some((node) => node.tagName === "BUTTON")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}

function watchConnection() {
  connection.app = document.querySelector("[data-testid=stApp]");
  if (!connection.app) return;
  new MutationObserver(onState).observe(connection.app, {
    attributes: true, attributeFilter: ["data-test-connection-state", "data-test-script-state"],
  });
  window.addEventListener("click", onClick, true);
}

export default function ({ data, setTriggerValue }) {
  connection.drawn = data.drawn;
  connection.back = () => setTriggerValue("back", true);
  if (!connection.app) watchConnection();
  if (connection.app) onState();
}
