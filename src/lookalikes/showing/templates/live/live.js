// In a notebook: the gallery of a cell's output comes to life in the output beside it, and is hidden for that time. The
// verdicts go to the kernel at once. When the kernel or the output goes, the gallery is shown again.

const LOOKS = 300; // animation frames, for the gallery to come

function openKernelStore(model) {
  let view = "";
  return {
    keeps: true,
    // By places, since a message's text doesn't hold every name.
    append(_, rows) {
      model.send({ rows });
      return true;
    },
    load: () => [],
    readView: () => view,
    writeView: (text) => (view = text),
    onView() {},
    onLeave() {},
    download: (filename, parts) => download(filename, parts, "text/csv"),
  };
}

// The nearest one: a notebook can show an output twice.
async function findGallery(el, token) {
  for (let look = 0; look < LOOKS; look += 1) {
    for (let above = el.parentElement; above; above = above.parentElement) {
      const found = above.querySelector(`[data-lk-review="${token}"]`);
      if (found) return found;
    }
    await new Promise(requestAnimationFrame);
  }
}

function copyGallery(gallery) {
  const root = gallery.cloneNode(true);
  root.hidden = false;
  root.removeAttribute("data-lk-review");
  for (const named of root.querySelectorAll("[id]")) named.removeAttribute("id");
  root.querySelector(".lk-told-once")?.remove();
  return root;
}

function renderLive({ model, el }) {
  let gallery;
  let isOver = false;
  let review;
  el.classList.add("lk-host");
  el.tabIndex = -1; // so that a click beside the buttons doesn't give the focus to the notebook, whose keys cut cells
  el.setAttribute("data-lm-suppress-shortcuts", "true");
  el.addEventListener("keydown", (event) => event.stopPropagation());

  async function open({ token }, [buffer]) {
    model.off("msg:custom", open);
    const facts = JSON.parse(new TextDecoder().decode(buffer));
    const found = await findGallery(el, token);
    if (!found || isOver) return;
    gallery = found;
    const root = copyGallery(gallery);
    el.replaceChildren(root);
    review = start(root, facts, openKernelStore(model));
    root.prepend(make("p", { className: "lk-count", textContent: review.say("review.live.on") }));
    gallery.hidden = true;
  }

  function end() {
    isOver = true;
    if (gallery) gallery.hidden = false;
    el.replaceChildren();
    gallery = undefined;
  }

  // Jupyter's view, which is `this`, knows whether the kernel is there. What was decided stays at hand, should it not be
  // saved.
  function mourn() {
    if (this?.model?.comm_live !== false || !gallery) return;
    const count = review.verdicts.countRows();
    if (count) {
      const told = make("p", { className: "lk-count", textContent: review.say("review.live.gone", { count }) });
      const text = make("textarea", { readOnly: true, rows: 8, value: review.verdicts.writeTable() });
      text.setAttribute("aria-label", review.say("review.exchange.text"));
      gallery.prepend(make("div", { className: "lk-gone" }, told, text));
    }
    end();
  }

  model.on("msg:custom", open);
  model.on("comm_live_update", mourn);
  model.send({ open: true });
  return end;
}

export default { render: renderLive };
