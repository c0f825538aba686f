/**
 * Where a request comes from. The peer is the other end of the connection, which cannot be forged. The client's address
 * is for the log and the limit on requests: a proxy on this machine is believed about the last hop that it names, and
 * nobody else is, since anybody can write that header.
 */
export function peerAddress(remoteAddress: string | undefined): string {
  return (remoteAddress ?? 'unknown').replace(/^::ffff:(?=\d+\.)/, '');
}

export function clientAddress(peer: string, headers: Headers): string {
  if (!isLoopback(peer)) return peer;
  const hop = headers.get('x-forwarded-for')?.split(',').at(-1)?.trim();
  return hop === undefined || !/^[0-9a-f.:]{2,45}$/i.test(hop) ? peer : hop;
}

export function isLoopback(address: string): boolean {
  return address === '::1' || /^(?:::ffff:)?127\.\d+\.\d+\.\d+$/.test(address);
}
