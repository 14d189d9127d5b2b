"""Which etcd applies what it has not flushed yet."""

import pytest

from etcdbench import etcd_versions


@pytest.mark.parametrize("version", ["3.3.27", "3.4.20", "3.5.0-rc.1", "3.5.4"])
def test_before_the_patch_that_mended_it_puts_are_applied_beside_the_flush(version: str) -> None:
    """As the etcd project's changelogs of 3.4 and 3.5 have it."""
    assert etcd_versions.applies_beside_flush(version)
    assert [one.code for one in etcd_versions.caveats(version)] == ["applies_beside_flush"]


@pytest.mark.parametrize("version", ["3.4.21", "3.4.23+dfsg", "3.5.5", "3.5.16", "3.6.0", "4.0.0"])
def test_since_then_etcd_waits_and_nothing_is_said(version: str) -> None:
    """In every release after these, too."""
    assert not etcd_versions.applies_beside_flush(version)
    assert not list(etcd_versions.caveats(version))


def test_of_what_is_no_version_nothing_is_said() -> None:
    """A build without a number."""
    assert not etcd_versions.applies_beside_flush("Git-main")


def test_the_caveat_names_the_version_and_says_which_to_use() -> None:
    """A warning carries its advice."""
    (caveat,) = etcd_versions.caveats("3.5.1")

    assert "etcd 3.5.1" in caveat.message
    assert "3.5.5" in caveat.advice
    assert "--etcd" in caveat.advice
