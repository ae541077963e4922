"""Candidates, the changes they make, and the files a probe and the user get."""

from __future__ import annotations

from pathlib import Path

import pytest

from autofix.errors import InputError
from autofix.model import (
    Candidate,
    ProbeSettings,
    Training,
    load,
    patch,
    patched_files,
    probe_documents,
    relinked,
)

IP = "layer { name: 'ip' type: 'InnerProduct' bottom: 'x' top: 'y' inner_product_param { %s } }\n"


def training(folder: Path, net: str, solver: str = "base_lr: 0.1\n") -> Training:
    (folder / "net.prototxt").write_text(net)
    (folder / "solver.prototxt").write_text('net: "net.prototxt"\n' + solver)
    return load(folder / "solver.prototxt", cwd=folder)


def patched_net(folder: Path, net: str, candidate: Candidate) -> str:
    given = training(folder, net)
    return str(patch(given, candidate).document(given.net.path))


# --- candidates ---


def test_candidates_that_change_the_same_are_equal() -> None:
    one = Candidate(base_lr=0.1, filler_stds={"a": 1, "b": 2})
    assert one == Candidate(base_lr=0.1, filler_stds={"b": 2, "a": 1})
    assert len({one, Candidate(base_lr=0.1, filler_stds={"b": 2, "a": 1}), Candidate(base_lr=0.1)}) == 2
    assert Candidate().as_written
    assert not Candidate(momentum=0.5).as_written
    with pytest.raises(TypeError):
        one.filler_stds["a"] = 3  # type: ignore[index]


EVERYTHING = Candidate(0.1, 0.5, {"a": 1, "x:y": 2}, 0.5, 10, {"loss": 3}, 0.01, 0.0005, {"a": 0.1})


def test_a_candidate_is_its_knobs() -> None:
    assert EVERYTHING.knobs == {
        "base_lr": 0.1,
        "momentum": 0.5,
        "weight_decay": 0.0005,
        "clip_gradients": 10,
        "input_scale": 0.5,
        "target_scale": 0.01,
        "filler_std:a": 1,
        "filler_std:x:y": 2,
        "bias:a": 0.1,
        "loss_weight:loss": 3,
    }
    assert Candidate.of(EVERYTHING.knobs) == EVERYTHING
    assert EVERYTHING.only(["base_lr", "filler_std:x:y"]) == Candidate(base_lr=0.1, filler_stds={"x:y": 2})
    for name in ("learning_rate", "filler_stds", "filler_std", "base_lr:a"):
        with pytest.raises(ValueError, match=f"no knob is called '{name}'"):
            Candidate.of({name: 1})


def test_a_candidate_upon_another_has_the_changes_of_both() -> None:
    below = Candidate(base_lr=1, filler_stds={"a": 1, "b": 1}, momentum=0.5)
    above = Candidate(base_lr=2, filler_stds={"b": 2}, clip_gradients=5)
    assert above.upon(below) == Candidate(2, None, {"a": 1, "b": 2}, 0.5, 5)
    assert above.upon(Candidate()) == Candidate().upon(above) == above


# --- changes ---


def test_a_change_tells_where_what_and_why(tmp_path: Path) -> None:
    given = training(tmp_path, IP % "num_output: 3 weight_filler { type: 'xavier' }")
    changes = patch(given, Candidate(base_lr=0.01, filler_stds={"ip": 0.5}), {"base_lr": "too fast"}).changes
    assert [(c.file.name, c.line, c.field, c.before, c.after, c.why) for c in changes] == [
        ("solver.prototxt", 2, "base_lr", "0.1", "0.01", "too fast"),
        (
            "net.prototxt",
            1,
            "layer[ip].inner_product_param.weight_filler.type",
            "'xavier'",
            "'gaussian'",
            changes[1].why,
        ),
        ("net.prototxt", 1, "layer[ip].inner_product_param.weight_filler.std", "", "0.5", changes[2].why),
    ]


def test_nothing_is_changed_that_is_so_already(tmp_path: Path) -> None:
    given = training(tmp_path, IP % "num_output: 3 weight_filler { type: 'gaussian' std: 0.5 }")
    assert patch(given, Candidate(base_lr=0.1, input_scale=1, filler_stds={"ip": 0.5})).changes == ()


