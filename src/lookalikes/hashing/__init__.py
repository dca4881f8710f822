"""From pictures to hashes, kept from run to run."""
