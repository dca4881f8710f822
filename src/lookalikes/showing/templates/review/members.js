// The controls of each cluster and image, made as they come near the window: there may be thousands.

const DECISIONS = ["keep", "drop"];

function addMembers(review) {
  const { say, clusters, verdicts, facts } = review;
  const watcher = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) if (isIntersecting) review.furnish(review.bySection.get(target));
    },
    { rootMargin: "100% 0px" },
  );
  for (const { section } of clusters) watcher.observe(section);

  review.furnish = (cluster) => {
    if (cluster.buttons) return;
    watcher.unobserve(cluster.section);
    cluster.buttons = cluster.figures.map((figure, number) => addVerdict(cluster, figure, number));
    const acts = make("div", { className: "lk-acts" });
    for (const name of ["accept", "keep_all", "different", "compare"]) {
      const act = () => (select(cluster), review.actions[name]());
      acts.append(review.makeButton(name, act, { disabled: !review.can(name, cluster) }));
    }
    cluster.section.append(acts);
    review.paint(cluster);
  };

  function addVerdict(cluster, figure, number) {
    const image = cluster.members[number];
    const name = figure.querySelector(".lk-name").textContent;
    const buttons = DECISIONS.map((decision) => {
      const textContent = say(`review.${decision}`);
      const title = number < 9 ? say(`review.${decision}.title`, { number: number + 1 }) : undefined;
      const made = make("button", { type: "button", textContent, title, "aria-label": `${textContent}: ${name}` });
      made.addEventListener("click", () => (select(cluster), review.decideMember(number, decision)));
      return made;
    });
    const suggested = facts.images.keep[image];
    const hint = suggested === null ? "" : say(suggested ? "review.suggest.keep" : "review.suggest.drop");
    const words = make("span", { textContent: hint });
    const place = make("strong", { className: "lk-number", textContent: String(number + 1) });
    figure.append(make("div", { className: "lk-verdict" }, place, ...buttons, words));
    return buttons;
  }

  function select(cluster) {
    if (review.current !== cluster) review.go(cluster);
  }

  review.paint = (cluster) => {
    cluster.section.classList.toggle("lk-done", verdicts.isDecided(cluster));
    if (!cluster.buttons) return;
    cluster.members.forEach((image, number) => {
      const decision = verdicts.of(image);
      const isApart = cluster.members.some((other) => other !== image && verdicts.areApart(image, other));
      cluster.figures[number].classList.toggle("lk-dropped", decision === "drop");
      cluster.figures[number].classList.toggle("lk-apart", isApart);
      cluster.buttons[number].forEach((button, which) => {
        button.setAttribute("aria-pressed", String(decision === DECISIONS[which]));
      });
    });
  };

  for (const cluster of clusters) if (verdicts.isDecided(cluster)) cluster.section.classList.add("lk-done");
}

function addDecisions(review) {
  const { facts, say, verdicts } = review;
  const { keep, copy_of: copyOf } = facts.images;
  const decide = (rows) => {
    if (!rows.length) return review.announce(say("review.unchanged"));
    verdicts.decide(rows);
    review.showVerdicts(rows.map((row) => row.image), { moveOn: true });
  };

  // What is suggested beside what was decided: no copy of a dropped image is dropped, nor one called different.
  review.suggest = (image, members) => {
    const isApart = members.some((other) => other !== image && verdicts.areApart(image, other));
    return keep[image] || isApart || verdicts.of(copyOf[image]) === "drop" ? "keep" : "drop";
  };

  review.can = (name, cluster) =>
    name === "accept"
      ? cluster.members.every((image) => keep[image] !== null)
      : name !== "different" || cluster.size <= facts.run.most;

  review.decideMember = (number, decision) => {
    const image = review.current?.members[number];
    if (image === undefined) return;
    const taken = verdicts.of(image) === decision ? "" : decision;
    const act = () => decide([{ image, decision: taken }]);
    return taken === "drop" ? review.askForLast(image, act) : act();
  };

  review.callDifferent = (twos) => {
    const rows = twos.filter((two) => !verdicts.areApart(...two)).map(([image, other]) => ({ image, other }));
    decide(rows.map((row) => ({ ...row, decision: "different" })));
  };

  Object.assign(review.actions, {
    // What was decided by hand stays.
    accept() {
      const { current } = review;
      if (!current || !review.can("accept", current)) return review.announce(say("review.no_suggestion"));
      const open = current.members.filter((image) => !verdicts.of(image));
      decide(open.map((image) => ({ image, decision: review.suggest(image, current.members) })));
    },
    keep_all() {
      const open = (review.current?.members ?? []).filter((image) => verdicts.of(image) !== "keep");
      decide(open.map((image) => ({ image, decision: "keep" })));
    },
    different() {
      if (!review.current) return;
      if (!review.can("different", review.current)) return review.announce(say("review.too_many"));
      review.callDifferent(listTwos(review.current.members));
    },
    undo: () => step(verdicts.undo()),
    redo: () => step(verdicts.redo()),
    download: () => review.announce(say("review.downloaded", verdicts.download())),
    save: () =>
      verdicts.savePage().then(
        (told) => review.announce(say("review.saved", told)),
        () => review.announce(say("review.not_saved")),
      ),
  });

  function step(images) {
    if (!images.length) return review.announce(say("review.no_step"));
    const cluster = review.clusterOf(images[0]);
    if (!cluster.section.hidden) review.go(cluster);
    review.showVerdicts(images);
  }
}