def test_a_missing_base_lr_is_added(tmp_path: Path) -> None:
    given = training(tmp_path, IP % "num_output: 3", solver="lr_policy: 'fixed'\n")
    assert str(patch(given, Candidate(base_lr=0.01)).document(given.solver.path)).endswith("'fixed'\nbase_lr: 0.01\n")


REFILLED = [
    ("num_output: 3", 'num_output: 3 weight_filler { type: "gaussian" std: 0.5 }'),
    ("weight_filler { }", 'weight_filler { type: "gaussian" std: 0.5 }'),
    ("weight_filler { value: 1 }", 'weight_filler { std: 0.5 type: "gaussian" }'),
    ("weight_filler { type: 'constant' value: 1 }", "weight_filler { type: 'gaussian' std: 0.5 }"),
    ("weight_filler { type: 'gaussian' mean: 0 }", "weight_filler { type: 'gaussian' mean: 0 std: 0.5 }"),
    ("weight_filler { type: 'msra' std: 3 }", "weight_filler { type: 'gaussian' std: 0.5 }"),
    ("weight_filler { type: 'uniform' }", "weight_filler { type: 'uniform' min: -0.866025 max: 0.866025 }"),
    ("weight_filler { type: 'uniform' max: 1 }", "weight_filler { type: 'uniform' max: 1.36603 min: -0.366025 }"),
    (
        "num_output: 8 weight_filler { type: 'gaussian' std: 1 sparse: 2 }",
        "num_output: 8 weight_filler { type: 'gaussian' std: 1 sparse: 2 }",
    ),
    ("bias_filler { value: 1 }", 'bias_filler { value: 1 } weight_filler { type: "gaussian" std: 0.5 }'),
    ("num_output: 3 bias_filler { }", 'num_output: 3 weight_filler { type: "gaussian" std: 0.5 } bias_filler { }'),
]


@pytest.mark.parametrize(("before", "after"), REFILLED)
def test_refilling(tmp_path: Path, before: str, after: str) -> None:
    assert patched_net(tmp_path, IP % before, Candidate(filler_stds={"ip": 0.5})) == IP % after


def test_weights_that_are_left_alone_are_refused(tmp_path: Path) -> None:
    given = training(
        tmp_path, "layer { name: 'up' type: 'Deconvolution' convolution_param { weight_filler { type: 'bilinear' } } }"
    )
    with pytest.raises(ValueError, match="layer up"):
        patch(given, Candidate(filler_stds={"up": 0.1}))
    with pytest.raises(KeyError, match="no layer 'gone'"):
        patch(given, Candidate(filler_stds={"gone": 0.1}))


BIASES = [
    ("bias_filler { type: 'constant' value: -3 }", "bias_filler { type: 'constant' value: 0.5 }"),
    ("bias_filler { type: 'constant' }", "bias_filler { type: 'constant' value: 0.5 }"),
    ("bias_filler { }", "bias_filler { value: 0.5 }"),
    ("bias_filler { value: .5 }", "bias_filler { value: .5 }"),
]


@pytest.mark.parametrize(("before", "after"), BIASES)
def test_biases_start_at_another_constant(tmp_path: Path, before: str, after: str) -> None:
    assert patched_net(tmp_path, IP % before, Candidate(biases={"ip": 0.5})) == IP % after


@pytest.mark.parametrize("filler", ["", "bias_filler { type: 'uniform' }", "bias_term: false bias_filler { }"])
def test_other_biases_are_refused(tmp_path: Path, filler: str) -> None:
    with pytest.raises(ValueError, match="the biases of layer ip"):
        patch(training(tmp_path, IP % filler), Candidate(biases={"ip": 0.5}))


def test_the_oldest_format_has_no_power_layer(tmp_path: Path) -> None:
    net = (
        "layers { layer { name: 'd' type: 'hdf5_data' source: 'l' } top: 'x' }"
        "layers { layer { name: 'ip' type: 'innerproduct' num_output: 2 } bottom: 'x' top: 'y' }"
    )
    with pytest.raises(InputError, match=r"net\.prototxt: a net of the oldest format"):
        patch(training(tmp_path, net), Candidate(input_scale=0.5))


