// The frozen weights on their way out: encoded once, for the first worker that needs them; the same frames for every other.

import type { Checksum } from '../../shared/protocol/checksum.ts';
import { encodeToWorker } from '../../shared/protocol/encode.ts';
import type { FrameSender } from './parameter_frames.ts';

/** The frozen weights of a run. */
export interface FrozenContent {
  /** SHA-256, hexadecimal. */
  readonly digest: string;
  readonly bytes: () => Uint8Array;
}

export class FrozenFrames {
  readonly #content: FrozenContent;
  readonly #checksum: Checksum;
  #frames: readonly Uint8Array[] | undefined;

  /** @param checksum had better know the memory of the weights. */
  constructor(content: FrozenContent, checksum: Checksum) {
    this.#content = content;
    this.#checksum = checksum;
  }

  /** Sends the weights to a worker, unless it says that it holds them. They stay as they are while the run goes on. */
  send(sender: Pick<FrameSender, 'sendShared'>, held: string | undefined): void {
    const { digest, bytes } = this.#content;
    if (held === digest) return;
    this.#frames ??= encodeToWorker({ type: 'frozen', digest }, bytes(), { checksum: this.#checksum });
    // One by one: that each is taken over is a sign of life of a peer that receives for minutes and says nothing.
    for (const frame of this.#frames) sender.sendShared([frame], () => undefined);
  }
}
