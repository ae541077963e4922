"""A fix is made as small as it gets, and never grows."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autofix.model import Candidate
from autofix.search.shrink import keep, left_out, parts, shrink

LAYERS = ("conv1", "conv2", "ip1", "ip2")
candidates = st.builds(
    Candidate,
    base_lr=st.sampled_from([None, 0.01]),
    input_scale=st.sampled_from([None, 0.5]),
    filler_stds=st.sets(st.sampled_from(LAYERS)).map(lambda layers: dict.fromkeys(sorted(layers), 0.1)),
)


@given(candidates, st.data())
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # the machine may be busy
def test_keeps_what_is_needed_and_nothing_outside_the_full_fix(full: Candidate, data: st.DataObject) -> None:
    needed = data.draw(st.sets(st.sampled_from(parts(full) or ("",))))
    tried: list[Candidate] = []

    def holds(candidate: Candidate) -> bool:
        tried.append(candidate)
        return needed <= set(parts(candidate))

    small = shrink(full, holds)

    assert needed & set(parts(full)) <= set(parts(small)) <= set(parts(full))
    assert small == full or small in tried
    assert all(parts(candidate) for candidate in tried)  # the training as written is known to be broken


@given(candidates)
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_nothing_is_taken_back_when_no_trial_is_left(full: Candidate) -> None:
    assert shrink(full, lambda _candidate: False) == full


def test_one_knob_that_is_not_needed_goes() -> None:
    full = Candidate(base_lr=0.001, input_scale=0.5)
    assert shrink(full, lambda candidate: candidate.input_scale is not None) == Candidate(input_scale=0.5)


def test_what_is_left_out_is_told_in_words() -> None:
    full = Candidate(base_lr=0.001, filler_stds={"ip1": 0.1, "ip2": 0.1})
    assert left_out(full, keep(full, ["filler_std:ip2"])) == "the weights of ip1 and base_lr"


def test_of_four_fillers_the_two_that_are_needed_stay() -> None:
    full, needed = Candidate(filler_stds=dict.fromkeys(LAYERS, 0.1)), {"filler_std:conv1", "filler_std:ip2"}
    assert shrink(full, lambda candidate: needed <= set(parts(candidate))) == keep(full, sorted(needed))
