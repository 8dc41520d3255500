// Making elements. What comes from the sweep becomes text or an attribute, never markup.

const $ = (id) => document.getElementById(id);

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) {
      element.setAttribute(name, value);
    }
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** An HTML element with attributes, listeners (`onclick`) and children. */
const h = (tag, attributes = {}, ...children) =>
  fill(document.createElement(tag), attributes, children);

/** The same in SVG. */
const s = (tag, attributes = {}, ...children) =>
  fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);

/** A dotted name that may break behind its dots. */
const dotted = (name) => name.split(/(?<=\.)/).flatMap((part, at) => (at ? [h("wbr"), part] : [part]));

/** A number for people: whole ones with narrow spaces, others to four digits. */
function shown(value) {
  if (Number.isNaN(value)) return "";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  let text;
  if (size !== 0 && (size >= 1e9 || size < 1e-3)) text = value.toExponential(2).replace("e+", "e");
  else if (Number.isInteger(value)) text = String(value).replace(/\B(?=(\d{3})+$)/g, "\u202f");
  else text = size >= 1000 ? shown(Math.round(value)) : String(Number(value.toPrecision(4)));
  return text.replace("-", "−");
}

/** Puts text on the clipboard, and says so on the button. */
async function copy(text, button) {
  const label = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = h("textarea", { class: "hidden", "aria-hidden": "true" }, text);
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  button.textContent = "Copied";
  setTimeout(() => { button.textContent = label; }, 1200);
}

const copyButton = (label, text) => h("button", {
  type: "button", onclick: (event) => copy(text(), event.currentTarget) }, label);

/** The value of a CSS variable. */
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
