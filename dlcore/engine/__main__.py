"""`python -m dlcore.engine` is the engine's host; the server starts it and tells it what to do on its stdin.

With `child` it is one of the host's children, where they cannot be forked.
"""

import sys

from dlcore.engine import children, host

if __name__ == "__main__":
    run = children.run_spawned if sys.argv[1:] == ["child"] else host.main
    run()
