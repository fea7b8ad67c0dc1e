/** The ink of an RGBA picture, 0 to 1, by its transparency. */
interface Ink {
  readonly width: number;
  readonly height: number;
  readonly data: ArrayLike<number>;
}
export declare function drawnImage({ width, height, data }: Ink): Uint8Array;
