// A slider to look at other thresholds: how many clusters there would be, and of which sizes. It is for looking: what is
// drawn stays that of the run, and while the slider is moved nothing is decided.

const SIZES_SHOWN = 12;
const NAMES_SHOWN = 500;
const DECIDING = ["keep", "drop", "accept", "keep_all", "different", "undo", "redo"];

function addThreshold(review) {
  const { facts, say } = review;
  const { steps, run } = facts;
  if (steps?.many) {
    const textContent = say("review.threshold.many", { count: steps.many });
    review.panel.after(make("p", { className: "lk-count", textContent }));
  }
  if (!steps?.near || steps.least === steps.most) return;
  let near; // unpacked when the slider is first seen, for it takes its time
  let ours;
  const look = (below) => countSizes(regroup(near, steps.count, below), steps.images);
  const slider = make("input", {
    type: "range", min: steps.least, max: steps.most, step: steps.step, value: run.below,
    "aria-label": say("review.threshold.slider"),
  });
  const value = make("output", {});
  const told = make("p", { className: "lk-explained" });
  const sizes = make("table", { className: "lk-sizes" });
  const changed = make("p", { className: "lk-explained" });
  const names = make("ul", { className: "lk-joining" });
  const place = make(
    "details", { className: "lk-threshold" }, make("summary", { textContent: say("review.threshold.title") }),
    make("label", {}, slider, value), told, sizes, changed, names,
  );
  const back = make("button", { type: "button", textContent: say("review.threshold.back", { below: run.below }) });
  const notice = make("p", { className: "lk-looking", role: "status" }, make("span"), back);
  review.panel.after(place);
  notice.hidden = true;
  review.bar.append(notice);

  function show() {
    const below = Number(slider.value);
    const now = look(below);
    const isMoved = below !== run.below;
    review.isLooking = isMoved;
    review.root.classList.toggle("lk-exploring", isMoved);
    notice.hidden = !isMoved;
    notice.firstChild.textContent = isMoved ? say("review.threshold.off", { below, own: run.below }) : "";
    value.textContent = say(isMoved ? "review.threshold.value" : "review.threshold.own", { below });
    told.textContent = say("review.threshold.counts", describeSizes(now.counts));
    sizes.replaceChildren(...drawSizes(say, now.counts));
    showChanged(below, now);
  }

  // Those that the run left alone are counted and named; they aren't drawn.
  function showChanged(below, now) {
    const places = Array.from({ length: steps.count }, (_, each) => each);
    const joining = places.filter((each) => ours.isAlone(each) && !now.isAlone(each));
    const leaving = places.filter((each) => !ours.isAlone(each) && now.isAlone(each));
    changed.textContent =
      below > run.below ? say("review.threshold.joining", { count: joining.length })
      : below < run.below ? say("review.threshold.leaving", { count: leaving.length })
      : say("review.threshold.same");
    const lines = joining.slice(0, NAMES_SHOWN).map((each) => steps.alone[each]);
    if (joining.length > lines.length) lines.push(say("review.threshold.more", { count: joining.length - lines.length }));
    names.replaceChildren(...lines.map((textContent) => make("li", { textContent })));
    names.hidden = !lines.length;
  }

  back.addEventListener("click", () => {
    slider.value = run.below;
    show();
    review.current?.section.focus({ preventScroll: true });
  });
  slider.addEventListener("input", show);
  place.addEventListener("toggle", () => {
    if (near) return;
    near = unpackNear(steps.near);
    ours = look(run.below);
    show();
  });
  lock(review, () => review.isLooking && say("review.threshold.locked"));
}

// While `why` gives a reason, nothing is decided, by whatever key, button, rule or file.
function lock(review, why) {
  const guard = (holder, name, refuse) => {
    const act = holder[name];
    holder[name] = (...given) => (why() ? refuse(why()) : act.apply(holder, given));
  };
  for (const name of DECIDING) guard(review.actions, name, review.announce);
  for (const name of ["decideMember", "callDifferent"]) guard(review, name, review.announce);
  for (const name of ["decide", "take"]) {
    guard(review.verdicts, name, (reason) => {
      throw new Error(reason);
    });
  }
}

function describeSizes(counts) {
  const multiple = [...counts].filter(([size]) => size > 1);
  const sum = (numbers) => numbers.reduce((all, each) => all + each, 0);
  return {
    clusters: sum([...counts.values()]),
    multiple: sum(multiple.map(([, count]) => count)),
    images: sum(multiple.map(([size, count]) => size * count)),
    largest: Math.max(0, ...counts.keys()),
  };
}

// The size histogram, on a logarithmic scale as the chart of the run has it; the largest sizes share a row.
function drawSizes(say, counts) {
  const rows = [...counts].map(([size, count]) => [size.toLocaleString("en"), count]);
  if (rows.length > SIZES_SHOWN) {
    const rest = rows.splice(SIZES_SHOWN - 1);
    rows.push([say("review.threshold.larger", { size: rest[0][0] }), rest.reduce((all, [, count]) => all + count, 0)]);
  }
  const most = Math.log1p(Math.max(0, ...counts.values()));
  const cells = (tag, texts) => texts.map((textContent) => make(tag, { textContent }));
  const head = cells("th", [say("review.threshold.size"), say("review.threshold.number"), say("review.threshold.scale")]);
  const lines = rows.map(([size, count]) => {
    const bar = make("i");
    bar.style.setProperty("--share", Math.log1p(count) / most);
    return make("tr", {}, ...cells("td", [size, count.toLocaleString("en")]), make("td", {}, bar));
  });
  return [make("tr", {}, ...head), ...lines];
}
