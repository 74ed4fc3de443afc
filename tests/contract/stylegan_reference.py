"""StyleGAN2 written from the published formulas, as an oracle: weights of its own for every picture, in one grouped
convolution, and filters by zero insertion. Weights are given by name, with the names of NVIDIA's files.

``step`` is a training step as published, in the precision of the weights.
"""

import math
from types import SimpleNamespace

import torch
import torch.nn.functional as F

TAPS = (1.0, 3.0, 3.0, 1.0)


def fir(x, up=1, down=1, pad=(0, 0), gain=1.0):
    """Zeros between the pixels, padding before and after, the binomial filter, and every ``down``-th pixel."""
    n, c, h, w = x.shape
    wide = x.new_zeros(n, c, h, up, w, up)
    wide[:, :, :, 0, :, 0] = x
    x = F.pad(wide.reshape(n, c, h * up, w * up), (pad[0], pad[1], pad[0], pad[1]))
    taps = x.new_tensor(TAPS)
    kernel = torch.outer(taps, taps) / 64 * gain
    return F.conv2d(x, kernel.flip(0, 1)[None, None].repeat(c, 1, 1, 1), groups=c)[:, :, ::down, ::down]


def act(x, gain=1.0, clamp=0.0):
    x = torch.where(x < 0, 0.2 * x, x) * math.sqrt(2) * gain
    return x.clamp(-clamp * gain, clamp * gain) if clamp else x


def linear(p, name, x, rate=1.0):
    weight = p[f"{name}.weight"]
    return x @ (weight * (rate / math.sqrt(weight.shape[1]))).T + p[f"{name}.bias"] * rate


def pixel_norm(x):
    return x / (x.square().mean(1, keepdim=True) + 1e-8).sqrt()


