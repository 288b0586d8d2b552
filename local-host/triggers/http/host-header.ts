/** Letters, digits and what a host name may hold by RFC 3986, or an IPv6 address in brackets; then perhaps a port. */
const HOST = /^(?:[a-z0-9\-._~!$&'()*+;=%]+|\[[0-9a-f:.]+\])(?::\d{0,5})?$/i;

let lastGood = '';

/**
 * Whether a Host header can stand in an address, as the address that a function sees is made with it; Kestrel answers 400
 * to others, and to two of them. An empty one is allowed by RFC 9110.
 */
export function isValidHost(host: string | undefined): boolean {
  if (host === undefined || host === '' || host === lastGood) return true;
  if (!HOST.test(host) || !URL.canParse(`http://${host}/`)) return false;
  lastGood = host;
  return true;
}
