// The spec of a point as its own file, and the commands that take it.

/** The spec as TOML, all fields; `hwgen check` gives it the same hash. */
function tomlOf(index) {
  const tree = { plain: [], tables: new Map() };
  for (const field of fields) {
    if (field.codes[index] >= 0) put(tree, field.name.split("."), field.literals[field.codes[index]]);
  }
  return `${section(tree, "").join("\n").trim()}\n`;
}

function put(tree, steps, literal) {
  const [first, ...rest] = steps;
  if (!rest.length) tree.plain.push(`${first} = ${literal}`);
  else {
    if (!tree.tables.has(first)) tree.tables.set(first, { plain: [], tables: new Map() });
    put(tree.tables.get(first), rest, literal);
  }
}

function section(tree, prefix) {
  const tables = [...tree.tables].flatMap(([name, inner]) => [
    ...(inner.plain.length ? ["", `[${prefix}${name}]`] : []), ...section(inner, `${prefix}${name}.`)]);
  return [...tree.plain, ...tables];
}

/** A name for the point's files. */
const stemOf = (index) => `${valueOf("name", index)}_${report.hashes[index].slice(0, 8)}`;

function commandsOf(index) {
  const stem = stemOf(index);
  return [`hwgen gen ${stem}.toml -o rtl_out/${stem}`, `hwgen sim ${stem}.toml -o rtl_out/${stem}`];
}

/** One text for a shell: writes the file, then generates the Verilog. */
const shellOf = (index) => `cat > ${stemOf(index)}.toml <<'END_OF_SPEC'\n${tomlOf(index)}END_OF_SPEC\n`
  + `${commandsOf(index)[0]}\n`;

function save(name, text) {
  const link = h("a", { href: URL.createObjectURL(new Blob([text], { type: "application/toml" })),
    download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
