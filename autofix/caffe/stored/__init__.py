"""What Caffe stores: snapshots and data sets of any size, read as a stream and without Caffe."""

from autofix.caffe.stored.blobs import Blob, Snapshot
from autofix.caffe.stored.columns import Column, DataSet, Trouble
from autofix.caffe.stored.formats import Form, recognise
from autofix.caffe.stored.moments import Moments, Stats
from autofix.caffe.stored.reading import Stored, StoredSnapshot, read_stored

__all__ = [
    "Blob",
    "Column",
    "DataSet",
    "Form",
    "Moments",
    "Snapshot",
    "Stats",
    "Stored",
    "StoredSnapshot",
    "Trouble",
    "read_stored",
    "recognise",
]
