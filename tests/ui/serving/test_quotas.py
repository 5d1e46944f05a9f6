"""What one address may take, and all together."""

from __future__ import annotations

import pytest

from genimg.ui.serving.quotas import Full, Ration, Share


def test_a_share_is_of_one_address_and_of_all() -> None:
    share = Share(5, 3)
    share.take("a", 3)
    with pytest.raises(Full) as full:
        share.take("a")
    assert full.value.own
    share.take("b", 2)
    with pytest.raises(Full) as full:
        share.take("c")
    assert not full.value.own
    assert (share.held(), share.held("a"), share.held("c")) == (5, 3, 0)
    share.give("a", 3)
    share.take("c", 3)
    assert (share.held(), share.held("a")) == (5, 0)


def test_what_is_held_in_a_block_comes_back_whatever_happens() -> None:
    share = Share(1, 1)
    with pytest.raises(ValueError, match="no"), share.holding("a"):
        assert share.held("a") == 1
        raise ValueError("no")
    assert share.held() == 0


def test_a_ration_comes_back_with_time() -> None:
    now = 0.0
    ration = Ration(100, 60, seconds=10, clock=lambda: now)
    ration.use("a", 30)
    ration.use("a", 30)
    with pytest.raises(Full) as full:
        ration.use("a", 1)
    assert full.value.own
    now = 5.0
    ration.use("b", 40)
    with pytest.raises(Full) as full:
        ration.use("b", 1)
    assert not full.value.own
    now = 10.5
    ration.use("a", 60)
    with pytest.raises(Full):
        ration.use("b", 1)
