import os
import sys

from trl_rlvr.sandbox.confine import paths


def test_installed_packages_are_not_granted():
    readable = paths.readable()

    assert not [path for path in readable.granted if path.rstrip("/").endswith("-packages")]
    assert not any(path in ("/", "/usr", "/usr/lib", "/usr/local/lib", sys.prefix) for path in readable.granted)


def test_no_granted_folder_contains_installed_packages():
    readable = paths.readable()
    folders = [path for path in readable.granted if os.path.isdir(path)]

    inside = [
        os.path.join(folder, name)
        for folder in folders
        for name in ("site-packages", "dist-packages")
        if os.path.isdir(os.path.join(folder, name))
    ]

    assert inside == []


def test_each_module_of_the_standard_library_is_granted():
    granted = set(paths.readable().granted)
    folder = os.path.dirname(os.__file__)

    assert {f"{folder}/json", f"{folder}/heapq.py", f"{folder}/encodings"} <= granted


def test_packages_are_found_for_hiding(tmp_path):
    for name in ("site-packages", "dist-packages", "json", "python3.11"):
        (tmp_path / name).mkdir()

    assert paths.hidden_in_stdlib(str(tmp_path)) == [f"{tmp_path}/site-packages", f"{tmp_path}/dist-packages"]
    assert paths.hidden_in_library_folder(str(tmp_path)) == [f"{tmp_path}/python3.11"]


def test_only_libraries_are_granted_in_a_folder_of_libraries(tmp_path):
    for name in ("libz.so", "libz.so.1.2", "answers.jsonl", "data.so.json", "libz.a"):
        (tmp_path / name).touch()

    assert paths._library_files(str(tmp_path)) == [f"{tmp_path}/libz.so", f"{tmp_path}/libz.so.1.2"]


def test_extra_paths_that_do_not_exist_are_left_out(tmp_path):
    readable = paths.readable([str(tmp_path), f"{tmp_path}/missing"])

    assert str(tmp_path) in readable.granted
    assert f"{tmp_path}/missing" not in readable.granted


def test_a_file_is_open_to_all_if_they_can_read_it_and_reach_it(tmp_path):
    for folder in (tmp_path, *tmp_path.parents[:-2]):
        folder.chmod(0o755)
    file = tmp_path / "os.py"
    file.touch(0o644)

    assert paths.open_to_all(str(file))

    file.chmod(0o600)
    assert not paths.open_to_all(str(file))

    file.chmod(0o644)
    tmp_path.chmod(0o700)
    assert not paths.open_to_all(str(file))
