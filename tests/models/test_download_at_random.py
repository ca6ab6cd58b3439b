"""Any bad luck in any order: the right bytes under the final name, or no final name at all and a reason."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings, strategies as st

from graphide.models.download_part import part_of
from tests.support.downloading import FILE, REPO, content, downloads, ended, request
from tests.support.fake_hub import Fault, fake_hub

SIZE = 300_000
DATA = content(seed=7, size=SIZE)

FAULTS = st.one_of(
    st.builds(Fault, st.sampled_from(["cut", "flip"]), st.integers(0, SIZE // 4)),
    st.builds(Fault, st.sampled_from(["ignore_range", "shift", "longer", "shorter", "empty", "none"])),
    st.builds(lambda status: Fault("status", status=status), st.sampled_from([403, 404, 416, 429, 500, 503])),
)


@settings(max_examples=25)
@given(faults=st.lists(FAULTS, max_size=5), left=st.integers(0, SIZE))
def test_a_name_is_only_ever_given_to_the_right_bytes(faults: list[Fault], left: int) -> None:
    """`left` bytes are there from an earlier run, of which the last may be wrong."""
    with TemporaryDirectory() as name, fake_hub() as hub:
        folder = Path(name)
        hub.add(REPO, {FILE: DATA})
        wanted = request(hub, folder)
        target = wanted.targets[0]
        target.parent.mkdir(parents=True)
        part_of(target).write_bytes(DATA[:left] + b"?" * (left % 3))
        hub.order(*faults)
        with downloads(hub, folder, first_pause=0.0) as found:
            job = ended(found, found.start(wanted))
            assert target.exists() == (job.state == "done")
            assert job.state == "done" or job.problem
            if job.state != "done":  # the faults are over: whatever is left is enough to go on from
                hub.forgive()
                job = ended(found, found.resume(job.id))
        assert job.state == "done"
        assert target.read_bytes() == DATA
        assert not part_of(target).exists()
