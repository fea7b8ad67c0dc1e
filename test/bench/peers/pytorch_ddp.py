"""Contestant: PyTorch DistributedDataParallel over gloo and loopback. Arguments: W1|W2|W3 PROCESSES. Speaks as rounds.ts.

The batch is cut evenly; every process has one thread, and a core of its own where there are enough. This process is the
first of them: it says how many steps a round has, and the others follow.
"""

import json
import os
import sys
import time

os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")

import torch
import torch.distributed as distributed
import torch.multiprocessing as multiprocessing
from models import BATCH_SIZES, create_batches, create_model, create_step
from torch.nn.parallel import DistributedDataParallel

WARM_UP_STEPS = 60


def join(rank, processes, workload, address):
    """A training step of all processes together."""
    torch.set_num_threads(1)
    torch.manual_seed(1)
    if processes <= os.cpu_count():
        os.sched_setaffinity(0, {rank})
    distributed.init_process_group("gloo", init_method=address, rank=rank, world_size=processes)
    batches = create_batches(workload, BATCH_SIZES[workload] // processes, seed=rank)
    return create_step(workload, DistributedDataParallel(create_model(workload)), batches)


def agree(steps):
    """How many steps the first process says."""
    said = torch.tensor([steps])
    distributed.broadcast(said, 0)
    return int(said)


def follow(rank, processes, workload, address):
    step = join(rank, processes, workload, address)
    while (steps := agree(0)) > 0:
        for index in range(steps):
            step(index)


def run_round(step, steps):
    """Milliseconds a step, and the last loss."""
    agree(steps)
    start = time.perf_counter()
    for index in range(steps):
        loss = step(index)
    return 1000 * (time.perf_counter() - start) / steps, loss


def lead(processes, workload, address):
    step = join(0, processes, workload, address)
    run_round(step, WARM_UP_STEPS)
    milliseconds, _ = run_round(step, WARM_UP_STEPS)
    print(json.dumps({"type": "ready"}), flush=True)
    for line in sys.stdin:
        milliseconds, loss = run_round(step, max(1, round(1000 * float(line) / milliseconds)))
        print(json.dumps({"type": "round", "milliseconds": milliseconds, "loss": loss}), flush=True)
    agree(0)


if __name__ == "__main__":
    workload, processes = sys.argv[1], int(sys.argv[2])
    address = f"tcp://127.0.0.1:{20_000 + os.getpid() % 20_000}"
    context = multiprocessing.get_context("spawn")
    for rank in range(1, processes):
        context.Process(target=follow, args=(rank, processes, workload, address), daemon=True).start()
    lead(processes, workload, address)
