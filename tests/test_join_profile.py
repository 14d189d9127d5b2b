"""The models of a join: what they hold, and that every number has its source."""

import msgspec
import pytest

from etcdbench import profile
from etcdbench.errors import ProfileError
from etcdbench.join_profile import Join, Sourced


def join(cni: str) -> Join:
    """Return the model of a join."""
    found = profile.load(f"node-join-{cni}").profile.join
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("cni", "writes", "rate"), [("flannel", 86, 2.4), ("cilium", 129, 2.9), ("calico", 102, 2.4)]
)
def test_a_node_writes_so_often(cni: str, writes: int, rate: float) -> None:
    """Flannel and Cilium as in the research, Calico put together from it."""
    assert join(cni).cni == cni
    assert join(cni).writes_per_node() == writes
    assert join(cni).background.rate_per_second == rate


@pytest.mark.parametrize(
    ("cni", "register", "pull", "settle"), [("flannel", 32, 40, 14), ("cilium", 37, 78, 14)]
)
def test_each_phase_has_its_share_of_them(cni: str, register: int, pull: int, settle: int) -> None:
    """And they last 120 s together."""
    model = join(cni)

    assert model.writes_per_node("register") == register
    assert model.writes_per_node("pull") == pull
    assert model.writes_per_node("settle") == settle
    assert model.window_seconds == 120


@pytest.mark.parametrize(("cni", "mean_bytes"), [("flannel", 2350), ("cilium", 3400)])
def test_values_have_the_mean_size_that_is_known(cni: str, mean_bytes: int) -> None:
    """Within a tenth."""
    model = join(cni)
    sizes = [
        kind.value_size_bytes
        for kind in model.objects
        for phase in model.phases
        for _ in range(kind.count(phase.name))
    ]

    assert sum(sizes) / len(sizes) == pytest.approx(mean_bytes, rel=0.1)


@pytest.mark.parametrize("cni", ["flannel", "cilium", "calico"])
def test_what_is_assumed_is_a_number_of_its_table(cni: str) -> None:
    """A mark that names nothing would hide an assumption."""
    tables: list[tuple[str, Sourced]] = list(join(cni).tables())

    assert len(tables) > 15
    for name, table in tables:
        assert set(table.assumed) <= set(msgspec.structs.asdict(table)) - {"basis", "assumed"}, name
        assert table.basis
    assert len(join(cni).assumptions()) == sum(1 for _, table in tables if table.assumed)


def test_calico_says_that_it_is_assumed() -> None:
    """No source was found for its counts: every kind of object of its own is marked."""
    own = [kind for kind in join("calico").objects if "calico" in kind.name.lower()]

    assert own
    assert all({"register", "pull"} & set(kind.assumed) for kind in own)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("rate_per_second = 2.4", "rate_per_second = 0"),
        ("writes_mean = 4", "writes_mean = 0.5"),
        ('name = "settle"', 'name = "other"'),
        ("register = 3", "register = -3"),
        ("blobs = 13", "blobs = 0"),
        ("large_share = 0.4", "large_share = 1.4"),
    ],
)
def test_a_model_that_cannot_be_is_refused(old: str, new: str) -> None:
    """As a profile's every mistake is."""
    text = profile.load("node-join-flannel").text
    assert old in text

    with pytest.raises(ProfileError):
        profile.parse(text.replace(old, new, 1), name="mine")


@pytest.mark.parametrize("cni", ["flannel", "cilium", "calico"])
def test_exactly_the_tables_with_assumed_numbers_are_listed(cni: str) -> None:
    """By name, each with its numbers."""
    expected = [
        f"{name}: {', '.join(table.assumed)}" for name, table in join(cni).tables() if table.assumed
    ]

    assert list(join(cni).assumptions()) == expected


def test_a_model_of_two_phases_is_refused() -> None:
    """A join registers, pulls and settles."""
    text = profile.load("node-join-flannel").text
    begin = text.index('[[join.phases]]\nname = "settle"')
    end = text.index("[[join.objects]]")

    with pytest.raises(ProfileError, match="phases"):
        profile.parse(text[:begin] + text[end:], name="mine")


@pytest.mark.parametrize("cni", ["flannel", "cilium", "calico"])
def test_a_profile_s_description_states_its_own_total(cni: str) -> None:
    """What `profiles show` prints is what is written."""
    text = profile.load(f"node-join-{cni}").profile.description

    assert text.strip().startswith(f"{join(cni).writes_per_node()} writes a node")


def test_a_model_whose_phases_are_out_of_order_or_alike_is_refused() -> None:
    """Register, pull and settle, in this order: else there is no pull, or it comes first."""
    text = profile.load("node-join-flannel").text
    alike = text.replace('name = "pull"', 'name = "settle"', 1)
    swapped = text.replace('name = "register"', 'name = "X"', 1)
    swapped = swapped.replace('name = "pull"', 'name = "register"', 1).replace('"X"', '"pull"', 1)

    for bad in (alike, swapped):
        with pytest.raises(ProfileError):
            profile.parse(bad, name="mine")
