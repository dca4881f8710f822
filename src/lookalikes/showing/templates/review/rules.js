// Accept the suggestion for many clusters at once, by kind, after a preview. Only where nothing is in doubt: clusters that
// are shown whole, whose group is confirmed throughout, without another label, a chain or flat pictures.

function addRules(review) {
  const { facts, say, verdicts } = review;
  const { keep, fold, copy_of: copyOf } = facts.images;
  const boxes = facts.sure.map((kind) => [kind, make("input", { type: "checkbox" }), make("span")]);
  const folds = [...new Set(fold)];
  const options = folds.map((name) => make("option", { value: name, textContent: name }));
  const reference = make("select", {}, make("option", { value: "", textContent: say("review.rule.no_fold") }), ...options);
  const preview = make("p", { className: "lk-count", role: "status" });
  const apply = make("button", { type: "button", textContent: say("review.rule.apply"), hidden: true });
  const place = make("details", { className: "lk-rules" }, make("summary", { textContent: say("review.rule.title") }));
  for (const [, box, words] of boxes) place.append(make("label", {}, box, words));
  if (folds.length > 1) place.append(make("label", {}, make("span", { textContent: say("review.rule.fold") }), reference));
  place.append(preview, apply);
  review.panel.after(place);

  const isSafe = (cluster) =>
    cluster.safe && !verdicts.isDecided(cluster) && cluster.members.every((image) => keep[image] !== null);
  const listSafe = (kind) => review.queue.filter((cluster) => cluster.kind === kind && isSafe(cluster));

  // What the rule would decide of a cluster: nothing that was decided by hand, and never so that no image is left.
  function decideFor(cluster) {
    const isReference = (image) => reference.value && fold[image] === reference.value;
    const stays = (image) => isReference(image) && verdicts.of(image) !== "drop";
    const isAlone = (image) => cluster.members.every((other) => !verdicts.areApart(image, other));
    // A copy that stays takes the place of the one that was to be kept for it: else the two would be left in two folds.
    const isReplaced = (image) => cluster.members.some((other) => copyOf[other] === image && stays(other));
    const choose = (image) => {
      if (isReference(image)) return "keep";
      return isAlone(image) && isReplaced(image) ? "drop" : review.suggest(image, cluster.members);
    };
    const open = cluster.members.filter((image) => !verdicts.of(image));
    const rows = open.map((image) => ({ image, decision: choose(image) }));
    const kept = rows.some((row) => row.decision === "keep");
    return kept || cluster.members.some((image) => verdicts.of(image) === "keep") ? rows : [];
  }

  function plan() {
    const clusters = boxes.flatMap(([kind, box]) => (box.checked ? listSafe(kind) : []));
    return clusters.map(decideFor).filter((rows) => rows.length);
  }

  function show() {
    if (!place.open) return;
    for (const [kind, , words] of boxes) {
      words.textContent = say("review.rule.kind", { text: facts.kinds[kind], count: listSafe(kind).length });
    }
    const planned = plan();
    const rows = planned.flat();
    const drops = rows.filter((row) => row.decision === "drop").length;
    const counts = { drops, images: rows.length, clusters: planned.length };
    const isAsked = boxes.some(([, box]) => box.checked);
    preview.textContent = isAsked ? say("review.rule.preview", counts) : say("review.rule.choose");
    apply.hidden = !planned.length;
  }

  place.addEventListener("input", show);
  place.addEventListener("toggle", show);
  review.panel.addEventListener("input", () => setTimeout(show));
  review.onVerdicts.push(show);
  apply.addEventListener("click", () => {
    const rows = plan().flat();
    verdicts.decide(rows);
    review.showVerdicts(rows.map((row) => row.image));
  });
}
