"""Runs snippets in really confined children; the tests start it in a fresh interpreter, as root or as another user.

It reads JSON from standard input and writes JSON to standard output. A snippet gets `say(value)`, with which it reports
what it saw, and `tell(name)`, with which it reads a value that the test passed in.
"""

import json
import os
import sys
import traceback


def main() -> None:
    order = json.load(sys.stdin)
    sys.path.insert(0, order["package_root"])
    from trl_rlvr.sandbox.confine.stack import Confinement

    for module in order["preload"]:
        __import__(module)
    settings = {
        "scratch_parent": order["scratch_parent"],
        "memory_mib": 512,
        "file_mib": 1,
        "scratch_mib": 8,
        "open_files": 64,
        "threads": 8,
        "off": frozenset(order["off"]),
        "readable": order["readable"],
    }
    confinement = Confinement(**settings)
    confinement.enter_server()
    confinement.lay_out_children()
    if order["server"]:
        exec(order["server"], {"confinement": confinement})
    results = [run(confinement, role, code, order) for role, code in order["snippets"]]
    left = [name for folders in confinement._scratch.values() for name in os.listdir(folders._fd)]
    confinement.close()
    layers = {layer.name: [layer.on, layer.why] for layer in confinement.layers}
    print(json.dumps({"layers": layers, "results": results, "left": left, "server_pid": os.getpid()}))


def run(confinement, role: str, code: str, order: dict) -> dict:
    out, into = os.pipe()
    pid = confinement.fork(role, 2)
    if pid == 0:
        os.close(out)
        said = []
        error = None
        try:
            exec(compile(code, "snippet", "exec"), {"say": said.append, "told": order["told"], "__name__": "snippet"})
        except BaseException:
            error = traceback.format_exc()
        data = json.dumps([said, error]).encode()
        while data:
            data = data[os.write(into, data) :]
        os._exit(0)
    os.close(into)
    with os.fdopen(out, "rb") as pipe:
        answer = pipe.read()
    _, status = os.waitpid(pid, 0)
    confinement.sweep(pid)
    fault = confinement.fault(pid)
    said, error = json.loads(answer) if answer else ([], None)
    return {"said": said, "error": error, "status": status, "fault": fault}


if __name__ == "__main__":
    main()
