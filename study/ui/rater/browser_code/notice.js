// Asks the server every few seconds, at random intervals, and redraws the page when the wait is over.
export default function ({ data, parentElement, setTriggerValue }) {
  parentElement.querySelector(".title").textContent = data.title;
  parentElement.querySelector(".said").textContent = data.text;
  let timer = null, gone = false;
  const wait = () => { timer = setTimeout(ask, 2000 + 3000 * Math.random()); };
  const ask = async () => {
    try {
      const found = await (await fetch(data.health, { cache: "no-store" })).json();
      if (!gone && found.status === "ok") setTriggerValue("over", true);
    } catch { /* the server is away; it is asked again */ }
    if (!gone) wait();
  };
  wait();
  return () => { gone = true; clearTimeout(timer); };
}
