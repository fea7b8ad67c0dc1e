// An attacker's process, seen from where it is told what to do.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Target } from '../attack.ts';
import type { FromAttacker, ToAttacker } from '../attacker/attacker_messages.ts';
import { builtFile } from './built_file.ts';

/** What the attacker was told, and how often. */
export type Told = ReadonlyMap<string, number>;

export class Attacker implements AsyncDisposable {
  readonly #process: ChildProcess = fork(builtFile('test/hostile/attacker/attacker_process.js'));
  readonly #exited = once(this.#process, 'exit');
  #onMessage: (message: FromAttacker) => void = () => undefined;
  #onExit: (error: Error) => void = () => undefined;

  constructor() {
    this.#process.on('message', (message: FromAttacker) => this.#onMessage(message));
    this.#exited.then(([code, signal]) => this.#onExit(new Error(`the attacker ended: ${signal ?? code}`)));
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Begins an attack. Resolves when it was told something for the first time. */
  start(attack: string, target: Target): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#onExit = reject;
      this.#onMessage = (message) => {
        if (message.type === 'told') resolve(message.answer);
      };
      this.#send({ type: 'start', attack, target });
    });
  }

  /** Ends it. Resolves with everything that it was told, when it has let go of all. */
  stop(): Promise<Told> {
    return new Promise((resolve, reject) => {
      this.#onExit = reject;
      this.#onMessage = (message) => {
        if (message.type === 'stopped') resolve(new Map(message.told));
      };
      this.#send({ type: 'stop' });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.#exited;
  }

  #send(message: ToAttacker): void {
    this.#process.send(message);
  }
}
