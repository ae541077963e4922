"""The constant answer is the least that a constant can lose: held against a search over constants."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from autofix.model import load
from autofix.search.audit import audit_data
from studies.corpus import draft, materialise, select
from studies.truth.constant import constant_answer, goals


def softmax(answer, targets):
    return np.mean([np.log(np.exp(answer).sum()) - answer[int(target)] for target in targets.ravel()])


def euclidean(answer, targets):
    return np.mean([((answer - target.ravel()) ** 2).sum() / 2 for target in targets])


def cross_entropy(answer, targets):
    shares = 1 / (1 + np.exp(-answer))
    rows = targets.reshape(len(targets), -1)
    return -(rows @ np.log(shares) + (1 - rows) @ np.log(1 - shares)).mean()


def hinge_l2(answer, targets):
    signs = [np.where(np.arange(len(answer)) == target, 1, -1) for target in targets.ravel()]
    return np.mean([(np.maximum(0, 1 - sign * answer) ** 2).sum() for sign in signs])


@pytest.mark.parametrize(
    ("case", "loss", "size"),
    [
        ("relu", softmax, 10),
        ("tanh+rare=8", softmax, 2),
        ("lstm", softmax, 4),
        ("diabetes+raw=target+lr=x0.001", euclidean, 1),
        ("rnn", euclidean, 1),
        ("squeeze", euclidean, 64),
        ("hinge", hinge_l2, 3),
    ],
)
def test_no_constant_does_better(case, loss, size):
    made = draft(select(case)[0])
    target = goals(made)[0].target
    found = minimize(loss, np.zeros(size), args=(target,))
    assert constant_answer(made) == pytest.approx(found.fun, rel=1e-3)


def test_an_autoencoder_is_as_good_as_its_mean_picture():
    made = draft(select("autoencoder")[0])
    pictures = goals(made)[0].target[:, ::7]
    mean = pictures.mean(axis=0).clip(1e-12, 1 - 1e-12)
    rest = constant_answer(made) / cross_entropy(np.log(mean / (1 - mean)), pictures)
    assert rest == pytest.approx(7, rel=0.1)  # every seventh pixel


def test_towers_that_see_nothing_put_all_points_in_one_place():
    made = draft(select("siamese")[0])
    different = np.mean(made.tables.train["label"] == 0)
    assert constant_answer(made) == pytest.approx(different / 2)


def test_losses_are_summed_with_their_weights():
    plain, heavy = (
        constant_answer(draft(select(case)[0])) for case in ("inception", "inception+loss-weight=10000@aux")
    )
    assert heavy / plain == pytest.approx((1 + 10000) / (1 + 0.3))


def test_targets_beyond_a_probability_have_no_best_answer():
    assert constant_answer(draft(select("autoencoder+unscaled")[0])) is None


@pytest.mark.parametrize("net", ["autoencoder", "diabetes", "hinge", "inception", "rnn", "siamese"])
def test_autofix_computes_the_same_from_the_files(net, tmp_path, cache):
    """The study has the data in memory; the tool reads it back from LMDB and HDF5, through Flatten and Reshape."""
    made = materialise(select(net)[0], tmp_path, cache)
    facts = audit_data(load(tmp_path / "solver.prototxt")).facts
    assert facts.constant == pytest.approx(constant_answer(made), rel=0.02)  # rnn: the mean of each stream, not of all
