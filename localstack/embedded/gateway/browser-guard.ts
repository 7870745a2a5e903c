import { isIP } from 'node:net';

/**
 * Reason to refuse a request that a web page may have sent, or null when it is fine.
 * The administrator needs no valid signature, so any page the user happens to open could otherwise write to it:
 * directly (then the browser adds `Origin`), or by pointing a name of its own at 127.0.0.1
 * (DNS rebinding: then `Host` carries that name).
 */
export function browserRefusal(headers: {
  readonly host: string | undefined;
  readonly origin: string | undefined;
}): string | null {
  if (headers.host !== undefined && !isLocalHost(headers.host)) {
    return 'the Host header names another machine, expected 127.0.0.1 or localhost; set AWS_ENDPOINT_URL to the printed endpoint';
  }
  if (headers.origin !== undefined && !isLocalOrigin(headers.origin)) {
    return 'the request comes from a web page of another origin, expected one of this machine';
  }
  return null;
}

function isLocalOrigin(origin: string): boolean {
  return URL.canParse(origin) && isLocalHost(new URL(origin).host);
}

/** Addresses cannot be rebound; `host.docker.internal` is how a container reaches its host's loopback. */
function isLocalHost(host: string): boolean {
  const name = hostNameOf(host);
  return (
    isIP(name) !== 0 ||
    name === 'localhost' ||
    name.endsWith('.localhost') ||
    name === 'host.docker.internal'
  );
}

/** Host header without port and IPv6 brackets, in lower case. */
export function hostNameOf(host: string): string {
  const bracketed = /^\[([^\]]*)\]/.exec(host);
  return (bracketed?.[1] ?? host.replace(/:\d*$/, '')).toLowerCase();
}
