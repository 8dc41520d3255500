// The heat map: mean error of the chosen point's multiplier over the plane of its operands.

const NEGATIVE = { light: ["#f7f7f7", "#2166ac"], dark: ["#22262d", "#6db3f2"] };
const POSITIVE = { light: ["#f7f7f7", "#b2182b"], dark: ["#22262d", "#f4846f"] };

function drawMap(index) {
  const at = report.maps.of[index];
  if (at < 0) {
    $("map").replaceChildren(h("p", { class: "note" },
      `Drawn for the first ${report.maps.list.length} multipliers; this is another. See: hwgen error.`));
    return;
  }
  const map = report.maps.list[at];
  if (!map.greatest) {
    $("map").replaceChildren(h("p", {}, h("b", {}, map.title)),
      h("p", { class: "note" }, "Its mean error is 0 everywhere."));
    return;
  }
  $("map").replaceChildren(h("p", {}, h("b", {}, map.title)),
    h("div", { class: "map" }, h("span", { class: "b" }, `b ${map.b[0]} to ${map.b[1]}`), mapCanvas(map),
      scaleBar(map), h("span", { class: "a" }, `a ${map.a[0]} to ${map.a[1]}`)),
    h("p", { class: "note" }, `Product less a × b in LSB, ${populationOf(map)}.`));
}

function populationOf({ pairs, exhaustive }) {
  if (pairs === 1) return "a cell for each pair";
  return `mean of ${exhaustive ? "all" : "a sample of"} ${shown(pairs)} pairs a cell`;
}

const heat = (share) => {
  const [from, to] = (share < 0 ? NEGATIVE : POSITIVE)[isDark() ? "dark" : "light"];
  return channels(from).map((value, at) =>
    value + (channels(to)[at] - value) * Math.sqrt(Math.min(1, Math.abs(share))));
};

/** A canvas with a colour for each pixel's level, -127 to 127. */
function painted(width, height, levelAt) {
  const canvas = h("canvas", { width, height });
  const image = new ImageData(width, height);
  const colours = Array.from({ length: 255 }, (_, at) => [...heat((at - 127) / 127), 255]);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      image.data.set(colours[levelAt(x, y) + 127], 4 * (y * width + x));
    }
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}

/** `a` to the right, `b` upward; the pointer reads a cell. */
function mapCanvas(map) {
  const cells = Int8Array.from(atob(map.cells), (letter) => letter.charCodeAt(0));
  const [rows, columns] = map.shape;
  const canvas = painted(rows, columns, (a, y) => cells[a * columns + columns - 1 - y]);
  const label = (a, b) => {
    const mean = (cells[a * columns + b] / 127) * map.greatest;
    return `a ${codes(map.a, a, rows)}, b ${codes(map.b, b, columns)}: mean error ${shown(Number(mean.toPrecision(3)))}`;
  };
  canvas.addEventListener("pointermove", (event) => {
    const box = canvas.getBoundingClientRect();
    const a = Math.min(rows - 1, Math.floor(((event.clientX - box.left) / box.width) * rows));
    const y = Math.min(columns - 1, Math.floor(((event.clientY - box.top) / box.height) * columns));
    canvas.title = label(Math.max(0, a), columns - 1 - Math.max(0, y));
  });
  fill(canvas, { class: "cells", role: "img",
    "aria-label": `Mean error of ${map.title}, at most ${shown(map.greatest)} LSB in size` }, []);
  return canvas;
}

/** The codes of a cell. */
function codes([low, high], cell, cells) {
  const each = (high - low + 1) / cells;
  return each === 1 ? String(low + cell) : `${low + cell * each} to ${low + (cell + 1) * each - 1}`;
}

function scaleBar(map) {
  const bar = painted(1, 255, (x, y) => 127 - y);
  return h("div", { class: "scale" }, h("span", {}, `+${shown(Number(map.greatest.toPrecision(3)))}`),
    fill(bar, { "aria-hidden": "true" }, []), h("span", {}, shown(-Number(map.greatest.toPrecision(3)))));
}
