"""Kernels forked from a process that has the imports done: half the time a chapter takes.

A kernel provisioner, which is Jupyter's public place for this: papermill, notebooks and the plain
`jupyter-book build` know nothing of it. The runner chooses it by an environment variable in its
workers (`kernels.py`). Where it cannot work (another kernel, a process that did not come up) an
ordinary kernel is started instead.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from typing import Any

from jupyter_client.provisioning import LocalProvisioner

from sustainment.book.kernels import MODULES

START_LIMIT = 60  # seconds for the imports


class ForkedKernel:
    """A forked kernel, with what jupyter_client asks of a `subprocess.Popen`."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int, handle: int) -> None:
        self.pid = pid
        self.handle = handle
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """None while the kernel lives. The handle names this process even if its pid is used again."""
        if self.returncode is None and select.select([self.handle], [], [], 0)[0]:
            self._ended()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            if not select.select([self.handle], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("kernel", timeout or 0)
            self._ended()
        assert self.returncode is not None
        return self.returncode

    def _ended(self) -> None:
        os.close(self.handle)
        self.returncode = 0  # its parent, not this process, was told how it ended

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            signal.pidfd_send_signal(self.handle, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)


class Warm:
    """The warm process of this worker, and the channel to it."""

    def __init__(self, modules: str) -> None:
        self.channel, theirs = socket.socketpair()
        # Told to die with the *thread* that started it, it must not be started by a passing one.
        in_main = threading.current_thread() is threading.main_thread()
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-Xfrozen_modules=off", "-m", "sustainment.book.warm",
                 str(theirs.fileno()), modules, "die" if in_main else "end"],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )  # fmt: skip
        self.channel.settimeout(START_LIMIT)
        if self.channel.recv(16) != b"ready\n":
            self.stop()
            raise OSError("the process with the imports did not come up")

    def fork(self, argv: list[str], env: dict[str, str], cwd: str) -> ForkedKernel:
        request = json.dumps({"argv": argv, "env": env, "cwd": cwd})
        self.channel.sendall(request.encode() + b"\n")
        answer, handles, _, _ = socket.recv_fds(self.channel, 32, 1)
        if not answer or not handles:
            raise OSError("the process with the imports is gone")
        return ForkedKernel(int(answer), handles[0])

    def stop(self) -> None:
        self.channel.close()
        self.process.kill()
        self.process.wait()


_warm: dict[str, Warm] = {}
_one_at_a_time = threading.Lock()


def warm_process(modules: str) -> Warm:
    """This worker's warm process, started on first use and again if it died."""
    known = _warm.get(modules)
    if known and known.process.poll() is None:
        return known
    stop_warm()
    _warm[modules] = Warm(modules)
    return _warm[modules]


def stop_warm() -> None:
    while _warm:
        _warm.popitem()[1].stop()


atexit.register(stop_warm)


class WarmProvisioner(LocalProvisioner):
    """Starts Python kernels by forking; everything else is jupyter_client's own."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        module = cmd.index("-m") + 1 if "-m" in cmd else 0
        if module and cmd[module] == "ipykernel_launcher" and sys.platform == "linux":
            with contextlib.suppress(OSError, ValueError), _one_at_a_time:
                warm = warm_process(os.environ.get(MODULES, ""))
                env = kwargs.get("env") or dict(os.environ)
                cwd = kwargs.get("cwd") or os.getcwd()
                self.process = warm.fork(cmd[module + 1 :], env, cwd)
                self.pid = self.process.pid
                self.pgid = self.process.pid
                return self.connection_info
        return await super().launch_kernel(cmd, **kwargs)
