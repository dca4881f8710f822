// Why two images matched: their hashes, bit by bit, beside about what the hash was made of.

const SEEN = 32; // phash sees a picture of 32×32 greys

function explainMatch(say, [first, second], pictures) {
  const bits = [first, second].map(readBits);
  const differs = bits[0].map((bit, place) => bit !== bits[1][place]);
  const distance = differs.filter(Boolean).length;
  const figures = bits.map((own, number) =>
    make(
      "figure",
      { className: "lk-why-figure" },
      makeGrid(say, own, differs, number + 1),
      make("div", {}, drawGreys(pictures[number]), make("span", { textContent: say("review.why.greys") })),
    ),
  );
  const title = make("h3", { textContent: say("review.why.title") });
  const key = distance ? "review.why.bits" : "review.why.same";
  const told = make("p", { textContent: say(key, { count: distance, all: differs.length }) });
  return make("section", { className: "lk-why-match" }, title, told, ...figures);
}

function makeGrid(say, bits, differs, number) {
  const side = Math.round(Math.sqrt(bits.length));
  const label = say("review.why.grid", { number });
  const grid = make("div", { className: "lk-bits", role: "img", "aria-label": label });
  grid.style.setProperty("--side", side);
  bits.forEach((bit, place) => {
    const className = `lk-bit${bit ? " lk-one" : ""}${differs[place] ? " lk-ringed" : ""}`;
    grid.append(make("i", { className }));
  });
  return grid;
}

function drawGreys(picture) {
  const canvas = make("canvas", { width: SEEN, height: SEEN, className: "lk-greys" });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.imageSmoothingQuality = "high";
  context.drawImage(picture, 0, 0, SEEN, SEEN);
  const seen = context.getImageData(0, 0, SEEN, SEEN);
  const { data } = seen;
  for (let at = 0; at < data.length; at += 4) {
    const grey = 0.299 * data[at] + 0.587 * data[at + 1] + 0.114 * data[at + 2];
    data.fill(grey, at, at + 3);
  }
  context.putImageData(seen, 0, 0);
  return canvas;
}