def modulated(x, weight, style, demodulate=True, up=False):
    n = len(x)
    w = weight[None] * style[:, None, :, None, None]
    if demodulate:
        w = w / (w.square().sum((2, 3, 4), keepdim=True) + 1e-8).sqrt()
    flat = x.reshape(1, -1, *x.shape[2:])
    if up:
        kernels = w.transpose(1, 2).reshape(-1, w.shape[1], 3, 3)
        y = F.conv_transpose2d(flat, kernels, stride=2, groups=n)
    else:
        y = F.conv2d(flat, w.reshape(-1, *w.shape[2:]), padding=w.shape[3] // 2, groups=n)
    y = y.reshape(n, -1, *y.shape[2:])
    return fir(y, pad=(1, 1), gain=4.0) if up else y


def mapping(p, z, label=None, rate=0.01, prefix="mapping"):
    x = [] if z is None else [pixel_norm(z)]
    if label is not None:
        x.append(pixel_norm(linear(p, f"{prefix}.embed", label)))
    x = torch.cat(x, 1)
    for number in range(100):
        if f"{prefix}.fc{number}.weight" not in p:
            return x
        x = act(linear(p, f"{prefix}.fc{number}", x, rate))


def layer(p, name, x, w, noise, up, clamp, gain=1.0):
    x = modulated(x, p[f"{name}.weight"], linear(p, f"{name}.affine", w), up=up)
    if noise is not None:
        x = x + noise * p[f"{name}.noise_strength"]
    return act(x + p[f"{name}.bias"][:, None, None], gain, clamp)


def synthesis(p, ws, noise="const", clamp=0.0, architecture="skip"):
    """Pictures of styles; ``noise``: const, none, or a list of maps."""
    sides = sorted(int(name.split(".")[1][1:]) for name in p if name.endswith("conv1.weight"))
    maps = iter([] if isinstance(noise, str) else noise)

    def given(name):
        if noise == "none":
            return None
        return p[f"{name}.noise_const"] if noise == "const" else next(maps)

    x = picture = None
    row = 0
    for side in sides:
        name = f"synthesis.b{side}"
        if x is None:
            x = p[f"{name}.const"][None].repeat(len(ws), 1, 1, 1)
            x = layer(p, f"{name}.conv1", x, ws[:, 0], given(f"{name}.conv1"), False, clamp)
            row = 1
        else:
            gain, before = 1.0, x
            x = layer(p, f"{name}.conv0", x, ws[:, row], given(f"{name}.conv0"), True, clamp)
            if architecture == "resnet":
                gain = math.sqrt(0.5)
            x = layer(p, f"{name}.conv1", x, ws[:, row + 1], given(f"{name}.conv1"), False, clamp, gain)
            if architecture == "resnet":
                weight = p[f"{name}.skip.weight"]
                beside = F.conv2d(before, weight / math.sqrt(weight.shape[1]))
                x = x + gain * fir(beside, up=2, pad=(2, 1), gain=4.0)
            row += 2
        if picture is not None:
            picture = fir(picture, up=2, pad=(2, 1), gain=4.0)
        if f"{name}.torgb.weight" in p:
            weight = p[f"{name}.torgb.weight"]
            style = linear(p, f"{name}.torgb.affine", ws[:, row]) / math.sqrt(weight.shape[1])
            colours = modulated(x, weight, style, demodulate=False) + p[f"{name}.torgb.bias"][:, None, None]
            colours = colours.clamp(-clamp, clamp) if clamp else colours
            picture = colours if picture is None else picture + colours
    return picture


def conv(p, name, x, clamp, down=False, gain=1.0):
    weight = p[f"{name}.weight"]
    k = weight.shape[2]
    weight = weight / math.sqrt(weight.shape[1] * k * k)
    if down:
        x = F.conv2d(fir(x, pad=(2, 2) if k == 3 else (1, 1)), weight, stride=2)
    else:
        x = F.conv2d(x, weight, padding=k // 2)
    return x * gain if f"{name}.bias" not in p else act(x + p[f"{name}.bias"][:, None, None], gain, clamp)


def discriminator(p, x, label=None, clamp=0.0, architecture="resnet", group=4):
    sides = sorted({int(name.split(".")[0][1:]) for name in p if name.startswith("b")} - {4}, reverse=True)
    half = math.sqrt(0.5) if architecture == "resnet" else 1.0
    for side in sides:
        if f"b{side}.fromrgb.weight" in p:
            x = conv(p, f"b{side}.fromrgb", x, clamp)
        y = conv(p, f"b{side}.conv1", conv(p, f"b{side}.conv0", x, clamp), clamp, down=True, gain=half)
        x = y + conv(p, f"b{side}.skip", x, 0.0, down=True, gain=half) if architecture == "resnet" else y
    groups = x.reshape(-1, math.gcd(len(x), group), *x.shape[1:])
    spread = (groups.var(1, unbiased=False) + 1e-8).sqrt().mean((1, 2, 3))
    plane = spread.repeat_interleave(groups.shape[1])[:, None, None, None].expand(-1, 1, 4, 4)
    x = conv(p, "b4.conv", torch.cat([x, plane], 1), clamp)
    x = linear(p, "b4.out", act(linear(p, "b4.fc", x.flatten(1))))
    if label is None:
        return x
    along = mapping(p, None, label, prefix="mapping")
    return (x * along).sum(1, keepdim=True) / math.sqrt(x.shape[1])


def weights(module):
    """The weights of a module as leaves by name."""
    return {name: value.detach().clone().requires_grad_() for name, value in module.state_dict().items()}


def training(cfg, generator, discriminator):
    """What a training as published changes: weights and optimizers."""
    lazy = cfg.gradient_every / (cfg.gradient_every + 1)
    g = {name: value for name, value in weights(generator).items() if "noise_const" not in name}
    d = weights(discriminator)
    g["mapping.w_avg"].requires_grad_(False)
    trained = [value for value in g.values() if value.requires_grad]
    return SimpleNamespace(
        g=g,
        d=d,
        g_adam=torch.optim.Adam(trained, cfg.generator_rate, betas=(0.0, cfg.beta2)),
        d_adam=torch.optim.Adam(d.values(), cfg.discriminator_rate * lazy, betas=(0.0, cfg.beta2**lazy)),
    )


def step(cfg, state, real, i, augment=lambda x: x):
    """One training step: the generator's update, the discriminator's with new pictures, and R1 now and then."""

    def made():
        z = torch.randn(len(real), cfg.latent)
        w = mapping(state.g, z, rate=cfg.mapping_rate)
        rows = 2 * int(math.log2(cfg.resolution)) - 2
        ws = w[:, None].repeat(1, rows, 1)
        other = mapping(state.g, torch.randn_like(z), rate=cfg.mapping_rate)
        at = torch.randint(1, rows, (len(real), 1))
        mixed = (torch.rand(len(real), 1) < cfg.mixing) & (torch.arange(rows)[None] >= at)
        ws = torch.where(mixed[:, :, None], other[:, None], ws)
        sides = [4, *(side for k in range(3, 1 + int(math.log2(cfg.resolution))) for side in (2**k, 2**k))]
        noise = [torch.randn(len(real), 1, side, side) for side in sides]
        return synthesis(state.g, ws, noise, clamp=cfg.clamp)

    def score(x):
        return discriminator(state.d, augment(x), clamp=cfg.clamp, group=cfg.group)

    def update(adam, loss):
        adam.zero_grad(set_to_none=True)
        loss.backward(inputs=adam.param_groups[0]["params"])
        adam.step()

    update(state.g_adam, F.softplus(-score(made())).mean())
    with torch.no_grad():
        fake = made()
    loss = F.softplus(score(fake)).mean() + F.softplus(-score(real)).mean()
    update(state.d_adam, loss)
    if i % cfg.gradient_every == 0:
        at = real.detach().requires_grad_()
        (gradient,) = torch.autograd.grad(score(at).sum(), at, create_graph=True)
        penalty = gradient.square().sum((1, 2, 3)).mean()
        update(state.d_adam, penalty * (cfg.gradient_penalty / 2 * cfg.gradient_every))
    return float(loss.detach())
