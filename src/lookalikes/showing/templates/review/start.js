// The review comes to life in `root`, the element around the gallery, by the facts of review.py. `store` keeps verdicts
// and the view: the report gives that of a browser, a notebook another.

function start(root, facts, store) {
  const say = makeSay(facts.words);
  const sections = [...root.querySelectorAll(".lk-clusters > .lk-cluster")];
  const clusters = readClusters(facts);
  const said = make("p", { className: "lk-said", role: "status" });
  const review = {
    root, facts, store, say, clusters,
    bar: make("div", { className: "lk-bar" }),
    actions: {},
    onVerdicts: [],
    queue: clusters,
    current: undefined,
    verdicts: makeVerdicts(facts, store),
    bySection: new Map(sections.map((section, rank) => [section, clusters[rank]])),
    tell(text, { aloud = false } = {}) {
      said.textContent = text;
      said.classList.toggle("lk-aloud", aloud);
    },
    // To be seen as well, where nothing else on the page shows it.
    announce: (text) => review.tell(text, { aloud: true }),
    clusterOf: (image) => clusters[facts.of[image]],
    findPicture: (figure) => (figure.closest(".lk-stack") ?? figure).querySelector("img"),
  };
  facts.of = clusters.flatMap((cluster) => cluster.members.map(() => cluster.rank));
  for (const [rank, cluster] of clusters.entries()) {
    const section = sections[rank];
    section.tabIndex = -1;
    Object.assign(cluster, { section, figures: [...section.querySelectorAll("figure")] });
    cluster.name = facts.images.filename[cluster.first];
  }
  // The filters that need no script go, and the rules for them with this class: they would be tried at each change.
  root.querySelector(".lk-gallery").classList.remove("lk-still");
  root.querySelector(".lk-filter")?.remove();
  root.classList.add("lk-live");
  root.prepend(review.bar, said);
  if (!store.keeps) {
    root.prepend(make("p", { className: "lk-unkept", role: "alert", textContent: say("review.unkept") }));
  }
  addFilters(review);
  addQueue(review);
  addDecisions(review);
  addKeys(review);
  addMembers(review);
  addCompare(review);
  addEnlarge(review);
  addAsking(review);
  addRules(review);
  addExchange(review);
  addThreshold(review);
  // A link leads to what it shows, and keys act there at once.
  function open() {
    review.showView();
    const isNamed = new URLSearchParams(store.readView()).has("cluster");
    ((isNamed && review.current?.section) || root).scrollIntoView();
    review.current?.section.focus({ preventScroll: true });
  }

  if (store.readView()) open();
  else review.showView();
  store.onView(open);
  store.onLeave(review.verdicts.isOnlyHere);
  return review;
}
