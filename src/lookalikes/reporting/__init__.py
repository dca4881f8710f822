"""Run the notebook on a folder of images and export it as a report."""
