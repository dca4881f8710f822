// Verdicts out and in again as text: a box that always holds the CSV, the clipboard, a file for spreadsheets, and files of
// others, whose newer verdicts win.

const LISTED = 20;

function addExchange(review) {
  const { root, facts, say, verdicts } = review;
  const text = make("textarea", { readOnly: true, rows: 6, "aria-label": say("review.exchange.text") });
  const button = (name, act) => {
    const made = make("button", { type: "button", textContent: say(`review.exchange.${name}`) });
    made.addEventListener("click", act);
    return made;
  };
  const file = make("input", { type: "file", accept: ".csv,text/csv", "aria-label": say("review.exchange.import") });
  const told = make("ul", { className: "lk-differed" });
  const place = make(
    "details", { className: "lk-exchange" }, make("summary", { textContent: say("review.exchange.title") }),
    button("copy", copy), button("spreadsheet", () => review.announce(say("review.downloaded", verdicts.download({ defused: true })))),
    make("label", {}, make("span", { textContent: say("review.exchange.import") }), file), text, told,
  );
  review.panel.after(place);
  const show = () => place.open && (text.value = verdicts.writeTable());
  place.addEventListener("toggle", show);
  review.onVerdicts.push(show);

  async function copy() {
    show();
    text.select();
    const isCopied = await writeClipboard(text.value);
    review.announce(say(isCopied ? "review.exchange.copied" : "review.exchange.not_copied"));
  }

  async function take(taken) {
    if (!taken) return;
    try {
      merge(parseTable(await taken.text()));
    } catch (error) {
      review.announce(error instanceof RangeError ? say("review.exchange.bad", { row: error.message }) : String(error));
    }
  }

  // Newer verdicts win; what differed is listed, and one undo takes all back.
  function merge(rows) {
    const kind = `${facts.run.hash}:`;
    const ours = rows.filter((row) => row[2].startsWith(kind)).map((row) => row.with(2, row[2].slice(kind.length)));
    const known = ours.flatMap(verdicts.read);
    const newer = known.filter((row) => (verdicts.find(row)?.at ?? "") < row.at);
    const differed = newer.filter((row) => verdicts.find(row) && verdicts.find(row).decision !== row.decision);
    if (newer.length) {
      verdicts.take(newer);
      review.showVerdicts(newer.map((row) => row.image));
    }
    const callIt = (decision) => say(decision === "different" ? "review.key.different" : `review.${decision}`);
    const name = ({ image, decision }) => {
      return `${facts.images.fold[image]}/${facts.images.filename[image]}: ${callIt(decision)}`;
    };
    told.replaceChildren(...differed.slice(0, LISTED).map((row) => make("li", { textContent: name(row) })));
    const counts = { taken: newer.length, differed: differed.length, unknown: rows.length - known.length };
    review.announce(say("review.exchange.merged", counts));
  }

  file.addEventListener("change", () => {
    take(file.files[0]);
    file.value = ""; // so that the same file, once mended, can be chosen again
  });
  root.addEventListener("dragover", (event) => event.preventDefault());
  root.addEventListener("drop", (event) => {
    event.preventDefault();
    take(event.dataTransfer.files[0]);
  });
}

// False where the browser doesn't let us; a frame may have no clipboard at all, or one that refuses.
async function writeClipboard(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return document.execCommand("copy"); // of what is selected
  }
}

// The rows of a decisions.csv, by its seven columns; a RangeError names the row that is none, counted as spreadsheets do.
function parseTable(text) {
  const rows = parseRows(text.replace(/^\uFEFF/, ""));
  if (COLUMNS.some((name, place) => rows[0]?.[place] !== name)) throw new RangeError(1);
  return rows.slice(1).map((row, number) => {
    const [fold, filename, hash, decision, , other, at] = row;
    const isVerdict = ["keep", "drop", "different"].includes(decision) && (decision === "different") === Boolean(other);
    if (row.length !== 7 || !fold || !filename || !hash || !isVerdict || Number.isNaN(Date.parse(at))) {
      throw new RangeError(number + 2);
    }
    return row.with(6, new Date(at).toISOString().replace(/\.\d+Z/, "Z"));
  });
}

function parseRows(text) {
  const rows = [[]];
  const cells = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/y;
  while (cells.lastIndex < text.length) {
    const cell = cells.exec(text);
    if (!cell) throw new RangeError(rows.length);
    rows.at(-1).push(cell[1]?.replaceAll('""', '"') ?? cell[2]);
    if (cell[3] !== "," && cells.lastIndex < text.length) rows.push([]);
  }
  return rows.filter((row) => row.length > 1 || row[0]);
}
