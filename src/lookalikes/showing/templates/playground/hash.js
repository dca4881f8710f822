// The perceptual hash of a picture's pixels, as imagehash.phash computes it with Pillow, NumPy and SciPy.

const SIDE = 32
const CORNER = 8
const LOBES = 3
const PRECISION = 22
const CLOSE = 1e-6

// Whether Pillow starts with the columns of a picture: from 11.3 to 12.1, in 12.2 and 12.3, and in 13.
const ORDERS = [
  () => false,
  (height, width) => height > Math.max(100 * width, SIDE),
  (height, width) => height > Math.max(2 * width - SIDE, SIDE),
]

/** The hash of red, green, blue and alpha, four bytes a pixel: all that comes up on the way to its 64 bits. */
function hashPixels(pixels, width, height, order) {
  const grey = shrink(turnGrey(pixels), width, height, ORDERS[order])
  const waves = findCorner(grey)
  const median = findMedian(waves)
  const bits = waves.map(wave => (wave > median ? 1 : 0))
  // So near to the median, the rounding of another program may fall on the other side.
  const undecided = waves.filter(wave => Math.abs(wave - median) < CLOSE).length
  return { grey, waves, median, bits, undecided, text: writeBits(bits) }
}

/** As Pillow's convert("L"), which takes no notice of alpha. */
function turnGrey(pixels) {
  const grey = new Uint8Array(pixels.length / 4)
  for (let at = 0, from = 0; at < grey.length; at++, from += 4) {
    grey[at] = (pixels[from] * 19595 + pixels[from + 1] * 38470 + pixels[from + 2] * 7471 + 0x8000) >> 16
  }
  return grey
}

/** As Pillow's resize((32, 32), LANCZOS): one pass along the rows and one along the columns, each rounded to bytes. */
function shrink(grey, width, height, startsWithColumns) {
  const columnsFirst = startsWithColumns(height, width)
  for (const columns of [columnsFirst, !columnsFirst]) {
    if ((columns ? height : width) === SIDE) continue
    if (columns) grey = transpose(grey, width, height)
    grey = columns ? shrinkRows(grey, height, width) : shrinkRows(grey, width, height)
    if (columns) grey = transpose(grey, SIDE, width)
    if (columns) height = SIDE
    else width = SIDE
  }
  return grey
}

function transpose(grey, width, height) {
  const turned = new Uint8Array(grey.length)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) turned[x * height + y] = grey[y * width + x]
  }
  return turned
}

function shrinkRows(grey, width, height) {
  const shrunk = new Uint8Array(SIDE * height)
  const taps = weigh(width)
  for (let y = 0; y < height; y++) {
    for (let out = 0; out < SIDE; out++) {
      const { first, weights } = taps[out]
      let total = 1 << (PRECISION - 1)
      for (let tap = 0, from = y * width + first; tap < weights.length; tap++, from++) {
        total += grey[from] * weights[tap]
      }
      shrunk[y * SIDE + out] = Math.min(Math.max(total >> PRECISION, 0), 255)
    }
  }
  return shrunk
}

/** Per output pixel: the first input pixel that it takes, and the weights, whole numbers in units of 2⁻²². */
function weigh(length) {
  const scale = length / SIDE
  const spread = Math.max(scale, 1)
  const support = LOBES * spread
  return Array.from({ length: SIDE }, (_, out) => {
    const center = (out + 0.5) * scale
    const first = Math.max(Math.trunc(center - support + 0.5), 0)
    const count = Math.min(Math.trunc(center + support + 0.5), length) - first
    const exact = Array.from({ length: count }, (_, tap) => lanczos((tap + first - center + 0.5) * (1 / spread)))
    const total = exact.reduce((sum, one) => sum + one, 0)
    const weights = exact.map(one => {
      const share = total !== 0 ? one / total : one
      return Math.trunc((share < 0 ? -0.5 : 0.5) + share * (1 << PRECISION))
    })
    return { first, weights }
  })
}

function lanczos(x) {
  if (x === 0) return 1
  if (x < -LOBES || x >= LOBES) return 0
  return (Math.sin(x * Math.PI) / (x * Math.PI)) * (Math.sin((x / LOBES) * Math.PI) / ((x / LOBES) * Math.PI))
}

// How strongly a wave of each number stands out at each place: scipy.fftpack.dct is twice the sum of these products.
const COSINES = Array.from({ length: CORNER }, (_, wave) =>
  Array.from({ length: SIDE }, (_, place) => 2 * Math.cos((Math.PI * wave * (2 * place + 1)) / (2 * SIDE))),
)

/** The 8×8 coefficients of the longest waves, row by row: the DCT along the columns, then along the rows. */
function findCorner(grey) {
  return COSINES.flatMap(down => {
    const row = Array.from({ length: SIDE }, (_, x) => down.reduce((sum, one, y) => sum + one * grey[y * SIDE + x], 0))
    return COSINES.map(along => along.reduce((sum, one, x) => sum + one * row[x], 0))
  })
}

/** As numpy.median: of an even count, halfway between the middle two. */
function findMedian(values) {
  const sorted = [...values].sort((one, other) => one - other)
  const middle = sorted.length / 2
  return (sorted[middle - 1] + sorted[middle]) / 2
}

/** As str(ImageHash): sixteen hexadecimal digits of four bits each. */
function writeBits(bits) {
  const digits = Array.from({ length: bits.length / 4 }, (_, at) => bits.slice(4 * at, 4 * at + 4).join(""))
  return digits.map(four => parseInt(four, 2).toString(16)).join("")
}

function countDiffering(one, other) {
  return one.filter((bit, at) => bit !== other[at]).length
}
