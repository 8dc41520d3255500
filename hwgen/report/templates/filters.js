// Controls of the axes, and the filters: check boxes for few values, a range for many.

function select(label, names, value, onchange) {
  const element = h("select", { onchange: () => onchange(element.value) },
    ...names.map(([name, title]) => h("option", { value: name }, title)));
  element.value = value;
  return h("label", {}, label, element);
}

function logBox(axis, on, possible, onchange) {
  const box = h("input", { type: "checkbox", "aria-label": `${axis} logarithmic`, disabled: !possible,
    onchange: () => onchange(box.checked) });
  box.checked = on;
  return h("label", { class: "check" }, box, "log");
}

const metricNames = () => metrics.map((metric) => [metric.name, metric.title]);

function setAxis(axis, metric) {
  update({ [axis]: metric, [`log${axis.toUpperCase()}`]: prefersLog(metric) });
}

function drawControls() {
  const focused = [...$("axes").querySelectorAll("select, input")].indexOf(document.activeElement);
  const columns = [...varying, ...metrics].map((column) => [column.name, column.name]);
  $("axes").replaceChildren(
    h("span", {}, select("x", metricNames(), state.x.name, (name) => setAxis("x", metricNamed(name))),
      logBox("x", state.logX, canBeLog(state.x), (logX) => update({ logX }))),
    h("span", {}, select("y", metricNames(), state.y.name, (name) => setAxis("y", metricNamed(name))),
      logBox("y", state.logY, canBeLog(state.y), (logY) => update({ logY }))),
    h("span", {}, select("colour", columns, state.colour?.name ?? "",
      (name) => update({ colour: colourable(name) }))),
  );
  if (focused >= 0) $("axes").querySelectorAll("select, input")[focused].focus();
}

/** Says what is shown, also to those who do not see the plot. */
function drawCount() {
  const possible = report.status.filter((status) => status === 0).length;
  $("shown").textContent = `${shown(view.shown.length)} of ${shown(possible)} measured points shown, `
    + `${shown(view.front.length)} on the front of ${state.x.name} and ${state.y.name}.`;
}

function buildFilters() {
  const boxes = varying.filter(hasCheckboxes);
  const ranged = varying.filter((field) => !hasCheckboxes(field));
  const outside = report.status.some((status, index) => status !== 2 && !report.kept[index]
    && metrics.some((metric) => !Number.isNaN(metric.values[index])));
  $("facets").replaceChildren(
    ...(outside ? [everythingBox()] : []),
    ...boxes.map(checkboxFacet), ...ranged.map((field) => rangeFacet(field.name, field.name)),
    ...metrics.map((metric) => rangeFacet(metric.name, metric.title)));
}

function everythingBox() {
  const box = h("input", { type: "checkbox", id: "all-points",
    onchange: () => update({ all: box.checked }) });
  box.checked = state.all;
  return h("label", { class: "check" }, box, "also what the sweep does not keep");
}

function checkboxFacet(field) {
  const codes = [...field.order, ...(field.lacking ? [-1] : [])];
  const counts = new Map(codes.map((code) => [code, 0]));
  field.codes.forEach((code, index) => {
    if (report.status[index] === 0) counts.set(code, counts.get(code) + 1);
  });
  return h("fieldset", { "data-field": field.name }, h("legend", {}, ...dotted(field.name)),
    ...codes.map((code) => valueBox(field, code, codes, counts.get(code))));
}

function valueBox(field, code, codes, points) {
  const box = h("input", { type: "checkbox", onchange: () => toggle(field, codes) });
  box.checked = state.sets.get(field.name)?.has(code) ?? true;
  box.value = code;
  return h("label", { class: "check" }, box,
    h("span", {}, code < 0 ? "none" : field.labels[code]), h("small", {}, shown(points)));
}

function toggle(field, codes) {
  const boxes = [...facetOf(field.name).querySelectorAll("input")];
  const allowed = new Set(boxes.filter((box) => box.checked).map((box) => Number(box.value)));
  const sets = new Map(state.sets);
  if (allowed.size === codes.length) sets.delete(field.name);
  else sets.set(field.name, allowed);
  update({ sets });
}

const facetOf = (name) => [...$("facets").querySelectorAll("fieldset")]
  .find((facet) => facet.dataset.field === name);

/** Two numbers, between which the metric or field must lie; left empty, there is no bound. */
function rangeFacet(name, title) {
  const input = (label) => h("input", { type: "text", inputmode: "decimal", "aria-label":
    `${name}, ${label}`, placeholder: label, onchange: () => setRange(name) });
  return h("fieldset", { class: "range", "data-field": name }, h("legend", {}, ...dotted(title)),
    input("from"), input("to"));
}

function setRange(name) {
  const [low, high] = [...facetOf(name).querySelectorAll("input")]
    .map((input) => (input.value.trim() === "" ? NaN : Number(input.value.replace(",", "."))));
  const ranges = new Map(state.ranges);
  if (Number.isNaN(low) && Number.isNaN(high)) ranges.delete(name);
  else ranges.set(name, [Number.isNaN(low) ? -Infinity : low, Number.isNaN(high) ? Infinity : high]);
  update({ ranges });
}

/** Puts into the ranges' boxes what a frame in the plot has set. */
function drawRanges() {
  for (const facet of $("facets").querySelectorAll("fieldset.range")) {
    const range = state.ranges.get(facet.dataset.field) ?? [-Infinity, Infinity];
    facet.querySelectorAll("input").forEach((input, at) => {
      const text = Number.isFinite(range[at]) ? String(range[at]) : "";
      if (input.value !== text) input.value = text;
    });
    facet.classList.toggle("active", state.ranges.has(facet.dataset.field));
  }
  $("clear").disabled = !state.ranges.size && !state.sets.size;
}
