"""What Caffe stores: snapshots and data sets of any size, read as a stream and without Caffe."""

from autofix.caffe.stored.blobs import Blob, Snapshot, What
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
    "What",
    "read_stored",
    "recognise",
]
