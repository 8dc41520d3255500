// Tables of points: sorted by a click on a column's head, a page at a time.

const PAGE = 50;

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
    turn(event.key === "PageDown" ? 1 : -1);
    $("all-table").querySelector("tbody tr")?.focus();
  } else return;
  event.preventDefault();
}

const frontSort = { by: "" };

function drawFrontTable() {
  $("front-table").replaceChildren(table("The front", sorted(view.front, frontSort.by), frontSort.by,
    (name) => {
      frontSort.by = frontSort.by === name ? `-${name}` : name;
      keepFocus("front-table", drawFrontTable);
    }));
}

function drawTable() {
  const all = sorted(view.shown, state.sort);
  const pages = Math.max(1, Math.ceil(all.length / PAGE));
  state.page = Math.max(0, Math.min(pages - 1, state.page));
  const rows = all.slice(state.page * PAGE, (state.page + 1) * PAGE);
  const sort = (name) => {
    Object.assign(state, { sort: state.sort === name ? `-${name}` : name, page: 0 });
    keepFocus("all-table", drawTable);
    keepInAddress();
  };
  $("all-table").replaceChildren(table("All points shown", rows, state.sort, sort),
    ...(pages > 1 ? [pager(pages, all.length)] : []));
}

function pager(pages, total) {
  const first = state.page * PAGE;
  const button = (label, by, off) => h("button", { type: "button", disabled: off,
    onclick: () => turn(by) }, label);
  return h("nav", { class: "pager", "aria-label": "Pages of points" },
    button("Previous", -1, state.page === 0),
    h("span", { role: "status" }, `${shown(first + 1)} to ${shown(Math.min(total, first + PAGE))} of ${shown(total)}`),
    button("Next", 1, state.page === pages - 1));
}

function turn(by) {
  state.page += by;
  drawTable();
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
