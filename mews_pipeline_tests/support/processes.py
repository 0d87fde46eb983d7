"""Which tests share a process, and so the services and folders that their fixtures start."""

from xdist.scheduler import LoadScopeScheduling

# One daemon serves both files
_ONE_DAEMON = {"test_daemon.py", "test_ui.py"}
# Long tests that share nothing, or share it by a lock
_EACH_ALONE = {"test_brute_force.py", "test_clocks.py", "test_kills.py"}


class ByFile(LoadScopeScheduling):
    """A scheduler that gives a process the tests of a whole file.

    The groups of `--dist loadgroup` would do the same, but pytest 9.2 has xdist 3.8 forget them.
    """

    def _split_scope(self, nodeid: str) -> str:
        """Name what is given to one process together."""
        return scope(nodeid)


def scope(nodeid: str) -> str:
    """Name what the test is given to a process with."""
    path, _, _ = nodeid.partition("::")
    file = path.rpartition("/")[2]
    if file in _EACH_ALONE:
        return nodeid
    return "daemon" if file in _ONE_DAEMON else path
