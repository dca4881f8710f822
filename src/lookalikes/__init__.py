"""Find look-alike images in a folder and see them side by side.

The words: an *image* belongs to a *fold* (train, test, ...). Its *hash* is 64 bits; the *distance* of two images is
the number of bits in which their hashes differ. Two images whose distance is *below* the threshold are a *pair*. The
sequential rule groups images into *clusters*; the first image of a cluster is its *founder*, and a cluster of one is a
*singleton*. A cluster that spans folds is a *leak*; one whose labels differ is a *label conflict*. An image that could
not be read is a *problem*. The *gallery* shows every cluster side by side.

A *second look* compares the pixels of a pair; an image within the threshold of some members of its cluster, but not of
all, is *chained*.

The flow: `read_folds`, `hash_images`, `find_pairs`, `cluster_sequentially`, then count, plot, show and save.
"""

import lazy_loader

# Each module is loaded at its first use: a notebook needs no nbconvert, the command no seaborn, and each takes a second
# or two.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "clustering.sequential": ["cluster_sequentially", "count_cluster_sizes", "list_problems", "save_clusters"],
        "reading.folds": ["count_images", "read_folds"],
        "reporting.execution": ["ReportError"],
        "judging.facts": ["describe_run", "summarise", "summarise_clusters"],
        "showing.gallery": ["Gallery", "show_clusters", "show_pairs"],
        "hashing.images": ["hash_images"],
        "judging.keeping": ["choose_keepers", "measure_images", "save_keep_table", "save_train_without_leaks"],
        "clustering.pairs": ["find_nearest_earlier", "find_pairs"],
        "showing.plots": ["plot_cluster", "plot_cluster_sizes"],
        "reading.pictures": ["limit_pixels"],
        "judging.relations": [
            "add_kinds",
            "choose_pairs",
            "count_kinds",
            "count_leaks",
            "describe_chains",
            "find_bridges",
            "find_leaks",
            "find_missed",
            "list_conflicts",
            "list_flat_images",
            "list_pairs",
            "spread_leaks",
        ],
        "showing.rendering": ["show_table"],
        "reporting.report": ["make_report"],
        "reporting.sample": ["make_sample"],
        "saving": ["save_table"],
        "judging.second_look": ["look_again"],
        "showing.summary": ["describe_clusters", "describe_kinds", "describe_sizes", "show_summary"],
        "judging.thresholds": [
            "compare_thresholds",
            "describe_recommendation",
            "expect_chance_pairs",
            "plot_nearest_distances",
            "recommend_threshold",
            "widen",
        ],
    },
)
