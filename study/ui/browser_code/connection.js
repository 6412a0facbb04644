// A server that was away has forgotten the session, and a click would only be answered by the page as it is: so the page is
// drawn again as soon as the connection is back. What was typed stays in the browser and is sent along.
const connection = (window.__blindpairConnection ??= { lost: false, observer: null, back() {} });

function watchConnection(back) {
  connection.back = back;
  const app = document.querySelector("[data-testid=stApp]");
  if (connection.observer || !app) return;
  connection.observer = new MutationObserver(() => {
    if (app.dataset.testConnectionState !== "CONNECTED") connection.lost = true;
    else if (connection.lost) { connection.lost = false; connection.back(); }
  });
  connection.observer.observe(app, { attributes: true, attributeFilter: ["data-test-connection-state"] });
}

export default function ({ setTriggerValue }) {
  watchConnection(() => setTriggerValue("back", true));
}
