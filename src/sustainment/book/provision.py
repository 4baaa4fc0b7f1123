"""Kernels forked from a process that has the imports done: half the time a chapter takes.

A kernel provisioner, which is Jupyter's public place for this: papermill, notebooks and the plain
`jupyter-book build` know nothing of it. The runner starts one such process a build and chooses this
provisioner by an environment variable in its workers (`kernels.py`); a worker without a runner beside
it, as on a cluster, starts its own. Where it cannot work (another kernel, a process that did not come up) an
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
import tempfile
import threading
from pathlib import Path
from typing import Any, cast

from jupyter_client.provisioning import LocalProvisioner

from sustainment.book.kernels import KERNEL_ENVIRONMENT, MODULES, PLACE

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
    """A process with the imports done, and the socket at which it takes requests."""

    def __init__(self, place: Path, modules: str) -> None:
        """Raises OSError where no socket can be made (a path of over 100 characters, for one)."""
        self.place = place
        place.unlink(missing_ok=True)
        # Told to die with the *thread* that started it, it must not be started by a passing one.
        in_main = threading.current_thread() is threading.main_thread()
        life, self.life = os.pipe()  # the other end notices when this process is gone
        with socket.socket(socket.AF_UNIX) as listener, open(life, closefd=True):
            before = os.umask(0o177)  # only this user may ask for a kernel
            try:
                listener.bind(str(place))
            except OSError:
                os.close(self.life)
                raise
            finally:
                os.umask(before)
            listener.listen()
            self.process = subprocess.Popen(
                [sys.executable, "-Xfrozen_modules=off", "-m", "sustainment.book.warm",
                 str(listener.fileno()), str(life), modules, "die" if in_main else "end"],
                pass_fds=[listener.fileno(), life],
                env={**os.environ, **KERNEL_ENVIRONMENT},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )  # fmt: skip

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.life)
        self.place.unlink(missing_ok=True)


class Channel:
    """This process's line to a warm process. Its kernels end when it closes, or when this process does."""

    def __init__(self, place: str) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(START_LIMIT)
        self.socket.connect(place)

    def fork(self, argv: list[str], env: dict[str, str], cwd: str) -> ForkedKernel:
        request = json.dumps({"argv": argv, "env": env, "cwd": cwd})
        self.socket.sendall(request.encode() + b"\n")
        answer, handles, _, _ = socket.recv_fds(self.socket, 32, 1)
        if not answer or not handles:
            raise OSError("the process with the imports is gone")
        return ForkedKernel(int(answer), handles[0])


_channels: dict[str, Channel] = {}
_own: dict[str, Warm] = {}
_one_at_a_time = threading.Lock()


def channel_to(place: str, modules: str) -> Channel:
    """The line to the runner's warm process, or to one of this process's own where there is none."""
    if not place:
        if modules not in _own or _own[modules].process.poll() is not None:
            place = os.path.join(tempfile.mkdtemp(prefix="warm-"), "socket")
            _own[modules] = Warm(Path(place), modules)
        place = str(_own[modules].place)
    if place not in _channels:
        _channels[place] = Channel(place)
    return _channels[place]


def stop_own() -> None:
    while _own:
        warm = _own.popitem()[1]
        warm.stop()
        warm.place.parent.rmdir()


atexit.register(stop_own)


class WarmProvisioner(LocalProvisioner):
    """Starts Python kernels by forking; everything else is jupyter_client's own."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        module = cmd.index("-m") + 1 if "-m" in cmd else 0
        if module and cmd[module] == "ipykernel_launcher" and sys.platform == "linux":
            place = os.environ.get(PLACE, "")
            with contextlib.suppress(OSError, ValueError), _one_at_a_time:
                channel = channel_to(place, os.environ.get(MODULES, ""))
                env = kwargs.get("env") or dict(os.environ)
                cwd = kwargs.get("cwd") or os.getcwd()
                try:
                    kernel = channel.fork(cmd[module + 1 :], env, cwd)
                except OSError:
                    _channels.clear()  # the next chapter tries anew
                    raise
                self.process = cast(Any, kernel)  # what jupyter_client asks of a Popen, it answers
                self.pid = self.pgid = kernel.pid
                return self.connection_info
        return await super().launch_kernel(cmd, **kwargs)
