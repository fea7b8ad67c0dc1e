// What the server proves itself by: a certificate and its key, from files.

import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { createSecureContext } from 'node:tls';
import { InputError } from '../../shared/errors.ts';

export interface TlsFiles {
  /** PEM: the server's certificate, then those between it and its authority. */
  readonly certificate: string;
  /** PEM: its private key, not encrypted. */
  readonly key: string;
}

/** A certificate and its key as `tls` takes them, known to fit. */
export interface TlsPair {
  readonly cert: string;
  readonly key: string;
  readonly certificate: X509Certificate;
}

/** @throws {InputError} naming the file that is wrong, and how. */
export async function readTlsPair({ certificate: certificateFile, key: keyFile }: TlsFiles): Promise<TlsPair> {
  const cert = await read(certificateFile, 'certificate');
  const key = await read(keyFile, 'key');
  const certificate = parseCertificate(cert, certificateFile);
  if (!certificate.checkPrivateKey(parseKey(key, keyFile))) {
    throw new InputError(`TLS key ${keyFile}: it is not the key of the certificate ${certificateFile}`);
  }
  try {
    createSecureContext({ cert, key });
  } catch (error) {
    throw new InputError(`TLS certificate ${certificateFile}: ${reasonOf(error)}`);
  }
  return { cert, key, certificate };
}

async function read(file: string, what: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    const reason = error.code === 'ENOENT' ? 'no such file' : `cannot be read (${error.code ?? error.message})`;
    throw new InputError(`TLS ${what} ${file}: ${reason}`);
  });
}

function parseCertificate(pem: string, file: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw new InputError(`TLS certificate ${file}: expected PEM, which begins with -----BEGIN CERTIFICATE-----`);
  }
}

function parseKey(pem: string, file: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    const reason = pem.includes('ENCRYPTED')
      ? 'it is encrypted, and nobody is there to ask for the password; `openssl pkey` decrypts it'
      : 'expected PEM, which begins with -----BEGIN PRIVATE KEY-----';
    throw new InputError(`TLS key ${file}: ${reason}`);
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The names that browsers and workers will find in a certificate, without those that stand for many. */
export function namesIn({ subjectAltName = '' }: X509Certificate): readonly string[] {
  return [...subjectAltName.matchAll(/(?:^|, )(?:DNS|IP Address):([^,"]+)/g)].flatMap(([, name = '']) =>
    name.includes('*') ? [] : name,
  );
}

/** Whether a certificate is for a name or address. */
export function certifies(certificate: X509Certificate, name: string): boolean {
  return (isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name)) !== undefined;
}

/** What is wrong with its dates, if anything is. @param now milliseconds since 1970 */
export function datesFault({ validFrom, validTo }: X509Certificate, now: number): string | undefined {
  if (now > Date.parse(validTo)) return `the TLS certificate has expired (on ${dayOf(validTo)})`;
  return now < Date.parse(validFrom) ? `the TLS certificate is not valid yet (until ${dayOf(validFrom)})` : undefined;
}

/** Like 2026-11-24. */
export function dayOf(date: string): string {
  return new Date(date).toISOString().slice(0, 10);
}
