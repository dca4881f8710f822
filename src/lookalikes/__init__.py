"""Find look-alike images in a folder and see them side by side.

The words: an *image* belongs to a *fold* (train, test, ...). Its *hash* is 64 bits; the *distance* of two images is
the number of bits in which their hashes differ. Two images whose distance is *below* the threshold are a *pair*. The
sequential rule puts images into *clusters*; the first image of a cluster is its *founder*, and a cluster of one is a
*singleton*. An image within the threshold of some members of its cluster, but not of all, is *chained*; a pair that the
rule left in two clusters is a *bridge*. An image that could not be read is a *problem*. The *gallery* shows every
cluster side by side.

A *second look* compares the pixels of a pair and says what *kind* of match it is; same file, same pixels and near copy
are *confirmed*. A *leak* is an image with a look-alike in an earlier fold, a *label conflict* a cluster whose labels
differ. A *group* is all that pairs and confirmed copies connect: what no split may cut.

The flow: `read_folds`, `hash_images`, `find_pairs`, `cluster_sequentially`, then count, plot, show and save.
"""

import lazy_loader

# Each module is loaded at its first use: a notebook needs no nbconvert, the command no seaborn, and each takes a second
# or two. The exports stand in `__init__.pyi`, where editors and type checkers find them too.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
