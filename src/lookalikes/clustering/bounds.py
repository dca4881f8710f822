"""Which thresholds there can be."""

import numbers


def check_below(below: int, n_bits: int | None) -> int:
    """Return the threshold as an int, or raise ValueError; without any hash there is no upper bound."""
    if isinstance(below, bool) or not isinstance(below, numbers.Integral):
        raise ValueError(f"below must be a whole number of bits, got {below!r}")
    checked = int(below)
    if checked < 1 or (n_bits is not None and checked > n_bits + 1):
        bounds = f"from 1 to {n_bits + 1} for {n_bits}-bit hashes" if n_bits else "1 or more"
        raise ValueError(f"below must be {bounds}, got {below}")
    return checked
