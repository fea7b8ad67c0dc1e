"""Contestant: PyTorch, eager. Arguments: W1|W2|W3|W4|W5 [THREADS]; one thread if left out. Speaks as rounds.ts."""

import json
import sys
import time

import torch
from models import BATCH_SIZES, create_batches, create_model, create_step

WARM_UP_SECONDS = 0.6

torch.set_num_threads(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
torch.manual_seed(1)
workload = sys.argv[1]
step = create_step(workload, create_model(workload), create_batches(workload, BATCH_SIZES[workload]))
done = 0


def run_round(seconds):
    """Milliseconds a step, and the last loss."""
    global done
    first, start = done, time.perf_counter()
    while True:
        loss = step(done)
        done += 1
        elapsed = time.perf_counter() - start
        if elapsed >= seconds:
            return 1000 * elapsed / (done - first), loss


run_round(WARM_UP_SECONDS)
print(json.dumps({"type": "ready"}), flush=True)
for line in sys.stdin:
    milliseconds, loss = run_round(float(line))
    print(json.dumps({"type": "round", "milliseconds": milliseconds, "loss": loss}), flush=True)
