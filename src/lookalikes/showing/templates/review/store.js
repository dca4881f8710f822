// Where the report keeps things: verdicts in the browser's storage under the data folder's name, and in the page itself
// where it is saved with them; the view in the address's fragment.

const VIEW = "#view:";

function openBrowserStore(name) {
  const delivered = openDelivered();
  const prefix = `lookalikes:${name}:`;
  const session = `${Date.now().toString().padStart(14, "0")}-${Math.random().toString(36).slice(2, 8)}`;
  let count = 0;
  let shown;

  const keeps = attempt(() => {
    localStorage.setItem(`${prefix}test`, "");
    localStorage.removeItem(`${prefix}test`);
  });

  return {
    keeps,
    saved: delivered.saved,
    // One item for each step, so that a key costs the same however much was decided before.
    append(rows) {
      const key = `${prefix}${session}-${String(count).padStart(6, "0")}`;
      count += 1;
      return keeps && attempt(() => localStorage.setItem(key, JSON.stringify(rows)));
    },
    load() {
      const keys = keeps ? Object.keys(localStorage).filter((key) => key.startsWith(prefix)) : [];
      return keys.sort().map((key) => parse(localStorage.getItem(key)));
    },
    readView: () => (location.hash.startsWith(VIEW) ? location.hash.slice(VIEW.length) : ""),
    writeView(text) {
      clearTimeout(shown); // Safari refuses more than a few in a second
      shown = setTimeout(() => attempt(() => history.replaceState(null, "", text ? VIEW + text : "#review")), 200);
    },
    onView(show) {
      addEventListener("hashchange", () => location.hash.startsWith(VIEW) && show());
      // A link to where the address is already changes nothing in it.
      addEventListener("click", ({ target }) => target.closest(`a[href^="${VIEW}"]`)?.hash === location.hash && show());
    },
    onLeave(isOnlyHere) {
      addEventListener("beforeunload", (event) => isOnlyHere() && event.preventDefault());
    },
    download: (filename, parts) => download(filename, parts, "text/csv"),
    savePage: async (filename, rows) => download(filename, await delivered.rebuild(rows), "text/html"),
  };
}

function download(filename, parts, type) {
  const href = URL.createObjectURL(new Blob(parts, { type }));
  make("a", { href, download: filename }).click();
  setTimeout(() => URL.revokeObjectURL(href), 60_000);
}

function attempt(act) {
  try {
    act();
    return true;
  } catch {
    return false;
  }
}

// What another program has put there is no step.
function parse(text) {
  try {
    const rows = JSON.parse(text);
    return Array.isArray(rows) && rows.every(Array.isArray) ? rows : [];
  } catch {
    return [];
  }
}