def test_a_taken_name_is_not_taken_again(tmp_path: Path) -> None:
    net = (
        "input: 'x'\ninput_dim: 1\n"
        + IP % "num_output: 1"
        + "layer { name: 'x_scaled' type: 'ReLU' bottom: 'y' top: 'y' }\n"
    )
    assert 'top: "x_scaled2"' in patched_net(tmp_path, net, Candidate(input_scale=0.5)).replace("'", '"')


POWERED = [  # what stands between the data and the weights, and what becomes of it
    (
        "bottom: 'x' top: 'z' power_param { scale: 4 shift: -8 }",
        "bottom: 'x' top: 'z' power_param { scale: 2 shift: -4 }",
    ),
    ("bottom: 'x' top: 'z' power_param { shift: 1 }", "bottom: 'x' top: 'z' power_param { shift: 0.5 scale: 0.5 }"),
    ("bottom: 'x' top: 'z'", "bottom: 'x' top: 'z' power_param { scale: 0.5 }"),
    ("bottom: 'x' top: 'x' power_param { scale: 4 }", "bottom: 'x' top: 'x' power_param { scale: 2 }"),
]


@pytest.mark.parametrize("data", ["Data", "Input"])
@pytest.mark.parametrize(("before", "after"), POWERED)
def test_a_power_layer_before_the_weights_is_scaled_with_its_shift(
    tmp_path: Path, data: str, before: str, after: str
) -> None:
    """The net sees shift + scale * x: a factor on the scale alone would drown the data in the shift."""
    net = f"layer {{ name: 'd' type: '{data}' top: 'x' }}\nlayer {{ name: 'p' type: 'Power' %s }}\n" + (
        IP % "num_output: 1"
    ).replace("'x'", "'z'" if "'z'" in before else "'x'")
    assert patched_net(tmp_path, net.replace("%s", before), Candidate(input_scale=0.5)) == net.replace("%s", after)


def test_a_power_that_bends_is_left_alone(tmp_path: Path) -> None:
    net = (
        "layer { name: 'd' type: 'Data' top: 'x' }\n"
        "layer { name: 'p' type: 'Power' bottom: 'x' top: 'z' power_param { power: 2 } }\n"
        + (IP % "num_output: 1").replace("'x'", "'z'")
    )
    found = patched_net(tmp_path, net, Candidate(input_scale=0.5))
    assert found == net.replace("top: 'x' }", "top: 'x' transform_param { scale: 0.5 } }", 1)


WEIGHED = [
    ("top: 'a' top: 'b' loss_weight: 0 loss_weight: 2", "top: 'a' top: 'b' loss_weight: 0 loss_weight: 3"),
    ("top: 'a' top: 'b' loss_weight: [0, 2]", "top: 'a' top: 'b' loss_weight: [0, 3]"),
    ("top: 'a' loss_weight: 0", "top: 'a' loss_weight: 3"),
    ("top: 'a' loss_weight: 3.0", "top: 'a' loss_weight: 3.0"),
    ("top: 'a'", "top: 'a' loss_weight: 3"),
    ("top: 'a' top: 'b' phase: TEST", "top: 'a' top: 'b' loss_weight: 3 loss_weight: 0 phase: TEST"),
    ("", "loss_weight: 3"),
]


@pytest.mark.parametrize(("before", "after"), WEIGHED)
def test_weighing(tmp_path: Path, before: str, after: str) -> None:
    """Caffe wants one loss_weight for each top, or none at all."""
    net = "layer { name: 'l' type: 'OfALoss' %s }"
    found = patched_net(tmp_path, net % before, Candidate(loss_weights={"l": 3}))
    assert found.split() == (net % after).split()


def test_a_loss_is_weighed_alike_in_every_phase(tmp_path: Path) -> None:
    loss = "layer { name: 'l' type: '%s' top: 'l' include { phase: %s } }\n"
    net = loss % ("HingeLoss", "TRAIN") + loss % ("HingeLoss", "TEST") + loss % ("Accuracy", "TEST")
    patched = patched_net(tmp_path, net, Candidate(loss_weights={"l": 3}))
    assert patched == net.replace("top: 'l'", "top: 'l' loss_weight: 3", 2)


