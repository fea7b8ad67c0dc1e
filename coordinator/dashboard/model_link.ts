// The page's end of the model worker: what was asked, what has been answered, what has been written.

import type { WeightsMessage } from '../../shared/watch/messages.ts';
import { presentedToken } from './link.ts';
import type { Answered, FromModel, Refreshed, ToModel } from './model_messages.ts';

export interface ModelState {
  /** Undefined until the model is there. */
  readonly refreshed?: Refreshed | undefined;
  /** The answer to what was drawn, set or picked last; undefined where nothing is asked. */
  readonly answered?: Answered | undefined;
  /** What the model has written. */
  readonly written: string;
  readonly isWriting: boolean;
  readonly failure?: string | undefined;
}

export const noModel: ModelState = { written: '', isWriting: false };

type Question = Extract<ToModel, { readonly type: 'predict' | 'sample' }>;

export class ModelLink {
  readonly #worker = new Worker('model.js', { type: 'module' });
  readonly #onChange: (state: ModelState) => void;
  #state = noModel;
  /** What is to be answered, now and with newer parameters. */
  #question: Question | undefined;
  /** One question is with the worker at a time: a finger is quicker than some models. */
  #asked: Question | undefined;

  constructor(onChange: (state: ModelState) => void) {
    this.#onChange = onChange;
    this.#worker.onmessage = ({ data }: MessageEvent<FromModel>) => this.#take(data);
    this.refresh();
  }

  /** Fetches the newest parameters; what was asked last is asked again. */
  refresh(): void {
    this.#send({ type: 'refresh', token: presentedToken() });
  }

  /** Uses the last parameters of a coordinator that has ended. */
  adopt({ step, parameters }: WeightsMessage): void {
    this.#send({ type: 'adopt', step, parameters });
  }

  ask(question: Question): void {
    this.#question = question;
    this.#askNext();
  }

  /** Nothing is asked any more. */
  clear(): void {
    this.#question = undefined;
    this.#change({ answered: undefined });
  }

  write(prompt: string, temperature: number, tokens: number): void {
    this.#change({ written: '', isWriting: true, failure: undefined });
    this.#send({ type: 'generate', prompt, temperature, tokens });
  }

  stopWriting(): void {
    this.#send({ type: 'stop' });
  }

  close(): void {
    this.#worker.terminate();
  }

  #askNext(): void {
    if (this.#asked !== undefined || this.#question === undefined || this.#state.refreshed === undefined) return;
    this.#asked = this.#question;
    this.#send(this.#question);
  }

  #take(message: FromModel): void {
    switch (message.type) {
      case 'refreshed':
        this.#change({ refreshed: message.refreshed, failure: undefined });
        this.#askNext();
        break;
      case 'answered': {
        const isLatest = this.#asked === this.#question;
        this.#asked = undefined;
        if (this.#question !== undefined) this.#change({ answered: message.answered });
        if (!isLatest) this.#askNext();
        break;
      }
      case 'generated':
        this.#change({ written: this.#state.written + message.text, isWriting: !message.isLast });
        break;
      case 'failed':
        this.#asked = undefined;
        this.#change({ failure: message.reason, isWriting: false });
        break;
      default:
        message satisfies never;
    }
  }

  #change(part: Partial<ModelState>): void {
    this.#state = { ...this.#state, ...part };
    this.#onChange(this.#state);
  }

  #send(message: ToModel): void {
    this.#worker.postMessage(message);
  }
}
