"""The plain algorithms, one loop inside the other: slow, and so short that one sees they are right."""


def distance(one: str, other: str) -> int:
    """The number of bits in which two hexadecimal hashes differ."""
    return (int(one, 16) ^ int(other, 16)).bit_count()


def plain_pairs(hashes: list[str | None], below: int) -> list[tuple[int, int, int]]:
    """All (earlier, later, distance) with a distance below the threshold, by later, then earlier.

    A repeated hash pairs with its first occurrence, and with nothing else; None, an unreadable image, with nothing.
    """
    pairs = []
    for later, hash_ in enumerate(hashes):
        if hash_ is None:
            continue
        if hash_ in hashes[:later]:
            pairs.append((hashes.index(hash_), later, 0))
            continue
        for earlier in range(later):
            is_first = hashes[earlier] is not None and hashes[earlier] not in hashes[:earlier]
            if is_first and distance(hashes[earlier], hash_) < below:
                pairs.append((earlier, later, distance(hashes[earlier], hash_)))
    return pairs


def plain_clusters(hashes: list[str | None], below: int) -> list[tuple[int, int, int | None]]:
    """Sequential clustering: (cluster_id, image, distance at which it joined), by cluster, then arrival.

    Each image joins the nearest cluster, as near as its nearest member, if that is below the threshold; else it founds
    the next one, at distance None. Among equally near clusters the lowest number wins. None is an unreadable image.
    """
    clusters = []
    for image, hash_ in enumerate(hashes):
        if hash_ is None:
            continue
        nearest, least = None, below
        for cluster_id, members in enumerate(clusters):
            for member, _ in members:
                if distance(hash_, hashes[member]) < least:
                    nearest, least = cluster_id, distance(hash_, hashes[member])
        if nearest is None:
            clusters.append([(image, None)])
        else:
            clusters[nearest].append((image, least))
    return [(cluster_id, *member) for cluster_id, members in enumerate(clusters) for member in members]


def plain_groups_of_all(hashes: list[str | None], below: int) -> list[int]:
    """The group of each readable image, by first arrival: what all n² pairs below the threshold connect."""
    readable = [hash_ for hash_ in hashes if hash_ is not None]
    group_of = list(range(len(readable)))
    for later in range(len(readable)):
        for earlier in range(later):
            if distance(readable[earlier], readable[later]) < below:
                one, other = group_of[earlier], group_of[later]
                group_of = [one if group == other else group for group in group_of]
    numbers = list(dict.fromkeys(group_of))
    return [numbers.index(group) for group in group_of]
