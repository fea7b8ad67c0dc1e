// Carries out what the trainer decides: messages over links, arithmetic in the model's state.

import type { ModelState } from '../computation/model_state.ts';
import type { Measurement } from '../training/evaluation.ts';
import type { WorkerId } from '../training/lease.ts';
import type { Dispute, TrainerCommand } from '../training/trainer_messages.ts';
import { divergence } from './divergence.ts';
import type { WorkerLink } from './worker_link.ts';

export interface CommandParts {
  readonly state: ModelState;
  /** Undefined for a worker that has just gone. */
  readonly linkTo: (worker: WorkerId) => WorkerLink | undefined;
  readonly resolve: (dispute: Dispute) => void;
}

/** @throws {InputError} if the training diverges. */
export function carryOut(command: TrainerCommand, { state, linkTo, resolve }: CommandParts): void {
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
      requireFinite(command.measurement, command.step);
      break;
    case 'use weights':
      state.weights.use(command.which);
      break;
    case 'epoch done':
      if (command.isBest) state.weights.keepBest();
      for (const measured of Object.values(command.evaluation)) requireFinite(measured, command.step);
      break;
    case 'resolve dispute':
      resolve(command);
      break;
    case 'answers confirmed':
    case 'finished':
      break;
    default:
      command satisfies never;
  }
}

function requireFinite({ loss, metrics }: Measurement, step: number): void {
  if (![loss, ...Object.values(metrics)].every(Number.isFinite)) throw divergence(step);
}
