// Frozen weights on the worker's side: written into the model's memory once, believed by their digest, and kept, so that a
// worker that has lost its coordinator need not fetch them again.

import { sha256Hex } from '../../shared/digest/sha256.ts';
import type { Engine } from '../../shared/engine/engine.ts';
import type { Replica } from '../../shared/engine/replica.ts';
import { ProtocolError } from '../../shared/protocol/close_codes.ts';
import type { MissingWeights } from './computation.ts';

interface Kept {
  readonly digest: string;
  readonly bytes: Uint8Array;
}

export class FrozenWeights {
  #kept: Kept | undefined;

  /** Digest of what is kept: the frozen weights of the last job that had some. */
  get held(): string | undefined {
    return this.#kept?.digest;
  }

  /**
   * Gives a model its frozen weights if they are kept; else says what must come.
   * @param digest what the job states; undefined if it states none
   * @throws {ProtocolError} if it states none for a model that has some, or some for one that has none.
   */
  provide(engine: Engine, replica: Replica, digest: string | undefined): MissingWeights | undefined {
    const bytes = 4 * replica.frozenCount;
    if ((digest === undefined) !== (bytes === 0)) {
      const found =
        bytes === 0 ? 'no frozen weights, the job a digest of some' : 'frozen weights, the job no digest of them';
      throw new ProtocolError('badMessage', `message "welcome": the graph has ${found}`);
    }
    if (digest === undefined) return undefined;
    const memory = () => engine.bytes(replica.frozen, bytes);
    if (this.#kept?.digest === digest && this.#kept.bytes.length === bytes) {
      memory().set(this.#kept.bytes);
      replica.frozenChanged();
      return undefined;
    }
    // Whatever else was kept makes room.
    this.#kept = undefined;
    const written = () => {
      const content = memory().slice();
      if (sha256Hex(content) !== digest) {
        throw new ProtocolError('corrupted', 'message "frozen": the weights are not those of the digest');
      }
      this.#kept = { digest, bytes: content };
      replica.frozenChanged();
    };
    return { digest, bytes, memory, written };
  }
}
