"""Profiles: ours all load, and a hostile one is refused in a sentence."""

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etcdbench import profile
from etcdbench.errors import ProfileError

HEAD = 'format = "etcdbench-profile"\nversion = 1\ntitle = "Mine"\n'
REQUESTS = "[requests]\nrate_per_second = 5\n"
PHASE = '[[phases]]\nname = "mine"\nruntime_seconds = 5\n'


def test_every_profile_of_ours_loads() -> None:
    """All names lead to a profile with a title."""
    assert {"steady", "ladder", "recipe"} <= set(profile.names())
    for name in profile.names():
        assert profile.load(name).profile.title


def test_the_recipe_is_what_people_publish() -> None:
    """--size=22m --bs=2300 --fdatasync=1 --rw=write --ioengine=sync."""
    recipe = profile.load("recipe").profile.recipe

    assert recipe is not None
    assert (recipe.size_bytes, recipe.bs_bytes, recipe.fdatasync) == (22 * 2**20, 2300, 1)


def test_a_profile_of_ones_own_is_read_from_a_file(tmp_path: Path) -> None:
    """Its text is kept as it is."""
    path = tmp_path / "mine.toml"
    path.write_text(HEAD + REQUESTS + PHASE)

    loaded = profile.load(str(path))

    assert loaded.text == HEAD + REQUESTS + PHASE
    assert loaded.profile.phases[0].name == "mine"


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "format"),
        ("not toml [", "profile"),
        (HEAD, "either"),
        (HEAD + REQUESTS, "phases"),
        (HEAD + REQUESTS + PHASE + PHASE, "alike"),
        (HEAD + REQUESTS + PHASE.replace("mine", "calibrate"), "ours"),
        (HEAD + REQUESTS + PHASE.replace("mine", "ladder-s"), "ours"),
        (
            HEAD + "[requests]\nrate_per_second = 100000\n" + PHASE.replace("= 5", "= 3600"),
            "more than",
        ),
        (HEAD + REQUESTS + PHASE.replace("mine", "../../etc"), "pattern|regex"),
        (HEAD + REQUESTS + PHASE.replace("= 5", "= 1e9"), "runtime_seconds"),
        (HEAD + REQUESTS + PHASE.replace("= 5", "= nan"), "runtime_seconds"),
        (HEAD + "[requests]\nrate_per_second = -1\n" + PHASE, "rate_per_second"),
        (HEAD + "[requests]\nrate_per_second = inf\n" + PHASE, "rate_per_second"),
        (HEAD + REQUESTS + 'exec_prerun = "rm -rf /"\n' + PHASE, "exec_prerun"),
        (
            HEAD + '[recipe]\nrw="write"\nioengine="sync"\nfdatasync=1\nsize_bytes=4096\n'
            'bs_bytes=4096\nfilename="/dev/sda"\n',
            "filename",
        ),
        (
            HEAD + '[recipe]\nrw="trim"\nioengine="sync"\nfdatasync=1\nsize_bytes=4096\n'
            "bs_bytes=4096\n",
            "rw",
        ),
        (HEAD.replace("version = 1", "version = 2") + REQUESTS + PHASE, "version"),
    ],
)
def test_what_a_profile_cannot_say_is_refused(text: str, word: str) -> None:
    """Unknown fields, wild numbers and foreign files never reach fio."""
    with pytest.raises(ProfileError, match=word):
        profile.parse(text, name="bad")


def test_a_missing_huge_or_binary_file_is_one_sentence(tmp_path: Path) -> None:
    """Nothing but a small text file is a profile."""
    huge, binary = tmp_path / "huge", tmp_path / "binary"
    huge.write_text("#" * (profile.SIZE_MAX_BYTES + 1))
    binary.write_bytes(b"\xff\xfe\x00")

    for path in (tmp_path / "missing", huge, binary, tmp_path):
        with pytest.raises(ProfileError):
            profile.load(str(path))


@given(st.text(max_size=300))
def test_any_text_is_a_profile_or_one_sentence(text: str) -> None:
    """No text makes it crash."""
    with contextlib.suppress(ProfileError):
        assert profile.parse(text, name="fuzz").title
