// The page as it was delivered, byte for byte, with the verdicts of one block replaced. Its source stands packed in the
// page, with a zero byte for each piece that is there as it was: pictures and blocks of JSON.

function openDelivered() {
  const [block, packed] = ["lk-saved", "lk-source"].map((name) => document.querySelector(`script.${name}`));
  const pieces = [...document.querySelectorAll('img[src^="data:"], script[type="application/json"]')];

  return {
    saved: JSON.parse(block.textContent),
    // The parts of a file; without rows the block stays as it is. Rejects where the page's pieces aren't all there.
    async rebuild(rows) {
      const source = await unpack(packed.textContent);
      const parts = [];
      let start = 0;
      for (const piece of pieces) {
        const end = source.indexOf(0, start);
        if (end < 0) throw new Error("too many pieces");
        const kept = piece.getAttribute("src") ?? piece.textContent;
        parts.push(source.subarray(start, end), piece === block && rows ? writeJson(rows) : kept);
        start = end + 1;
      }
      if (source.includes(0, start)) throw new Error("too few pieces");
      return [...parts, source.subarray(start)];
    },
  };
}

async function unpack(text) {
  const packed = new Blob([Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))]);
  const unpacked = new Response(packed.stream().pipeThrough(new DecompressionStream("deflate")));
  return new Uint8Array(await unpacked.arrayBuffer());
}

// In ASCII, and without what could end an element.
function writeJson(value) {
  const spell = (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return JSON.stringify(value).replace(/[<\u007F-\uFFFF]/g, spell);
}
