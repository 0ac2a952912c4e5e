import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Issued {
  readonly certFile: string;
  readonly keyFile: string;
}

export interface TestAuthority extends Issued {
  /** A certificate for these names (`DNS:…`, `IP:…`), signed by this authority and valid for `days`. */
  issue(name: string, alternativeNames: string, days?: number): Issued;
}

/** A certificate authority of a test's own, made by the `openssl` command in `directory`. */
export function createAuthority(directory: string, name = 'ca'): TestAuthority {
  const file = (base: string, extension: string) => join(directory, `${base}.${extension}`);
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'pipe' });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const authority = { certFile: file(name, 'pem'), keyFile: file(name, 'key') };
  openssl(
    ...['req', '-x509', ...newKey, '-subj', `/CN=${name}`, '-days', '2'],
    ...['-keyout', authority.keyFile, '-out', authority.certFile],
  );
  return {
    ...authority,
    issue(subject, alternativeNames, days = 2) {
      const issued = { certFile: file(subject, 'pem'), keyFile: file(subject, 'key') };
      const [request, extensions] = [file(subject, 'csr'), file(subject, 'ext')];
      writeFileSync(extensions, `subjectAltName=${alternativeNames}\n`);
      openssl('req', ...newKey, '-subj', `/CN=${subject}`, '-keyout', issued.keyFile, '-out', request);
      openssl(
        ...['x509', '-req', '-in', request, '-CA', authority.certFile, '-CAkey', authority.keyFile, '-CAcreateserial'],
        ...['-extfile', extensions, '-days', String(days), '-out', issued.certFile],
      );
      return issued;
    },
  };
}
