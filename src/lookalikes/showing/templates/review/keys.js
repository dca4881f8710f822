// One table of keys for the review: the keys themselves, the help sheet, the buttons and their tooltips come from it.
// A dialog that is open has a table of its own. A key is what it types, but for digits, which Shift would change.

const REVIEW_KEYS = {
  next: "j", previous: "k", undecided: "n", back: "b", keep: "1…9", drop: "Shift+1…9", accept: "a", keep_all: "e",
  different: "x", compare: "c", enlarge: "i", undo: "u", redo: "r", search: "/", download: "d", save: "s", help: "?",
};
const COMPARE_KEYS = {
  side: "1", swipe: "2", onion: "3", blink: "4", difference: "5", flip: "Space", next_two: "n", zoom_in: "+",
  zoom_out: "-", whole: "0", left: "ArrowLeft", right: "ArrowRight", up: "ArrowUp", down: "ArrowDown", apart: "x",
};
const ENLARGE_KEYS = { later_one: "ArrowRight", earlier_one: "ArrowLeft" };
const ASK_KEYS = { keep_last: "n", drop_last: "y" };
const HELP_KEYS = {};
const SHOWN_KEYS = { ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓" };

function showKey(key) {
  return SHOWN_KEYS[key] ?? key;
}

function readKey(event) {
  const digit = "/?+-".includes(event.key) ? undefined : /^(?:Digit|Numpad)([0-9])$/.exec(event.code)?.[1];
  if (digit) return event.shiftKey ? `Shift+${digit}` : digit;
  return event.key === " " ? "Space" : event.key.length === 1 ? event.key.toLowerCase() : event.key;
}

// What a key does by that table: the name of an action, and the digit where it takes one.
function findAction(keys, key) {
  const digit = key.match(/[1-9]$/)?.[0];
  const any = digit && key.replace(digit, "1…9");
  const name = Object.keys(keys).find((each) => keys[each] === key || keys[each] === any);
  return name && { name, digit: Number(digit ?? 0) };
}

function isTyping({ target }) {
  return target.matches("input:not([type=checkbox]), select, textarea");
}

// Keys act while the focus is in `place`, and are stopped there: what is around the review never sees them.
function listen(place, keys, act, areLettersOn) {
  place.setAttribute("data-lm-suppress-shortcuts", "true");
  place.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || isTyping(event)) return;
    const key = readKey(event);
    if (/^(Shift\+)?.$/.test(key) && !areLettersOn()) return;
    if (key === "Space" && event.target.matches("button, summary, input, a")) return;
    const found = findAction(keys, key);
    if (!found) return;
    event.preventDefault();
    event.stopPropagation();
    act(found.name, found.digit);
  });
}

function addKeys(review) {
  const { root, say, bar, panel } = review;
  const letters = make("input", { type: "checkbox", checked: true });
  review.areLettersOn = () => letters.checked;
  const { save: _, ...others } = REVIEW_KEYS;
  const reviewKeys = review.store.savePage ? REVIEW_KEYS : others; // a notebook's output is no page to save
  const { sheet, open } = makeSheet(review, reviewKeys);
  review.makeButton = (name, act, properties = {}) => {
    const key = showKey({ ...REVIEW_KEYS, ...COMPARE_KEYS, ...ASK_KEYS }[name]);
    const textContent = say(`review.key.${name}`);
    const made = make("button", { type: "button", textContent, title: `${textContent} (${key})`, ...properties });
    made.addEventListener("click", () => act());
    return made;
  };
  Object.assign(review.actions, {
    keep: (digit) => review.decideMember(digit - 1, "keep"),
    drop: (digit) => review.decideMember(digit - 1, "drop"),
    search: () => review.search.focus(),
    help: open,
  });
  for (const name of ["previous", "next", "undecided", "undo", "redo"]) {
    bar.append(review.makeButton(name, () => review.actions[name]()));
  }
  for (const name of ["download", "save", "help"].filter((each) => each in reviewKeys)) {
    panel.append(review.makeButton(name, () => review.actions[name]()));
  }
  panel.append(make("label", {}, letters, say("review.letters")));
  root.append(sheet);
  listen(root, reviewKeys, (name, digit) => review.actions[name](digit), review.areLettersOn);
}

// A <dialog> below the review; what happens in it is its own.
function makeDialog(review, keys, act, label) {
  const dialog = make("dialog", { className: "lk-dialog", "aria-label": label });
  const close = make("button", { type: "button", className: "lk-close", textContent: review.say("review.close") });
  close.addEventListener("click", () => dialog.close());
  dialog.append(close);
  dialog.addEventListener("keydown", (event) => event.key !== "Tab" && event.stopPropagation());
  dialog.addEventListener("close", () => review.current?.section.focus({ preventScroll: true }));
  listen(dialog, keys, act, review.areLettersOn);
  return dialog;
}

function makeSheet(review, reviewKeys) {
  const { say } = review;
  const sheet = makeDialog(review, HELP_KEYS, () => {}, say("review.key.help"));
  for (const [group, keys] of [
    ["review", reviewKeys], ["compare", COMPARE_KEYS], ["enlarge", ENLARGE_KEYS], ["ask", ASK_KEYS],
  ]) {
    const rows = make("dl");
    for (const [name, key] of Object.entries(keys)) {
      rows.append(make("dt", {}, make("kbd", { textContent: showKey(key) })));
      rows.append(make("dd", { textContent: say(`review.key.${name}`) }));
    }
    sheet.append(make("h3", { textContent: say(`review.keys.${group}`) }), rows);
  }
  sheet.append(make("p", { textContent: say("review.keys.focus") }));
  return { sheet, open: () => sheet.showModal() };
}
