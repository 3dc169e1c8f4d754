/**
 * Whether a host is a loopback address or name; used for HOST, AUTH and the headers Host and
 * Origin.
 */

/**
 * `host`: a name or an address, as in a URL or in HOST; an IPv6 address with or without brackets.
 */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase();
  return (
    name === 'localhost' ||
    name.endsWith('.localhost') ||
    name === '[::1]' ||
    name === '::1' ||
    /^127(?:\.\d{1,3}){3}$/.test(name)
  );
}
