"""The scripts for clusters: their own parsers accept them, and they start the recipe as accelerate's options allow."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest
import yaml
from accelerate.commands.launch import launch_command_parser

RECIPES = Path(__file__).parents[2] / "recipes"
SLURM = RECIPES / "launchers" / "slurm.sh"
KUBERNETES = RECIPES / "launchers" / "kubernetes.yaml"
SBATCH = {
    "cpus-per-task": r"\d+",
    "gpus-per-node": r"(\w+:)?\d+",
    "job-name": r"[\w-]+",
    "nodes": r"\d+(-\d+)?",
    "ntasks-per-node": r"\d+",
    "output": r"[\w/%.-]+",
    "signal": r"([BR]:)?(\d+|[A-Z0-9]+)(@\d+)?",
    "time": r"(\d+-)?\d+(:\d\d){0,2}",
}
"""What `sbatch` takes as the value of each option, by its manual."""

STUBS = """
scontrol() { echo node-a; echo node-b; }
srun() { shift; SLURM_NODEID=1 "$@"; }
accelerate() { printf '%s\\n' "$@"; }
export -f accelerate
exec() { "$@"; }
export -f exec
"""


def launched(words):
    """Return what accelerate's own parser makes of a command line."""
    return launch_command_parser().parse_args(words)


def test_the_shell_accepts_the_slurm_script():
    assert subprocess.run(["bash", "-n", str(SLURM)], check=False).returncode == 0


def test_its_directives_are_options_of_sbatch_and_stand_before_any_command():
    lines = SLURM.read_text().splitlines()
    head = lines[: next(n for n, line in enumerate(lines) if line and not line.startswith("#"))]
    directives = [line.removeprefix("#SBATCH --") for line in lines if line.startswith("#SBATCH")]

    assert len(directives) == sum(line.startswith("#SBATCH") for line in head) == 8
    for name, _, value in (directive.partition("=") for directive in directives):
        assert re.fullmatch(SBATCH[name], value), name


def test_the_slurm_script_gives_each_node_its_number_and_the_first_ones_address():
    settings = {"SLURM_JOB_NODELIST": "node-[a-b]", "SLURM_GPUS_ON_NODE": "8", "SLURM_NNODES": "2"}
    script = STUBS + SLURM.read_text()
    command = ["bash", "-c", script, "slurm.sh", "FILE.yaml", "--max_steps", "3"]

    ran = subprocess.run(command, env={"PATH": "/usr/bin:/bin", **settings}, capture_output=True, text=True, timeout=60)

    assert ran.returncode == 0, ran.stderr
    given = launched(ran.stdout.splitlines()[1:])
    assert (given.num_machines, given.num_processes, given.machine_rank) == (2, 16, 1)
    assert (given.main_process_ip, given.main_process_port) == ("node-a", 29500)
    assert given.training_script_args == ["--config", "FILE.yaml", "--max_steps", "3"]


def test_kubernetes_knows_every_field_of_the_job():
    validate = pytest.importorskip("kubernetes_validate", reason="the schemas of Kubernetes are not installed")
    documents = list(yaml.safe_load_all(KUBERNETES.read_text()))

    assert [document["kind"] for document in documents] == ["Service", "Job"]
    for document in documents:
        validate.validate(document, validate.latest_version(), strict=True)


def test_the_job_starts_the_recipe_on_as_many_machines_as_it_has_pods():
    service, job = yaml.safe_load_all(KUBERNETES.read_text())
    spec = job["spec"]
    (container,) = spec["template"]["spec"]["containers"]
    words = [word.replace("$(JOB_COMPLETION_INDEX)", "1") for word in container["args"]]

    given = launched(words)

    assert spec["completions"] == spec["parallelism"] == given.num_machines == 2
    assert given.num_processes == 2 * int(container["resources"]["limits"]["nvidia.com/gpu"])
    assert given.main_process_ip == f"{job['metadata']['name']}-0.{service['metadata']['name']}"
    assert spec["template"]["spec"]["subdomain"] == service["metadata"]["name"]
    for path in (given.config_file, given.training_script, given.training_script_args[0].partition("=")[2]):
        assert (RECIPES.parent / path).is_file(), shlex.quote(path)
