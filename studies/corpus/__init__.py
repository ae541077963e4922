"""The corpus: small trainings, sound and broken, as data; see cases.txt for the list."""

from studies.corpus.catalog import NETS, SOUND, Case, cases, select
from studies.corpus.materialise import draft, materialise

__all__ = ["NETS", "SOUND", "Case", "cases", "draft", "materialise", "select"]
