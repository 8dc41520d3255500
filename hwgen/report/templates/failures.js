// Points without figures: what each is, why, and the end of its log.

function drawFailures() {
  if (!report.failures.length) return;
  const reasons = new Map();
  for (const failure of report.failures) {
    const key = `${failure.kind}${failure.metric ? ` at ${failure.metric}` : ""}: ${failure.reason}`;
    if (!reasons.has(key)) reasons.set(key, []);
    reasons.get(key).push(failure);
  }
  const order = [...reasons].sort(([, p], [, q]) => (p[0].kind > q[0].kind) - (p[0].kind < q[0].kind)
    || q.length - p.length);
  $("failures").replaceChildren(...order.map(([reason, failures]) => reasonBlock(reason, failures)));
}

/** Equal reasons are told once; what they are of is drawn when it is opened. */
function reasonBlock(reason, failures) {
  const list = h("ul", {});
  const block = h("details", { class: failures[0].kind, ontoggle: () => {
    if (block.open && !list.children.length) list.append(...failures.map(failureItem));
  } }, h("summary", {}, h("b", {}, shown(failures.length)), ` ${reason}`), list);
  return block;
}

function failureItem(failure) {
  return h("li", {}, h("code", {}, report.hashes[failure.point]), ` ${failure.array} `,
    ...(failure.toml ? [] : [h("button", { type: "button", onclick: () => {
      choose(failure.point);
      $("chosen").focus();
    } }, "Show")]),
    ...(failure.log ? [h("pre", {}, failure.log)] : []),
    ...(failure.toml ? [h("details", {}, h("summary", {}, "its fields"), h("pre", {}, failure.toml))] : []));
}
