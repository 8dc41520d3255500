// What the reader has chosen. It stands in the address, so that a view can be shared.

const FEW = 12; // values of a field that get a checkbox each

const state = { x: metrics[0], y: metrics[1] ?? metrics[0], logX: false, logY: false, colour: null,
  chosen: -1, all: false, sets: new Map(), ranges: new Map() };
const view = { shown: [], front: [], onFront: new Uint8Array(count) };

const hasCheckboxes = (field) => field.labels.length + field.lacking <= FEW || !field.numeric;

/** Whether a logarithmic axis tells more: positive values over more than a decade and a half. */
function prefersLog(metric) {
  const sizes = metric.values.filter((value) => value > 0 && Number.isFinite(value));
  const negative = metric.values.some((value) => value < 0);
  return !negative && metric.direction !== "maximise" && sizes.length > 1
    && sizes.reduce((a, b) => Math.max(a, b)) > 30 * sizes.reduce((a, b) => Math.min(a, b));
}

const canBeLog = (metric) => metric.values.some((value) => value > 0 && Number.isFinite(value))
  && (metric.direction === "near zero" || !metric.values.some((value) => value < 0));

function setDefaults() {
  Object.assign(state, { x: metrics[0], y: metrics[1] ?? metrics[0], all: !report.kept.includes(1),
    chosen: -1, sets: new Map(), ranges: new Map() });
  state.logX = prefersLog(state.x);
  state.logY = prefersLog(state.y);
  state.colour = varying.find((field) => field.name === "pe.multiplier.kind")
    ?? varying.find((field) => field.name.endsWith("kind")) ?? varying[0] ?? null;
}

/** The state as the part of an address behind `#`. */
function toHash() {
  const query = new URLSearchParams();
  query.set("x", state.x.name);
  query.set("y", state.y.name);
  query.set("log", `${state.logX ? "x" : ""}${state.logY ? "y" : ""}`);
  if (state.colour) query.set("colour", state.colour.name);
  if (state.all) query.set("all", "1");
  if (TABLES["all-table"].sort) query.set("sort", TABLES["all-table"].sort);
  for (const [name, codes] of state.sets) query.set(`in.${name}`, [...codes].join("_"));
  for (const [name, range] of state.ranges) query.set(`from.${name}`, range.join("_"));
  if (state.chosen >= 0) query.set("point", report.hashes[state.chosen]);
  return query.toString();
}

/** Takes from an address what this report knows, and leaves the rest as it is by default. */
function fromHash(text) {
  const query = new URLSearchParams(text);
  setDefaults();
  state.x = metricNamed(query.get("x")) ?? state.x;
  state.y = metricNamed(query.get("y")) ?? state.y;
  const log = query.get("log");
  state.logX = log === null ? prefersLog(state.x) : log.includes("x") && canBeLog(state.x);
  state.logY = log === null ? prefersLog(state.y) : log.includes("y") && canBeLog(state.y);
  state.colour = colourable(query.get("colour")) ?? state.colour;
  state.all = query.get("all") === "1" || state.all;
  TABLES["all-table"].sort = query.get("sort") ?? "";
  state.chosen = report.hashes.indexOf(query.get("point"));
  for (const [key, value] of query) readFilter(key, value);
}

const colourable = (name) => varying.find((field) => field.name === name) ?? metricNamed(name);

function readFilter(key, value) {
  const name = key.slice(key.indexOf(".") + 1);
  const numbers = value.split("_").map(Number);
  if (numbers.some(Number.isNaN)) return;
  if (key.startsWith("in.") && varying.some((field) => field.name === name)) {
    state.sets.set(name, new Set(numbers));
  } else if (key.startsWith("from.") && numbers.length === 2
      && (metricNamed(name) || fieldNamed(name)?.numeric)) {
    state.ranges.set(name, numbers);
  }
}

/** Changes the state, and draws anew what depends on it. */
function update(changes = {}) {
  Object.assign(state, changes);
  if (!canBeLog(state.x)) state.logX = false;
  if (!canBeLog(state.y)) state.logY = false;
  for (const own of Object.values(TABLES)) own.page = 0;
  view.shown = passing(state.x, state.y, state);
  view.front = frontOf(state.x, state.y, view.shown);
  view.onFront.fill(0);
  for (const index of view.front) view.onFront[index] = 1;
  drawAll();
  keepInAddress();
}

/** Chooses a point, -1 for none; the plot and the tables stay as they are. */
function choose(index) {
  state.chosen = index;
  drawChosen();
  tell(index);
  keepInAddress();
}

let waiting = 0;
let kept = "";

function keepInAddress() {
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    kept = `#${toHash()}`;
    history.replaceState(null, "", kept);
  }, 100);
}
