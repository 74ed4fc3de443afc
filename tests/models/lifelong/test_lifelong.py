"""Further tasks: distillation, auxiliary pictures, locked tasks, certificates."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from calotype.errors import InputError
from calotype.models import bicyclegan, lifelong
from calotype.models.lifelong import distillation
from calotype.models.lifelong.auxiliary import auxiliary, enlarged, montage
from calotype.models.lifelong.distillation import Distillation
from calotype.models.lifelong.filters import Filters
from calotype.models.lifelong.network import chosen, task_net
from calotype.models.lifelong.teaching import contradicted, extended
from calotype.models.lifelong.typical import typical
from calotype.run import Run
from calotype.translation.drawing import drawn
from calotype.translation.network import code_of
from calotype.translation.record import Record, description, outputs

CPU = torch.device("cpu")
FIRST = lifelong.adapted(lifelong.PRESETS["tiny"], {"name": "bright"})


def batches(level, cfg=FIRST):
    """Conditions around a brightness, whose pictures are their negatives."""

    def batch(i):
        generator = torch.Generator().manual_seed(i)
        other = (level + 0.2 * torch.rand(cfg.batch, 3, *cfg.size, generator=generator)).clamp(-1, 1)
        return {"image": -other, "other": other}

    return batch


BRIGHT, DARK = batches(0.6), batches(-0.8)


@pytest.fixture(scope="module")
def base():
    return lifelong.train(BRIGHT, FIRST, Run())


def taught(name="dark", locked=False, before=FIRST, **changes):
    return lifelong.taught(before, name, locked=locked, changes=changes)


def test_a_montage_of_a_flat_picture_is_that_picture():
    flat = torch.full((4, 3, 16, 16), 0.25)
    made, real = montage(flat, 2 * flat, 3, 5, one=True)
    assert made.shape == real.shape == (3, 3, 16, 16)
    assert torch.equal(made, flat[:3])


@pytest.mark.parametrize("one", [True, False])
def test_patches_of_both_pictures_agree(one):
    condition = torch.rand(4, 3, 16, 16)
    made, real = montage(condition, 2 * condition, 4, 8, one=one)
    assert torch.equal(real, 2 * made)
    assert not torch.equal(made, condition)


def test_patches_of_a_montage_are_from_one_picture():
    condition = torch.arange(4.0)[:, None, None, None].expand(4, 3, 16, 16)
    made, _ = montage(condition, condition, 4, 4, one=True)
    assert torch.equal(made, condition)
    mixed, _ = montage(condition, condition, 4, 4, one=False)
    assert any(len(torch.unique(each)) > 1 for each in mixed)


def test_a_patch_is_a_part_of_the_picture():
    torch.manual_seed(1)
    condition = torch.arange(256.0).reshape(1, 1, 16, 16)
    made, _ = montage(condition, condition, 1, 8, one=True)
    corner = made[0, 0, :8, :8]
    assert torch.equal(corner - corner[0, 0], condition[0, 0, :8, :8])


def test_swapped_labels_are_old_ones():
    cfg = replace(FIRST, classes=5, auxiliary="swap", auxiliary_share=1.0)
    condition, real = torch.zeros(4, 5, 16, 16), torch.rand(4, 3, 16, 16)
    made, same = auxiliary(condition, real, cfg, torch.tensor([1, 3]))
    assert set(made[:, :, 0, 0].argmax(1).tolist()) <= {1, 3}
    assert torch.equal(same, real)


@pytest.mark.parametrize("kind", ["raw", "noise", "crop"])
def test_other_auxiliary_pictures(kind):
    condition, real = torch.rand(4, 3, 16, 16), torch.rand(4, 3, 16, 16)
    made, other = auxiliary(condition, real, replace(FIRST, auxiliary=kind, auxiliary_share=0.5), None)
    assert made.shape == other.shape == (2, 3, 16, 16)
    assert torch.equal(made, condition[:2]) == (kind == "raw")
    both = 0.4 * torch.rand(2, 3, 16, 16)
    first, second = enlarged(both, 2 * both)
    torch.testing.assert_close(second, 2 * first)


def test_distillation_is_nothing_where_nothing_has_changed(base):
    cfg = taught()
    given = [DARK(0)[name] for name in ("other", "image")]
    losses = Distillation(extended(base, cfg), extended(base, cfg), cfg)(*given)
    assert len(losses) == 4
    assert all(loss.item() == 0 for loss in losses.values())


def test_every_place_is_compared(base):
    cfg = taught(distillation=2.0)
    student = extended(base, cfg)
    with torch.no_grad():
        student.encoder.mean.bias += 0.5
    torch.manual_seed(0)
    losses = Distillation(student, extended(base, cfg), cfg)(*(DARK(0)[name] for name in ("other", "image")))
    assert float(losses["old code"].detach()) == pytest.approx(2 * 0.5, rel=1e-5)
    assert float(losses["old code found"].detach()) == pytest.approx(2 * 0.5, rel=1e-5)
    assert float(losses["old picture"]) == 0
    assert float(losses["old reconstruction"]) > 0


def test_without_weight_it_is_fine_tuning(base):
    cfg = taught(distillation=0.0)
    net = lifelong.teach(DARK, cfg, Run(seed=1), base=base)
    plain = extended(base, cfg)
    from calotype.run import started
    from calotype.translation.trainer import Trainer
    from calotype.translation.training import fitted

    run = Run(seed=1)
    trainer = started(lambda: Trainer(cfg, plain.requires_grad_(), CPU), run, "task dark")
    fitted(trainer, DARK, run, "task dark")
    for name, value in plain.state_dict().items():
        if not name.startswith("records.1"):
            assert torch.equal(value, net.state_dict()[name]), name
    other = lifelong.teach(DARK, taught(distillation=5.0), Run(seed=1), base=base)
    assert not torch.equal(net.generator.down[0].weight, other.generator.down[0].weight)


def test_the_net_before_stays_as_it_is(base):
    before = {name: value.clone() for name, value in base.state_dict().items()}
    for locked in (False, True):
        lifelong.teach(DARK, taught(locked=locked), Run(), base=base)
        assert all(torch.equal(value, base.state_dict()[name]) for name, value in before.items())


def test_a_locked_task_leaves_the_old_pictures_bit_by_bit(base):
    cfg = taught(locked=True)
    net = lifelong.teach(DARK, cfg, Run(), base=base)
    old, new = (outputs(one, base.records[0], CPU) for one in (base, task_net(net, cfg, 0)))
    assert torch.equal(old, new)
    told = lifelong.certificate(base, net, FIRST, cfg, CPU, None)
    assert told["tasks"][0]["same"]
    assert told["tasks"][0]["before"] == told["tasks"][0]["after"]
    assert [len(row) for row in told["accuracy"]] == [1, 2]
    assert told["forgetting"] == [0.0]
    assert not torch.equal(outputs(task_net(net, cfg, 1), base.records[0], CPU), new)
    again = lifelong.build(cfg)
    again.load_state_dict(net.state_dict())
    assert torch.equal(
        outputs(task_net(again.eval(), cfg, 1), base.records[0], CPU),
        outputs(task_net(net, cfg, 1), base.records[0], CPU),
    )


def test_a_certificate_tells_of_change(base):
    cfg = taught()
    net = lifelong.teach(DARK, cfg, Run(), base=base)
    told = lifelong.certificate(base, net, FIRST, cfg, CPU, [[1.0]])
    assert not told["tasks"][0]["same"]
    assert told["tasks"][0]["drift"] > 0
    assert told["accuracy"][0] == [1.0]
    assert told["forgetting"][0] == pytest.approx(1 - told["accuracy"][1][0])


def test_filters_of_a_locked_task_start_as_the_frozen_ones_and_are_few():
    cfg = replace(lifelong.PRESETS["small"], tasks=("one", "two"), locked=(False, True), kept=1)
    torch.manual_seed(0)
    net = extended(lifelong.build(replace(cfg, tasks=("one",), locked=(False,))), cfg)
    picture, code = torch.rand(1, 3, 32, 32), torch.randn(1, cfg.code)
    torch.testing.assert_close(task_net(net, cfg, 1).draw(picture, code), net.draw(picture, code))
    frozen = sum(p.numel() for part in (net.generator, net.encoder) for p in part.parameters())
    assert sum(p.numel() for p in net.filters.parameters()) <= 0.15 * frozen


def test_the_task_is_found_by_what_a_condition_looks_like(base):
    cfg = taught(locked=True)
    net = lifelong.teach(DARK, cfg, Run(), base=base)
    assert [chosen(net, cfg, None, given(99)["other"][:1]) for given in (BRIGHT, DARK)] == [0, 1]
    assert chosen(net, cfg, "bright", DARK(0)["other"][:1]) == 0
    made = lifelong.translate(cfg, Run(), net=net, picture=DARK(0)["other"][:1], seed=1)
    own = lifelong.translate(cfg, Run(), net=net, picture=DARK(0)["other"][:1], task="dark", seed=1)
    assert torch.equal(made, own)
    with pytest.raises(InputError, match="did you mean 'dark'"):
        lifelong.check_task(cfg, net=net, picture=DARK(0)["other"][:1], task="drak")


def test_tasks_that_contradict_each_other(base):
    def other_pictures(i):
        return {"other": BRIGHT(i)["other"], "image": BRIGHT(i)["other"]}

    with torch.no_grad():
        base.records[0].error.fill_(0.05)  # as after a training that has succeeded
    with pytest.raises(InputError, match=r"look like those of 'bright'.*--locked"):
        lifelong.teach(other_pictures, taught("same"), Run(), base=base)
    lifelong.teach(other_pictures, taught("same", locked=True), Run(), base=base)


def test_the_very_conditions_of_a_known_task_with_other_pictures(base):
    def brighter(i):
        return {"other": BRIGHT(i)["other"], "image": (BRIGHT(i)["image"] + 0.4).clamp(-1, 1)}

    with pytest.raises(InputError, match=r"look like those of 'bright'.*--locked"):
        lifelong.teach(brighter, taught("same"), Run(), base=base)
    kept = {"other": torch.stack([torch.full((3, 4, 4), v) for v in (0.1, 0.1, 0.5)]), "image": torch.zeros(3, 3, 4, 4)}
    conditions, pictures = kept["other"][:2], torch.ones(2, 3, 4, 4)
    assert not contradicted(kept, conditions, pictures)  # one condition only: an empty one, perhaps
    assert contradicted(kept, kept["other"], torch.ones(3, 3, 4, 4))
    assert not contradicted(kept, kept["other"], torch.full((3, 3, 4, 4), 0.05))


def test_labels_that_are_known_already():
    cfg = replace(FIRST, classes=4)

    def of(labels):
        return lambda i: {"image": torch.rand(cfg.batch, 3, 16, 16), "label": torch.tensor(labels * 2)}

    base = lifelong.train(of([0, 1]), cfg, Run())
    assert taught(before=cfg).auxiliary == "swap"
    net = lifelong.teach(of([2, 3]), taught(before=cfg), Run(), base=base)
    assert lifelong.sample(cfg, Run(), net=net, label=3).shape == (1, 3, 16, 16)
    with pytest.raises(InputError, match="label 1 of 'dark' is one of 'bright'"):
        lifelong.teach(of([1, 2]), taught(before=cfg), Run(), base=base)


def test_what_cannot_be_taught():
    with pytest.raises(InputError, match="knows a task 'bright' already"):
        taught("bright")
    with pytest.raises(InputError, match="width is fixed"):
        taught(width=8)
    with pytest.raises(InputError, match="for models of labels"):
        taught(auxiliary="swap")
    with pytest.raises(InputError, match="add --locked"):
        taught("third", before=taught(locked=True))
    with pytest.raises(InputError, match=r"another version.*format 0"):
        lifelong.adopted(replace(FIRST, format=0), "first")


def test_a_model_of_bicyclegan_is_taught():
    cfg = bicyclegan.PRESETS["tiny"]
    base = bicyclegan.train(BRIGHT, cfg, Run())
    own = lifelong.adopted(cfg, "bright")
    assert own.tasks == ("bright",)
    net = lifelong.teach(DARK, lifelong.taught(own, "dark", locked=True), Run(), base=base)
    assert torch.equal(net.generator.down[0].weight, base.generator.down[0].weight)


def test_teaching_goes_on_where_it_was_stopped(base, tmp_path):
    for locked in (False, True):
        cfg, place = taught(locked=locked), tmp_path / str(locked)
        run = Run(place, on_event=lambda event: run.stop() if event.step == 1 else None)  # noqa: B023
        with pytest.raises(Exception, match="run the same command again"):
            lifelong.teach(DARK, cfg, run, base=base)
        again, whole = (lifelong.teach(DARK, cfg, Run(folder), base=base) for folder in (place, None))
        assert all(torch.equal(value, whole.state_dict()[name]) for name, value in again.state_dict().items())


def record_of(base, grey=False):
    record = Record(FIRST)
    mean = torch.linspace(-0.6, 0.4, 64).view(4, 16)
    if grey:
        mean[:3] = mean[:1].clone()
    mean[3] = 0.3
    record.mean.copy_(mean.flatten())
    record.spread.fill_(0.05)
    return record


def test_conditions_get_the_statistics_of_an_earlier_task(base):
    torch.manual_seed(0)
    found = typical(torch.rand(64, 3, 16, 16) * 2 - 1, [record_of(base)], torch.zeros(64, dtype=torch.int64))
    wanted = record_of(base).mean.view(4, 16)
    made = description(found).mean(0).view(4, 16)
    assert (made[:3] - wanted[:3]).abs().max() < 0.1
    assert (made[3] - wanted[3]).abs().max() < 0.15
    flat = typical(torch.zeros(4, 3, 16, 16), [record_of(base)], torch.zeros(4, dtype=torch.int64))
    assert flat.isfinite().all()


def test_conditions_like_those_of_a_grey_task_are_grey(base):
    found = typical(torch.rand(8, 3, 16, 16) * 2 - 1, [record_of(base, grey=True)], torch.zeros(8, dtype=torch.int64))
    assert (found[:, 0] - found[:, 2]).abs().max() < 0.05
    coloured = record_of(base)
    coloured.mean.view(4, 16)[:3] = torch.rand(3, 16, generator=torch.Generator().manual_seed(0))
    other = typical(torch.rand(8, 3, 16, 16) * 2 - 1, [coloured], torch.zeros(8, dtype=torch.int64))
    assert (other[:, 0] - other[:, 2]).abs().max() > 0.2


def test_distillation_on_typical_conditions_knows_all_earlier_tasks(base, monkeypatch):
    cfg = taught("third", before=replace(taught(), auxiliary="typical"))
    net = lifelong.teach(DARK, taught(), Run(), base=base)
    seen = []
    monkeypatch.setattr(distillation, "typical", lambda x, known, of: seen.append(len(known)) or typical(x, known, of))
    given = [DARK(0)[name] for name in ("other", "image")]
    losses = Distillation(extended(net, cfg), extended(net, cfg), cfg)(*given)
    assert seen == [2]
    assert all(loss.item() == 0 for loss in losses.values())


@pytest.mark.parametrize("locked", [False, True])
def test_each_task_has_its_own_codes(base, locked):
    cfg = taught(locked=locked)
    net = lifelong.teach(DARK, cfg, Run(), base=base)
    first, second = net.records
    assert torch.equal(first.code_mean, base.records[0].code_mean)
    own = task_net(net, cfg, 1)
    mean, _ = own.encode(torch.cat([DARK(i)["image"] for i in range(16)]))
    torch.testing.assert_close(second.code_mean, mean.mean(0))
    picture = DARK(99)["other"][:1]
    made = lifelong.translate(cfg, Run(), net=net, picture=picture, seed=3)
    wanted = drawn(own, cfg, picture, second.codes(code_of(3, cfg.code)), CPU)
    assert torch.equal(made, wanted)
    other = lifelong.translate(cfg, Run(), net=net, picture=picture, task="bright", seed=3)
    assert not torch.equal(made, other)


def test_old_and_new_networks_are_compared_with_codes_of_the_old_task(base, monkeypatch):
    known = extended(base, taught())
    with torch.no_grad():
        known.records[0].code_mean.fill_(50.0)
    seen = []
    monkeypatch.setattr(distillation, "_chain", lambda net, *given: seen.append(given[-1]) or (given[-1],) * 4)
    Distillation(known, known, taught())(*(DARK(0)[name] for name in ("other", "image")))
    assert all(float(codes.mean()) > 40 for codes in seen)


def test_swapped_labels_have_codes_of_their_task(monkeypatch):
    cfg = replace(FIRST, classes=4, batch=16, auxiliary="swap", auxiliary_share=1.0)
    cfg = replace(cfg, tasks=("one", "two", "three"), locked=(False,) * 3)
    net = lifelong.build(cfg)
    for record, label in zip(net.records, (1, 2)):
        record.labels[label] = True
        record.code_mean.fill_(100.0 * label)
    seen = []
    monkeypatch.setattr(distillation, "_chain", lambda net, *given: seen.append(given) or (given[-1],) * 4)
    conditions, pictures = torch.zeros(16, 4, 16, 16), torch.zeros(16, 3, 16, 16)
    Distillation(net, net, cfg, torch.tensor([1, 2]))(conditions, pictures)
    labels, codes = seen[0][0][:, :, 0, 0].argmax(1), seen[0][-1]
    assert set(labels.tolist()) == {1, 2}
    assert torch.equal((codes.mean(1) / 100).round().long(), labels)


def test_a_locked_task_chooses_all_filters_of_the_last_layer():
    cfg = replace(lifelong.PRESETS["study"], tasks=("one", "two"), locked=(False, True), kept=1)
    net = extended(lifelong.build(replace(cfg, tasks=("one",), locked=(False,))), cfg)
    filters = dict(zip(net.filters[0].names, net.filters[0].layers))
    assert filters["generator.up.0"].new.shape == net.generator.up[0].weight.shape
    assert filters["generator.down.3"].change is not None
    frozen = sum(p.numel() for part in (net.generator, net.encoder) for p in part.parameters())
    assert sum(p.numel() for p in net.filters.parameters()) <= 0.15 * frozen


def test_sums_of_frozen_filters_change_as_fast_as_filters():
    layer = torch.nn.Conv2d(4, 20, 3)
    filters = Filters(layer, 0.05)
    with torch.no_grad():
        filters.change += 1e-3
    changed = (filters(layer.weight) - layer.weight)[:19]
    torch.testing.assert_close(changed, 5e-3 * layer.weight.sum(0, keepdim=True).expand(19, -1, -1, -1))


def test_a_model_without_locked_tasks_of_an_earlier_format_is_known():
    old = replace(FIRST, format=1)
    assert lifelong.adopted(old, "first").format == FIRST.format
    with pytest.raises(InputError, match="another version"):
        lifelong.adopted(replace(old, tasks=("one", "two"), locked=(False, True)), "one")


def test_a_bicyclegan_is_taught_with_the_measured_settings():
    found = lifelong.adopted(bicyclegan.PRESETS["tiny"], "first")
    assert (found.auxiliary, found.distillation) == ("typical", FIRST.distillation)
