// The scatter plot: points and axes on one canvas; what follows the pointer on another above it.

const MARGIN = { left: 68, right: 14, top: 12, bottom: 46 };
const plot = { width: 0, height: 0, ratio: 1, x: null, y: null, scheme: null, hovered: -1, from: null, to: null };

/** A canvas of the plot's size, cleared, with its origin in the plot's corner. */
function sheet(id) {
  const canvas = $(id);
  canvas.width = Math.round(plot.width * plot.ratio);
  canvas.height = Math.round(plot.height * plot.ratio);
  const pen = canvas.getContext("2d");
  pen.scale(plot.ratio, plot.ratio);
  pen.font = `12px ${colour("--sans")}`;
  return pen;
}

const xOf = (index) => MARGIN.left + plot.x.at(index);
const yOf = (index) => plot.height - MARGIN.bottom - plot.y.at(index);

/** Takes the size that the page gives to the plot; asked for once, as that costs a layout. */
function measurePlot() {
  [plot.width, plot.height] = [$("plot").clientWidth, $("plot").clientHeight];
}

function drawPlot(ratio = window.devicePixelRatio || 1) {
  if (!plot.width) return;
  plot.ratio = ratio;
  plot.x = scaleOf(state.x, view.shown, state.logX, plot.width - MARGIN.left - MARGIN.right);
  plot.y = scaleOf(state.y, view.shown, state.logY, plot.height - MARGIN.top - MARGIN.bottom);
  plot.scheme = colouring();
  plot.hovered = -1;
  const pen = sheet("points");
  drawAxes(pen);
  drawPoints(pen);
  drawLegend(plot.scheme);
  drawMarks();
}

function drawAxes(pen) {
  const [left, bottom] = [MARGIN.left, plot.height - MARGIN.bottom];
  const right = plot.width - MARGIN.right;
  pen.strokeStyle = colour("--grid");
  pen.fillStyle = colour("--soft");
  pen.lineWidth = 1;
  pen.beginPath();
  pen.textAlign = "center";
  for (const [label, at] of marksOf(plot.x)) {
    pen.moveTo(left + at, MARGIN.top);
    pen.lineTo(left + at, bottom + 4);
    pen.fillText(label, left + at, bottom + 17);
  }
  pen.textAlign = "right";
  for (const [label, at] of marksOf(plot.y)) {
    pen.moveTo(left - 4, bottom - at);
    pen.lineTo(right, bottom - at);
    pen.fillText(label, left - 8, bottom - at + 4);
  }
  pen.stroke();
  drawBreaks(pen, left, bottom, right);
  drawTitles(pen, left, bottom, right);
}

/** Dashes between an axis and the places of zero and of infinity. */
function drawBreaks(pen, left, bottom, right) {
  pen.beginPath();
  pen.strokeStyle = colour("--line");
  pen.setLineDash([3, 4]);
  const ends = (scale) => [...(scale.below ? [scale.start] : []), ...(scale.above ? [scale.end] : [])];
  for (const at of ends(plot.x)) {
    pen.moveTo(left + at, MARGIN.top);
    pen.lineTo(left + at, bottom);
  }
  for (const at of ends(plot.y)) {
    pen.moveTo(left, bottom - at);
    pen.lineTo(right, bottom - at);
  }
  pen.stroke();
  pen.setLineDash([]);
}

/** Labels of an axis with their places: its ticks, and zero and infinity where they are apart. */
function marksOf(scale) {
  const marks = scale.ticks.map((tick) => [shown(tick), scale.place(tick)]);
  if (scale.below) marks.push([scale.below, GUTTER / 2]);
  if (scale.above) marks.push([scale.above, scale.length - GUTTER / 2]);
  return marks;
}

function drawTitles(pen, left, bottom, right) {
  pen.save();
  pen.fillStyle = colour("--text");
  pen.font = `600 12.5px ${colour("--sans")}`;
  pen.textAlign = "center";
  pen.fillText(axisTitle(state.x, state.logX), (left + right) / 2, plot.height - 8);
  pen.translate(14, (MARGIN.top + bottom) / 2);
  pen.rotate(-Math.PI / 2);
  pen.fillText(axisTitle(state.y, state.logY), 0, 0);
  pen.restore();
}

