"""Which thresholds there can be."""

import numbers

from lookalikes.words import say


def check_below(below: int, n_bits: int | None) -> int:
    """Return the threshold as an int, or raise ValueError; without any hash there is no upper bound."""
    if isinstance(below, bool) or not isinstance(below, numbers.Integral):
        raise ValueError(say("error.below.whole", given=below))
    checked = int(below)
    if checked < 1 or (n_bits is not None and checked > n_bits + 1):
        bounds = {"most": n_bits + 1, "bits": n_bits} if n_bits else {}
        raise ValueError(say("error.below.bounds" if n_bits else "error.below.least", given=below, **bounds))
    return checked