def test_the_oldest_format_has_no_loss_weight(tmp_path: Path) -> None:
    net = "layers { layer { name: 'l' type: 'hinge_loss' } bottom: 'x' top: 'y' }"
    with pytest.raises(InputError, match=r"net\.prototxt: a net of the oldest format"):
        patch(training(tmp_path, net), Candidate(loss_weights={"l": 3}))


def test_a_target_that_nothing_makes_is_left_to_caffe(tmp_path: Path) -> None:
    """Mutated nets found it: the Power layer would have had nothing to stand behind."""
    net = "layer { name: 'l' type: 'EuclideanLoss' bottom: 'y' bottom: 'gone' top: 'l' }\n"
    assert patched_net(tmp_path, net, Candidate(target_scale=0.1)) == net


# --- the net for use after training ---

DEPLOY = "input: 'x'\ninput_shape { dim: 1 dim: 3 }\n" + IP % "num_output: 1"
SCALED = "layer { name: 'x_scaled' type: 'Power' bottom: 'x' top: 'x_scaled' power_param { scale: 0.25 } }\n"


def with_deploy(folder: Path, deploy: str) -> Training:
    (folder / "solver.prototxt").write_text("net: 'net.prototxt'")
    (folder / "net.prototxt").write_text("layer { name: 'd' type: 'Data' top: 'x' }\n" + IP % "num_output: 1")
    (folder / "deploy.prototxt").write_text(deploy)
    return load(folder / "solver.prototxt", cwd=folder, deploy=Path("deploy.prototxt"))


def test_a_deploy_net_gets_the_input_scale_too(tmp_path: Path) -> None:
    training = with_deploy(tmp_path, DEPLOY)
    result = patch(training, Candidate(input_scale=0.25, base_lr=1))
    patched = DEPLOY.replace("layer", SCALED + "layer", 1).replace("bottom: 'x'", "bottom: 'x_scaled'")
    patched = patched.replace("bottom: 'x_scaled' top: 'x_scaled'", "bottom: 'x' top: 'x_scaled'")
    assert str(result.document(tmp_path / "deploy.prototxt")) == patched
    assert tmp_path / "out" / "deploy.prototxt" in patched_files(training, result, tmp_path / "out")
    assert {change.file.name for change in result.changes} == {"solver.prototxt", "net.prototxt", "deploy.prototxt"}


def test_a_deploy_net_is_left_alone_otherwise(tmp_path: Path) -> None:
    training = with_deploy(tmp_path, DEPLOY)
    result = patch(training, Candidate(base_lr=1, filler_stds={"ip": 0.1}))
    assert tmp_path / "deploy.prototxt" not in result.documents


def test_a_deploy_net_that_is_the_trained_one_is_scaled_once(tmp_path: Path) -> None:
    with_deploy(tmp_path, DEPLOY)
    (tmp_path / "other").mkdir()
    deploy = Path("other/../net.prototxt")
    training = load(tmp_path / "solver.prototxt", cwd=tmp_path, deploy=deploy)
    assert str(patch(training, Candidate(input_scale=0.5)).document(tmp_path / "net.prototxt")).count("0.5") == 1


