"""A layer at rest ends the learning of a chain, not that of a net with ways around it."""

from __future__ import annotations

from autofix.health.paths import cut_off
from autofix.model import Net
from autofix.prototxt import parse

HEAD = 'layer { name: "d" type: "Data" top: "data" top: "label" data_param { source: "x" batch_size: 1 } }'


def layer(name: str, bottom: str, kind: str = "InnerProduct") -> str:
    bottoms = " ".join(f'bottom: "{blob}"' for blob in bottom.split())
    return f'layer {{ name: "{name}" type: "{kind}" {bottoms} top: "{name}" inner_product_param {{ num_output: 2 }} }}'


def net(*layers: str) -> Net:
    return Net.read(parse("\n".join([HEAD, *layers])))


CHAIN = net(layer("a", "data"), layer("b", "a"), layer("loss", "b label", "SoftmaxWithLoss"))
BRANCHES = net(
    layer("a", "data"),
    layer("b", "data"),
    layer("sum", "a b", "Eltwise"),
    layer("loss", "sum label", "SoftmaxWithLoss"),
)


def test_a_chain_is_cut_by_any_layer():
    assert cut_off(CHAIN, {"a"})
    assert cut_off(CHAIN, {"b"})
    assert not cut_off(CHAIN, set())


def test_branches_are_cut_only_together():
    assert not cut_off(BRANCHES, {"a"})
    assert cut_off(BRANCHES, {"a", "b"})


def test_without_a_net_a_layer_at_rest_is_taken_to_be_on_every_way():
    assert cut_off(None, {"a"})
