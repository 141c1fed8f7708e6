"""The run folder: nothing half-written counts, finished stages are recognised, one run at a time."""

import json

import pytest

from search.files import write_atomic
from toolchain.errors import BadInput, EnvironmentFailure
from toolchain.runfolder import RunFolder, sha256_tree


@pytest.fixture
def folder(tmp_path):
    return RunFolder(tmp_path / "run")


def finish(folder, inputs, content="one"):
    folder.write_json("stage/out.json", content)
    folder.finish("stage", inputs, ["stage/out.json"], {"seed": 1})


def test_a_stage_is_finished_only_with_the_same_inputs_and_untouched_outputs(folder):
    assert not folder.is_finished("stage", {"a": "1"})
    finish(folder, {"a": "1"})
    assert folder.is_finished("stage", {"a": "1"})
    assert not folder.is_finished("stage", {"a": "2"})
    assert not folder.is_finished("stage", {"a": "1", "b": "1"})
    folder.write_json("stage/out.json", "changed")
    assert not folder.is_finished("stage", {"a": "1"})
    folder.file("stage/out.json").unlink()
    assert not folder.is_finished("stage", {"a": "1"})


def test_a_stage_that_did_not_pass_is_current_but_not_finished(folder):
    folder.write_json("stage/out.json", 1)
    folder.finish("stage", {"a": "1", "b": "2"}, ["stage/out.json"], {}, passed=False)
    assert folder.is_current("stage", {"a": "1"})
    assert not folder.is_finished("stage", {"a": "1", "b": "2"})
    assert not folder.is_current("stage", {"a": "2"})


def test_writing_leaves_no_other_files(tmp_path):
    write_atomic(tmp_path / "deep" / "file", "text")
    assert [p.name for p in (tmp_path / "deep").iterdir()] == ["file"]


def test_timings_stay_out_of_the_manifest(folder):
    finish(folder, {})
    before = folder.file("run.json").read_bytes()
    folder.add_timing("stage", 1.5)
    assert folder.file("run.json").read_bytes() == before
    assert json.loads(folder.file("timing.json").read_text())["stage"]["wall_s"] == 1.5


def test_one_run_at_a_time(folder):
    with (
        folder.locked(),
        pytest.raises(EnvironmentFailure, match=r"in use by another mcunas.*--out"),
        RunFolder(folder.path).locked(),
    ):
        pass
    with folder.locked():
        assert folder.path.is_dir()


def test_damaged_and_foreign_files_are_named(folder):
    with pytest.raises(BadInput, match=r"config\.json is missing"):
        folder.read_json("config.json")
    write_atomic(folder.file("config.json"), "{")
    with pytest.raises(BadInput, match=r"config\.json is damaged"):
        folder.read_json("config.json")
    folder.write_json("run.json", {"format": 99, "stages": {}})
    with pytest.raises(BadInput, match="has format 99, this mcunas writes 1"):
        folder.manifest()


@pytest.mark.parametrize(
    "content",
    [
        {"format": 1},
        {"format": 1, "stages": {"search": {"inputs": {}}}},
        {"stages": {}},
        [],
        {"format": 1, "stages": 3},
    ],
)
def test_a_manifest_without_its_keys_is_damaged(folder, content):
    folder.write_json("run.json", content)
    with pytest.raises(BadInput, match=r"run\.json is damaged .*\. Delete it and run again\."):
        folder.is_finished("search", {})


def test_facts_stay_in_the_manifest(folder):
    finish(folder, {"a": "1"})
    assert folder.manifest()["seed"] == 1


@pytest.mark.parametrize("content", ["{", "[1]", "3", "\0"])
def test_damaged_timings_are_replaced(folder, content):
    write_atomic(folder.file("timing.json"), content)
    folder.add_timing("stage", 1.5)
    assert list(json.loads(folder.file("timing.json").read_text())) == ["stage"]


@pytest.mark.parametrize("place", ["a file", "a file/run", "/proc/run"])
def test_a_folder_that_cannot_be_made_is_told(tmp_path, place):
    (tmp_path / "a file").touch()
    path = tmp_path / place
    with pytest.raises(EnvironmentFailure, match=rf"^Cannot write {path}: .* with --out\.$"), RunFolder(path).locked():
        pass


def test_a_tree_digest_sees_names_and_contents(tmp_path):
    (tmp_path / "a.py").write_text("1")
    first = sha256_tree(tmp_path, ".py")
    (tmp_path / "b.txt").write_text("1")
    assert sha256_tree(tmp_path, ".py") == first
    (tmp_path / "a.py").rename(tmp_path / "c.py")
    assert sha256_tree(tmp_path, ".py") != first
