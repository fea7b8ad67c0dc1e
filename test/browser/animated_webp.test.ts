import { describe, expect, it } from 'vitest';
import { animatedWebp } from './animated_webp.ts';

/** A still picture whose pixels are three bytes, and what goes with it. */
const still = Buffer.from('524946461800000057454250' + '45584946010000000900' + '565038200300000001020300', 'hex');

describe('animatedWebp', () => {
  it('holds the pixels of each frame, how long it is shown, and the size of all', () => {
    const moving = animatedWebp([{ picture: still, duration: 400 }], { width: 300, height: 2 });
    const frame = [
      '414e4d461c000000',
      '000000',
      '000000',
      '2b0100',
      '010000',
      '900100',
      '02',
      '565038200300000001020300',
    ];
    const header = ['57454250', '565038580a00000002000000', '2b0100', '010000', '414e494d06000000000000000000'];
    const all = [...header, ...frame].join('');
    expect(moving.toString('hex')).toBe(`52494646${le32(all.length / 2)}${all}`);
  });

  it('takes nothing that is no WebP picture', () => {
    const picture = Buffer.from('GIF89a is another format');
    expect(() => animatedWebp([{ picture, duration: 1 }], { width: 1, height: 1 })).toThrow(
      'a frame is no WebP picture',
    );
  });
});

function le32(value: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes.toString('hex');
}
