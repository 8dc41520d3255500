// The chosen point: figures, what differs from the base, its TOML and the commands that take it.

function drawChosen() {
  const index = state.chosen;
  $("figures").hidden = index < 0 || report.status[index] === 2 && !fields[0];
  $("chosen").replaceChildren(...(index < 0 ? nothingChosen() : chosenParts(index)));
  if (index >= 0 && hasSpec(index)) {
    drawDiagram(index);
    drawMap(index);
    drawGauges(index);
  } else $("figures").hidden = true;
  drawMarks();
  markRows();
}

const hasSpec = (index) => fields.length > 0 && fields[0].codes[index] >= 0;

const nothingChosen = () => [h("h2", { id: "chosen-title" }, "Chosen point"),
  h("p", { class: "note" }, "Click on a point, or step along the front with the arrow keys.")];

function chosenParts(index) {
  return [
    h("div", { class: "bar-line" }, h("h2", { id: "chosen-title" }, "Chosen point"), badge(index),
      h("span", { class: "grow" }), stepper("‹", -1, "Previous on the front"),
      stepper("›", 1, "Next on the front")),
    h("p", { class: "sentence" }, sentence(index)),
    metricTable(index),
    ...(hasSpec(index) ? [changes(index), ...sources(index)] : []),
    ...failureOf(index),
  ];
}

function badge(index) {
  const at = view.front.indexOf(index);
  if (at >= 0) return h("span", { class: "badge front" }, `front, ${at + 1} of ${view.front.length}`);
  const status = ["dominated", "failed", "refused", "not reached"][report.status[index]];
  const hidden = report.status[index] === 0 && !view.shown.includes(index);
  return h("span", { class: "badge" }, hidden ? "filtered out" : status);
}

const stepper = (label, by, title) => h("button", { type: "button", "aria-label": title, title,
  class: "step", onclick: () => { step(by); $("chosen").querySelectorAll(".step")[by > 0 ? 1 : 0].focus(); } }, label);

/** The point in words. */
const sentence = (index) => [report.hashes[index], ...varying
  .filter((field) => field.codes[index] >= 0 && !field.name.includes("seed")).slice(0, 6)
  .map((field) => `${field.name.split(".").slice(-2).join(" ")} ${labelOf(field, index)}`)].join(" · ");

function metricTable(index) {
  return h("table", { class: "facts" }, h("caption", { class: "hidden" }, "Metrics"),
    h("tbody", {}, ...metrics.map((metric) => h("tr", { title: metric.summary },
      h("th", { scope: "row" }, ...dotted(metric.name)),
      h("td", { class: "number" }, shown(metric.values[index]) || "–"),
      h("td", { class: "unit" }, metric.unit),
      h("td", { class: "rank" }, rankOf(metric, index))))));
}

/** Where the point stands among those shown. */
function rankOf(metric, index) {
  if (Number.isNaN(metric.values[index]) || !view.shown.length) return "";
  const own = cost(metric, index);
  const better = view.shown.filter((other) => cost(metric, other) < own).length;
  return better ? `rank ${shown(better + 1)}` : "best";
}

/** Tells those who hear the page which point was chosen. */
function tell(index) {
  $("told").textContent = index < 0 ? "No point is chosen."
    : `${badge(index).textContent}: ${[state.x, state.y].map((metric) =>
      `${metric.title} ${shown(metric.values[index])}`).join(", ")}; ${sentence(index)}`;
}

/** Fields unlike those of the base, or where the base is no array, all that vary. */
function changes(index) {
  const base = report.base;
  const differ = fields.filter((field) => field.codes[index] >= 0 && field.name !== "name"
    && (base ? field.literals[field.codes[index]] !== base[field.name] : field.lacking || field.labels.length > 1));
  if (!differ.length) return h("p", { class: "note" }, "Every field is the base's.");
  return h("table", { class: "facts" }, h("caption", {}, base ? "Unlike the base" : "What varies"),
    h("tbody", {}, ...differ.map((field) => h("tr", {}, h("th", { scope: "row" }, ...dotted(field.name)),
      h("td", { class: "number" }, labelOf(field, index)),
      h("td", { class: "unit", colspan: 2 }, base ? `base: ${plain(base[field.name] ?? '"none"')}` : "")))));
}

function sources(index) {
  const toml = tomlOf(index);
  return [
    h("div", { class: "bar-line" }, h("h3", {}, "Commands"), h("span", { class: "grow" }),
      copyButton("Copy with the file", () => shellOf(index))),
    ...commandsOf(index).map((command) => h("div", { class: "command" },
      h("code", {}, command), copyButton("Copy", () => command))),
    h("div", { class: "bar-line" }, h("h3", {}, `${stemOf(index)}.toml`), h("span", { class: "grow" }),
      copyButton("Copy", () => toml),
      h("button", { type: "button", onclick: () => save(`${stemOf(index)}.toml`, toml) }, "Save")),
    h("pre", { id: "toml", tabindex: 0, "aria-label": "The spec as TOML" }, toml),
  ];
}

function failureOf(index) {
  const failure = report.failures.find((each) => each.point === index);
  return failure ? [h("p", { class: "reason" }, `${failure.kind}: ${failure.reason}`)] : [];
}
