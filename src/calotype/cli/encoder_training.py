"""``calotype train encoder MODEL``."""

from __future__ import annotations

from typing import Any

from calotype.cli.output_options import TrainingOptions
from calotype.cli.progress import reporter
from calotype.cli.report import Interrupted, Misuse, complain
from calotype.cli.summary import TrainingSummary
from calotype.cli.training import stopping
from calotype.errors import InputError, Stopped
from calotype.files import check_writable
from calotype.tasks.encoder_model import EncoderModel, encoder_training
from calotype.tasks.eta import format_duration
from calotype.tasks.memory import available_bytes, format_bytes
from calotype.tasks.training import train_model


def train_model_encoder(options: TrainingOptions, given: dict[str, Any]) -> int:
    """Train the encoder of a model and return the exit status.

    Raises:
        CalotypeError: the training failed.
    """
    if (options.procs, options.nodes, options.jobs) != (1, 1, 1):
        raise Misuse("an encoder is trained in one process: leave out --procs, --nodes and --jobs")
    device, model = given.pop("device"), given.pop("photo")
    encoder = encoder_training(model, **given)
    summary = TrainingSummary()
    with reporter(options.quiet) as report:
        run = report.run(encoder.seed, _device_name(device))
        if encoder.finished:
            report.say(f"the encoder of {encoder.of.name} is already trained")
        else:
            check_writable(encoder.folder)
            report.say(_training_line(encoder))
            if run.device.type == "cpu":
                _require_memory(encoder)
        try:
            with report.training(encoder), stopping(run):
                done = train_model(encoder, run)
        except (KeyboardInterrupt, Stopped) as error:
            report.close()
            complain(f"stopped while training the encoder of {encoder.of.name}: the same command resumes")
            raise Interrupted(error) from None
    summary.trained(encoder.of.name, done)
    print(summary.document() if options.as_json else done.folder, flush=True)
    return 0


def _device_name(device: str) -> str:
    from calotype.run import choose_device

    return str(choose_device(device))


def _require_memory(encoder: EncoderModel) -> None:
    free = available_bytes()
    if free is not None and encoder.cost.bytes > free:
        raise InputError(
            f"training the encoder of {encoder.of.name} would need about {format_bytes(encoder.cost.bytes)} of memory "
            f"and {format_bytes(free)} are free: add --set batch={max(1, encoder.config.batch // 2)}"
        )


def _training_line(encoder: EncoderModel) -> str:
    done = encoder.done()
    action = f"resuming ({done:.0%} done)" if done else "training"
    replaced = "; it replaces the one that is there, which has other settings" if encoder.replaces else ""
    return (
        f"{action} the encoder of {encoder.of.name} on its own samples: about "
        f"{format_duration(encoder.cost.seconds * (1 - done))} and {format_bytes(encoder.cost.bytes)}, once; Ctrl-C "
        f"stops, the same command resumes; previews are written to {encoder.previews}{replaced}"
    )
