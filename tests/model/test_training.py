"""A solver is read with everything it names, or one clear line says what is missing and where it may be."""

from __future__ import annotations

from pathlib import Path

import pytest

from autofix.errors import InputError, PrototxtError
from autofix.health.static import lint
from autofix.model import Training, load

NET = 'layer { name: "data" type: "Data" top: "x" data_param { source: "train_lmdb" batch_size: 1 } }\n'


def files(folder: Path, **texts: str) -> Path:
    """Write ``texts`` as files, ``__`` in a name standing for a folder; the path of the first one."""
    paths = [folder / (name.replace("__", "/") + ".prototxt") for name in texts]
    for path, text in zip(paths, texts.values(), strict=True):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return paths[0]


def test_values_and_defaults_of_a_solver(tmp_path: Path) -> None:
    text = 'net: "net.prototxt" base_lr: .03 stepvalue: [10, 20] solver_type: RMSPROP solver_mode: 0 test_iter: 5'
    solver = load(files(tmp_path, solver=text, net=NET), cwd=tmp_path).solver
    assert (solver.base_lr, solver.stepvalues, solver.type, solver.test_iters) == (0.03, (10, 20), "RMSProp", (5,))
    assert (solver.solver_mode, solver.mode_written) == ("CPU", True)
    assert (solver.iter_size, solver.momentum, solver.average_loss, solver.snapshot) == (1, 0.0, 1, 0)
    assert (solver.clip_gradients, solver.random_seed) == (-1, -1)


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        *[('type: "AdaDelta"', "AdaDelta"), ("solver_type: 5", "Adam"), ("solver_type: NESTEROV", "Nesterov")],
        *[("", "SGD"), ('type: "OfAFork"', "OfAFork")],
    ],
)
def test_solver_types_old_and_new(tmp_path: Path, written: str, kind: str) -> None:
    solver = load(files(tmp_path, solver=f'net: "net.prototxt" {written}', net=NET), cwd=tmp_path).solver
    assert (solver.type, solver.solver_mode, solver.mode_written) == (kind, "GPU", False)


def test_a_misspelt_net_is_told_as_that(tmp_path: Path) -> None:
    (tmp_path / "solver.prototxt").write_text('base_lr: 0.1\nnett: "net.prototxt"\n')
    with pytest.raises(InputError, match="names no net") as told:
        load(tmp_path / "solver.prototxt")
    assert told.value.hint == 'Line 2 has  nett: "net.prototxt"  : did you mean net?'


def test_a_layer_of_today_that_is_called_layers_is_told_as_that(tmp_path: Path) -> None:
    (tmp_path / "solver.prototxt").write_text('net: "net.prototxt"\n')
    (tmp_path / "net.prototxt").write_text(
        'layers {\n  name: "ip" type: "InnerProduct" bottom: "x" top: "ip"\n  param { lr_mult: 1 }\n}\n'
    )
    with pytest.raises(PrototxtError, match=r"net.prototxt:3:9: 'layers' is the old format, .*: write 'layer'"):
        lint(load(tmp_path / "solver.prototxt"))


def test_a_value_of_the_wrong_kind_is_told_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(PrototxtError, match=r"solver\.prototxt:2:10: a number is needed here, not fast$"):
        load(files(tmp_path, solver='net: "net.prototxt"\nbase_lr: fast', net=NET), cwd=tmp_path)


# --- the folder Caffe is started from ---


def test_paths_count_from_the_current_folder(tmp_path: Path) -> None:
    solver = files(tmp_path, models__solver='net: "models/net.prototxt"', models__net=NET)
    training = load(solver, cwd=tmp_path)
    assert (training.folder, training.net.path) == (tmp_path, tmp_path / "models/net.prototxt")
    assert training.folder_reason == "the current folder, from where the solver's paths resolve"


def test_or_from_the_solvers_own_folder(tmp_path: Path) -> None:
    solver = files(tmp_path, models__solver='net: "net.prototxt"', models__net=NET)
    training = load(solver.relative_to(tmp_path), cwd=tmp_path)
    assert training.folder == tmp_path / "models"
    assert training.folder_reason == f"the solver's own folder, since its net cannot be found from {tmp_path}"


def test_the_data_decides_where_the_net_is_found_from_both(tmp_path: Path) -> None:
    solver = files(tmp_path, models__solver='net: "net.prototxt"', models__net=NET, net=NET)
    assert load(solver, cwd=tmp_path).folder == tmp_path
    (tmp_path / "models/train_lmdb").mkdir()
    assert load(solver, cwd=tmp_path).folder == tmp_path / "models"
    (tmp_path / "train_lmdb").mkdir()
    assert load(solver, cwd=tmp_path).folder == tmp_path


