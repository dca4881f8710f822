"""Find look-alike images in a folder and see them side by side.

The words: an *image* belongs to a *fold* (train, test, ...). Its *hash* is 64 bits; the *distance* of two images is the number of bits in
which their hashes differ. Two images whose distance is *below* the threshold are a *pair*. The sequential rule groups images into
*clusters*; the first image of a cluster is its *founder*, and a cluster of one is a *singleton*. A cluster that spans folds is a *leak*; one
whose labels differ is a *label conflict*. An image that could not be read is a *problem*. The *gallery* shows every cluster side by side.

The flow: `read_folds`, `hash_images`, `find_pairs`, `cluster_sequentially`, then count, plot, show and save.
"""

from lookalikes.clustering import cluster_sequentially, count_cluster_sizes, list_problems, save_clusters
from lookalikes.dataset import count_images, read_folds
from lookalikes.facts import describe_run, summarise
from lookalikes.gallery import Gallery, show_clusters
from lookalikes.hashing import hash_images
from lookalikes.pairs import find_pairs
from lookalikes.plots import plot_cluster, plot_cluster_sizes
from lookalikes.rendering import show_table
from lookalikes.report import ReportError, make_report
from lookalikes.sample import make_sample
from lookalikes.saving import save_table
from lookalikes.summary import describe_clusters, describe_sizes, show_summary

__all__ = [
    "Gallery",
    "ReportError",
    "cluster_sequentially",
    "count_cluster_sizes",
    "count_images",
    "describe_clusters",
    "describe_run",
    "describe_sizes",
    "find_pairs",
    "hash_images",
    "list_problems",
    "make_report",
    "make_sample",
    "plot_cluster",
    "plot_cluster_sizes",
    "read_folds",
    "save_clusters",
    "save_table",
    "show_clusters",
    "show_summary",
    "show_table",
    "summarise",
]
