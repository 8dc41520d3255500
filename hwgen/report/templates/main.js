// Puts the page together.

function drawAll() {
  drawControls();
  drawRanges();
  drawPlot();
  drawCount();
  for (const id of Object.keys(TABLES)) drawTable(id);
  drawChosen();
}

const THEMES = ["auto", "light", "dark"];

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  $("theme").textContent = `Theme: ${theme}`;
  try { localStorage.setItem("hwgen-theme", theme); } catch { /* not kept, then */ }
}

function storedTheme() {
  try { return localStorage.getItem("hwgen-theme"); } catch { return null; }
}

function redraw(ratio) {
  drawPlot(ratio);
  if (state.chosen >= 0 && hasSpec(state.chosen)) drawMap(state.chosen);
}

function listen() {
  $("theme").addEventListener("click", () => {
    const now = document.documentElement.dataset.theme;
    setTheme(THEMES[(THEMES.indexOf(now) + 1) % THEMES.length]);
    redraw();
  });
  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault(); // the address holds the state
    $("plot").focus();
  });
  $("clear").addEventListener("click", () => {
    Object.assign(state, { sets: new Map(), ranges: new Map() });
    buildFilters();
    update();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => redraw());
  new ResizeObserver(() => {
    measurePlot();
    drawPlot();
  }).observe($("plot"));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && state.chosen >= 0) {
      choose(-1);
      $("plot").focus();
    }
  });
  window.addEventListener("hashchange", () => {
    if (location.hash === kept) return;
    fromHash(location.hash.slice(1));
    buildFilters();
    update();
  });
  listenToPrinter();
}

/** Canvases on top of each other as one picture: a printed page lays them out anew. */
function pictureOf(...ids) {
  const canvases = ids.map($);
  const whole = h("canvas", { width: canvases[0].width, height: canvases[0].height });
  for (const canvas of canvases) whole.getContext("2d").drawImage(canvas, 0, 0);
  return whole.toDataURL();
}

/** Paper is light, whatever the screen is. */
function listenToPrinter() {
  let before = "auto";
  window.addEventListener("beforeprint", () => {
    before = document.documentElement.dataset.theme;
    document.documentElement.dataset.theme = "light";
    redraw(3);
    $("paper-plot").src = pictureOf("points", "marks");
  });
  window.addEventListener("afterprint", () => {
    document.documentElement.dataset.theme = before;
    redraw();
  });
}

function start() {
  setTheme(THEMES.includes(storedTheme()) ? storedTheme() : "auto");
  $("filters").open = innerWidth >= 1100;
  fromHash(location.hash.slice(1));
  if (!location.hash) {
    const front = frontOf(state.x, state.y, passing(state.x, state.y, state));
    state.chosen = front[Math.floor(front.length / 2)] ?? -1;
  }
  buildFilters();
  measurePlot();
  listenToPlot();
  listen();
  drawFailures();
  update();
}

start();
