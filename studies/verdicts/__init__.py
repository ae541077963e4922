"""Verdicts on the corpus: what the judge says after a short probe, beside what the long trainings became."""
