// Pictures and their pixels: those of the page, and those that a person opens.

function makeCanvas(width, height) {
  const canvas = document.createElement("canvas")
  canvas.width = Math.max(Math.round(width), 1)
  canvas.height = Math.max(Math.round(height), 1)
  const pen = canvas.getContext("2d", { willReadFrequently: true })
  pen.imageSmoothingQuality = "high"
  return { canvas, pen }
}

function readPixels(canvas) {
  return canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height)
}

/** A picture that this browser can decode: its hash at full size, and a copy of at most `side` pixels to edit. */
async function openFile(file, side, order) {
  const bitmap = await createImageBitmap(file, { colorSpaceConversion: "none" })
  try {
    return readPicture(bitmap, bitmap.width, bitmap.height, side, order)
  } finally {
    bitmap.close()
  }
}

function readPicture(source, width, height, side, order) {
  const { canvas, pen } = makeCanvas(width, height)
  pen.drawImage(source, 0, 0)
  let pixels = readPixels(canvas).data
  const transparent = isTransparent(pixels)
  if (transparent) {
    pen.globalCompositeOperation = "destination-over"
    pen.fillStyle = "white"
    pen.fillRect(0, 0, width, height)
    pixels = readPixels(canvas).data
    // A canvas that is too large for the browser stays empty whatever is painted on it.
    if (isTransparent(pixels)) throw new RangeError("too large for a canvas")
  }
  const copy = shrinkCanvas(canvas, side)
  return { hash: hashPixels(pixels, width, height, order), copy, width, height, transparent, large: copy !== canvas }
}

function isTransparent(pixels) {
  for (let at = 3; at < pixels.length; at += 4) {
    if (pixels[at] < 255) return true
  }
  return false
}

function shrinkCanvas(canvas, side) {
  const share = side / Math.max(canvas.width, canvas.height)
  if (share >= 1) return canvas
  const { canvas: small, pen } = makeCanvas(canvas.width * share, canvas.height * share)
  pen.drawImage(canvas, 0, 0, small.width, small.height)
  return small
}

/** Grey pixels as a picture to show. */
function paintGrey(grey, side) {
  const { canvas, pen } = makeCanvas(side, side)
  const pixels = pen.createImageData(side, side)
  grey.forEach((level, at) => pixels.data.set([level, level, level, 255], 4 * at))
  pen.putImageData(pixels, 0, 0)
  return canvas
}
