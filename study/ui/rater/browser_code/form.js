// The browser enforces the same hosts as the server (form-action in the security policy).
export default function ({ data, parentElement }) {
  const form = parentElement.querySelector("form");
  form.method = "post";
  form.action = data.address;
  const fields = Object.entries(data.fields).map(([name, value]) => {
    const input = document.createElement("input");
    input.type = "hidden";
    input.name = name;
    input.value = value;
    return input;
  });
  const button = document.createElement("button");
  button.type = "submit";
  button.textContent = data.label;
  form.replaceChildren(...fields, button);
}