@pytest.mark.parametrize(
    ("deploy", "message"),
    [
        ("name: 'x'\n", "a net without layers"),
        ('net: "net.prototxt"', "a solver, where a net is needed"),
        ("layer { type: 'Softmax' bottom: 'x' top: 'y' }", "no input of this net reaches weights"),
        ("input: 'x' layers { layer { name: 'i' type: 'innerproduct' } bottom: 'x' top: 'y' }", "oldest format"),
        ("layer {", "'}' missing"),
    ],
)
def test_a_deploy_net_that_cannot_be_patched_is_refused_at_once(tmp_path: Path, deploy: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        with_deploy(tmp_path, deploy)


# --- the files of a probe ---

SOLVER = """# keep me
test_iter: 10 test_interval: 500  test_initialization: false
test_state { stage: "a" }
base_lr: 0.1
lr_policy: "poly"
display: 100
average_loss: 50
max_iter: 4000
snapshot: 1000
snapshot_prefix: "precious"
solver_mode: GPU
"""


def test_a_probe_is_talkative_and_harmless(tmp_path: Path) -> None:
    given = training(tmp_path, IP % "num_output: 1", SOLVER)
    folder = tmp_path / "probes" / "000"
    files = probe_documents(given, patch(given, Candidate(base_lr=0.2)), ProbeSettings(seed=7, mode="CPU"), folder)
    assert sorted(path.name for path in files) == ["net.prototxt", "solver.prototxt"]
    assert (
        str(files[folder / "solver.prototxt"])
        == f"""net: "{folder}/net.prototxt"
# keep me

base_lr: 0.2
lr_policy: "poly"
display: 1
average_loss: 1
max_iter: 4000
snapshot: 0
snapshot_prefix: "{folder}/snapshot"
solver_mode: CPU
debug_info: true
snapshot_after_train: false
random_seed: 7
"""
    )


def test_a_range_test_has_a_schedule_of_its_own(tmp_path: Path) -> None:
    given = training(tmp_path, IP % "num_output: 1", SOLVER)
    settings = ProbeSettings(max_iter=100, base_lr=1e-6, lr_policy="exp", gamma=1.15)
    root = probe_documents(given, patch(given, Candidate()), settings, tmp_path)[tmp_path / "solver.prototxt"].root
    assert (root.integer("max_iter", 0), root.number("base_lr", 0), root.text("lr_policy")) == (100, 1e-6, "exp")
    assert (root.number("gamma", 0), root.text("solver_mode")) == (1.15, "GPU")


def test_a_probe_of_an_inline_net_is_one_file(tmp_path: Path) -> None:
    text = "net_param { layer { name: 'out' type: 'HDF5Output' hdf5_output_param { file_name: 'mine/out.h5' } } }"
    (tmp_path / "solver.prototxt").write_text(text)
    given = load(tmp_path / "solver.prototxt", cwd=tmp_path)
    files = probe_documents(given, patch(given, Candidate()), ProbeSettings(), tmp_path / "probe")
    assert list(files) == [tmp_path / "probe" / "solver.prototxt"]
    assert f"file_name: '{tmp_path}/probe/out.h5'" in str(next(iter(files.values()))), (
        "outputs go to the probe's folder"
    )


# --- the files of the user ---


def test_an_unchanged_net_stays_where_it_is(tmp_path: Path) -> None:
    given = training(tmp_path, IP % "num_output: 1")
    result = patch(given, Candidate(base_lr=0.5))
    files = patched_files(given, result, tmp_path / "out")
    assert {path.name: str(document) for path, document in files.items()} == {
        "solver.prototxt": 'net: "net.prototxt"\nbase_lr: 0.5\n'
    }
    assert relinked(given, result, tmp_path / "out") == ()


def test_a_changed_net_is_named_by_the_patched_solver(tmp_path: Path) -> None:
    given = training(tmp_path, IP % "num_output: 1")
    result = patch(given, Candidate(filler_stds={"ip": 0.1}))
    files = patched_files(given, result, tmp_path / "sub" / "out")
    assert set(files) == {tmp_path / "sub/out/solver.prototxt", tmp_path / "sub/out/net.prototxt"}
    assert str(files[tmp_path / "sub/out/solver.prototxt"]).startswith('net: "sub/out/net.prototxt"\n')
    (change,) = relinked(given, result, tmp_path / "sub" / "out")
    assert (change.line, change.field, change.before) == (1, "net", '"net.prototxt"')
    assert change.why == "the patched net lies in the output folder"


def test_two_files_of_one_name_get_two_names(tmp_path: Path) -> None:
    (tmp_path / "test").mkdir()
    data = "layer { name: 'd' type: 'Data' top: 'x' }\n"
    (tmp_path / "test" / "net.prototxt").write_text(data + IP % "num_output: 1")
    (tmp_path / "net.prototxt").write_text(data + IP % "num_output: 1")
    (tmp_path / "solver.prototxt").write_text('train_net: "net.prototxt" test_net: "test/net.prototxt"')
    given = load(tmp_path / "solver.prototxt", cwd=tmp_path)
    files = patched_files(given, patch(given, Candidate(input_scale=0.1)), tmp_path / "out")
    assert sorted(path.name for path in files) == ["net.prototxt", "solver.prototxt", "test-net.prototxt"]
    solver = str(files[tmp_path / "out" / "solver.prototxt"])
    assert solver == 'train_net: "out/net.prototxt" test_net: "out/test-net.prototxt"'
