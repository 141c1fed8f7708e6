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


@given(buffers, st.data())
def test_outputs_overlap_only_inputs_that_they_may(items, data):
    follows = [
        (i, j)
        for i, a in enumerate(items)
        for j, b in enumerate(items)
        if i != j and a.last == b.first and a.first < b.first
    ]
    chosen = (
        data.draw(st.lists(st.sampled_from(follows), unique_by=(lambda p: p[0], lambda p: p[1]))) if follows else []
    )
    leads = {pair: data.draw(st.integers(-1, 100)) for pair in chosen}
    plan = arena.plan(items, leads)
    arena.check(items, plan, leads)
    assert plan.arena_bytes <= sum(arena.aligned(b.bytes) for b in items) + sum(map(arena.aligned, leads.values()))


def test_operations_that_write_over_their_input_need_one_buffer():
    chain = [arena.Buffer(800, i, i + 1) for i in range(6)]
    assert arena.plan(chain, {(i, i + 1): 0 for i in range(5)}).arena_bytes == 800
    assert arena.plan(chain, {(i, i + 1): 30 for i in range(5)}).arena_bytes == 800 + 5 * 32


def test_outputs_that_must_start_with_their_input_do_or_lie_apart():
    same = {(0, 1): arena.SAME_START}
    items = [arena.Buffer(64, 0, 1), arena.Buffer(32, 1, 2)]
    assert arena.plan(items, same).offsets == (0, 0)
    blocked = [*items, arena.Buffer(64, 2, 2), arena.Buffer(16, 0, 0)]
    arena.check(blocked, arena.plan(blocked, same), same)
    with pytest.raises(ValueError, match="buffers 0 and 1 share byte 16 at step 1"):
        arena.check(items, arena.Plan((16, 0), 80), same)


def test_the_checker_refuses_an_output_too_close_to_its_input():
    items = [arena.Buffer(32, 0, 1), arena.Buffer(32, 1, 2)]
    arena.check(items, arena.Plan((16, 0), 48), {(0, 1): 16})
    with pytest.raises(ValueError, match="buffers 0 and 1 share byte 16 at step 1"):
        arena.check(items, arena.Plan((16, 0), 48), {(0, 1): 17})


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
