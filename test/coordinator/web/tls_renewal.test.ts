import { copyFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readTlsPair, type TlsFiles, type TlsPair } from '../../../coordinator/web/tls_pair.ts';
import { TlsRenewal } from '../../../coordinator/web/tls_renewal.ts';
import { makeCertificate } from '../../certificates.ts';
import { Inbox, ScriptedClock } from '../../worker/session/scripted.ts';

describe('a renewed certificate', () => {
  let folder = '';
  const at = (...names: readonly string[]) => join(folder, ...names);
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gradswarm-renewal-'));
    mkdirSync(at('made'));
    mkdirSync(at('used'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const make = (file: string) => makeCertificate({ folder: at('made'), file });

  /** Puts a pair where the server reads it. */
  function use(files: TlsFiles): TlsFiles {
    const used = { certificate: at('used', 'cert.pem'), key: at('used', 'key.pem') };
    copyFileSync(files.certificate, used.certificate);
    copyFileSync(files.key, used.key);
    return used;
  }

  async function watched(files: TlsFiles) {
    const clock = new ScriptedClock();
    const renewed = new Inbox<TlsPair>();
    const troubles = new Inbox<string>();
    const renewal = await TlsRenewal.start({
      files,
      pair: await readTlsPair(files),
      clock,
      onRenewed: (pair) => renewed.put(pair),
      onTrouble: (line) => troubles.put(line),
    });
    /** Lets the time pass that it leaves for changes to be complete. */
    const settle = async () => {
      await clock.untilSomebodyWaits();
      clock.advance(1_000);
    };
    return { renewal, renewed, troubles, settle };
  }

  it('is read when both files are written, and not before', async () => {
    const files = use(make('one'));
    const { renewal, renewed, troubles, settle } = await watched(files);
    const next = make('two');
    use(next);
    await settle();
    expect((await renewed.next()).cert).toBe((await readTlsPair(next)).cert);
    expect(troubles.waiting).toEqual([]);
    renewal.close();
  });

  it('is read when a link to it is replaced, or what that links to', async () => {
    const [one, two, three] = [make('one'), make('two'), make('three')];
    symlinkSync(one.certificate, at('used', 'cert.pem'));
    symlinkSync(one.key, at('used', 'key.pem'));
    const files = { certificate: at('used', 'cert.pem'), key: at('used', 'key.pem') };
    const { renewal, renewed, settle } = await watched(files);
    for (const name of ['cert', 'key'] as const) {
      symlinkSync(name === 'cert' ? two.certificate : two.key, at('used', 'next'));
      renameSync(at('used', 'next'), at('used', `${name}.pem`));
    }
    await settle();
    expect((await renewed.next()).cert).toBe((await readTlsPair(two)).cert);
    copyFileSync(three.certificate, two.certificate);
    copyFileSync(three.key, two.key);
    await settle();
    expect((await renewed.next()).cert).toBe((await readTlsPair(three)).cert);
    renewal.close();
  });

  it('that is broken is told of once, and the one before stays', async () => {
    const files = use(make('one'));
    const { renewal, renewed, troubles, settle } = await watched(files);
    const next = make('two');
    copyFileSync(next.certificate, files.certificate);
    await settle();
    expect(await troubles.next()).toBe(
      `TLS key ${files.key}: it is not the key of the certificate ${files.certificate}; ` +
        'the one that was read before stays in use',
    );
    writeFileSync(at('used', 'unrelated'), '');
    await settle();
    copyFileSync(next.key, files.key);
    await settle();
    expect((await renewed.next()).cert).toBe((await readTlsPair(next)).cert);
    expect(troubles.waiting).toEqual([]);
    renewal.close();
  });

  it('is not looked for when other files of its folder change, nor once the server is closed', async () => {
    const files = use(make('one'));
    const { renewal, renewed, settle } = await watched(files);
    writeFileSync(at('used', 'unrelated'), '');
    await settle();
    const next = make('two');
    use(next);
    await settle();
    expect((await renewed.next()).cert).toBe((await readTlsPair(next)).cert);
    expect(renewed.waiting).toEqual([]);
    renewal.close();
  });
});
