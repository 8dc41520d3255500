// Tables of points: sorted by a click on a column's head, a page at a time.

const PAGE = 50;
const TABLES = {
  "front-table": { label: "The front", rows: () => view.front, sort: "", page: 0 },
  "all-table": { label: "All points shown", rows: () => view.shown, sort: "", page: 0 },
};

const metricColumn = (metric) => ({ name: metric.name, title: metric.title, numeric: true,
  text: (index) => shown(metric.values[index]), order: (index) => metric.values[index] });

const fieldColumn = (field) => ({ name: field.name, title: field.name, numeric: field.numeric,
  text: (index) => labelOf(field, index),
  order: (index) => (field.codes[index] < 0 ? NaN : field.rank[field.codes[index]]) });

/** The columns: the metrics of the axes, what varies among the arrays, the other metrics. */
function tableColumns() {
  const axes = [...new Set([state.x, state.y])];
  return [...axes.map(metricColumn), ...varying.map(fieldColumn),
    ...metrics.filter((metric) => !axes.includes(metric)).map(metricColumn)];
}

/** `indices` by a column, those that lack it last; "-name" for the greatest first. */
function sorted(indices, sort) {
  const down = sort.startsWith("-");
  const column = tableColumns().find((each) => each.name === (down ? sort.slice(1) : sort));
  if (!column) return indices;
  const keys = new Map(indices.map((index) => [index, column.order(index)]));
  return [...indices].sort((i, j) => {
    const [p, q] = [keys.get(i), keys.get(j)];
    if (Number.isNaN(p) || Number.isNaN(q)) return Number.isNaN(p) - Number.isNaN(q) || i - j;
    return (p === q ? 0 : p < q === down ? 1 : -1) || i - j;
  });
}

function headCell(column, sort, onsort) {
  const name = sort.replace(/^-/, "");
  const up = name === column.name ? (sort.startsWith("-") ? "descending" : "ascending") : null;
  return h("th", { scope: "col", "aria-sort": up, class: column.numeric ? "number" : null },
    h("button", { type: "button", onclick: () => onsort(column.name) },
      ...dotted(column.title),
      h("span", { "aria-hidden": "true" }, up === "ascending" ? " ▲" : up ? " ▼" : "")));
}

function pointRow(index, columns, first) {
  const chosen = index === state.chosen;
  return h("tr", { "data-point": index, tabindex: chosen || first ? 0 : -1, "aria-selected":
    String(chosen), class: view.onFront[index] ? "front" : null },
  h("td", { class: "mark" }, view.onFront[index] ? "◆" : ""),
  ...columns.map((column) => h("td", { class: column.numeric ? "number" : null }, column.text(index))),
  h("td", { class: "hash" }, report.hashes[index].slice(0, 8)));
}

function table(label, indices, sort, onsort) {
  const columns = tableColumns();
  const any = indices.includes(state.chosen);
  const body = h("tbody", {}, ...indices.map((index, at) => pointRow(index, columns, !any && at === 0)));
  body.addEventListener("click", (event) => {
    const row = event.target.closest("tr");
    if (row) choose(Number(row.dataset.point));
  });
  body.addEventListener("keydown", rowKey);
  return h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": label },
    h("table", { role: "grid", "aria-label": label }, h("thead", {}, h("tr", {},
      h("th", { scope: "col", class: "mark" }, h("span", { class: "hidden" }, "on the front")),
      ...columns.map((column) => headCell(column, sort, onsort)), h("th", { scope: "col" }, "hash"))),
    body));
}

function rowKey(event) {
  const row = event.target.closest("tr");
  const rows = [...row.parentElement.children];
  const steps = { ArrowDown: 1, ArrowUp: -1, Home: -count, End: count };
  if (event.key === "Enter" || event.key === " ") {
    choose(Number(row.dataset.point));
    $("chosen").focus();
  } else if (event.key in steps) {
    const at = Math.max(0, Math.min(rows.length - 1, rows.indexOf(row) + steps[event.key]));
    row.tabIndex = -1;
    rows[at].tabIndex = 0;
    rows[at].focus();
  } else if (event.key === "PageDown" || event.key === "PageUp") {
    const { id } = row.closest("[id]");
    turn(id, event.key === "PageDown" ? 1 : -1);
    $(id).querySelector("tbody tr").focus();
  } else return;
  event.preventDefault();
}

/** The page of a table that is turned to, in its order. */
function drawTable(id) {
  const own = TABLES[id];
  const rows = sorted(own.rows(), own.sort);
  const pages = Math.max(1, Math.ceil(rows.length / PAGE));
  own.page = Math.max(0, Math.min(pages - 1, own.page));
  const page = rows.slice(own.page * PAGE, (own.page + 1) * PAGE);
  const sort = (name) => {
    Object.assign(own, { sort: own.sort === name ? `-${name}` : name, page: 0 });
    keepFocus(id, () => drawTable(id));
    keepInAddress();
  };
  $(id).replaceChildren(table(own.label, page, own.sort, sort),
    ...(pages > 1 ? [pager(id, pages, rows.length)] : []));
}

function pager(id, pages, total) {
  const { label, page } = TABLES[id];
  const button = (title, by, off) => h("button", { type: "button", disabled: off, onclick: () => {
    turn(id, by);
    [...$(id).querySelectorAll(".pager button:enabled")].at(by > 0 ? -1 : 0).focus();
  } }, title);
  return h("nav", { class: "pager", "aria-label": `Pages: ${label}` },
    button("Previous", -1, page === 0),
    h("span", { role: "status" },
      `${shown(page * PAGE + 1)} to ${shown(Math.min(total, (page + 1) * PAGE))} of ${shown(total)}`),
    button("Next", 1, page === pages - 1));
}

function turn(id, by) {
  TABLES[id].page += by;
  drawTable(id);
}

/** Draws a table anew, and focuses the head that was focused. */
function keepFocus(id, draw) {
  const at = [...$(id).querySelectorAll("th button")].indexOf(document.activeElement);
  draw();
  $(id).querySelectorAll("th button")[at]?.focus();
}

/** Marks the chosen point's row in both tables. */
function markRows() {
  for (const row of document.querySelectorAll("tr[data-point]")) {
    row.setAttribute("aria-selected", String(Number(row.dataset.point) === state.chosen));
  }
}
