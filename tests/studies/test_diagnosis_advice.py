"""How advice is held against the faults of the corpus."""

from __future__ import annotations

import pytest

from studies.advice import advised, kind, right
from studies.corpus import select


@pytest.mark.parametrize(
    ("case", "kinds"),
    [
        ("lenet+unscaled", {"input", "sizes"}),
        ("lenet+lr=x8", {"rate"}),
        ("lenet+lr=x0.003", {"faster"}),
        ("diabetes+raw=target", {"target", "sizes"}),
        ("diabetes+raw=data", {"input", "sizes"}),
        ("autoencoder+unscaled", {"input", "sizes", "target"}),
        ("lenet+nan-record", {"data"}),
        ("lenet+default-std", {"filler"}),
    ],
)
def test_a_fault_is_taken_back_by_its_own_kind_of_advice(case: str, kinds: set[str]) -> None:
    (found,) = select(case)
    assert right(found) == kinds


def test_of_a_log_the_first_advice_counts() -> None:
    """A net on pictures that are not scaled, without debug_info."""
    (case,) = select("lenet+unscaled")
    net = 'layer { name: "in" type: "Data" top: "data" top: "label" }\n' + (
        'layer { name: "fc" type: "InnerProduct" bottom: "data" top: "fc" inner_product_param { num_output: 10 } }\n'
        'layer { name: "loss" type: "SoftmaxWithLoss" bottom: "fc" bottom: "label" top: "loss" }\n'
    )
    log = f"I1 net.cpp:53] Initializing net from parameters: \n{net}I1 layer_factory.hpp:77] Creating layer in\n"
    losses = "".join(
        f"Iteration {at}, loss = {loss}\nIteration {at}, lr = 0.01\n" for at, loss in ((0, 70), (1, "nan"))
    )
    found = advised(case, (log + losses).encode())
    assert (found.answer, found.kinds) == ("first", ("input", "rate"))


def test_what_is_no_advice_of_a_known_kind_is_told_as_that() -> None:
    assert kind("look out of the window") == "?"
