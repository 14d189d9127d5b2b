"""Advice that fits the device."""

import pytest

from etcdbench import advice
from etcdbench.machine import Target
from fakes import device, target


@pytest.mark.parametrize(
    ("where", "word"),
    [
        (target(device(rotational=True)), "spinning"),
        (target(device(bus="sd")), "eMMC"),
        (target(device(bus="network")), "network"),
        (target(filesystem="nfs4"), "network"),
        (target(filesystem="btrfs"), "ext4"),
        (target(device("dm-0", kind="dm-crypt", bus="unknown"), device()), "encryption"),
        (target(device("loop0", kind="loop", bus="unknown")), "file on another"),
        (target(device(bus="virtio")), "cache=none"),
        (target(device(bus="nvme")), "power-loss protection"),
    ],
)
def test_the_advice_fits_the_device(where: Target, word: str) -> None:
    """A spinning disk is not told to try another filesystem."""
    assert word in advice.for_slow_flushes(where)


def test_a_virtual_disk_that_claims_to_spin_is_not_believed() -> None:
    """virtio says rotational for every disk."""
    assert not advice.spins(device(bus="virtio", rotational=True))
    assert advice.spins(device(bus="sata", rotational=True))
