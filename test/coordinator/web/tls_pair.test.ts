import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { certifies, datesFault, namesIn, readTlsPair } from '../../../coordinator/web/tls_pair.ts';
import { type CertificateFiles, makeCertificate } from '../../certificates.ts';

describe('a certificate and its key', () => {
  let folder = '';
  let files: CertificateFiles;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'gradswarm-tls-'));
    const names = ['DNS:train.example.org', 'DNS:*.swarm.example', 'IP:192.0.2.1', 'IP:2001:db8::1'];
    files = makeCertificate({ folder, names });
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('are read when they fit, and say for which names', async () => {
    const { certificate, cert, key } = await readTlsPair(files);
    expect([cert, key]).toEqual([readFileSync(files.certificate, 'utf8'), readFileSync(files.key, 'utf8')]);
    expect(namesIn(certificate)).toEqual(['train.example.org', '192.0.2.1', '2001:DB8:0:0:0:0:0:1']);
    const asked = [
      'train.example.org',
      'one.swarm.example',
      '192.0.2.1',
      '2001:db8::1',
      'example.org',
      '192.0.2.2',
      '',
    ];
    expect(asked.filter((name) => certifies(certificate, name))).toEqual(asked.slice(0, 4));
    expect(datesFault(certificate, Date.now())).toBeUndefined();
  });

  it('are told apart from those whose time is over, or has not come', async () => {
    const old = await readTlsPair(makeCertificate({ folder, file: 'old', years: [-2, -1] }));
    const early = await readTlsPair(makeCertificate({ folder, file: 'early', years: [1, 2] }));
    expect(datesFault(old.certificate, Date.now())).toMatch(/^the TLS certificate has expired \(on \d{4}-\d\d-\d\d\)$/);
    expect(datesFault(early.certificate, Date.now())).toMatch(
      /^the TLS certificate is not valid yet \(until \d{4}-\d\d-\d\d\)$/,
    );
  });

  it('are refused by one line that names the file that is wrong', async () => {
    const at = (name: string) => join(folder, name);
    const other = makeCertificate({ folder, file: 'other' });
    writeFileSync(at('nonsense'), 'nonsense');
    writeFileSync(
      at('encrypted'),
      execFileSync('openssl', ['pkey', '-in', files.key, '-aes128', '-passout', 'pass:x']),
    );
    const read = (certificate: string, key: string) => readTlsPair({ certificate, key });
    await expect(read(at('none'), files.key)).rejects.toThrow(`TLS certificate ${at('none')}: no such file`);
    await expect(read(files.certificate, at('none'))).rejects.toThrow(`TLS key ${at('none')}: no such file`);
    await expect(read(files.certificate, folder)).rejects.toThrow(`TLS key ${folder}: cannot be read (EISDIR)`);
    await expect(read(at('nonsense'), files.key)).rejects.toThrow(/^TLS certificate .*nonsense: expected PEM, /);
    await expect(read(files.certificate, at('nonsense'))).rejects.toThrow(/^TLS key .*nonsense: expected PEM, /);
    await expect(read(files.certificate, at('encrypted'))).rejects.toThrow(/^TLS key .*: it is encrypted, /);
    await expect(read(files.certificate, other.key)).rejects.toThrow(
      `TLS key ${other.key}: it is not the key of the certificate ${files.certificate}`,
    );
  });
});
