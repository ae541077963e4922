"""Autofix repairs Caffe trainings that go NaN or do not learn, and proves the repair on real Caffe."""
