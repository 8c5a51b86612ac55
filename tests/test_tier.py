from __future__ import annotations

import threading
from collections import OrderedDict

from hypothesis import given
from hypothesis import strategies as st

from engine.tier import OVERHEAD, Key, Tier

GROUPS = st.sampled_from("ab")
NUMBERS = st.integers(0, 2)
KEYS = [(group, "spec", number) for group in "ab" for number in range(3)]
STEPS = st.one_of(
    st.tuples(st.just("put"), GROUPS, NUMBERS, st.integers(0, OVERHEAD)),
    st.tuples(st.just("get"), GROUPS, NUMBERS, st.just(0)),
    st.tuples(st.just("drop"), GROUPS, st.just(0), st.just(0)),
    st.tuples(st.just("clear"), st.just(""), st.just(0), st.just(0)),
)


@given(budget=st.integers(0, 6 * OVERHEAD), steps=st.lists(STEPS, max_size=40))
def test_a_tier_is_a_dictionary_that_forgets_what_was_used_least_recently(
    budget: int, steps: list[tuple[str, str, int, int]]
) -> None:
    tier: Tier[int] = Tier(budget)
    model: OrderedDict[Key, tuple[int, int]] = OrderedDict()
    for value, (step, group, number, size) in enumerate(steps):
        key = (group, "spec", number)
        if step == "put":
            tier.put(key, value, size)
            model.pop(key, None)
            if size + OVERHEAD <= budget:
                model[key] = value, size + OVERHEAD
                while sum(kept for _, kept in model.values()) > budget:
                    model.popitem(last=False)
        elif step == "get":
            assert tier.get(key) == model.get(key, (None, 0))[0]
            if key in model:
                model.move_to_end(key)
        elif step == "drop":
            tier.drop(group)
            model = OrderedDict((kept, entry) for kept, entry in model.items() if kept[0] != group)
        else:
            tier.clear()
            model.clear()
        assert tier.nbytes == sum(kept for _, kept in model.values()) <= budget
    assert [tier.get(key) for key in KEYS] == [model.get(key, (None, 0))[0] for key in KEYS]


def test_what_was_used_last_stays() -> None:
    tier: Tier[str] = Tier(2 * OVERHEAD)
    for number, value in enumerate("ab"):
        tier.put(KEYS[number], value, 0)
    assert tier.get(KEYS[0]) == "a"
    tier.put(KEYS[2], "c", 0)
    assert [tier.get(key) for key in KEYS[:3]] == ["a", None, "c"]


def test_many_threads_leave_it_within_its_budget() -> None:
    tier: Tier[int] = Tier(20 * OVERHEAD)

    def use(seed: int) -> None:
        for n in range(2000):
            key = (str(n % 3), "spec", (seed + n) % 31)
            tier.put(key, n, n % 700)
            tier.get(key)
            if n % 500 == 0:
                tier.drop("1")

    threads = [threading.Thread(target=use, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 0 < tier.nbytes <= 20 * OVERHEAD
    for group in "012":
        tier.drop(group)
    assert tier.nbytes == 0
