/** A certificate for tests that need https, made by openssl. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { temporaryFolder } from './inference.ts';

/** A folder with key.pem and cert.pem for localhost, or undefined where there is no openssl to make them. */
export function makeCertificate(): string | undefined {
  const folder = temporaryFolder();
  try {
    const request = [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-days',
      '2',
    ];
    const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
    const files = ['-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem')];
    execFileSync('openssl', [...request, ...names, ...files], { stdio: 'ignore' });
    return folder;
  } catch {
    return undefined;
  }
}
