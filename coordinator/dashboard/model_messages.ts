// What the page and its model worker tell each other.

import type { FirstLayer } from '../../shared/model/first_layer.ts';
import type { Gives, Takes } from '../../shared/model/takes_and_gives.ts';
import type { Look } from './look.ts';

export type ToModel =
  /** Fetch the newest parameters, presenting the token. */
  | { readonly type: 'refresh'; readonly token?: string | undefined }
  /** The last parameters of a coordinator that has ended, as its last event has them. */
  | { readonly type: 'adopt'; readonly step: number; readonly parameters: string }
  /** The features of a sample, row-major, as figures. */
  | { readonly type: 'predict'; readonly values: Float32Array }
  /** A sample of the test set, by its position, and what the model gives for it. */
  | { readonly type: 'sample'; readonly index: number }
  /** Go on with a text. What is still going on is stopped. */
  | { readonly type: 'generate'; readonly prompt: string; readonly temperature: number; readonly tokens: number }
  | { readonly type: 'stop' };

export interface FirstLayerPictures extends Omit<FirstLayer, 'tensor' | 'units'> {
  /** One for each unit: [height, width, channels]. */
  readonly pictures: readonly Float32Array[];
}

/** Weights of a dense layer, [inputs, outputs]. */
export interface NetworkWeights {
  readonly inputs: number;
  readonly outputs: number;
  readonly weights: Float32Array;
}

/** A test sample. */
export interface Sampled {
  readonly index: number;
  /** Its features. */
  readonly values: Float32Array;
  /** Its label, or its targets. */
  readonly truth: Float32Array;
  /** Its text, where it is one. */
  readonly text?: string;
}

/** What the model gives for what was drawn, set or picked. */
export interface Answered {
  readonly outputs: Float32Array;
  /** Undefined for what is no sample of the test set. */
  readonly sample?: Sampled;
}

export interface Refreshed {
  readonly step: number;
  readonly takes: Takes;
  readonly gives: Gives;
  /** Test samples that can be picked. */
  readonly samples: number;
  /** What came of them; undefined of texts. */
  readonly look?: Look;
  /** Of what it got most wrong, in the look's order, where samples are pictures. */
  readonly worstPictures: readonly Float32Array[];
  readonly firstLayer?: FirstLayerPictures;
  /** All of a small network. */
  readonly network?: readonly NetworkWeights[];
}

export type FromModel =
  | { readonly type: 'refreshed'; readonly refreshed: Refreshed }
  | { readonly type: 'answered'; readonly answered: Answered }
  /** What has come of a text; `isLast`: nothing more comes. */
  | { readonly type: 'generated'; readonly text: string; readonly isLast: boolean }
  | { readonly type: 'failed'; readonly reason: string };
