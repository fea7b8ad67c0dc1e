"""Times a training step of PyTorch DistributedDataParallel over gloo and loopback. Arguments: W1|W2|W3 PROCESSES

The batch is cut evenly; every process has one thread, and a core of its own where there are enough. Prints milliseconds
a step: the median of rounds.
"""

import os
import sys
import time

os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")

import torch
import torch.distributed as distributed
import torch.multiprocessing as multiprocessing
from models import BATCH_SIZES, create_batches, create_model, create_step
from torch.nn.parallel import DistributedDataParallel

ROUNDS = 9
STEPS_PER_ROUND = {"W1": 200, "W2": 60, "W3": 40}


def train(rank, processes, workload, address):
    torch.set_num_threads(1)
    torch.manual_seed(1)
    if processes <= os.cpu_count():
        os.sched_setaffinity(0, {rank})
    distributed.init_process_group("gloo", init_method=address, rank=rank, world_size=processes)
    batches = create_batches(workload, BATCH_SIZES[workload] // processes, seed=rank)
    step = create_step(workload, DistributedDataParallel(create_model(workload)), batches)
    steps = STEPS_PER_ROUND[workload]
    rounds = []
    for round_number in range(ROUNDS + 1):
        distributed.barrier()
        start = time.perf_counter()
        for index in range(steps):
            step(index)
        if round_number > 0:  # the first one warms up
            rounds.append(1000 * (time.perf_counter() - start) / steps)
    if rank == 0:
        print(sorted(rounds)[ROUNDS // 2], flush=True)
    distributed.destroy_process_group()


if __name__ == "__main__":
    workload, processes = sys.argv[1], int(sys.argv[2])
    address = f"tcp://127.0.0.1:{20_000 + os.getpid() % 20_000}"
    multiprocessing.spawn(train, args=(processes, workload, address), nprocs=processes)
