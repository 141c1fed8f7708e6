"""The planner against its independent checker, on random lifetimes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.hardware import arena

buffers = st.lists(
    st.builds(
        lambda size, first, length: arena.Buffer(size, first, first + length),
        st.integers(1, 700),
        st.integers(0, 12),
        st.integers(0, 6),
    ),
    max_size=24,
)


@given(buffers)
def test_no_live_bytes_are_shared_and_the_bound_holds(items):
    plan = arena.plan(items)
    arena.check(items, plan)
    assert plan.arena_bytes >= arena.lower_bound(items)
    assert plan.arena_bytes <= sum(arena.aligned(b.bytes) for b in items)


def test_a_chain_needs_only_its_widest_neighbours():
    chain = [arena.Buffer(size, i, i + 1) for i, size in enumerate((160, 320, 64, 16))]
    assert arena.plan(chain).arena_bytes == 480


@pytest.mark.parametrize(
    ("plan", "fault"),
    [
        (arena.Plan((0, 16), 64), "buffers 0 and 1 share byte 16 at step 1"),
        (arena.Plan((0, 32), 48), "buffer 1 at 32 leaves the arena of 48 B"),
        (arena.Plan((0, 40), 80), "buffer 1 at 40 leaves the arena of 80 B"),
    ],
)
def test_the_checker_refuses_bad_plans(plan, fault):
    items = [arena.Buffer(32, 0, 1), arena.Buffer(32, 1, 2)]
    with pytest.raises(ValueError, match=fault):
        arena.check(items, plan)


def test_nothing_needs_nothing():
    assert arena.plan([]) == arena.Plan((), 0)
