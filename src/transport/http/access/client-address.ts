/**
 * The addresses of a request. The peer is the other end of the connection and cannot be forged. The client address is
 * used for logs and the rate limit. It is the last hop in X-Forwarded-For if the peer is on this machine, that is, a
 * local proxy. From any other peer the header is ignored, because anyone can send it.
 */
export function formatPeerAddress(remoteAddress: string | undefined): string {
  return (remoteAddress ?? 'unknown').replace(/^::ffff:(?=\d+\.)/, '');
}

export function findClientAddress(peer: string, headers: Headers): string {
  if (!isLoopback(peer)) return peer;
  const hop = headers.get('x-forwarded-for')?.split(',').at(-1)?.trim();
  return hop === undefined || !/^[0-9a-f.:]{2,45}$/i.test(hop) ? peer : hop;
}

export function isLoopback(address: string): boolean {
  return address === '::1' || /^(?:::ffff:)?127\.\d+\.\d+\.\d+$/.test(address);
}