/** The metric with its unit, and where the better values lie. */
function axisTitle(metric, log) {
  if (metric.direction === "minimise") return `← better   ${metric.title}`;
  if (metric.direction === "maximise") return `${metric.title}   better →`;
  return log ? `← better   |${metric.name}|${metric.unit && ", "}${metric.unit}`
    : `${metric.title}   (near zero is better)`;
}

function drawPoints(pen) {
  const size = view.shown.length > 1500 ? 3 : view.shown.length > 300 ? 3.6 : 4.4;
  pen.globalAlpha = (view.shown.length > 1500 ? 0.3 : 0.4) + (isDark() ? 0.12 : 0);
  stamp(pen, view.shown.filter((index) => !view.onFront[index]), size, false);
  pen.globalAlpha = 1;
  drawFrontLine(pen);
  stamp(pen, view.front, 6.5, true);
}

/** Marks at whole pixels, each kind drawn once and copied: quick for thousands of points. */
function stamp(pen, indices, size, outlined) {
  const kinds = new Map();
  const steps = plot.scheme.groups ? 1 : 32;
  pen.save();
  pen.setTransform(1, 0, 0, 1, 0, 0);
  for (const index of indices) {
    const place = plot.scheme.of(index);
    const key = steps === 1 ? place : Math.round(place * steps);
    if (!kinds.has(key)) kinds.set(key, markOf(key, steps, size, outlined));
    const mark = kinds.get(key);
    pen.drawImage(mark, Math.round(xOf(index) * plot.ratio - mark.width / 2),
      Math.round(yOf(index) * plot.ratio - mark.height / 2));
  }
  pen.restore();
}

/** A mark of a group, or of a step on the ramp, on a canvas of its own. */
function markOf(key, steps, size, outlined) {
  const side = 2 * Math.ceil((1.2 * size + 3) * plot.ratio);
  const canvas = h("canvas", { width: side, height: side });
  const pen = canvas.getContext("2d");
  pen.scale(plot.ratio, plot.ratio);
  pen.beginPath();
  trace(pen, plot.scheme.groups ? SHAPES[key % SHAPES.length] : "circle", side / 2 / plot.ratio,
    side / 2 / plot.ratio, size);
  if (outlined) {
    pen.lineWidth = 3.5;
    pen.strokeStyle = colour("--panel");
    pen.stroke();
  }
  pen.fillStyle = colourOf(plot.scheme, key / steps);
  pen.fill();
  if (outlined) {
    pen.lineWidth = 1;
    pen.strokeStyle = colour("--text");
    pen.stroke();
  }
  return canvas;
}

/** Steps between what the front reaches and what it does not. */
function drawFrontLine(pen) {
  if (view.front.length < 2) return;
  if ([[state.x, state.logX], [state.y, state.logY]].some(
    ([metric, log]) => metric.direction === "near zero" && !log)) return;
  pen.beginPath();
  pen.moveTo(xOf(view.front[0]), yOf(view.front[0]));
  view.front.forEach((index, at) => {
    if (at) pen.lineTo(xOf(index), yOf(view.front[at - 1]));
    pen.lineTo(xOf(index), yOf(index));
  });
  pen.lineWidth = 1.5;
  pen.strokeStyle = colour("--accent");
  pen.stroke();
}

/** The upper sheet: rings around the chosen point and the one under the pointer, and the frame. */
function drawMarks() {
  if (!plot.x) return;
  const pen = sheet("marks");
  if (state.chosen >= 0 && view.shown.includes(state.chosen)) ring(pen, state.chosen, 11, "--accent", 3);
  if (plot.hovered >= 0) ring(pen, plot.hovered, 9, "--text", 1.5);
  if (plot.from && plot.to) {
    pen.fillStyle = colour("--frame");
    pen.strokeStyle = colour("--accent");
    const frame = [Math.min(plot.from.x, plot.to.x), Math.min(plot.from.y, plot.to.y),
      Math.abs(plot.to.x - plot.from.x), Math.abs(plot.to.y - plot.from.y)];
    pen.fillRect(...frame);
    pen.strokeRect(...frame);
  }
}

function ring(pen, index, radius, name, width) {
  pen.beginPath();
  pen.arc(xOf(index), yOf(index), radius, 0, 2 * Math.PI);
  pen.strokeStyle = colour(name);
  pen.lineWidth = width;
  pen.stroke();
}
