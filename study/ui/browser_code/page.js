export default function ({ data: [drawn], parentElement, setTriggerValue }) {
  drawPanels(drawn, parentElement);
  if (drawn.listen) return listen(drawn.listen, setTriggerValue);
}
