// Colours and shapes of the points: Okabe and Ito's palette, which the colour-blind tell apart.

const PALETTES = {
  light: ["#0072b2", "#d55e00", "#009e73", "#b0578d", "#b8860b", "#2a9fd6", "#5b4fa0", "#4d4d4d"],
  dark: ["#56b4e9", "#ff8c42", "#2fc79a", "#e58fc0", "#f0c13c", "#9ad0f5", "#a99cf0", "#b5b5b5"],
};
// Cividis, but for the end that the page's ground would hide.
const RAMP = ["#00204d", "#31446b", "#666970", "#958f78", "#bfa850", "#d8a800"];
const DARK_RAMP = ["#3b5fa8", "#6b7fa0", "#8f8f8f", "#b0a67a", "#d6c45f", "#ffea46"];
const SHAPES = ["circle", "square", "up", "diamond", "down", "plus", "hexagon", "cross"];

const isDark = () => colour("--scheme") === "dark";

/** How points are coloured by the chosen column: `of(index)` is a group or a place from 0 to 1. */
function colouring() {
  const column = state.colour;
  if (!column) return { groups: ["all"], of: () => 0 };
  if (column.codes && (column.labels.length + column.lacking <= 8 || !column.numeric)) {
    return grouped(column);
  }
  const value = column.codes ? (index) => numberOf(column, index) : (index) => column.values[index];
  const finite = view.shown.map(value).filter(Number.isFinite);
  const low = finite.reduce((a, b) => Math.min(a, b), Infinity);
  const high = finite.reduce((a, b) => Math.max(a, b), -Infinity);
  const log = low > 0 && high > 50 * low;
  const place = log ? (x) => Math.log(x / low) / Math.log(high / low)
    : (x) => (high > low ? (x - low) / (high - low) : 0);
  return { low, high, log, of: (index) => Math.min(1, Math.max(0, place(value(index)) || 0)) };
}

/** The codes with the greatest counts, in their order. */
function mostOf(order, counts, most) {
  const often = new Set([...order].sort((i, j) => counts.get(j) - counts.get(i)).slice(0, most));
  return order.filter((code) => often.has(code));
}

/** A group for each value, the eighth and later ones together. */
function grouped(column) {
  const { order } = column;
  const counts = new Map(order.map((code) => [code, 0]));
  for (const code of column.codes) if (code >= 0) counts.set(code, counts.get(code) + 1);
  const own = order.length <= 8 - column.lacking ? order
    : mostOf(order, counts, 7);
  const group = new Map(own.map((code, place) => [code, place]));
  const groups = own.map((code) => column.labels[code]);
  if (own.length < order.length || column.lacking) groups.push(own.length < order.length ? "other" : "none");
  return { groups, of: (index) => group.get(column.codes[index]) ?? own.length };
}

function colourOf(scheme, place) {
  if (scheme.groups) return PALETTES[isDark() ? "dark" : "light"][place % 8];
  const ramp = isDark() ? DARK_RAMP : RAMP;
  const step = Math.min(ramp.length - 2, Math.floor(place * (ramp.length - 1)));
  return mixed(ramp[step], ramp[step + 1], place * (ramp.length - 1) - step);
}

const channels = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));

function mixed(from, to, share) {
  const end = channels(to);
  const mix = channels(from).map((value, at) => Math.round(value + (end[at] - value) * share));
  return `rgb(${mix.join(" ")})`;
}

/** Adds a mark of a radius to the path. */
function trace(path, shape, x, y, r) {
  const around = (corners, turn, size = r) => {
    for (let corner = 0; corner < corners; corner += 1) {
      const angle = turn + (2 * Math.PI * corner) / corners;
      path[corner ? "lineTo" : "moveTo"](x + size * Math.cos(angle), y + size * Math.sin(angle));
    }
    path.closePath();
  };
  if (shape === "circle") { path.moveTo(x + r, y); path.arc(x, y, r, 0, 2 * Math.PI); }
  else if (shape === "square") path.rect(x - 0.88 * r, y - 0.88 * r, 1.76 * r, 1.76 * r);
  else if (shape === "up") around(3, -Math.PI / 2, 1.2 * r);
  else if (shape === "down") around(3, Math.PI / 2, 1.2 * r);
  else if (shape === "diamond") around(4, 0, 1.2 * r);
  else if (shape === "hexagon") around(6, 0, 1.08 * r);
  else star(path, x, y, 1.15 * r, shape === "cross" ? Math.PI / 4 : 0);
}

/** A plus sign of four arms, turned. */
function star(path, x, y, r, turn) {
  const arm = 0.38 * r;
  const corners = [[r, -arm], [r, arm], [arm, arm], [arm, r], [-arm, r], [-arm, arm], [-r, arm],
    [-r, -arm], [-arm, -arm], [-arm, -r], [arm, -r], [arm, -arm]];
  corners.forEach(([dx, dy], at) => {
    const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
    path[at ? "lineTo" : "moveTo"](x + dx * cos - dy * sin, y + dx * sin + dy * cos);
  });
  path.closePath();
}

/** The legend: a mark a group, or the ramp between two numbers. */
function drawLegend(scheme) {
  const name = state.colour ? state.colour.name : "";
  const items = scheme.groups ? scheme.groups.map((label, place) => legendItem(scheme, label, place))
    : [h("span", { class: "ramp" }, shown(scheme.low), rampImage(scheme), shown(scheme.high),
      scheme.log ? " (log)" : "")];
  $("legend").replaceChildren(h("b", {}, name), ...items);
}

function legendItem(scheme, label, place) {
  const canvas = h("canvas", { width: 28, height: 28, "aria-hidden": "true" });
  const pen = canvas.getContext("2d");
  pen.fillStyle = colourOf(scheme, place);
  pen.beginPath();
  trace(pen, SHAPES[place % SHAPES.length], 14, 14, 9);
  pen.fill();
  return h("span", {}, canvas, label);
}

function rampImage(scheme) {
  const canvas = h("canvas", { width: 200, height: 20, "aria-hidden": "true" });
  const pen = canvas.getContext("2d");
  for (let x = 0; x < 200; x += 1) {
    pen.fillStyle = colourOf(scheme, x / 199);
    pen.fillRect(x, 0, 1, 20);
  }
  return canvas;
}
