#!/usr/bin/env bash
# torch.distributed.destroy_process_group() leaves the group and its threads alive if the first optimizer of the process
# was made after init_process_group().
#
# Guess, from memory: destroy_process_group() ends the threads that gloo started, whatever was done in the group. Seen
# when a training in two processes, all done, failed once in a while at its end.
# Found (torch 2.13.0, gloo, one process): they end if an optimizer made a step before the group was made, and live on to
# the end of the process if the first one was made within it. The first optimizer imports torch._dynamo and with it
# torch.distributed.nn.functional, whose functions have `group=group.WORLD` as a default argument. Default arguments are
# evaluated at the import: before there is a group that is None, within one it is the group, which is then never freed.
# Nothing is said. Import torch.distributed.nn.functional before init_process_group().
# Source: torch/distributed/nn/functional.py, signatures of broadcast, gather and others.
#
# Needs Linux (it counts threads by /proc), Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does
# not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'torch==2.13.0' 'numpy>=2,<3'
cat > "$folder/threads.py" <<'PYTHON'
import gc
import sys
import warnings
from pathlib import Path

warnings.filterwarnings("ignore")

import torch
import torch.distributed as dist


def threads():
    """How many threads of gloo this process has."""
    return sum("gloo" in Path(task, "comm").read_text() for task in Path("/proc/self/task").iterdir())


def step():
    parameter = torch.nn.Parameter(torch.ones(3))
    optimizer = torch.optim.Adam([parameter])
    parameter.sum().backward()
    optimizer.step()


if sys.argv[1] == "before":
    step()
dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
dist.all_reduce(torch.ones(2))
step()
within = threads()
dist.destroy_process_group()
gc.collect()
print(within, threads())
PYTHON
before=$("$folder/venv/bin/python" "$folder/threads.py" before)
within=$("$folder/venv/bin/python" "$folder/threads.py" within)
"$folder/venv/bin/python" -c 'import torch; print("torch", torch.__version__)'
echo "threads of gloo in the group and after destroy_process_group(), first optimizer made before the group: $before"
echo "the same, first optimizer made within the group: $within"
set -- $before $within
[ "$1" -gt 0 ] && [ "$2" -eq 0 ] && [ "$4" -gt 0 ]
