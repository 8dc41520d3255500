// Bars: how much of each device the chosen array takes.

function drawGauges(index) {
  const rows = report.gauges.map((gauge) => ({ ...gauge, used: usedOf(gauge, index) }))
    .filter((gauge) => !Number.isNaN(gauge.used) && (gauge.capacity || gauge.used));
  $("gauge-panel").hidden = !report.gauges.length;
  const devices = [...new Set(rows.map((gauge) => `${gauge.device}${gauge.dsp ? ", with DSP blocks" : ""}`))];
  $("gauges").replaceChildren(
    ...devices.map((name) => deviceBlock(name, rows.filter((gauge) =>
      name === `${gauge.device}${gauge.dsp ? ", with DSP blocks" : ""}`))),
    h("p", { class: "note" }, rows.length ? "Composed from the array's cells, before place and route."
      : "No area of this point was measured."));
}

function usedOf(gauge, index) {
  const values = gauge.metrics.map((name) => metricNamed(name).values[index]);
  return values.some(Number.isNaN) ? NaN : Math.max(...values);
}

function deviceBlock(name, gauges) {
  return h("div", { class: "device" }, h("h3", {}, name), ...gauges.map(gaugeBar));
}

function gaugeBar(gauge) {
  const share = gauge.used / gauge.capacity;
  const text = `${gauge.at_least ? "≥ " : ""}${shown(gauge.used)} of ${shown(gauge.capacity)}`;
  const percent = share === Infinity ? "none there" : `${shown(Number((100 * share).toPrecision(3)))} %`;
  const fill = h("i", { class: share > 1 ? "over" : share > 0.8 ? "high" : null });
  fill.style.width = `${Math.min(100, 100 * share)}%`;
  return h("div", { class: "gauge" }, h("span", {}, gauge.resource),
    h("span", { class: "bar", role: "img", "aria-label": `${text} ${gauge.resource}, ${percent}` }, fill),
    h("span", { class: share > 1 ? "number over" : "number" }, share > 1 ? `${percent}: too many` : percent),
    h("small", {}, text));
}
