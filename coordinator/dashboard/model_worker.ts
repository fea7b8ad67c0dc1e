// The model in this tab: predictions with the same engine that trains it, in a Web Worker of its own.

import type { FromModel, ToModel } from './model_messages.ts';
import { TriedModel } from './tried_model.ts';

let model: TriedModel | undefined;
let token: string | undefined;
/** What goes on with a text; another one, or none, when that is to stop. */
let going: AsyncGenerator<string, void, void> | undefined;

/** Tokens that are sent together, at most this many milliseconds apart. */
const telling = 60;

async function answer(message: ToModel): Promise<void> {
  if (message.type === 'refresh') token = message.token;
  model ??= await TriedModel.load(token);
  switch (message.type) {
    case 'refresh':
      return tell({ type: 'refreshed', refreshed: await model.refresh(token) });
    case 'adopt':
      return tell({ type: 'refreshed', refreshed: model.adopt(message.step, bytesIn(message.parameters)) });
    case 'predict':
      return tell({ type: 'answered', answered: { outputs: model.predict(message.values) } });
    case 'sample':
      return tell({ type: 'answered', answered: model.sample(message.index) });
    case 'generate':
      return generate(model.generate(message));
    case 'stop':
      going = undefined;
      return;
    default:
      return message satisfies never;
  }
}

async function generate(texts: AsyncGenerator<string, void, void>): Promise<void> {
  going = texts;
  let [text, toldAt] = ['', performance.now()];
  for await (const part of texts) {
    if (going !== texts) break;
    text += part;
    if (performance.now() - toldAt < telling) continue;
    tell({ type: 'generated', text, isLast: false });
    [text, toldAt] = ['', performance.now()];
  }
  if (going === undefined || going === texts) tell({ type: 'generated', text, isLast: true });
}

function bytesIn(base64: string): ArrayBuffer {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)).buffer;
}

function tell(message: FromModel): void {
  self.postMessage(message);
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

self.onmessage = ({ data }: MessageEvent<ToModel>) => {
  answer(data).catch((error: unknown) => tell({ type: 'failed', reason: reasonOf(error) }));
};
