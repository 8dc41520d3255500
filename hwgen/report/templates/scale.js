// An axis: from values to pixels, with places of their own for zero and for infinity.

const GUTTER = 30; // pixels for values that an axis cannot hold

/** The scale of a metric's values over `length` pixels, from the low end. */
function scaleOf(metric, indices, log, length) {
  const value = log && metric.direction === "near zero"
    ? (index) => Math.abs(metric.values[index]) : (index) => metric.values[index];
  let [low, high, below, above] = [Infinity, -Infinity, "", ""];
  for (const index of indices) {
    const own = value(index);
    if (own === Infinity) above = "∞";
    else if (own === -Infinity) below = "−∞";
    else if (log && own <= 0) below = "0";
    else { low = Math.min(low, own); high = Math.max(high, own); }
  }
  if (low > high) [low, high] = [1, 10];
  const warp = log ? Math.log10 : (x) => x;
  let [first, last] = [warp(low), warp(high)];
  const pad = (last - first) * 0.04 || (log ? 0.3 : Math.abs(first) * 0.1 || 1);
  first = !log && low >= 0 && low <= 0.35 * high && low > 0 ? 0 : first - pad;
  last += pad;
  const start = below ? GUTTER : 0;
  const span = length - start - (above ? GUTTER : 0);
  const place = (x) => start + ((warp(x) - first) / (last - first)) * span;
  return {
    log, below, above, start, length, end: start + span, value, place,
    at: (index) => {
      const own = value(index);
      if (own === Infinity) return length - GUTTER / 2;
      return own === -Infinity || (log && own <= 0) ? GUTTER / 2 : place(own);
    },
    /** The value at a pixel; beyond the axis' own part what only zero or infinity reach. */
    back: (pixel) => {
      if (above && pixel > start + span) return Infinity;
      if (below && pixel < start) return below === "0" ? 0 : -Infinity;
      const warped = first + ((pixel - start) / span) * (last - first);
      return log ? 10 ** warped : warped;
    },
    ticks: (log ? logTicks(first, last, span) : linearTicks(first, last, span))
      .filter((tick) => warp(tick) >= first - 1e-9 && warp(tick) <= last + 1e-9),
  };
}

function linearTicks(first, last, span) {
  const rough = ((last - first) * 75) / span;
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = unit * [1, 2, 5, 10].find((factor) => factor * unit >= rough);
  const ticks = [];
  for (let k = Math.ceil(first / step); k * step <= last; k += 1) {
    ticks.push(Number((k * step).toPrecision(12)));
  }
  return ticks;
}

function logTicks(first, last, span) {
  const decade = span / (last - first);
  const every = Math.max(1, Math.ceil(45 / decade));
  const within = decade > 330 ? [1, 1.5, 2, 3, 4, 5, 6, 8] : decade > 130 ? [1, 2, 5] : [1];
  const ticks = [];
  for (let power = Math.floor(first); power <= Math.ceil(last); power += 1) {
    if (power % every) continue;
    for (const factor of within) ticks.push(Number((factor * 10 ** power).toPrecision(12)));
  }
  return ticks.length > 1 ? ticks : [...ticks, 10 ** first, 10 ** last]
    .map((tick) => Number(tick.toPrecision(3)));
}
