// Carries out what the trainer decides: messages over links, arithmetic in the model's state.

import type { ModelState } from '../computation/model_state.ts';
import type { WorkerId } from '../training/lease.ts';
import type { TrainerCommand } from '../training/trainer_messages.ts';
import { divergence } from './divergence.ts';
import type { WorkerLink } from './worker_link.ts';

/** @throws {InputError} if the training diverges. */
export function carryOut(
  command: TrainerCommand,
  state: ModelState,
  linkTo: (worker: WorkerId) => WorkerLink | undefined,
): void {
  switch (command.type) {
    case 'send parameters':
      linkTo(command.worker)?.sendParameters(command.version);
      break;
    case 'lend':
      linkTo(command.lease.worker)?.lend(command.lease);
      break;
    case 'add gradients':
      state.gradients.add(command.left, command.right);
      break;
    case 'discard gradient':
      state.gradients.release(command.gradient);
      break;
    case 'apply gradient': {
      const { gradient, samples, learningRate, step } = command;
      if (!state.applyGradient(gradient, samples, learningRate, step)) throw divergence(step);
      break;
    }
    case 'step done':
      if (!Number.isFinite(command.measurement.loss)) throw divergence(command.step);
      break;
    case 'epoch done':
    case 'finished':
      break;
    default:
      command satisfies never;
  }
}