def test_a_net_found_from_nowhere(tmp_path: Path) -> None:
    solver = files(tmp_path, deep__er__solver='base_lr: 1\nnet: "deep/er/net.prototxt"', deep__er__net=NET)
    (tmp_path / "elsewhere").mkdir()
    with pytest.raises(InputError) as caught:
        load(solver, cwd=tmp_path / "elsewhere")
    assert f'solver.prototxt:2: the net "deep/er/net.prototxt" is neither in {tmp_path / "elsewhere"} nor in' in str(
        caught.value
    )
    assert caught.value.hint == f"It is {solver.parent / 'net.prototxt'}: run autofix from {tmp_path}."


def test_a_net_beside_the_solver_under_another_path(tmp_path: Path) -> None:
    solver = files(tmp_path, solver='net: "old/place/net.prototxt"', net=NET)
    with pytest.raises(InputError, match=f"is not in {tmp_path}$") as caught:
        load(solver, cwd=tmp_path)
    assert caught.value.hint.endswith("beside the solver: is that the one to name?")


# --- which nets ---


def test_train_and_test_nets_in_files_of_their_own(tmp_path: Path) -> None:
    text = (
        'train_net: "a.prototxt" test_net: "b.prototxt" test_net_param { layer { name: "inline" } } test_iter: [1, 1]'
    )
    training = load(files(tmp_path, solver=text, a=NET, b=NET), cwd=tmp_path)
    assert [net.path.name for net in training.nets] == ["a.prototxt", "solver.prototxt", "b.prototxt"]
    assert [net.layers[0].name for net in training.tests] == ["inline", "data"]
    assert {path.name for path in training.documents} == {"solver.prototxt", "a.prototxt", "b.prototxt"}


def test_the_generic_net_is_tested_as_often_as_test_iter_says(tmp_path: Path) -> None:
    net = (
        'state { stage: "all" } layer { name: "train" include { phase: TRAIN stage: "deep" } }'
        'layer { name: "one" include { phase: TEST stage: "one" stage: "all" } }'
        'layer { name: "two" include { phase: TEST stage: "two" } }'
    )
    text = (
        'net: "net.prototxt" train_state { stage: "deep" }'
        'test_iter: 1 test_iter: 1 test_state { stage: "one" } test_state { stage: "two" }'
    )
    training = load(files(tmp_path, solver=text, net=net), cwd=tmp_path)
    assert [layer.name for layer in training.train.layers] == ["train"]
    assert [[layer.name for layer in net.layers] for net in training.tests] == [["one"], ["two"]]


MISTAKES = [
    ("base_lr: 1", "solver.prototxt: names no net"),
    ("", "solver.prototxt: names no net"),
    (NET, "solver.prototxt: a net, not a solver"),
    ('net: "net.prototxt" train_net: "net.prototxt"', "1:21: more than one net to train (net and train_net)"),
    ("net: 5", "1:6: one net is needed here, its path in quotes or a block, not 5"),
    ('net: ["net.prototxt"]', "1:6: one net is needed here, its path"),
    ('net: "empty.prototxt"', "empty.prototxt: a net without layers"),
    ('net: "solver.prototxt"', "solver.prototxt: a solver, where a net is needed"),
    ("net_param { }", "solver.prototxt: a net without layers"),
    ('net: "net.prototxt" test_net: "gone.prototxt"', '1: the net "gone.prototxt" is not in'),
    ('net: "bad.prototxt"', "bad.prototxt:1:4: the file ends"),
    ('net: "word.prototxt"', "word.prototxt:1:1: 'layer' needs a block in braces"),
]


@pytest.mark.parametrize(("text", "message"), MISTAKES, ids=[message for _, message in MISTAKES])
def test_mistakes_are_one_clear_line(tmp_path: Path, text: str, message: str) -> None:
    solver = files(tmp_path, solver=text, net=NET, empty="# nothing\n", bad="a: ", word="layer: 1")
    with pytest.raises(InputError) as caught:
        load(solver, cwd=tmp_path)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_no_such_solver(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        load(Path("gone.prototxt"), cwd=tmp_path)


def test_a_training_from_the_process_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files(tmp_path, solver='net: "net.prototxt"', net=NET)
    monkeypatch.chdir(tmp_path)
    training: Training = load(Path("solver.prototxt"))
    assert (training.folder, training.folder_reason) == (tmp_path, "the current folder, where the solver lies")
    assert training.resolve("train_lmdb") == tmp_path / "train_lmdb"
