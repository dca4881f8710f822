"""From hashes to pairs, and from pairs to clusters."""
