"""From a folder to pictures: which folds and images there are, and how one is opened."""
