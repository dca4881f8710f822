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
    if (cluster.controls) return;
    watcher.unobserve(cluster.section);
    cluster.controls = cluster.figures.map((figure, number) => addVerdict(cluster, figure, number));
    cluster.acts = make("div", { className: "lk-acts" });
    for (const name of ["accept", "keep_all", "different", "compare"]) {
      const act = () => (select(cluster), review.actions[name]());
      cluster.acts.append(review.makeButton(name, act, { className: `lk-${name}`, disabled: !review.can(name, cluster) }));
    }
    cluster.section.append(cluster.acts);
    review.paint(cluster);
  };

  function addVerdict(cluster, figure, number) {
    const image = cluster.members[number];
    const name = figure.querySelector(".lk-name").textContent;
    const buttons = DECISIONS.map((decision) => {
      const textContent = say(`review.${decision}`);
      const title = number < 9 ? say(`review.${decision}.title`, { number: number + 1 }) : undefined;
      const properties = { type: "button", className: `lk-${decision}`, textContent, title };
      const made = make("button", { ...properties, "aria-label": `${textContent}: ${name}` });
      made.addEventListener("click", () => (select(cluster), review.decideMember(number, decision)));
      return made;
    });
    const hint = make("span");
    const place = make("strong", { className: "lk-number", textContent: String(number + 1) });
    figure.append(make("div", { className: "lk-verdict" }, place, ...buttons, hint));
    return { buttons, hint };
  }

  function select(cluster) {
    if (review.current !== cluster) review.go(cluster);
  }

  review.paint = (cluster) => {
    cluster.section.classList.toggle("lk-done", verdicts.isDecided(cluster));
    if (!cluster.controls) return;
    cluster.acts.querySelector(".lk-different").setAttribute("aria-pressed", String(review.areAllApart(cluster)));
    cluster.members.forEach((image, number) => {
      const decision = verdicts.of(image);
      const others = cluster.members.filter((other) => other !== image);
      const apart = others.filter((other) => verdicts.areApart(image, other)).length;
      cluster.figures[number].classList.toggle("lk-dropped", decision === "drop");
      cluster.figures[number].classList.toggle("lk-apart", apart > 0);
      const { buttons, hint } = cluster.controls[number];
      buttons.forEach((button, which) => button.setAttribute("aria-pressed", String(decision === DECISIONS[which])));
      const isOpen = !decision && facts.images.keep[image] !== null && apart < others.length;
      hint.textContent = isOpen ? say(`review.suggest.${review.suggest(image, cluster.members)}`) : "";
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

  review.areAllApart = ({ members }) => listTwos(members).every((two) => verdicts.areApart(...two));

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
      const twos = listTwos(review.current.members);
      if (!review.areAllApart(review.current)) return review.callDifferent(twos);
      decide(twos.map(([image, other]) => ({ image, other, decision: "" }))); // pressed once more, it takes them back
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
