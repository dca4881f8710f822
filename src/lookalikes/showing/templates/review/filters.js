// Which clusters are shown, and in which order. The view is a text, `folds=across&search=cat`, that a link can hold.

const FLAGS = ["conflict", "chain", "flat", "missed"];
const COLLATOR = new Intl.Collator("en", { numeric: true });
const SORTS = {
  rank: (one, other) => one.rank - other.rank,
  found: (one, other) => one.id - other.id,
  largest: (one, other) => other.size - one.size,
  widest: (one, other) => (other.widest ?? -1) - (one.widest ?? -1),
  name: (one, other) => COLLATOR.compare(one.name, other.name),
};

function addFilters(review) {
  const { facts, say, clusters, verdicts, store } = review;
  const count = (holds) => clusters.filter(holds).length;
  const label = (text, holds) => say("review.filter.count", { text, count: count(holds) });
  const kinds = Object.keys(facts.kinds).map((kind) => [kind, label(facts.kinds[kind], (each) => each.kind === kind)]);
  const fields = {
    kind: select("kind", [["", say("review.filter.any")], ...kinds]),
    folds: select("folds", [
      ["", say("review.filter.any")],
      ["across", label(say("review.filter.across"), (each) => each.leak)],
      ["within", label(say("review.filter.within"), (each) => !each.leak)],
    ]),
    ...Object.fromEntries(
      FLAGS.map((flag) => [flag, check(label(say(`review.filter.${flag}`), (each) => each[flag]))]),
    ),
    undecided: check(say("review.filter.undecided")),
    search: make("input", { type: "search" }),
    sort: select("sort", Object.keys(SORTS).map((name) => [name, say(`review.sort.${name}`)])),
  };
  const clear = make("button", { type: "button", textContent: say("review.filter.clear") });
  const panel = make("fieldset", { className: "lk-panel" }, make("legend", { textContent: say("review.filter.title") }));
  for (const [name, field] of Object.entries(fields)) {
    const words = field.type === "checkbox" ? field.text : say(`review.filter.${name}`);
    panel.append(make("label", {}, ...(field.type === "checkbox" ? [field, words] : [words, field])));
  }
  panel.append(clear);
  const byHand = (act) => () => {
    act();
    review.writeView();
    review.tell(say("review.shown", { count: review.queue.length }));
  };
  panel.addEventListener("input", byHand(() => change()));
  clear.addEventListener("click", byHand(() => show("")));

  function select(name, options) {
    const made = options.map(([value, textContent]) => make("option", { value, textContent }));
    return make("select", {}, ...made);
  }

  function check(text) {
    const box = make("input", { type: "checkbox" });
    box.text = text;
    return box;
  }

  function read() {
    const view = {};
    for (const [name, field] of Object.entries(fields)) {
      const value = field.type === "checkbox" ? (field.checked ? "1" : "") : field.value;
      if (value && !(name === "sort" && value === "rank")) view[name] = value;
    }
    return view;
  }

  function show(text) {
    const view = new URLSearchParams(text);
    for (const [name, field] of Object.entries(fields)) {
      if (field.type === "checkbox") field.checked = view.has(name);
      else field.value = view.get(name) ?? (name === "sort" ? "rank" : "");
      if (field.selectedIndex === -1) field.selectedIndex = 0;
    }
    change(Number(view.get("cluster") ?? -1));
  }

  function change(id) {
    const view = read();
    const words = (view.search ?? "").toLowerCase().split(/\s+/).filter(Boolean);
    const holds = (cluster) =>
      (!view.kind || cluster.kind === view.kind) &&
      (!view.folds || cluster.leak === (view.folds === "across")) &&
      FLAGS.every((flag) => !view[flag] || cluster[flag]) &&
      (!view.undecided || !verdicts.isDecided(cluster)) &&
      words.every((word) => findText(cluster).includes(word));
    review.queue = clusters.filter(holds).sort(SORTS[view.sort ?? "rank"]);
    review.showQueue(id);
  }

  function findText(cluster) {
    cluster.text ??= cluster.section.textContent.toLowerCase();
    return cluster.text;
  }

  review.root.prepend(panel);
  review.panel = panel;
  review.search = fields.search;
  review.writeView = () => {
    const view = read();
    if (review.current) view.cluster = review.current.id;
    store.writeView(new URLSearchParams(view).toString());
  };
  review.showView = () => show(store.readView() || (verdicts.countRows() ? "undecided=1" : ""));
}
