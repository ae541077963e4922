"""Progress on stderr, every command's output in a log file, and failures that say what to do."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

# Lines that tell why a command failed: of apt, compilers, protoc, the linker, the system.
TELLING = re.compile(
    r"\berror\b|^E: |^\S+:\d+:\d+: (?!note|warning)|fatal|undefined reference|No space left|Killed|not found",
    re.IGNORECASE,
)
LINES_SHOWN = 8


class InstallError(Exception):
    """A step failed for a reason the user can act on."""

    def __init__(self, reason: str, *, details: Sequence[str] = (), hint: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.details = list(details)
        self.hint = hint


class Console:
    """Says what happens on stderr and keeps the whole story in a log file."""

    def __init__(self) -> None:
        self.started = time.monotonic()
        self.current_step = "starting"
        self.log_path: Path | None = None
        self._percent: int | None = None

    def open_log(self, path: Path) -> None:
        """From now on write all to ``path``, which starts empty."""
        path.write_text("", encoding="utf-8")
        self.log_path = path

    def elapsed(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self.started

    def step(self, text: str) -> None:
        """Begin a step: one line with the time since the start."""
        self.current_step = text
        self.say(f"[{self.elapsed():4.0f} s] {text}")

    def note(self, text: str) -> None:
        """Add a line to the current step."""
        self.say(f"         {text}")

    def warn(self, text: str) -> None:
        """Say what does not work though the installation goes on."""
        self.say(f"warning: {text}")

    def say(self, line: str) -> None:
        """Print one line, below an unfinished percentage if there is one."""
        self.end_percent()
        print(line, file=sys.stderr, flush=True)
        self._log(line)

    def percent(self, value: int) -> None:
        """Show how far the current step is: one line kept up to date on a terminal, else a line every tenth."""
        if self._percent is not None and value <= self._percent:
            return
        if sys.stderr.isatty():
            print(f"\r         {value:3d} %", end="", file=sys.stderr, flush=True)
        elif value // 10 > (self._percent or 0) // 10:
            print(f"         {value:3d} %  ({self.elapsed():.0f} s)", file=sys.stderr, flush=True)
        self._percent = value

    def end_percent(self) -> None:
        """Leave the line of the percentage."""
        if self._percent is not None and sys.stderr.isatty():
            print(file=sys.stderr)
        self._percent = None

    def run(
        self,
        command: Sequence[str | Path],
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        hint: str = "",
        on_line: Callable[[str], None] | None = None,
    ) -> str:
        """Run a command, its output in the log, and return the output.

        Raises:
            InstallError: the command is missing or failed; the error shows its most telling lines.
        """
        words = [str(word) for word in command]
        self._log(f"$ {' '.join(words)}")
        output: list[str] = []
        try:
            with subprocess.Popen(
                words,
                env={**os.environ, **(env or {})},
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                errors="replace",
            ) as process:
                assert process.stdout is not None
                try:
                    for line in process.stdout:
                        output.append(line.rstrip())
                        self._log(output[-1])
                        if on_line:
                            on_line(output[-1])
                except BaseException:
                    process.terminate()
                    raise
        except FileNotFoundError as error:
            raise InstallError(f"the command {words[0]} is missing", hint=hint) from error
        if process.returncode != 0:
            reason = f"{Path(words[0]).name} ended with code {process.returncode}"
            raise InstallError(reason, details=telling_lines(output), hint=hint)
        return "\n".join(output)

    def failed(self, error: InstallError) -> None:
        """Say which step failed, why, where the log lies and what to do."""
        self.say(f"install-caffe failed at: {self.current_step}")
        self.say(f"  {error.reason}")
        for line in error.details:
            self.say(f"    {line}")
        if self.log_path:
            self.say(f"  full log: {self.log_path}")
        if error.hint:
            self.say(f"  what to do: {error.hint}")

    def _log(self, line: str) -> None:
        if self.log_path:
            with self.log_path.open("a", encoding="utf-8") as log:
                log.write(f"{line}\n")


def telling_lines(output: Sequence[str]) -> list[str]:
    """The first lines that tell an error, or the last ones where none does."""
    telling = [line for line in output if TELLING.search(line)][:LINES_SHOWN]
    return [line.strip()[:200] for line in telling or deque((line for line in output if line), LINES_SHOWN)]
