// Pictures out of figures.

import { useEffect, useRef } from 'preact/hooks';

export interface PictureProps {
  /** [height, width, channels], row-major. */
  readonly values: ArrayLike<number>;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** The values of black and white. */
  readonly range: readonly [number, number];
  readonly label: string;
  readonly class?: string;
}

/** In shades of grey, or in colour. */
export function Picture({ values, height, width, channels, range, label, class: name }: PictureProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (context === null || context === undefined) return;
    const image = context.createImageData(width, height);
    image.data.set(rgbaOf(values, channels, range));
    context.putImageData(image, 0, 0);
  }, [values]);
  return <canvas class={name} width={width} height={height} ref={canvas} role="img" aria-label={label} />;
}

export function rgbaOf(
  values: ArrayLike<number>,
  channels: number,
  [black, white]: readonly [number, number],
): Uint8ClampedArray {
  const pixels = Math.floor(values.length / channels);
  const rgba = new Uint8ClampedArray(4 * pixels);
  const shade = (at: number) => (255 * ((values[at] ?? black) - black)) / (white - black);
  for (let pixel = 0; pixel < pixels; pixel++) {
    const first = pixel * channels;
    for (let channel = 0; channel < 3; channel++)
      rgba[4 * pixel + channel] = shade(first + (channels === 1 ? 0 : channel));
    rgba[4 * pixel + 3] = channels === 4 ? shade(first + 3) : 255;
  }
  return rgba;
}
