"""What a solver and a net mean: phases, data, fillers, losses; and how a candidate becomes edits of their files.

Knows nothing of running Caffe, nor of searching.
"""

from autofix.model.candidate import Candidate
from autofix.model.change import Change
from autofix.model.filler import Filler
from autofix.model.given import given_files
from autofix.model.inputs import DataInput
from autofix.model.layer import Layer
from autofix.model.losses import Loss
from autofix.model.net import Net
from autofix.model.output import patched_files, relinked
from autofix.model.param import Param
from autofix.model.patch import Patch, patch
from autofix.model.probe import ProbeSettings, probe_documents
from autofix.model.schedule import growth, rate
from autofix.model.solver import Solver
from autofix.model.state import NetState
from autofix.model.training import Training, load

__all__ = [
    "Candidate",
    "Change",
    "DataInput",
    "Filler",
    "Layer",
    "Loss",
    "Net",
    "NetState",
    "Param",
    "Patch",
    "ProbeSettings",
    "Solver",
    "Training",
    "given_files",
    "growth",
    "load",
    "patch",
    "patched_files",
    "probe_documents",
    "rate",
    "relinked",
]
