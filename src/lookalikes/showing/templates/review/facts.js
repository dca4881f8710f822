// The facts come as tables of columns (see review.py); here a cluster becomes an object, an image stays a place in them.

function readClusters({ clusters }) {
  return clusters.id.map((_, rank) => {
    const cluster = { rank };
    for (const [name, column] of Object.entries(clusters)) cluster[name] = column[rank];
    cluster.members = Array.from({ length: cluster.shown }, (_, number) => cluster.first + number);
    return cluster;
  });
}

// What the second look said of two images, by their places in either order.
function readPairs({ pairs }) {
  const known = new Map(pairs.one.map((one, index) => [nameTwo(one, pairs.other[index]), index]));
  return (first, second) => {
    const index = known.get(nameTwo(first, second));
    if (index === undefined) return undefined;
    return Object.fromEntries(Object.entries(pairs).map(([name, column]) => [name, column[index]]));
  };
}

function nameTwo(one, other) {
  return one < other ? `${one} ${other}` : `${other} ${one}`;
}

function listTwos(members) {
  return members.flatMap((one, number) => members.slice(number + 1).map((other) => [one, other]));
}

// The bits of a hash, row by row, as imagehash writes them.
function readBits(hash) {
  return [...hash].flatMap((digit) => [8, 4, 2, 1].map((bit) => (parseInt(digit, 16) & bit) > 0));
}
