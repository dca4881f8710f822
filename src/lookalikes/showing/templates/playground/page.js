// The page: the elements that stand there already are filled anew.

/** The catalogue's text, its places filled with `values`. */
function fill(text, values = {}) {
  return text.replace(/\{(\w+)[^}]*\}/g, (_, name) => values[name])
}

/** Written only where it is another: what is read aloud is read once. */
function tell(element, text) {
  if (element.textContent !== text) element.textContent = text
}

function writeNumber(value) {
  return value.toFixed(0).replace("-", "−")
}

/** One of the two rows: the picture as shown, its size, its hash, and in which bits it differs from `above`, if any. */
function showRow(row, texts, { name, canvas, width, height, hash }, above) {
  const differs = hash.bits.map((bit, at) => Boolean(above) && bit !== above.bits[at])
  const [low, high] = [hash.grey.reduce((a, b) => Math.min(a, b)), hash.grey.reduce((a, b) => Math.max(a, b))]
  row.setAttribute("aria-label", name)
  tell(row.querySelector("h3"), name)
  showPicture(row.querySelector(".lk-play-photo"), canvas, fill(texts.photo, { width, height }))
  showPicture(row.querySelector(".lk-play-grey"), paintGrey(hash.grey, SIDE), fill(texts.grey, { low, high }))
  row.querySelectorAll("td").forEach((cell, at) => {
    cell.textContent = writeNumber(hash.waves[at])
    cell.classList.toggle("lk-play-one", hash.bits[at] === 1)
  })
  tell(row.querySelector(".lk-play-median"), fill(texts.median, { median: writeNumber(hash.median) }))
  row.querySelectorAll(".lk-play-bits span").forEach((place, at) => {
    place.textContent = hash.bits[at]
    place.classList.toggle("lk-play-one", hash.bits[at] === 1)
    place.classList.toggle("lk-play-differs", differs[at])
  })
  const ones = hash.bits.filter(bit => bit === 1).length
  const differing = differs.filter(Boolean).length
  const told = fill(above ? texts["bits.compared"] : texts.bits, { ones, differing, hash: hash.text })
  row.querySelector(".lk-play-bits div").setAttribute("aria-label", told)
  tell(row.querySelector(".lk-play-bits figcaption"), told)
}

function showPicture(figure, canvas, text) {
  const picture = figure.querySelector("img")
  picture.src = canvas.toDataURL()
  picture.alt = text
  tell(figure.querySelector("figcaption"), text)
}

function showNotes(place, notes) {
  if (place.textContent === notes.join("")) return
  place.replaceChildren(
    ...notes.map(note => {
      const paragraph = document.createElement("p")
      paragraph.textContent = note
      return paragraph
    }),
  )
}

/** The value beside its slider, for eyes and ears. */
function showValue(slider, texts) {
  const { name, value, dataset } = slider
  const unsaved = name === "quality" && value === dataset.plain
  const told = unsaved ? texts.unsaved : fill(texts[`value.${dataset.unit}`], { value: value.replace("-", "−") })
  slider.setAttribute("aria-valuetext", told)
  tell(slider.previousElementSibling, told)
}
