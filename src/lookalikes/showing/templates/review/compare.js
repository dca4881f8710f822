// Compare two members of a cluster in place, and enlarge one.

function addCompare(review) {
  const { root, say, facts, actions } = review;
  const findPair = readPairs(facts);
  const stage = makeStage(say);
  const dialog = makeDialog(review, COMPARE_KEYS, (name) => acts[name](), say("review.key.compare"));
  const selects = [0, 1].map((number) => make("select", { "aria-label": say(`review.compare.${number}`) }));
  const [explained, notice] = ["lk-explained", "lk-notice"].map((className) => make("p", { className }));
  const told = make("ul", { className: "lk-told" });
  const why = make("div");
  const modes = make("div", { className: "lk-modes", role: "group", "aria-label": say("review.compare.modes") });
  const acts = {
    flip: () => (setMode("blink"), stage.flip()),
    next_two: chooseNext,
    zoom_in: () => stage.zoomBy(1.5),
    zoom_out: () => stage.zoomBy(1 / 1.5),
    whole: () => stage.reset(),
    left: () => stage.pan(0.1, 0),
    right: () => stage.pan(-0.1, 0),
    up: () => stage.pan(0, 0.1),
    down: () => stage.pan(0, -0.1),
    apart: () => (review.callDifferent([readTwo()]), dialog.close()),
  };
  for (const mode of MODES) {
    acts[mode] = () => setMode(mode);
    modes.append(review.makeButton(mode, acts[mode]));
  }
  const tools = make("div", { className: "lk-tools" });
  for (const name of ["flip", "zoom_in", "zoom_out", "whole", "next_two", "apart"]) {
    tools.append(review.makeButton(name, acts[name]));
  }
  const choice = make("div", { className: "lk-choice" }, ...selects);
  dialog.append(choice, modes, explained, stage.element, stage.cut, tools, notice, told, why);
  for (const select of selects) select.addEventListener("change", show);
  root.append(dialog);

  actions.compare = () => {
    const { current } = review;
    if (!current) return;
    for (const [number, select] of selects.entries()) {
      const names = current.figures.map((figure) => figure.querySelector(".lk-name").textContent);
      select.replaceChildren(...names.map((name, value) => make("option", { value, textContent: `${value + 1} ${name}` })));
      select.value = number;
    }
    dialog.showModal();
    stage.element.focus();
    setMode("side");
    show();
  };

  function readTwo() {
    return selects.map((select) => review.current.members[select.value]);
  }

  function setMode(mode) {
    stage.setMode(mode);
    explained.textContent = say(`review.mode.${mode}`);
    for (const [number, button] of [...modes.children].entries()) {
      button.setAttribute("aria-pressed", String(MODES[number] === mode));
    }
  }

  // The next two of all that the cluster has, each with each.
  function chooseNext() {
    const twos = listTwos(review.current.members.map((_, number) => number));
    const now = twos.findIndex(([one, other]) => one === Number(selects[0].value) && other === Number(selects[1].value));
    const [one, other] = twos[(now + 1) % twos.length];
    [selects[0].value, selects[1].value] = [one, other];
    show();
  }

  function show() {
    const [first, second] = readTwo();
    const figures = selects.map((select) => review.current.figures[select.value]);
    const pictures = figures.map(review.findPicture);
    const pair = findPair(first, second);
    const isTurnedRound = pair !== undefined && pair.one !== first;
    const turn = pair ? (isTurnedRound ? (TURNED_BACK[pair.turn] ?? pair.turn) : pair.turn) : 1;
    const hashes = [first, second].map((image) => facts.images.hash[image]);
    stage.reset();
    stage.element.hidden = !pictures.every(Boolean);
    notice.textContent = stage.element.hidden ? say("review.not_drawn") : noticeSizes(first, second);
    stage.element.setAttribute("aria-label", say("review.compare.stage", { one: nameOf(0), other: nameOf(1) }));
    told.replaceChildren(...tell(first, second, figures, pair, hashes).map((textContent) => make("li", { textContent })));
    if (stage.element.hidden) return why.replaceChildren();
    const laid = stage.show(...pictures, turn);
    why.replaceChildren(explainMatch(say, hashes, laid));
  }

  const nameOf = (which) => selects[which].selectedOptions[0].textContent;

  function noticeSizes(first, second) {
    const { width, height } = facts.images;
    const size = (image) => `${width[image]} × ${height[image]}`;
    const known = width[first] !== null && width[second] !== null;
    return known && size(first) !== size(second) ? say("review.sizes", { one: size(first), other: size(second) }) : "";
  }

  // What the facts say of the second beside the first.
  function tell(first, second, figures, pair, hashes) {
    const { images } = facts;
    const pixels = [first, second].map((image) => images.width[image] * images.height[image]);
    const [one, other] = hashes.map(readBits);
    const distance = one.filter((bit, place) => bit !== other[place]).length;
    const lines = [say(pair?.score != null ? "review.tell.looked" : "review.tell.bits", { count: distance, score: pair?.score })];
    if (pair?.kind) lines.push(facts.kinds[pair.kind]);
    if (pixels[0] && pixels[1] && pixels[0] !== pixels[1]) {
      const larger = pixels[1] > pixels[0] ? 2 : 1;
      const times = Number((Math.max(...pixels) / Math.min(...pixels)).toFixed(1));
      lines.push(say("review.tell.pixels", { number: larger, times }));
    }
    const labels = [images.label[first], images.label[second]];
    if (!labels.includes(null) && labels[0] !== labels[1]) {
      lines.push(say("review.tell.label", { one: labels[0], other: labels[1] }));
    }
    if (images.fold[first] !== images.fold[second]) {
      const [a, b] = figures.map((figure) => figure.querySelector(".lk-fold").textContent);
      lines.push(say("review.tell.fold", { one: a, other: b }));
    }
    return lines;
  }
}

function addEnlarge(review) {
  const { root, say, actions } = review;
  const acts = { later_one: () => step(1), earlier_one: () => step(-1) };
  const dialog = makeDialog(review, ENLARGE_KEYS, (name) => acts[name](), say("review.key.enlarge"));
  const frame = make("div");
  const name = make("p", { className: "lk-explained" });
  let number = 0;
  dialog.append(frame, name);
  root.append(dialog);

  function step(by) {
    const { figures } = review.current;
    number = (number + by + figures.length) % figures.length;
    const shown = review.findPicture(figures[number]);
    name.textContent = `${number + 1} ${figures[number].querySelector(".lk-name").textContent}`;
    const large = shown && make("img", { className: "lk-large", src: shown.src, alt: shown.alt });
    frame.replaceChildren(large ?? say("review.not_drawn"));
  }

  actions.enlarge = (at = 0) => {
    if (!review.current) return;
    number = at || 0;
    dialog.showModal();
    step(0);
  };
  root.addEventListener("click", ({ target }) => {
    const figure = target.closest(".lk-clusters .lk-picture")?.closest("figure");
    if (!figure) return;
    const cluster = review.bySection.get(figure.closest(".lk-cluster"));
    if (cluster !== review.current) review.go(cluster);
    actions.enlarge(cluster.figures.indexOf(figure));
  });
}
