#!/usr/bin/env bash
# The EMA of Lightning, every 2, 4 or 10 steps, never runs for a GAN, and hands back the weights of the start.
#
# Guess before running: EMAWeightAveraging(update_every_n_steps=2) with manual optimisation of G and D, a step each in a
# batch, averages the weights (guess 231; it was doubted).
# Found (Lightning 2.6.6, PyTorch 2.13.0): with 2, 4 and 10 it makes no update in 50 batches, and at the end of training
# the averaged weights, which are those of the start, are put in the place of the trained ones: everything that was
# learned is lost. With 1, 3 and 5 it works. The steps of all optimisers are counted together, so that the number of
# steps grows by two in a batch; the callback looks at it once a batch, after both, less one, where it is always odd.
# Take an odd number, or override should_update.
# Source: lightning/pytorch/callbacks/weight_averaging.py (on_train_batch_end, global_step - 1; should_update).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'lightning==2.6.6' 'torch==2.13.0' 'numpy>=2,<3'
cd "$folder"
"$folder/venv/bin/python" - 2> "$folder/log" <<'PYTHON' || { status=$?; tail -n 5 "$folder/log"; exit "$status"; }
import logging
import sys
import warnings

import lightning
import torch
from lightning.pytorch.callbacks import EMAWeightAveraging
from torch import nn
from torch.utils.data import DataLoader

warnings.simplefilter("ignore")
logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
torch.set_num_threads(1)
print(f"Lightning {lightning.__version__}, PyTorch {torch.__version__}")


class Gan(lightning.LightningModule):
    def __init__(self):
        super().__init__()
        self.automatic_optimization = False
        self.generator, self.discriminator = nn.Linear(4, 4), nn.Linear(4, 1)

    def training_step(self, batch, index):
        generator, discriminator = self.optimizers()
        for optimizer, loss in (
            (discriminator, lambda: nn.functional.softplus(self.discriminator(self.generator(batch).detach())).mean()),
            (generator, lambda: nn.functional.softplus(-self.discriminator(self.generator(batch))).mean()),
        ):
            optimizer.zero_grad()
            self.manual_backward(loss())
            optimizer.step()

    def configure_optimizers(self):
        return [torch.optim.Adam(part.parameters(), 0.01) for part in (self.generator, self.discriminator)]


class Ema(EMAWeightAveraging):
    updates, trained = 0, None

    def should_update(self, **place):
        wanted = super().should_update(**place)
        self.updates += bool(wanted)
        return wanted

    def on_train_end(self, trainer, module):
        self.trained = module.generator.weight.detach().clone()
        super().on_train_end(trainer, module)


options = dict(accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False)
holds = True
for every in (1, 2, 3, 4, 5, 10):
    torch.manual_seed(0)
    gan, ema = Gan(), Ema(decay=0.5, update_every_n_steps=every)
    start = gan.generator.weight.detach().clone()
    trainer = lightning.Trainer(max_epochs=2, callbacks=[ema], enable_model_summary=False, **options)
    trainer.fit(gan, DataLoader(torch.randn(100, 4), batch_size=4))
    trained, result = (float((weight - start).abs().max()) for weight in (ema.trained, gan.generator.weight.detach()))
    print(f"every {every}: {ema.updates} updates in 50 batches; training moved weights by {trained:.3f}, result {result:.3f}")
    lost = ema.updates == 0 and result == 0
    holds = holds and trained > 0.05 and lost == (every % 2 == 0)
print("no average, and the weights of the start" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
