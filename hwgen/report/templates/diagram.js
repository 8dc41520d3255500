// The block diagram of a point, drawn from its spec: streams, skews, PEs, feet, and what is in a PE.

const CELL = 46;
const PITCH = 60;
const GRID = { x: 122, y: 96 };

/** Up to four places for `total` rows or columns: their numbers, null for those left out. */
const places = (total) => (total <= 4 ? [...Array(total).keys()] : [0, 1, null, total - 1]);

const words = (text, x, y, kind = "", anchor = "middle") =>
  s("text", { x, y, class: kind, "text-anchor": anchor }, String(text));
const wire = (d, kind = "wire") => s("path", { d, class: kind, "marker-end": "url(#arrow)" });
const line = (d, kind = "bus") => s("path", { d, class: kind });
const box = (x, y, width, height, kind) => s("rect", { x, y, width, height, rx: 4, class: kind });
const dots = (x, y, text) => words(text, x, y + 5, "dots");

function drawDiagram(index) {
  const [rows, columns] = [Number(valueOf("rows", index)), Number(valueOf("columns", index))];
  const [down, across] = [places(rows), places(columns)];
  const bottom = GRID.y + down.length * PITCH;
  const height = bottom + (stagesOf(index).length > 4 ? 328 : 258);
  const title = `${rows} x ${columns} PEs, ${valueOf("dataflow.kind", index)}, ${valueOf("pe.kind", index)}`;
  const drawing = s("svg", { viewBox: `0 0 440 ${height}`, role: "img", "aria-labelledby": "drawing-title",
    class: "drawing" },
  s("title", { id: "drawing-title" }, `Block diagram: ${title}`),
  s("defs", {}, s("marker", { id: "arrow", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7,
    markerHeight: 7, orient: "auto" }, s("path", { d: "M0,0 L8,4 L0,8 z", class: "head" }))),
  ...northEdge(across, index), ...westEdge(down, index), ...cells(down, across),
  ...southEdge(across, bottom, columns, index), ...insidePE(bottom + 128, index));
  $("diagram").replaceChildren(h("p", {}, h("b", {}, title)), drawing);
}

const columnAt = (place) => GRID.x + place * PITCH + CELL / 2;
const rowAt = (place) => GRID.y + place * PITCH + CELL / 2;
const isWS = (index) => valueOf("dataflow.kind", index) === "weight-stationary";

/** Stream b and its skew. */
function northEdge(across, index) {
  const end = columnAt(across.length - 1);
  const what = isWS(index) ? "weights" : "operands";
  return [
    words(`stream b: ${what}, ${shown(Number(fact("b_bits", index)))} bits a beat`, GRID.x, 16, "title", "start"),
    line(`M${columnAt(0)},28 H${end}`),
    ...across.flatMap((column, place) => (column === null ? [dots(columnAt(place), 50, "…")]
      : [wire(`M${columnAt(place)},28 V${GRID.y - 2}`), ...delayBox(columnAt(place), 52, column)])),
    words("skew", GRID.x - 12, 56, "small", "end"),
  ];
}

/** Registers that hold a row or a column back, by their number. */
const delayBox = (x, y, cycles) => (cycles ? [box(x - 15, y - 10, 30, 20, "register"),
  words(cycles, x, y + 4)] : []);

/** Stream a and its skew. */
function westEdge(down, index) {
  return [
    line(`M24,${rowAt(0)} V${rowAt(down.length - 1)}`),
    ...down.flatMap((row, place) => (row === null ? [dots(70, rowAt(place), "⋮")]
      : [wire(`M24,${rowAt(place)} H${GRID.x - 2}`), ...delayBox(72, rowAt(place), row)])),
    words("stream a", 12, GRID.y - 14, "title", "start"),
    words(`${shown(Number(fact("a_bits", index)))} bits a beat`, 12, GRID.y, "small", "start"),
  ];
}

function cells(down, across) {
  return down.flatMap((row, i) => across.flatMap((column, j) => {
    const [x, y] = [columnAt(j), rowAt(i)];
    if (row === null || column === null) {
      return [dots(x, y, row === null && column === null ? "⋱" : row === null ? "⋮" : "…")];
    }
    return [box(x - CELL / 2, y - CELL / 2, CELL, CELL, "cell"), words("PE", x, y + 5),
      ...(j + 1 < across.length ? [wire(`M${x + CELL / 2},${y} h${PITCH - CELL - 2}`)] : []),
      ...(i + 1 < down.length ? [wire(`M${x},${y + CELL / 2} v${PITCH - CELL - 2}`)] : [])];
  }));
}

