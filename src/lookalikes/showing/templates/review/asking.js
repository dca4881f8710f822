// Dropping the last copy by hand is asked about, in the page: a sandbox lets no window ask.

function addAsking(review) {
  const { root, say, verdicts } = review;
  const acts = { keep_last: () => dialog.close(), drop_last: () => (dialog.close(), act()) };
  const dialog = makeDialog(review, ASK_KEYS, (name) => acts[name](), say("review.ask.title"));
  const question = make("p", { className: "lk-explained" });
  const buttons = Object.keys(ASK_KEYS).map((name) => review.makeButton(name, () => acts[name]()));
  let act;
  dialog.classList.add("lk-ask");
  const title = make("h3", { textContent: say("review.ask.title") });
  dialog.append(title, question, make("div", { className: "lk-acts" }, ...buttons));
  root.append(dialog);

  review.askForLast = (image, drop) => {
    const others = findTied(review.clusterOf(image), image);
    if (!others || !others.every((other) => verdicts.of(other) === "drop")) return drop();
    act = drop;
    question.textContent = others.length ? say("review.ask.last", { count: others.length }) : say("review.ask.alone");
    dialog.showModal();
    buttons[0].focus();
  };

  // The other images of its group, as far as the cluster tells: all that it hangs together with after what was called
  // different is cut; none where the cluster isn't shown whole.
  function findTied({ members, size }, image) {
    if (members.length < size) return undefined;
    const tied = new Set([image]);
    for (const one of tied) {
      for (const other of members) if (!verdicts.areApart(one, other)) tied.add(other);
    }
    tied.delete(image);
    return [...tied];
  }
}
