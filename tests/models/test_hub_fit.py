"""The fit of a model that is still on the hub: its header by few requests, exact numbers from the engine, else an estimate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from graphide.errors import InferenceFault
from graphide.inference.measure import measuring
from graphide.inference.protocol import LoadOptions
from graphide.models.fit import HEADROOM, fit
from graphide.models.gguf import read_header
from graphide.models.hub import Hub, HubModel, Repository
from graphide.models.hub_errors import HubFault
from graphide.models.hub_files import HubFile, Quantisation
from graphide.models.hub_fit import FitLabel, Measuring, estimate, fit_label, label_of, overhead, recommend
from graphide.models.hub_offer import estimated, measured
from graphide.models.remote_header import MOST_KEPT, remote_header
from graphide.models.transfer import no_token
from graphide.models.wording import size
from tests.support.fake_hub import FakeHub, Fault, fake_hub, gguf_of_size

REPO, FILE = "ada/real-GGUF", "real-Q4_1.gguf"
GB = 10**9
OPTIONS = LoadOptions(n_ctx=512, n_parallel=1, n_threads=1, n_gpu_layers=0)
HOW = Measuring(options=OPTIONS, free=8 * GB)


@pytest.fixture
def hub(model_path: Path) -> Iterator[FakeHub]:
    """A hub with the bundled model."""
    with fake_hub() as hub:
        hub.add(REPO, {FILE: model_path})
        yield hub


def opened(hub: FakeHub, folder: Path, repo: str = REPO) -> tuple[Hub, Repository, Quantisation]:
    found = Hub(endpoint=hub.url, token=no_token, cache=folder / "answers")
    repository = found.repository(repo)
    hub.seen.clear()
    return found, repository, repository.files.quantisations[0]


def header_of(hub: FakeHub, folder: Path, **options: object) -> bytes:
    found, repository, chosen = opened(hub, folder)
    return remote_header(found.line, chosen.files[0], repo=REPO, commit=repository.commit, **options)  # type: ignore[arg-type]


def test_a_remote_header_takes_at_most_three_requests_and_little_else(
    hub: FakeHub, tmp_path: Path, model_path: Path
) -> None:
    hub.rate = 20_000_000
    head = header_of(hub, tmp_path)
    assert len(hub.seen) <= 3
    assert [seen.range.partition("-")[0] for seen in hub.bytes_seen()] == ["bytes=0"]
    assert head == model_path.read_bytes()[: len(head)]
    assert len(head) == read_header(model_path).data_offset


def test_a_header_that_is_known_is_not_asked_for_again(hub: FakeHub, tmp_path: Path) -> None:
    first = header_of(hub, tmp_path, cache=tmp_path / "headers")
    assert header_of(hub, tmp_path, cache=tmp_path / "headers") == first
    assert hub.seen == []
    for number in range(MOST_KEPT + 5):
        (tmp_path / "headers" / f"{number}.head").touch()
    (tmp_path / "headers" / f"{Path(FILE).stem}").touch()


def test_a_hub_that_ignores_ranges_still_gives_a_header(hub: FakeHub, tmp_path: Path, model_path: Path) -> None:
    hub.order(Fault("ignore_range"))
    hub.rate = 50_000_000
    assert header_of(hub, tmp_path) == model_path.read_bytes()[: read_header(model_path).data_offset]


def test_a_header_that_stops_coming_is_given_up(hub: FakeHub, tmp_path: Path) -> None:
    hub.order(Fault("stall", after=1000))
    with pytest.raises(HubFault, match="did not come in time"):
        header_of(hub, tmp_path, seconds=0.3)
    hub.order(Fault("cut", after=1000))
    with pytest.raises(HubFault):
        header_of(hub, tmp_path)


def test_what_is_no_model_is_said_by_its_name(hub: FakeHub, tmp_path: Path) -> None:
    hub.add(REPO, {FILE: b"<html>" + bytes(5000)})
    with pytest.raises(InferenceFault, match=f'model file "{FILE}": is not a GGUF file'):
        header_of(hub, tmp_path)


def test_the_fit_before_the_download_is_the_one_after_it(hub: FakeHub, tmp_path: Path, model_path: Path) -> None:
    found, repository, chosen = opened(hub, tmp_path)
    label = fit_label(found.line, repository, chosen, replace(HOW, cache=tmp_path / "headers"))
    with measuring(str(model_path), OPTIONS) as measure:
        assert label == label_of(fit(measure, OPTIONS.n_ctx, 8 * GB))
    assert label.exact
    assert str(label) == (f"fits, {size(label.needed)} of 8 GB free with a context of 512, at most {label.n_ctx_max:,}")
    assert label.short == f"fits, leaves {size(8 * GB - label.needed)}"


@pytest.mark.parametrize("fault", [Fault("status", status=503), Fault("cut", after=5000)])
def test_where_the_header_cannot_be_had_the_fit_is_called_an_estimate(
    hub: FakeHub, tmp_path: Path, fault: Fault
) -> None:
    found, repository, chosen = opened(hub, tmp_path)
    hub.order(fault)
    label = fit_label(found.line, repository, chosen, HOW)
    assert not label.exact and label.why
    assert str(label).startswith("estimate: fits, ")
    assert chosen.size < label.needed < chosen.size + 400_000_000


def test_a_model_the_engine_does_not_know_is_estimated(hub: FakeHub, tmp_path: Path) -> None:
    hub.add("ada/odd-GGUF", {"odd-Q8_0.gguf": gguf_of_size(5000)})
    found, repository, chosen = opened(hub, tmp_path, "ada/odd-GGUF")
    label = fit_label(found.line, repository, chosen, HOW)
    assert not label.exact and label.why


def form(name: str, size: float) -> Quantisation:
    return Quantisation(name, (HubFile(f"m-{name}.gguf", round(size * GB)),))


EIGHT = HubModel(repo="ada/m-8B", parameters=8_000_000_000, context_length=131_072)
EIGHTS = [
    form("Q2_K", 3.2),
    form("Q3_K_M", 4.0),
    form("Q4_K_M", 4.9),
    form("Q6_K", 6.6),
    form("Q8_0", 8.5),
    form("F16", 16),
]
ONE = HubModel(repo="ada/m-1B", parameters=1_200_000_000, context_length=131_072)
ONES = [form("Q4_K_M", 0.8), form("Q8_0", 1.3), form("F16", 2.5)]


@pytest.mark.parametrize(
    ("model", "forms", "free", "name", "reason"),
    [
        (EIGHT, EIGHTS, 64, "Q4_K_M", "most of the quality"),
        (EIGHT, EIGHTS, 7, "Q4_K_M", "most of the quality"),
        (EIGHT, EIGHTS, 5.5, "Q3_K_M", "the largest that fits"),
        (EIGHT, EIGHTS, 2, "Q2_K", "too much"),
        (EIGHT, EIGHTS, 4.5, "Q2_K", "only just fits"),
        (ONE, ONES, 64, "Q8_0", "small enough to be quick"),
        (ONE, ONES, 2, "Q4_K_M", "most of the quality"),
        (EIGHT, [form("F16", 16)], 64, "F16", "the largest that fits"),
        (EIGHT, [form("Q5_0", 5.6), form("Q6_K", 6.6)], 64, "Q6_K", "the largest that fits"),
    ],
)
def test_one_is_recommended_with_a_reason_and_numbers(
    model: HubModel, forms: list[Quantisation], free: float, name: str, reason: str
) -> None:
    found = recommend(model, forms, free=round(free * GB))
    assert found is not None
    assert found.chosen.name == name
    assert reason in found.reason and "GB free with a context of 4,096" in found.reason


def test_nothing_is_recommended_of_nothing() -> None:
    assert recommend(EIGHT, [], free=GB) is None


def test_what_was_measured_beside_the_weights_takes_the_place_of_the_estimate() -> None:
    free = round(6.6 * GB)
    assert recommend(EIGHT, EIGHTS, free=free).chosen.name == "Q4_K_M"  # type: ignore[union-attr]
    found = recommend(EIGHT, EIGHTS, free=free, beside=2 * GB)
    assert found is not None
    assert found.chosen.name == "Q3_K_M" and found.label.needed == 6 * GB


def test_an_estimate_grows_with_context_and_parameters() -> None:
    chosen = EIGHTS[2]
    small, large = (estimate(EIGHT, chosen, n_ctx=n, free=8 * GB) for n in (4096, 32768))
    assert large.needed > small.needed > chosen.size
    assert overhead(70_000_000_000, 4096) > overhead(8_000_000_000, 4096) > overhead(1_000_000_000, 4096)
    unknown = estimate(HubModel(repo="a/b"), form("Q4_0", 4), free=8 * GB)
    assert unknown.needed == pytest.approx(4 * GB + overhead(8_000_000_000, 4096), rel=0.01)


@pytest.mark.parametrize(("left", "verdict"), [(HEADROOM, "fits"), (HEADROOM - 1, "tight"), (-1, "does not fit")])
def test_the_verdict_of_an_estimate_is_that_of_a_fit(left: int, verdict: str) -> None:
    needed = estimate(EIGHT, EIGHTS[0], free=0).needed
    assert estimate(EIGHT, EIGHTS[0], free=needed + left).verdict == verdict


def test_a_label_without_the_largest_context_does_not_invent_one() -> None:
    label = FitLabel(verdict="tight", needed=380_000_000, free=GB, n_ctx=2048, exact=False)
    assert str(label) == "estimate: tight, 380 MB of 1 GB free with a context of 2,048"
    assert label.short == "estimate: tight, leaves 620 MB"


def test_with_the_network_off_no_header_is_asked_for(hub: FakeHub, tmp_path: Path) -> None:
    _, repository, chosen = opened(hub, tmp_path)
    off = Hub(endpoint=hub.url, token=no_token, cache=tmp_path / "answers", network=False)
    label = fit_label(off.line, repository, chosen, HOW)
    assert not label.exact and label.why == 'the network is switched off by the setting "network"'
    assert hub.seen == []


# --- all forms of a repository


def test_the_form_to_take_is_measured_and_the_others_are_derived_from_it(
    hub: FakeHub, tmp_path: Path, model_path: Path
) -> None:
    larger = "real-Q8_0.gguf"
    hub.add(REPO, {FILE: model_path, larger: gguf_of_size(5_000)})
    found, repository, _ = opened(hub, tmp_path)
    small, real = repository.files.quantisations
    assert (small.file, real.file) == (larger, FILE)
    choice = measured(found.line, repository, HOW)
    by_name = {form.name: form for form in choice.forms}
    assert [form.name for form in choice.forms if form.take] == ["Q4_1"]
    assert by_name["Q4_1"].label.exact and not by_name["Q8_0"].label.exact
    beside = by_name["Q4_1"].label.needed - real.size
    assert by_name["Q8_0"].label.needed == small.size + beside
    assert choice.reason == f"{choice.taken.why}: {choice.taken.label}"  # type: ignore[union-attr]
    assert len(hub.bytes_seen()) == 1, "one header is enough"
    every = measured(found.line, repository, HOW, every=True)
    assert {form.name: bool(form.label.why) for form in every.forms} == {"Q4_1": False, "Q8_0": True}


def test_before_anything_is_asked_all_fits_are_estimates(hub: FakeHub, tmp_path: Path) -> None:
    _, repository, _ = opened(hub, tmp_path)
    choice = estimated(repository, HOW)
    assert [(form.take, form.label.exact) for form in choice.forms] == [(True, False)]
    assert hub.seen == [] and estimated(repository, HOW, only=[]).forms == ()
