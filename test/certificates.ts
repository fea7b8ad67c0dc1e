// Certificates for tests, made by openssl, with whatever names, dates and authority a test wants.

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface CertificateFiles {
  readonly certificate: string;
  readonly key: string;
}

export interface CertificateOptions {
  /** Where the files go. */
  readonly folder: string;
  /** What they are called, without an extension. */
  readonly file?: string;
  /** Like `DNS:example.org` or `IP:127.0.0.1`. */
  readonly names?: readonly string[];
  /** Whoever signs it; by default itself. */
  readonly authority?: CertificateFiles;
  /** Years from now, from and until when it is valid. */
  readonly years?: readonly [from: number, until: number];
}

export function makeCertificate({
  folder,
  file = 'server',
  names = ['IP:127.0.0.1', 'DNS:localhost'],
  authority,
  years: [from, until] = [-1, 1],
}: CertificateOptions): CertificateFiles {
  const at = (extension: string) => join(folder, `${file}.${extension}`);
  const [certificate, key] = [at('pem'), at('key')];
  writeFileSync(at('index'), '');
  writeFileSync(at('cnf'), configuration(at('index'), folder, names));
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl('req', '-new', ...curve, '-keyout', key, '-out', at('csr'), '-subj', `/CN=${file}`);
  const signer =
    authority === undefined
      ? ['-selfsign', '-keyfile', key]
      : ['-cert', authority.certificate, '-keyfile', authority.key];
  const dates = ['-startdate', inYears(from), '-enddate', inYears(until)];
  openssl('ca', '-batch', '-notext', '-config', at('cnf'), ...signer, ...dates, '-in', at('csr'), '-out', certificate);
  return { certificate, key };
}

function configuration(index: string, folder: string, names: readonly string[]): string {
  return `[ca]
default_ca = here
[here]
database = ${index}
new_certs_dir = ${folder}
rand_serial = yes
default_md = sha256
policy = any
x509_extensions = extensions
unique_subject = no
[any]
commonName = supplied
[extensions]
subjectAltName = ${names.join(',')}
`;
}

/** Like 20261124000000Z. */
function inYears(years: number): string {
  const date = new Date();
  date.setUTCFullYear(date.getUTCFullYear() + years);
  return `${date.toISOString().slice(0, 10).replaceAll('-', '')}000000Z`;
}

function openssl(...commandArguments: readonly string[]): void {
  try {
    execFileSync('openssl', commandArguments, { stdio: ['ignore', 'ignore', 'pipe'] });
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw isMissing ? new Error('openssl is missing: install Debian’s package openssl') : error;
  }
}
