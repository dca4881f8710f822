// What a person does, and what follows from it.

async function start(root) {
  const facts = JSON.parse(root.querySelector("script").textContent)
  const { texts, below, copy: side, order } = facts
  const rows = [...root.querySelectorAll(".lk-play-row")]
  const sliders = [...root.querySelectorAll("[type=range]")]
  const files = root.querySelector("[type=file]")
  const photo = root.querySelector(".lk-play-photo img")
  await photo.decode()
  const sample = readPicture(photo, photo.naturalWidth, photo.naturalHeight, side, order)
  // What the page was made with says what the hash of these pixels is: some browsers hand out others.
  const altered = !rows[0].querySelector(".lk-play-bits figcaption").textContent.includes(sample.hash.text)
  const names = { sample: ["original", "edited", "edited"], one: ["own", "own", "own_edited"] }
  names.two = ["own_first", "own_second", "own_second_edited"]
  let shown = { kind: "sample", first: sample, second: sample, notes: [] }

  async function update() {
    const { kind, first, second, notes } = shown
    const edits = Object.fromEntries(sliders.map(slider => [slider.name, Number(slider.value)]))
    const edited = sliders.some(slider => slider.value !== slider.dataset.plain)
    const canvas = edited ? await edit(second.copy, edits) : second.copy
    const result = edited ? readPicture(canvas, canvas.width, canvas.height, side, order) : { ...second }
    const [name, plainName, editedName] = names[kind].map(key => texts[key])
    const pictures = [
      { ...first, canvas: first.copy, name },
      { ...result, canvas, name: edited ? editedName : plainName },
    ]
    showRow(rows[0], texts, pictures[0])
    showRow(rows[1], texts, pictures[1], first.hash)
    const distance = countDiffering(first.hash.bits, result.hash.bits)
    const verdict = root.querySelector(".lk-play-verdict")
    verdict.classList.toggle("lk-play-near", distance < below)
    tell(verdict, fill(distance < below ? texts.near : texts.far, { distance, below }))
    showNotes(root.querySelector(".lk-play-notes"), [...notes, ...describe(pictures, { first, second, kind })])
  }

  function describe(pictures, { first, second, kind }) {
    const told = altered ? [texts["note.altered"]] : []
    if (kind !== "sample") told.push(texts["note.own"])
    for (const picture of first === second ? [{ ...first, name: pictures[0].name }] : pictures) {
      const opened = picture === pictures[1] ? second : first
      const note = key => told.push(fill(texts[`note.${key}`], { name: picture.name, copy: side }))
      if (opened.transparent) note("transparent")
      if (opened.large && opened === second) note("large") // the first of two is never edited
    }
    for (const { name, hash } of pictures) {
      if (hash.undecided) told.push(fill(texts["note.undecided"], { name, count: hash.undecided }))
    }
    return [...new Set(told)]
  }

  // One at a time: what comes while it runs is shown by one run more.
  let running = false
  let again = false
  async function refresh() {
    sliders.forEach(slider => showValue(slider, texts))
    again = true
    if (running) return
    running = true
    root.setAttribute("aria-busy", "true")
    while (again) {
      again = false
      await new Promise(requestAnimationFrame)
      await update()
    }
    running = false
    root.setAttribute("aria-busy", "false")
  }

  function undoEdits() {
    sliders.forEach(slider => (slider.value = slider.dataset.plain))
  }

  async function open(chosen) {
    if (!chosen.length) return
    root.setAttribute("aria-busy", "true")
    const count = Math.min(chosen.length, 2)
    const opened = []
    for (const file of chosen.slice(0, 2)) {
      try {
        opened.push(await openFile(file, side, order))
      } catch {
        const unread = fill(texts["note.unread"], { number: opened.length + 1, count })
        shown = { ...shown, notes: [unread] }
        return refresh()
      }
    }
    const notes = chosen.length > 2 ? [texts["note.first_two"]] : []
    if (count === 2) undoEdits()
    shown = { kind: count === 2 ? "two" : "one", first: opened[0], second: opened.at(-1), notes }
    return refresh()
  }

  sliders.forEach(slider => slider.addEventListener("input", refresh))
  root.querySelector("[name=plain]").addEventListener("click", () => {
    undoEdits()
    refresh()
  })
  root.querySelector("[name=again]").addEventListener("click", () => {
    sliders.forEach(slider => (slider.value = slider.defaultValue))
    shown = { kind: "sample", first: sample, second: sample, notes: [] }
    refresh()
  })
  files.addEventListener("change", () => {
    const chosen = [...files.files]
    files.value = ""
    open(chosen)
  })
  root.addEventListener("dragover", event => {
    event.preventDefault()
    root.classList.add("lk-play-over")
  })
  root.addEventListener("dragleave", event => {
    if (!root.contains(event.relatedTarget)) root.classList.remove("lk-play-over")
  })
  root.addEventListener("drop", event => {
    event.preventDefault()
    root.classList.remove("lk-play-over")
    open([...event.dataTransfer.files])
  })
  root.querySelector(".lk-play-controls").hidden = false
  root.querySelector(".lk-play-static").hidden = true
  sliders.forEach(slider => (slider.value = slider.defaultValue)) // a page that is loaded anew keeps them otherwise
  refresh()
}

document.querySelectorAll(".lk-playground").forEach(start)
