// What a person decided. The list only grows: each step is rows, of which the last about an image or two images counts,
// and an empty decision takes one back; so undoing appends what was there before.

function makeVerdicts(facts, store) {
  const { images } = facts;
  const decided = new Map(); // image → row
  const apart = new Map(); // two images that were called different → row
  const done = [];
  const undone = [];
  const places = new Map(images.filename.map((name, place) => [JSON.stringify([images.fold[place], name]), place]));
  let unkept = 0;

  const find = (fold, filename) => places.get(JSON.stringify([fold, filename]));
  const nameRow = (row) => (row.other === undefined ? row.image : nameTwo(row.image, row.other));
  const chooseMap = (row) => (row.other === undefined ? decided : apart);

  function apply(rows) {
    for (const row of rows) {
      if (row.decision) chooseMap(row).set(nameRow(row), row);
      else chooseMap(row).delete(nameRow(row));
    }
  }

  function append(rows) {
    const before = rows.map((row) => chooseMap(row).get(nameRow(row)) ?? { ...row, decision: "" });
    apply(rows);
    if (!store.append(rows.map(write), rows)) unkept += 1;
    return before;
  }

  const write = ({ image, decision, other, at }) => [
    images.fold[image], images.filename[image], images.hash[image], decision,
    other === undefined ? "" : images.fold[other], other === undefined ? "" : images.filename[other], at,
  ];

  // A stored row counts only where fold, file name and hash all agree, and the other image is there too.
  function read([fold, filename, hash, decision, withFold, withFilename, at]) {
    const image = find(fold, filename);
    const other = withFilename ? find(withFold, withFilename) : undefined;
    const known = image !== undefined && images.hash[image] === hash && (!withFilename || other !== undefined);
    return known ? [{ image, decision, other, at }] : [];
  }

  // What the page came with, then what this browser kept; of both, the later counts, and of equally late the browser's.
  const came = store.saved ?? facts.decided;
  const elsewhere = came.filter((row) => !read(row).length); // of images that this page doesn't show: carried on
  apply(came.flatMap(read));
  const delivered = JSON.stringify(list());
  const kept = new Map(store.load().flatMap((rows) => rows.flatMap(read)).map((row) => [nameRow(row), row]));
  apply([...kept.values()].filter((row) => !(chooseMap(row).get(nameRow(row))?.at > row.at)));

  // Every verdict that counts, in the order of COLUMNS, the hash without its kind.
  function list() {
    const rows = [...decided.values(), ...apart.values()].sort((a, b) => a.image - b.image);
    return [...rows.map(write), ...elsewhere];
  }

  return {
    read,
    find: (row) => chooseMap(row).get(nameRow(row)),
    decide(rows) {
      const at = new Date().toISOString().replace(/\.\d+Z/, "Z");
      this.take(rows.map((row) => ({ ...row, at })));
    },
    // As decided elsewhere, at its own time.
    take(rows) {
      done.push(append(rows));
      undone.length = 0;
    },
    undo: () => step(done, undone),
    redo: () => step(undone, done),
    of: (image) => decided.get(image)?.decision,
    areApart: (one, other) => apart.has(nameTwo(one, other)),
    // Asked of thousands after each verdict, so without a list of its own.
    isDecided({ members }) {
      const isApart = (image) => members.every((other) => other === image || apart.has(nameTwo(image, other)));
      return members.every((image) => decided.has(image) || (apart.size > 0 && isApart(image)));
    },
    isOnlyHere: () => unkept > 0,
    countRows: () => decided.size + apart.size + elsewhere.length,
    // As decisions.csv has them.
    writeTable(spell = quote) {
      const cells = list().map(([fold, filename, hash, ...rest]) => [
        fold, filename, `${facts.run.hash}:${hash}`, ...rest,
      ]);
      return [COLUMNS, ...cells].map((row) => row.map(spell).join(",") + "\n").join("");
    },
    download({ defused = false } = {}) {
      const name = defused ? "decisions-for-spreadsheets.csv" : "decisions.csv";
      store.download(name, encode(this.writeTable(defused ? (cell) => quote(defuse(cell)) : quote)));
      unkept = 0;
      return { name, count: this.countRows() };
    },
    // The page as it came where nothing was decided since.
    async savePage() {
      const rows = list();
      const name = "report-with-decisions.html";
      await store.savePage(name, JSON.stringify(rows) === delivered ? undefined : rows);
      unkept = 0;
      return { name, count: rows.length };
    },
  };

  // The images that changed; none where there is nothing to step to.
  function step(from, to) {
    const rows = from.pop();
    if (rows) to.push(append(rows));
    return rows?.map((row) => row.image) ?? [];
  }
}

const COLUMNS = ["fold", "filename", "hash", "decision", "with_fold", "with_filename", "decided_at"];

function quote(cell) {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

// So that no spreadsheet takes a name for a formula.
function defuse(cell) {
  return /^[=+\-@\t]/.test(cell) ? `'${cell}` : cell;
}

// UTF-8, but for bytes of a name that aren't: Python holds such a byte as half a character, U+DC80 to U+DCFF.
function encode(text) {
  const parts = text.split(/(?<![\uD800-\uDBFF])([\uDC80-\uDCFF])/);
  return parts.map((part, number) =>
    number % 2 ? Uint8Array.of(part.charCodeAt(0) - 0xdc00) : new TextEncoder().encode(part),
  );
}
