// The edits: of the frame on canvases, of the colours on pixels; each gives a canvas of its own.

async function edit(canvas, { brightness, contrast, blur, crop, turn, quality }) {
  if (crop > 0) canvas = cutOff(canvas, crop / 100)
  if (turn !== 0) canvas = turnAround(canvas, (turn * Math.PI) / 180)
  if (blur > 0) canvas = changePixels(canvas, pixels => blurPixels(pixels, blur))
  if (brightness !== 100 || contrast !== 100) {
    canvas = changePixels(canvas, pixels => changeColors(pixels, brightness / 100, contrast / 100))
  }
  return quality < 100 ? saveAgain(canvas, quality / 100) : canvas
}

/** That share of the width and of the height, off all four sides alike. */
function cutOff(canvas, share) {
  const { canvas: cut, pen } = makeCanvas(canvas.width * (1 - share), canvas.height * (1 - share))
  pen.drawImage(canvas, Math.round((cut.width - canvas.width) / 2), Math.round((cut.height - canvas.height) / 2))
  return cut
}

/** Around its middle, clockwise, on white, which grows so that no corner is lost. */
function turnAround(canvas, angle) {
  const [along, across] = [Math.abs(Math.cos(angle)), Math.abs(Math.sin(angle))]
  const { width, height } = canvas
  const { canvas: turned, pen } = makeCanvas(width * along + height * across, width * across + height * along)
  pen.fillStyle = "white"
  pen.fillRect(0, 0, turned.width, turned.height)
  pen.translate(turned.width / 2, turned.height / 2)
  pen.rotate(angle)
  pen.drawImage(canvas, -width / 2, -height / 2)
  return turned
}

function changePixels(canvas, change) {
  const { canvas: changed, pen } = makeCanvas(canvas.width, canvas.height)
  const pixels = readPixels(canvas)
  change(pixels)
  pen.putImageData(pixels, 0, 0)
  return changed
}

/** Every level times the brightness, then away from the middle, 128, by the contrast. */
function changeColors({ data }, brightness, contrast) {
  const levels = Uint8ClampedArray.from({ length: 256 }, (_, level) => {
    const brighter = Math.min(Math.round(level * brightness), 255)
    return (brighter - 128) * contrast + 128
  })
  for (let at = 0; at < data.length; at++) {
    if (at % 4 !== 3) data[at] = levels[data[at]]
  }
}

/** Gaussian, of that standard deviation in pixels: along the rows, then along the columns; edges are repeated. */
function blurPixels({ data, width, height }, deviation) {
  const reach = Math.ceil(2.5 * deviation)
  const bell = Array.from({ length: 2 * reach + 1 }, (_, at) => Math.exp(-((at - reach) ** 2) / (2 * deviation ** 2)))
  const total = bell.reduce((sum, weight) => sum + weight, 0)
  const weights = Float32Array.from(bell, weight => weight / total)
  const between = new Float32Array(data.length)
  smear(data, between, weights, { count: width, step: 4, lines: height, lineStep: 4 * width })
  smear(between, data, weights, { count: height, step: 4 * width, lines: width, lineStep: 4 })
}

function smear(source, target, weights, { count, step, lines, lineStep }) {
  const reach = (weights.length - 1) / 2
  for (let line = 0; line < lines; line++) {
    for (let place = 0; place < count; place++) {
      let [red, green, blue] = [0, 0, 0]
      for (let tap = 0; tap < weights.length; tap++) {
        const from = line * lineStep + Math.min(Math.max(place + tap - reach, 0), count - 1) * step
        red += weights[tap] * source[from]
        green += weights[tap] * source[from + 1]
        blue += weights[tap] * source[from + 2]
      }
      const at = line * lineStep + place * step
      target[at] = red
      target[at + 1] = green
      target[at + 2] = blue
      target[at + 3] = 255
    }
  }
}

/** As a JPEG by the browser's own encoder, and opened again. */
async function saveAgain(canvas, quality) {
  const file = await new Promise(resolve => canvas.toBlob(resolve, "image/jpeg", quality))
  const bitmap = await createImageBitmap(file)
  const { canvas: again, pen } = makeCanvas(canvas.width, canvas.height)
  pen.drawImage(bitmap, 0, 0)
  bitmap.close()
  return again
}
