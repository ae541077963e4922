"""Repairs of the corpus: what Autofix and its rivals make of each broken training, proved by plain Caffe."""
