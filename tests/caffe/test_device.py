"""The device that was asked for, or the CPU with a reason; tests see no GPU, whatever the machine has."""

from __future__ import annotations

import pytest

from autofix.caffe import CPU, choose
from autofix.errors import CaffeError, InputError

pytestmark = pytest.mark.caffe


@pytest.fixture(autouse=True)
def no_gpu(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")


@pytest.fixture(params=["caffe", "pycaffe"])
def either(request):
    return request.getfixturevalue(request.param)


# --device and whether the solver asks for a GPU -> words of the reason
CPU_CHOSEN = {
    ("cpu", False): "--device cpu",
    ("cpu", True): "--device cpu",
    ("auto", False): "does not ask for a GPU",
    ("auto", True): "the solver asks for a GPU, but",
}


@pytest.mark.parametrize(("wanted", "solver_wants_gpu"), CPU_CHOSEN)
def test_the_cpu_and_why(either, wanted, solver_wants_gpu):
    choice = choose(wanted, solver_wants_gpu, either)
    assert choice.device == CPU
    assert CPU_CHOSEN[wanted, solver_wants_gpu] in choice.why


@pytest.mark.parametrize("wanted", ["gpu", "gpu:0", "gpu:0,1"])
def test_a_gpu_asked_for_by_name_has_to_be_there(either, wanted):
    with pytest.raises(CaffeError, match=f"--device {wanted}: .*(GPU|CPU)") as caught:
        choose(wanted, False, either)
    assert "--device cpu" in caught.value.hint
    assert "\n" not in str(caught.value)


def test_pycaffe_trains_on_one_gpu(pycaffe):
    with pytest.raises(CaffeError, match="one GPU at a time"):
        choose("gpu:0,1", False, pycaffe)


@pytest.mark.parametrize("wanted", ["", "GPU", "cuda", "gpu:", "gpu:a", "gpu:0,", "gpu:-1", "0", "cpu:0"])
def test_what_is_no_device(caffe, wanted):
    with pytest.raises(InputError, match="not a device"):
        choose(wanted, True, caffe)


def test_asking_caffe_leaves_no_log_files(caffe, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    choose("auto", True, caffe)
    assert list(tmp_path.iterdir()) == []
