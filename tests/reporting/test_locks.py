import errno
import os
import sys

import pytest
from filelock import Timeout

from lookalikes import ReportError, make_report
from lookalikes.reporting import report
from lookalikes.reporting.locks import lock

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="fcntl is Unix's")


def refuse(monkeypatch, number):
    """All locks are refused, as some network mounts do."""

    def flock(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("fcntl.flock", flock)


def test_a_lock_that_another_holds_times_out(tmp_path):
    with lock(tmp_path / "lock") as refusal:
        assert refusal is None
        with pytest.raises(Timeout), lock(tmp_path / "lock"):
            pytest.fail("held twice")
    with lock(tmp_path / "lock"):
        pass


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOTSUP])
def test_where_no_locks_are_known_the_run_goes_on_with_a_word(tmp_path, monkeypatch, capfd, number):
    refuse(monkeypatch, number)
    with lock(tmp_path / "lock") as refusal:
        assert refusal == os.strerror(number)
    with report._stage(tmp_path / "out") as stage:
        (stage / "made").touch()
    assert capfd.readouterr().err == (
        f"{tmp_path}/out can't be locked ({os.strerror(number)}), so nothing keeps another run from writing there at "
        "the same time\n"
    )
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("number", [errno.EIO, errno.EACCES])
def test_another_error_is_no_refusal_of_locks(tmp_path, monkeypatch, number):
    refuse(monkeypatch, number)
    monkeypatch.setattr(report, "execute", lambda *_: pytest.fail("went on"))
    with pytest.raises(ReportError):
        make_report(tmp_path, tmp_path / "out")


@pytest.mark.slow
def test_a_report_is_made_where_no_locks_are_known(tmp_path, paint, monkeypatch, capfd):
    refuse(monkeypatch, errno.ENOLCK)
    (tmp_path / "one").mkdir()
    paint().save(tmp_path / "one" / "picture.png")
    assert make_report(tmp_path / "one", tmp_path / "out").exists()
    assert "can't be locked" in capfd.readouterr().err and not (tmp_path / "out" / ".partial.lock").exists()
