// The sequential rule replayed with another threshold, from what steps.py packed. Images are places in their order of
// arrival, of those that are in a pair; a cluster is called by its founder's place, so the lowest is the first founded.

function unpackNear(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const near = { earlier: [], later: [], distance: [] };
  let at = 0;
  let later = 0;
  const read = () => {
    let [number, shift] = [0, 0];
    while (bytes[at] > 127) {
      number |= (bytes[at] & 127) << shift;
      [at, shift] = [at + 1, shift + 7];
    }
    at += 1;
    return number | (bytes[at - 1] << shift);
  };
  while (at < bytes.length) {
    later += read();
    near.later.push(later);
    near.earlier.push(later - read());
    near.distance.push(read());
  }
  return near;
}

// The cluster of each image: the lowest of its nearest ones'. Of images with one hash the first stands for all, since
// they are always in its cluster.
function regroup({ earlier, later, distance }, count, below) {
  const clusterOf = new Int32Array(count);
  let pair = 0;
  for (let row = 0; row < count; row += 1) {
    clusterOf[row] = row;
    for (; later[pair] === row; pair += 1) {
      if (distance[pair] < below) clusterOf[row] = Math.min(clusterOf[row], clusterOf[earlier[pair]]);
    }
  }
  return clusterOf;
}

// How many clusters have each size, by size; the images that are in no pair are clusters of one.
function countSizes(clusterOf, images) {
  const sizeOf = new Map();
  for (const cluster of clusterOf) sizeOf.set(cluster, (sizeOf.get(cluster) ?? 0) + 1);
  const counts = new Map();
  for (const size of sizeOf.values()) counts.set(size, (counts.get(size) ?? 0) + 1);
  const single = (counts.get(1) ?? 0) + images - clusterOf.length;
  if (single) counts.set(1, single);
  const isAlone = (place) => sizeOf.get(clusterOf[place]) === 1;
  return { counts: new Map([...counts].sort(([one], [other]) => one - other)), isAlone };
}
