/**
 * Where a request comes from, for limits and the log. A proxy on this machine is believed about the last hop it names;
 * nobody else is, since anybody can write that header.
 */
export function clientAddress(peer: string | undefined, headers: Headers): string {
  const address = (peer ?? 'unknown').replace(/^::ffff:(?=\d+\.)/, '');
  if (!isLoopback(address)) return address;
  const hop = headers.get('x-forwarded-for')?.split(',').at(-1)?.trim();
  return hop === undefined || !/^[0-9a-f.:]{2,45}$/i.test(hop) ? address : hop;
}

export function isLoopback(address: string): boolean {
  return address === '::1' || /^(?:::ffff:)?127\.\d+\.\d+\.\d+$/.test(address);
}
