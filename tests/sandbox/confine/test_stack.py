import os

import pytest
from support.arena import NAMESPACES

from trl_rlvr.sandbox.confine.layers import LAYERS

HONEST = {
    "threads": (
        "import threading, queue\n"
        "q = queue.Queue()\n"
        "threads = [threading.Thread(target=q.put, args=(n,)) for n in range(4)]\n"
        "[t.start() for t in threads]; [t.join() for t in threads]\n"
        "say(sorted(q.get() for _ in threads))\n",
        [[0, 1, 2, 3]],
    ),
    "thread pool": (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "with ThreadPoolExecutor(3) as pool: say(list(pool.map(abs, [-1, -2])))\n",
        [[1, 2]],
    ),
    "asyncio": (
        "import asyncio\n"
        "async def main():\n"
        "    await asyncio.sleep(0.001)\n"
        "    return await asyncio.gather(*(asyncio.to_thread(abs, -n) for n in range(3)))\n"
        "say(asyncio.run(main()))\n",
        [[0, 1, 2]],
    ),
    "decimals, hashes, random numbers": (
        "import decimal, hashlib, random, secrets, uuid\n"
        "say(str(decimal.Decimal(1) / 3)[:6]); say(hashlib.sha256(b'').hexdigest()[:4])\n"
        "random.random(); secrets.token_hex(4); uuid.uuid4()\n",
        ["0.3333", "e3b0"],
    ),
    "time zones": (
        "import datetime, zoneinfo\n"
        "say(datetime.datetime(2024, 7, 1, tzinfo=zoneinfo.ZoneInfo('Europe/Paris')).utcoffset().seconds)\n",
        [7200],
    ),
    "clocks and alarms": (
        "import signal, time\n"
        "signal.signal(signal.SIGALRM, lambda *_: say('rang'))\n"
        "signal.setitimer(signal.ITIMER_REAL, 0.01); time.sleep(0.1)\n"
        "time.time(), time.monotonic(), time.process_time(), time.thread_time(), time.perf_counter()\n",
        ["rang"],
    ),
    "system information": (
        "import os, platform, shutil\n"
        "say(os.cpu_count() > 0); platform.machine(); platform.python_version(); os.uname(); os.getlogin\n"
        "shutil.get_terminal_size(); os.getpid(); os.get_terminal_size\n",
        [True],
    ),
    "files": (
        "import json, pathlib, shutil, csv, sqlite3\n"
        "path = pathlib.Path('folder/file.json'); path.parent.mkdir(); path.write_text(json.dumps([1]))\n"
        "shutil.copyfile(path, 'copy'); path.rename('moved'); pathlib.Path('new').touch()\n"
        "base = sqlite3.connect('base'); base.execute('create table t (x)'); base.execute('insert into t values (5)')\n"
        "base.commit(); say(base.execute('select x from t').fetchall())\n"
        "shutil.rmtree('folder'); say(sorted(p.name for p in pathlib.Path('.').iterdir()))\n",
        [[[5]], ["base", "copy", "moved", "new"]],
    ),
    "deep recursion in C": (
        "import sys\n"
        "sys.setrecursionlimit(100_000)\n"
        "nested = []\n"
        "for _ in range(20_000): nested = [nested]\n"
        "say(len(repr(nested)))\n",
        [40_002],
    ),
    "numbers of many digits": ("import sys\nsys.set_int_max_str_digits(0)\nsay(len(str(7 ** 20_000)))\n", [16_902]),
}
MODULES = [
    "argparse", "asyncio", "concurrent.futures", "concurrent.futures.thread", "csv", "datetime", "decimal", "hashlib",
    "importlib.util", "json", "pathlib", "platform", "queue", "random", "secrets", "shutil", "signal", "sqlite3", "ssl",
    "tempfile", "threading", "uuid", "zoneinfo",
]  # fmt: skip


@pytest.mark.parametrize("kind", HONEST)
def test_honest_programs_work(starter, kind):
    snippet, expected = HONEST[kind]

    assert starter.run(snippet, preload=MODULES).said == expected


def test_all_honest_programs_work_for_anyone(anyone):
    confined = anyone.run(*(snippet for snippet, _ in HONEST.values()), preload=MODULES)

    failed = {kind: result["error"] for kind, result in zip(HONEST, confined.results, strict=True) if result["error"]}
    assert failed == {}
    assert [result["said"] for result in confined.results] == [expected for _, expected in HONEST.values()]


def test_numpy_works_where_it_is_installed(starter):
    numpy = pytest.importorskip("numpy")
    folder = os.path.dirname(numpy.__file__)
    snippet = (
        "import importlib.util, sys\n"
        "spec = importlib.util.spec_from_file_location('numpy', told + '/__init__.py')\n"
        "numpy = sys.modules['numpy'] = importlib.util.module_from_spec(spec)\n"
        "spec.loader.exec_module(numpy)\n"
        "say(int((numpy.ones((300, 300)) @ numpy.ones((300, 300))).sum()))\n"
    )

    confined = starter.run(snippet, told=folder, readable=[folder, f"{folder}.libs"], off=("rlimits",), preload=MODULES)

    assert confined.said == [27_000_000]


def test_every_layer_is_reported_once(anyone):
    layers = anyone.run().layers

    assert list(layers) == list(LAYERS)
    assert {name for name, (on, why) in layers.items() if not on and not why} == set()
    assert all(not layers[name][0] for name in anyone.off)


def test_seccomp_landlock_and_limits_need_no_privilege(make_setting):
    off = (*NAMESPACES, "ids")
    user = 65534 if os.geteuid() == 0 else None

    confined = make_setting("user", user=user, off=off).run()

    assert confined.on("rlimits", "no_new_privs", "dumpable", "capabilities", "seccomp")


def test_a_child_that_cannot_be_confined_runs_nothing(starter):
    break_it = (
        "from trl_rlvr.sandbox.confine import kernel\n"
        "*before, filter = confinement._plan._calls['candidate']\n"
        "confinement._plan._calls['candidate'] = (*before, kernel.prepare('chdir', 1), filter)\n"
    )

    (result,) = starter.run("say('ran')", server=break_it).results

    assert result["said"] == []
    assert os.waitstatus_to_exitcode(result["status"]) == 1
    assert "chdir: " in result["fault"]


def test_the_server_of_a_pid_namespace_is_its_first_process(starter):
    confined = starter.run()
    if not confined.on("pid_ns"):
        pytest.skip(confined.layers["pid_ns"][1])

    assert confined.server_pid == 1


def test_descriptors_of_the_scratch_do_not_reach_the_child(anyone):
    snippet = (
        "import os\n"
        "for fd in range(3, 64):\n"
        "    try:\n        os.listdir(fd); say(fd)\n"
        "    except OSError:\n        pass\n"
    )

    assert anyone.run(snippet).said == []
