"""What the tests of recordings share."""

import contextlib
import resource

import pytest


@pytest.fixture
def file_size_limit():
    """Return a context in which no file grows beyond some bytes, as on a full disk."""

    @contextlib.contextmanager
    def limited(size):
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    return limited
