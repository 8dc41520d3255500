// What the pointer and the keys do in the plot: hover, choose, narrow, walk along the front.

const NEAR = 12; // pixels within which the pointer finds a point

/** Points within reach of a place, the nearest first, of equals those of the front. */
function near(x, y) {
  const found = [];
  for (const index of view.shown) {
    const distance = Math.hypot(xOf(index) - x, yOf(index) - y);
    if (distance < NEAR) found.push([Math.round(distance) - 0.5 * view.onFront[index], index]);
  }
  return found.sort((p, q) => p[0] - q[0] || p[1] - q[1]).map(([, index]) => index);
}

/** The points at the very place of one, in the order of the sweep. */
const sameplace = (index) => view.shown.filter((other) => state.x.values[other] === state.x.values[index]
  && state.y.values[other] === state.y.values[index]);

function hover(index, x = 0, y = 0) {
  const tip = $("tip");
  plot.hovered = index;
  tip.hidden = index < 0;
  if (index >= 0) {
    tip.replaceChildren(...tipLines(index));
    const left = x > plot.width / 2 ? x - tip.offsetWidth - 14 : x + 14;
    tip.style.left = `${Math.max(0, Math.min(left, plot.width - tip.offsetWidth))}px`;
    tip.style.top = `${Math.max(0, Math.min(y + 12, plot.height - tip.offsetHeight))}px`;
  }
  drawMarks();
}

function tipLines(index) {
  const others = sameplace(index).length - 1;
  const line = (label, value) => h("div", {}, h("span", {}, label), h("b", {}, value));
  return [
    line(state.x.title, shown(state.x.values[index])),
    ...(state.y === state.x ? [] : [line(state.y.title, shown(state.y.values[index]))]),
    ...varying.filter((field) => field.codes[index] >= 0).slice(0, 9)
      .map((field) => line(field.name, labelOf(field, index))),
    ...(view.onFront[index] ? [h("em", {}, "on the front")] : []),
    ...(others ? [h("em", {}, `and ${others} more here: click again`)] : []),
  ];
}

const placeOf = (event) => {
  const box = $("plot").getBoundingClientRect();
  return { x: event.clientX - box.left, y: event.clientY - box.top };
};

function clicked(place) {
  const [first] = near(place.x, place.y);
  if (first === undefined) return;
  const here = sameplace(first);
  choose(here.includes(state.chosen) ? here[(here.indexOf(state.chosen) + 1) % here.length] : first);
}

/** Narrows both metrics to what a frame holds. */
function narrow(from, to) {
  const ranges = new Map(state.ranges);
  const xs = [from.x, to.x].map((x) => plot.x.back(x - MARGIN.left));
  const ys = [from.y, to.y].map((y) => plot.y.back(plot.height - MARGIN.bottom - y));
  for (const [metric, ends, log] of [[state.x, xs, state.logX], [state.y, ys, state.logY]]) {
    const [low, high] = ends.sort((a, b) => a - b).map((end) => Number(end.toPrecision(4)));
    ranges.set(metric.name, log && metric.direction === "near zero" ? [-high, high] : [low, high]);
  }
  update({ ranges });
}

function widen() {
  const ranges = new Map(state.ranges);
  ranges.delete(state.x.name);
  ranges.delete(state.y.name);
  update({ ranges });
}

/** A step along the front, from the chosen point or into the front. */
function step(by) {
  if (!view.front.length) return;
  const at = view.front.indexOf(state.chosen);
  const next = at < 0 ? (by > 0 ? 0 : view.front.length - 1) : at + by;
  choose(view.front[Math.max(0, Math.min(view.front.length - 1, next))]);
}

const KEYS = {
  ArrowRight: () => step(1), ArrowDown: () => step(1), ArrowLeft: () => step(-1),
  ArrowUp: () => step(-1), Home: () => step(-count), End: () => step(count),
  Enter: () => { if (state.chosen >= 0) $("chosen").focus(); },
};

function listenToPlot() {
  const area = $("plot");
  area.addEventListener("pointerdown", (event) => {
    if (event.button === 0) plot.from = placeOf(event);
  });
  area.addEventListener("pointermove", (event) => {
    const place = placeOf(event);
    if (plot.from && event.pointerType === "mouse"
        && Math.hypot(place.x - plot.from.x, place.y - plot.from.y) > 6) plot.to = place;
    hover(plot.to ? -1 : near(place.x, place.y)[0] ?? -1, place.x, place.y);
  });
  area.addEventListener("pointerup", (event) => {
    const { from, to } = plot;
    plot.from = plot.to = null;
    if (from && to) narrow(from, to);
    else if (from) clicked(placeOf(event));
  });
  area.addEventListener("pointerleave", () => {
    plot.from = plot.to = null;
    hover(-1);
  });
  area.addEventListener("dblclick", widen);
  area.addEventListener("keydown", (event) => {
    if (!KEYS[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    KEYS[event.key]();
  });
}
