"""Which GPU Caffe means by a number, by the rules of CUDA; and what Caffe says of GPUs."""

from __future__ import annotations

import re

import pytest

from autofix.caffe import GPU_ADVICE, gpus
from autofix.caffe.gpus import Card, counted, pick

A, B = Card("GPU-aaaa-1", "NVIDIA A100"), Card("GPU-bbbb-2", "NVIDIA H200")
CUT = Card(
    "GPU-cccc-3", "NVIDIA H100", instances=(Card("MIG-c1", "NVIDIA H100 MIG 1g"), Card("MIG-c2", "NVIDIA H100 MIG 1g"))
)


@pytest.mark.parametrize(
    ("visible", "expected"),
    [
        (None, ["GPU-aaaa-1", "GPU-bbbb-2"]),
        ("", []),
        ("1", ["GPU-bbbb-2"]),
        ("1,0", ["GPU-bbbb-2", "GPU-aaaa-1"]),
        ("GPU-b", ["GPU-bbbb-2"]),
        (" 1 , GPU-aaaa-1", ["GPU-bbbb-2", "GPU-aaaa-1"]),
        ("0,7,1", ["GPU-aaaa-1"]),
        ("-1", []),
        ("GPU-", []),
    ],
)
def test_cuda_visible_devices_says_what_is_counted(visible, expected):
    assert [card.uuid for card in counted([A, B], visible)] == expected


@pytest.mark.parametrize(
    ("visible", "expected"), [(None, "MIG-c1"), ("0", "MIG-c1"), ("MIG-c2", "MIG-c2"), ("MIG-c2,MIG-c1", "MIG-c2")]
)
def test_of_a_card_in_instances_a_process_sees_one(visible, expected):
    assert [card.uuid for card in counted([CUT], visible)] == [expected]


def test_cards_that_cuda_counts_otherwise_are_told_by_their_name():
    assert pick([A, B], 0, "NVIDIA H200") is B
    assert pick([A, B], 1, "") is B
    assert pick([A, B], 2, "") is None
    assert pick([A, A, B], 2, "NVIDIA A100") is None, "two could be meant"


def test_names_are_read_from_what_caffe_prints():
    log = (
        "I20261126 04:15:04.343394   706 common.cpp:178] Device id:                     0\n"
        "I20261126 04:15:04.343423   706 common.cpp:179] Major revision number:         9\n"
        "I20261126 04:15:04.343430   706 common.cpp:181] Name:                          NVIDIA H200\n"
    )
    assert gpus.said(log) == {0: "NVIDIA H200"}
    assert gpus.said("caffe version 1.0.0") == {}


def test_without_a_driver_no_memory_is_known(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert gpus.memory(0) is None


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        ("Check failed: error == cudaSuccess (2 vs. 0)  out of memory", "batch_size"),
        ("Check failed: status == CUBLAS_STATUS_SUCCESS (3 vs. 0)  CUBLAS_STATUS_ALLOC_FAILED", "batch_size"),
        ("Check failed: error == cudaSuccess (209 vs. 0)  no kernel image is available for execution", "--cuda"),
        ("(35 vs. 0)  CUDA driver version is insufficient for CUDA runtime version", "CUDA_HOME"),
        ("Check failed: error == cudaSuccess (101 vs. 0)  invalid device ordinal", "CUDA_VISIBLE_DEVICES"),
        ("Check failed: error == cudaSuccess (100 vs. 0)  no CUDA-capable device is detected", "nvidia-smi"),
        ("(46 vs. 0)  CUDA-capable device(s) is/are busy or unavailable", "another process"),
    ],
)
def test_every_death_on_a_gpu_has_its_advice(said, advice):
    found = next(text for pattern, text in GPU_ADVICE if re.search(pattern, said))
    assert advice in found
    assert "--device cpu" in found
