"""Run configurations: what is accepted, and the words for what is not."""

from pathlib import Path

import pytest

from toolchain.config import load_config
from toolchain.errors import BadInput


def config(tmp_path, text):
    path = tmp_path / "run.toml"
    path.write_text(text)
    return path


def test_defaults_and_override(tmp_path):
    path = config(tmp_path, 'name = "tiny"\nseed = 3\n[validate]\nsamples = 5\n[data]\nnpz = "x.npz"\n')
    with pytest.raises(BadInput, match=r"data\.npz: .*x\.npz is no file"):
        load_config(path)
    (tmp_path / "x.npz").write_bytes(b"")
    loaded = load_config(path, board="host")
    assert (loaded.board, loaded.seed, loaded.validation.samples) == ("host", 3, 5)
    assert loaded.data.npz == tmp_path / "x.npz"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('name = "a"\nsede = 1', r"sede: unknown key\. Did you mean seed\?"),
        ('name = "a"\n[train]\nepoch = 1', r"train\.epoch: unknown key\. Did you mean epochs\?"),
        ('name = "a"\n[limits]\narena_bytes = 0', r"limits\.arena_bytes: .*greater than 0 \(got 0\)"),
        (
            'name = "a"\n[limits]\ninstructions = 1\nlatency_us = 2.0',
            r"limits: give one of instructions and latency_us",
        ),
        ('name = "a b"', "name: String should match pattern"),
        ('name = ".."', "name: String should match pattern"),
        ("seed = 1", "name: Field required"),
        ('name = "a"\n[search]\nspace = "mobilnet"', r"search\.space: .*mobilenet"),
        ('name = "a"\n[search]\nproxies = ["synflo"]', r"search\.proxies: .*synflow"),
        ("name = ", "is not valid TOML"),
    ],
)
def test_every_fault_is_named(tmp_path, text, words):
    with pytest.raises(BadInput, match=words):
        load_config(config(tmp_path, text))


def test_missing_file():
    with pytest.raises(BadInput, match=r"nowhere\.toml does not exist. Start from examples/digits\.toml"):
        load_config(Path("nowhere.toml"))
    with pytest.raises(BadInput, match="cannot be read"):
        load_config(Path("/"))
