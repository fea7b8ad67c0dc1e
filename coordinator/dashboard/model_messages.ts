// What the page and its model worker tell each other.

export type ToModel =
  /** Fetch the newest parameters, presenting the token. */
  | { readonly type: 'refresh'; readonly token?: string | undefined }
  /** Pixels from 0 (ground) to 255 (ink), row by row. */
  | { readonly type: 'predict'; readonly image: Uint8Array };

/** A test image that the model takes for another class. */
export interface Mistake {
  readonly image: Uint8Array;
  readonly label: number;
  readonly predicted: number;
}

export type FromModel =
  | {
      readonly type: 'refreshed';
      readonly step: number;
      readonly mistakes: readonly Mistake[];
      /** One picture for each unit of the first layer; none if it does not see pixels one by one. */
      readonly weights: readonly Float32Array[];
    }
  | { readonly type: 'predicted'; readonly probabilities: readonly number[] }
  | { readonly type: 'failed'; readonly reason: string };
