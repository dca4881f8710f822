// The list of clusters with one current among them. What is decided stays where it is, with a tick; nothing moves.

const AT_ONCE = 250;

function addQueue(review) {
  const { root, say, clusters, verdicts } = review;
  const list = root.querySelector(".lk-clusters");
  const count = make("p", { className: "lk-decided" });
  const empty = make("p", { className: "lk-count", textContent: say("review.none_left"), hidden: true });
  const visited = [];
  review.bar.prepend(count);
  list.before(empty);

  review.showQueue = (id = -1) => {
    const shown = new Set(review.queue);
    for (const cluster of clusters) {
      if (cluster.section.hidden === shown.has(cluster)) cluster.section.hidden = !shown.has(cluster);
    }
    sortSections();
    empty.hidden = review.queue.length > 0;
    const kept = review.queue.find((each) => each.id === id) ?? review.queue.find((each) => each === review.current);
    mark(kept ?? review.queue[0]);
    tellCount();
  };

  // Only where the order changes, and some at a time: moving thousands of sections takes its time.
  async function sortSections() {
    const order = review.queue.map((cluster) => cluster.section);
    const now = [...list.children].filter((section) => !section.hidden);
    if (order.every((section, place) => section === now[place])) return;
    const { queue } = review;
    for (let start = 0; start < order.length && review.queue === queue; start += AT_ONCE) {
      const some = order.slice(start, start + AT_ONCE);
      if (start) order[start - 1].after(...some);
      else list.prepend(...some);
      await new Promise(requestAnimationFrame);
    }
  }

  function mark(cluster) {
    review.current?.section.classList.remove("lk-current");
    review.current?.section.removeAttribute("aria-current");
    review.current = cluster;
    cluster?.section.classList.add("lk-current");
    cluster?.section.setAttribute("aria-current", "true");
  }

  review.go = (cluster, { back = false } = {}) => {
    if (!cluster) return review.announce(say("review.end"));
    if (!back && review.current && review.current !== cluster) visited.push(review.current);
    mark(cluster);
    review.writeView();
    cluster.section.focus({ preventScroll: true });
    cluster.section.scrollIntoView({ block: "start", behavior: "instant" });
  };

  const place = () => review.queue.indexOf(review.current);
  const isOpen = (cluster) => !verdicts.isDecided(cluster);
  Object.assign(review.actions, {
    next: () => review.go(review.queue[place() + 1]),
    previous: () => review.go(review.queue[place() - 1]),
    undecided: () => review.go(findUndecided()),
    back: () => review.go(visited.pop(), { back: true }),
  });

  function findUndecided() {
    return review.queue.slice(place() + 1).find(isOpen) ?? review.queue.find(isOpen);
  }

  // After a verdict: show it, say it and, where that decided the current cluster, move on to the next undecided.
  review.showVerdicts = (images, { moveOn = false } = {}) => {
    for (const cluster of new Set(images.map((image) => review.clusterOf(image)))) review.paint(cluster);
    const open = tellCount();
    for (const act of review.onVerdicts) act();
    const following = moveOn && !isOpen(review.current) ? findUndecided() : undefined;
    review.tell(`${describe(review.clusterOf(images[0]))} ${count.textContent}`);
    if (following) review.go(following);
    else if (!open) review.tell(say("review.all_decided"));
  };

  function describe(cluster) {
    const told = { keep: 0, drop: 0 };
    for (const image of cluster.members) if (verdicts.of(image)) told[verdicts.of(image)] += 1;
    const twos = listTwos(cluster.members).filter((two) => verdicts.areApart(...two)).length;
    return say("review.told", { title: cluster.section.getAttribute("aria-label"), ...told, apart: twos });
  }

  function tellCount() {
    const left = review.queue.filter(isOpen).length;
    const decided = clusters.length - clusters.filter(isOpen).length;
    count.textContent = say("review.decided", { decided, all: clusters.length, left });
    return left;
  }

  list.addEventListener("focusin", (event) => {
    const section = event.target.closest(".lk-cluster");
    if (section && section !== review.current?.section) {
      mark(review.bySection.get(section));
      review.writeView();
    }
  });
}
