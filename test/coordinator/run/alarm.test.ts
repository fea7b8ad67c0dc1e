import { describe, expect, it } from 'vitest';
import { Alarm } from '../../../coordinator/run/alarm.ts';
import { VirtualTime } from '../../simulation/virtual_time.ts';

function scripted() {
  const time = new VirtualTime();
  const rings: number[] = [];
  const alarm = new Alarm(
    time.clockOf(() => true),
    () => rings.push(time.now),
  );
  const run = () => {
    while (time.step());
    return rings;
  };
  return { alarm, run };
}

describe('Alarm', () => {
  it('rings once, at the moment it was set to', () => {
    const { alarm, run } = scripted();
    alarm.set(100);
    expect(run()).toEqual([100]);
  });

  it('is moved to an earlier moment, and left alone by a later one or none', () => {
    const { alarm, run } = scripted();
    alarm.set(100);
    alarm.set(50);
    alarm.set(200);
    alarm.set(undefined);
    expect(run()).toEqual([50]);
  });

  it('can be set anew after it has rung', () => {
    const { alarm, run } = scripted();
    alarm.set(10);
    run();
    alarm.set(20);
    expect(run()).toEqual([10, 20]);
  });

  it('does not ring once it is called off', () => {
    const { alarm, run } = scripted();
    alarm.set(100);
    alarm.cancel();
    expect(run()).toEqual([]);
  });
});
