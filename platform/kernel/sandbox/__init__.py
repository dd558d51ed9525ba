"""Work on what strangers sent, done in a process that can do nothing else.

`Sandbox("apps.files.domain.rendering")` names a module of plain Python: no Django, no settings.
`run` calls one of its functions with bytes and plain arguments, and returns plain values and bytes.

Promises to the caller:
- Each call has a process of its own, forked in a millisecond from one that has imported the module
  already: nothing that a file does reaches the next, and what it took is given back.
- It has the memory, the time of the processor, the time and the length of answer that `Limits`
  allow, and what goes beyond is ended with a code: never by the caller's own death.
- It opens no file and no connection, writes no file and starts no process, by limits of the
  kernel; it has none of the caller's environment, and of its open files only the two pipes.
- Arguments and answers are JSON and bytes, never pickles, and an answer is believed no further
  than that: it may be a lie of what took the process over.
- A caller that ends, by `kill -9` too, leaves nothing running for longer than the limits.

Not promised: what the machine's own faults let through. As root the limits of files are as firm, as
long as nothing in the process lifts them; production runs as nobody.

A function `f(data: bytes, **arguments) -> tuple[dict[str, Any], list[bytes]]` imports all it needs
with its module. It refuses by an exception that has a `code`, and whose text may be told.
"""

from kernel.sandbox.errors import SandboxError, SandboxReason
from kernel.sandbox.limits import Limits
from kernel.sandbox.pool import Answer, Sandbox

__all__ = ["Answer", "Limits", "Sandbox", "SandboxError", "SandboxReason"]
