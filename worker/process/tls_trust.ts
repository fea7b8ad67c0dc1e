// Whom a worker takes for its coordinator over TLS: whoever proves a certificate with the coordinator's name, that an
// authority vouches for which this machine trusts, or one of those in a file that the user names.

import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type ConnectionOptions, checkServerIdentity } from 'node:tls';
import { InputError } from '../../shared/errors.ts';
import { plainText } from '../../shared/protocol/plain_text.ts';

/** Options of `tls.connect`. */
type Trust = Required<Pick<ConnectionOptions, 'ca' | 'allowPartialTrustChain' | 'checkServerIdentity'>>;

/**
 * What `tls.connect` is to trust. A certificate that stands in the file itself is known whatever name it has, so that a
 * coordinator can name its own for workers on its machine.
 * @throws {InputError} if the file cannot be read, or holds no certificate
 */
export function trustIn(file: string): Trust {
  const pem = readCertificates(file);
  const known = certificatesIn(pem, file);
  return {
    ca: pem,
    allowPartialTrustChain: true,
    checkServerIdentity: (host, certificate) =>
      known.some(({ raw }) => raw.equals(certificate.raw)) ? undefined : checkServerIdentity(host, certificate),
  };
}

function readCertificates(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'no such file' : `cannot be read (${code ?? message})`;
    throw new InputError(`certificates ${file}: ${reason}`);
  }
}

function certificatesIn(pem: string, file: string): readonly X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g);
  try {
    if (blocks !== null) return blocks.map((block) => new X509Certificate(block));
  } catch {
    // Told below.
  }
  throw new InputError(`certificates ${file}: expected PEM, which begins with -----BEGIN CERTIFICATE-----`);
}

const unknownAuthority =
  'its certificate is signed by nobody whom this machine trusts; if it is the right one, name it, or that of its authority, with --ca FILE';

const wordsByCode: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: unknownAuthority,
  SELF_SIGNED_CERT_IN_CHAIN: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownAuthority,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownAuthority,
  CERT_HAS_EXPIRED: 'its certificate has expired, or the clock of this machine is wrong',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet, or the clock of this machine is wrong',
  EPROTO: 'it does not speak TLS there, or none that this machine does; for a coordinator without TLS write ws://',
};

/** Why no connection over TLS came about, if that is the reason. */
export function wordsForTls(error: Error & { readonly code?: unknown }): string | undefined {
  if (error.code === 'ERR_TLS_CERT_ALTNAME_INVALID') return wordsForName(error);
  return typeof error.code === 'string' ? wordsByCode[error.code] : undefined;
}

function wordsForName(error: Error & { readonly host?: unknown; readonly cert?: unknown }): string {
  const { subjectaltname = 'no name' } = (error.cert ?? {}) as { readonly subjectaltname?: string };
  return `its certificate is for ${plainText(subjectaltname)}, not for ${error.host}`;
}
