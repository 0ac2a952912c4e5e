import { X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { type Server, TLSSocket } from 'node:tls';
import type { TlsConfig } from './web-tls-config.ts';

/** Result of checking the client certificate of a connection. */
export type CertificateVerdict =
  | { readonly kind: 'none' }
  /** Verified, with its subject alternative names. */
  | { readonly kind: 'verified'; readonly names: readonly string[] }
  | { readonly kind: 'rejected'; readonly detail: string }
  /** Verified by a CA that is not configured any more. */
  | { readonly kind: 'outdated' };

/** CA of the web configuration at the time of the handshake. */
const caOfHandshake = new WeakMap<Socket, TlsConfig['context']['ca']>();

/** Remembers which CA each connection was verified by. `currentTls` is called when a connection begins. */
export function recordClientCa(server: Server, currentTls: () => TlsConfig | undefined): void {
  const began = new Map<string, TlsConfig['context']['ca']>();
  const endpoint = ({ remoteAddress, remotePort }: Socket) => `${remoteAddress} ${remotePort}`;
  server.on('connection', (socket: Socket) => {
    const key = endpoint(socket);
    began.set(key, currentTls()?.context.ca);
    socket.once('close', () => began.delete(key));
  });
  server.prependListener('secureConnection', (socket: TLSSocket) =>
    caOfHandshake.set(socket, began.get(endpoint(socket))),
  );
}

/** Checks what the handshake left open: it rejects by itself only if every client needs a verified certificate. */
export function judgeCertificate(
  { socket }: IncomingMessage,
  { clients: { asked, needed, verified, allowedNames }, context }: TlsConfig,
): CertificateVerdict {
  const raw = asked && socket instanceof TLSSocket ? socket.getPeerCertificate().raw : undefined;
  if (raw === undefined) return needed ? rejected('a client certificate is needed') : { kind: 'none' };
  if (!verified) return { kind: 'none' };
  if (caOfHandshake.get(socket) !== context.ca) return { kind: 'outdated' };
  if (!(socket as TLSSocket).authorized) return rejected('the client certificate is from no CA of client_ca');
  const names = alternativeNames(new X509Certificate(raw).subjectAltName ?? '');
  if (allowedNames.length > 0 && !names.some((name) => allowedNames.includes(name)))
    return rejected('no subject alternative name of the client certificate is in client_allowed_sans');
  return { kind: 'verified', names };
}

function rejected(detail: string): CertificateVerdict {
  return { kind: 'rejected', detail };
}

// `DNS:a.example, IP Address:10.0.0.1, URI:"spiffe://a, b"`: quoted like JSON where a comma would mislead.
function alternativeNames(text: string): string[] {
  return [...text.matchAll(/(?:^|, )[A-Za-z ]+:("(?:[^"\\]|\\.)*"|[^,]*)/g)].map(([, name = '']) =>
    name.startsWith('"') ? JSON.parse(name) : name,
  );
}
