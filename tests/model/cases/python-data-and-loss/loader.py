"""Volumes made up, for the Python layer of this case."""

import json

import caffe
import numpy as np


class Volumes(caffe.Layer):
    def setup(self, bottom, top):
        self.batch = json.loads(self.param_str)["batch"]
        self.random = np.random.RandomState(1)

    def reshape(self, bottom, top):
        top[0].reshape(self.batch, 1, 6, 6, 6)
        top[1].reshape(self.batch, 2, 6, 6, 6)

    def forward(self, bottom, top):
        top[0].data[...] = self.random.uniform(0, 2000, top[0].data.shape)
        top[1].data[...] = self.random.randint(0, 2, top[1].data.shape)

    def backward(self, top, propagate_down, bottom):
        pass
