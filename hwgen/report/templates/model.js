// The points of the sweep as columns, which of them are shown, and which no other beats.

const report = JSON.parse($("report-data").textContent);
const count = report.hashes.length;

const metrics = report.metrics.map((metric) => ({
  ...metric,
  values: Float64Array.from(metric.values, (value) => (value === null ? NaN : Number(value))),
  title: metric.unit && metric.unit !== metric.name ? `${metric.name}, ${metric.unit}` : metric.name,
}));
const metricNamed = (name) => metrics.find((metric) => metric.name === name);

/** A value as TOML writes it, for people. */
function plain(literal) {
  const text = literal.startsWith('"') ? JSON.parse(literal) : literal;
  return text.length > 40 ? `${text.slice(0, 37)}…` : text;
}

const fields = report.fields.map((field) => {
  const labels = field.literals.map(plain);
  const numbers = field.literals.map((literal) => (literal.startsWith('"') ? NaN : Number(literal)));
  const numeric = numbers.every((number) => !Number.isNaN(number));
  const order = [...labels.keys()].sort((i, j) => (numeric ? numbers[i] - numbers[j]
    : labels[i].localeCompare(labels[j], "en")));
  const rank = [];
  order.forEach((code, place) => { rank[code] = place; });
  const lacking = field.codes.some((code, index) => code < 0 && report.fields[0].codes[index] >= 0);
  return { ...field, labels, numbers, numeric, order, rank, lacking };
});
const varying = fields.filter((field) => field.labels.length > 1 && field.name !== "name");
const fieldNamed = (name) => fields.find((field) => field.name === name);
const labelOf = (field, index) => (field.codes[index] < 0 ? "" : field.labels[field.codes[index]]);
const numberOf = (field, index) => (field.codes[index] < 0 ? NaN : field.numbers[field.codes[index]]);

/** One of the facts that come with a point: `fact("latency_cycles", 3)`. */
function fact(name, index) {
  const column = report.facts.find((each) => each.name === name);
  const code = column ? column.codes[index] : -1;
  return code < 0 ? "" : plain(column.literals[code]);
}

/** A field's value in words, "" where the point lacks it. */
function valueOf(name, index) {
  const field = fieldNamed(name);
  return field ? labelOf(field, index) : "";
}

/** A number that is the smaller, the better the value is. */
function cost(metric, index) {
  const value = metric.values[index];
  if (metric.direction === "near zero") return Math.abs(value);
  return metric.direction === "maximise" ? -value : value;
}

/** Those of `indices` that no other beats in both metrics, the best in x first. */
function frontOf(x, y, indices) {
  const sorted = indices.map((index) => [cost(x, index), cost(y, index), index])
    .sort((p, q) => p[0] - q[0] || p[1] - q[1] || p[2] - q[2]);
  const front = [];
  let bestX = Infinity;
  let bestY = Infinity;
  for (const [costX, costY, index] of sorted) {
    const equal = costX === bestX && costY === bestY;
    if (!(costY < bestY) && !equal && front.length) continue;
    [bestX, bestY] = [costX, costY];
    front.push(index);
  }
  return front;
}

/** Points with both metrics that pass all filters, in the order of the sweep. */
function passing(x, y, state) {
  const sets = [...state.sets].map(([name, codes]) => [fieldNamed(name).codes, codes]);
  const ranges = [...state.ranges].map(([name, range]) => [rangedValue(name), range]);
  const found = [];
  for (let index = 0; index < count; index += 1) {
    if (!(report.kept[index] || state.all)) continue;
    if (Number.isNaN(x.values[index]) || Number.isNaN(y.values[index])) continue;
    if (!sets.every(([codes, allowed]) => allowed.has(codes[index]))) continue;
    if (!ranges.every(([value, [low, high]]) => value(index) >= low && value(index) <= high)) continue;
    found.push(index);
  }
  return found;
}

/** What a range filter of this name looks at. */
function rangedValue(name) {
  const metric = metricNamed(name);
  if (metric) return (index) => metric.values[index];
  const field = fieldNamed(name);
  return (index) => numberOf(field, index);
}
