"""The device that was asked for, or the CPU with a reason; tests see no GPU, whatever the machine has."""

from __future__ import annotations

import pytest

from autofix.caffe import CPU, Wish, choose
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
    choice = choose(wanted, Wish(gpu=solver_wants_gpu), either)
    assert choice.device == CPU
    assert CPU_CHOSEN[wanted, solver_wants_gpu] in choice.why


@pytest.mark.parametrize("wanted", ["gpu", "gpu:0", "gpu:0,1"])
def test_a_gpu_asked_for_by_name_has_to_be_there(either, wanted):
    with pytest.raises(CaffeError, match=f"--device {wanted}: .*(GPU|CPU)") as caught:
        choose(wanted, Wish(), either)
    assert "--device cpu" in caught.value.hint
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("wanted", ["", "GPU", "cuda", "gpu:", "gpu:a", "gpu:0,", "gpu:-1", "0", "cpu:0"])
def test_what_is_no_device(caffe, wanted):
    with pytest.raises(InputError, match="not a device"):
        choose(wanted, Wish(gpu=True), caffe)


def test_asking_caffe_leaves_no_log_files(caffe, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    choose("auto", Wish(gpu=True), caffe)
    assert list(tmp_path.iterdir()) == []
