// The trainer's events, one after the other, and what it decides about each carried out.

import type { Clock } from '../../shared/clock.ts';
import type { Trainer } from '../training/trainer.ts';
import type { TrainerCommand, TrainerEvent } from '../training/trainer_messages.ts';
import { Alarm } from './alarm.ts';
import { type CommandParts, carryOut } from './commands.ts';

export interface TrainingLoopOptions extends CommandParts {
  readonly trainer: Trainer;
  readonly clock: Clock;
  /** Told of each command when all that came with it have been carried out. */
  readonly onCommand: (command: TrainerCommand) => void;
  /** Nothing is left to be handled. */
  readonly onHandled: () => void;
  readonly onFailed: (error: unknown) => void;
}

export class TrainingLoop {
  readonly #options: TrainingLoopOptions;
  readonly #alarm: Alarm;
  /** Events not handled yet; the first is being handled. */
  readonly #events: TrainerEvent[] = [];
  #isStopped = false;

  constructor(options: TrainingLoopOptions) {
    this.#options = options;
    this.#alarm = new Alarm(options.clock, () => this.handle({ type: 'clock' }));
  }

  /** What happens while an event is handled, like a connection that breaks under a command, waits until that is done. */
  handle(event: TrainerEvent): void {
    const { onHandled, onFailed } = this.#options;
    this.#events.push(event);
    if (this.#events.length > 1) return;
    try {
      for (let next: TrainerEvent | undefined = event; next !== undefined; next = this.#events[0]) {
        this.#decide(next);
        this.#events.shift();
      }
      onHandled();
    } catch (error) {
      onFailed(error);
    }
  }

  /** No alarm rings any more. */
  stop(): void {
    this.#isStopped = true;
    this.#alarm.cancel();
  }

  #decide(event: TrainerEvent): void {
    const { trainer, clock, onCommand } = this.#options;
    const now = clock.now();
    const commands = trainer.handle(event, now);
    for (const command of commands) carryOut(command, this.#options);
    if (!this.#isStopped) this.#alarm.set(trainer.nextDeadline(now));
    for (const command of commands) onCommand(command);
  }
}