/** Feet, deskew and the result stream. */
function southEdge(across, bottom, columns, index) {
  const [end, bank] = [columnAt(across.length - 1), bankOf(index)];
  const result = valueOf("output.width", index) === "" ? "" :
    `, ${words_(valueOf("output.rounding", index))} and ${valueOf("output.overflow", index)}`;
  return [
    ...across.flatMap((column, place) => (column === null ? [dots(columnAt(place), bottom + 14, "…")]
      : [wire(`M${columnAt(place)},${bottom - PITCH + CELL} V${bottom + 2}`),
        box(columnAt(place) - CELL / 2, bottom + 4, CELL, 22, "foot"),
        words(bank ? "bank" : "foot", columnAt(place), bottom + 19),
        wire(`M${columnAt(place)},${bottom + 26} V${bottom + 76}`),
        ...delayBox(columnAt(place), bottom + 50, columns - 1 - column)])),
    words(`${fact("sum", index)} → ${fact("result", index)}`, GRID.x - 12, bottom + 19, "small", "end"),
    words("deskew", GRID.x - 12, bottom + 54, "small", "end"),
    line(`M${columnAt(0)},${bottom + 78} H${end}`),
    words(`stream o: results, ${shown(Number(fact("o_bits", index)))} bits a beat${result}`, 12,
      bottom + 98, "title", "start"),
    words(`${bank}${fact("latency_cycles", index)} cycles from an operand to its first result`, 12,
      bottom + 114, "small", "start"),
  ];
}

const words_ = (name) => name.replaceAll("_", " ");

function bankOf(index) {
  const rows = isWS(index) ? Number(valueOf("dataflow.bank_rows", index)) : 0;
  return rows ? `bank of ${shown(rows)} sums a column; ` : "";
}

/** What a PE does in a step, stage by stage. */
function stagesOf(index) {
  const serial = valueOf("pe.kind", index) !== "parallel";
  const lanes = Number(valueOf("pe.lanes", index));
  const formats = `${fact("a", index)} × ${fact("b", index)}`;
  const overflow = valueOf("pe.accumulator.overflow", index);
  const pipeline = Number(valueOf("pe.pipeline", index) || 0);
  const rounds = valueOf("pe.accumulator.frac", index) !== "";
  const chunk = valueOf("pe.accumulator.chunk.steps", index);
  return [
    serial ? ["bit by bit", `${fact("planes", index)} cycles`]
      : [`${lanes > 1 ? `${lanes} × ` : ""}${valueOf("pe.multiplier.kind", index)}`, formats],
    ...(serial ? [[`Σ of ${lanes} lane${lanes > 1 ? "s" : ""}`, formats]]
      : lanes > 1 ? [["adder tree", `${lanes} lanes`]] : []),
    ...(pipeline ? [["pipeline", `${pipeline} deep`]] : []),
    ...(rounds ? [["round", words_(valueOf("pe.accumulator.rounding", index))]] : []),
    [isWS(index) ? "+ from north" : "+ own sum", `${fact("accumulator", index)}, ${overflow}`],
    ...(chunk ? [["outer sum", `every ${chunk} steps`]] : []),
  ];
}

/** Stages side by side; more than four in rows of three. */
function insidePE(top, index) {
  const stages = stagesOf(index);
  const across = stages.length > 4 ? 3 : stages.length;
  const width = Math.min(124, (400 - (across - 1) * STAGE.gap) / across);
  const corner = (place) => ({ x: 20 + (place % across) * (width + STAGE.gap),
    y: top + 40 + Math.floor(place / across) * STAGE.pitch });
  const bottom = corner(stages.length - 1).y + STAGE.height;
  return [
    box(4, top, 432, bottom + 32 - top, "frame"),
    words("In each PE", 16, top + 20, "title", "start"),
    words(isWS(index) ? "weights stay; sums pass south" : "the sum stays; operands pass", 424, top + 20,
      "small", "end"),
    ...stages.flatMap((stage, place) => [...intoStage(corner(place), place % across, place, width, across),
      ...stageBox(stage, corner(place), width)]),
    words(targetOf(index), 16, bottom + 20, "small", "start"),
  ];
}

const STAGE = { gap: 12, height: 52, pitch: 70 };

function stageBox([name, detail], { x, y }, width) {
  const tight = width < 100 ? " tight" : "";
  return [box(x, y, width, STAGE.height, "logic"), words(name, x + width / 2, y + 22, `strong${tight}`),
    words(detail, x + width / 2, y + 40, `small${tight}`)];
}

/** The arrow into a stage: from the left, or from the end of the row above. */
function intoStage({ x, y }, column, place, width, across) {
  if (!place) return [];
  if (column) return [wire(`M${x - STAGE.gap},${y + STAGE.height / 2} h${STAGE.gap - 1}`)];
  const last = x + (across - 0.5) * width + (across - 1) * STAGE.gap;
  const above = y - STAGE.pitch + STAGE.height;
  return [wire(`M${last},${above} V${(above + y) / 2} H${x + width / 2} V${y - 1}`)];
}

function targetOf(index) {
  const target = valueOf("pe.target", index);
  return target ? `mapped onto ${target} cells` : "portable Verilog, mapped by synthesis";
}
