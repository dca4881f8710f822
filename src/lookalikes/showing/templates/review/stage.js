// Two pictures in one frame, under one zoom: side by side, or one over the other in one of four ways.

const MODES = ["side", "swipe", "onion", "blink", "difference"];
// What turns a picture of that EXIF orientation upright, as a matrix a, b, c, d of a canvas.
const TURNS = {
  1: [1, 0, 0, 1], 2: [-1, 0, 0, 1], 3: [-1, 0, 0, -1], 4: [1, 0, 0, -1],
  5: [0, 1, 1, 0], 6: [0, 1, -1, 0], 7: [0, -1, -1, 0], 8: [0, -1, 1, 0],
};
const TURNED_BACK = { 6: 8, 8: 6 };
const MOST_ZOOM = 16;

// A picture on a canvas of that size, turned, within the window (left, top, right, bottom, from 0 to 1) where it lies.
function lay(picture, { width, height }, turn = 1, [left, top, right, bottom] = [0, 0, 1, 1]) {
  const canvas = make("canvas", { width, height });
  const context = canvas.getContext("2d");
  context.translate(((left + right) / 2) * width, ((top + bottom) / 2) * height);
  context.scale((right - left) * width, (bottom - top) * height);
  context.transform(...TURNS[turn], 0, 0);
  context.imageSmoothingQuality = "high";
  context.drawImage(picture, -0.5, -0.5, 1, 1);
  return canvas;
}

function makeStage(say) {
  const panes = [0, 1].map(() => make("div", { className: "lk-pane" }));
  const element = make("div", { className: "lk-stage", tabIndex: 0, role: "img" }, ...panes);
  const cut = make("input", { type: "range", min: 0, max: 100, value: 50, "aria-label": say("review.cut") });
  let zoom = 1;
  let [x, y] = [0, 0];
  let held;

  function draw() {
    const reach = (zoom - 1) / 2;
    [x, y] = [x, y].map((each) => Math.min(reach, Math.max(-reach, each)));
    element.style.setProperty("--zoom", zoom);
    element.style.setProperty("--x", `${100 * x}%`);
    element.style.setProperty("--y", `${100 * y}%`);
    element.style.setProperty("--cut", cut.value / 100);
  }

  function zoomBy(factor) {
    const before = zoom;
    zoom = Math.min(MOST_ZOOM, Math.max(1, zoom * factor));
    [x, y] = [(x * zoom) / before, (y * zoom) / before];
    draw();
  }

  function pan(right, down) {
    [x, y] = [x + right, y + down];
    draw();
  }

  cut.addEventListener("input", draw);
  element.addEventListener("wheel", (event) => {
    event.preventDefault();
    zoomBy(event.deltaY < 0 ? 1.25 : 0.8);
  });
  element.addEventListener("pointerdown", (event) => {
    held = [event.clientX, event.clientY];
    element.setPointerCapture(event.pointerId);
  });
  element.addEventListener("pointerup", () => (held = undefined));
  element.addEventListener("pointermove", (event) => {
    if (!held) return;
    const { width, height } = panes[0].getBoundingClientRect();
    pan((event.clientX - held[0]) / width, (event.clientY - held[1]) / height);
    held = [event.clientX, event.clientY];
  });

  return {
    element,
    cut,
    // The second picture is laid onto the first, as the facts of the two say.
    show(first, second, turn, place) {
      const frame = { width: first.naturalWidth, height: first.naturalHeight };
      const laid = [lay(first, frame), lay(second, frame, turn, place)];
      panes.forEach((pane, number) => pane.replaceChildren(laid[number]));
      return laid;
    },
    setMode(mode) {
      element.dataset.mode = mode;
      element.classList.remove("lk-flipped");
      cut.hidden = mode !== "swipe" && mode !== "onion";
      draw();
    },
    flip: () => element.classList.toggle("lk-flipped"),
    zoomBy,
    pan,
    reset() {
      [zoom, x, y] = [1, 0, 0];
      draw();
    },
  };
}
