import { type LookupAddress, type LookupOptions, lookup } from 'node:dns';
import { BlockList, isIP } from 'node:net';
import type { PollPermission } from '#core/config/connector.ts';

/** Kinds of addresses that requests of others' making could be aimed at. */
type AddressKind = Exclude<PollPermission, 'http'> | 'reserved';

/**
 * What is no ordinary address of the internet. `loopback`: the function itself, and the Lambda runtime beside it.
 * `link-local`: instance and container metadata, with credentials. Source: IANA special-purpose address registries.
 */
const RANGES: Readonly<Record<AddressKind, readonly (readonly [string, number])[]>> = {
  loopback: [
    ['127.0.0.0', 8],
    ['::1', 128],
  ],
  'link-local': [
    ['169.254.0.0', 16],
    ['fe80::', 10],
    // Metadata over IPv6. Source: Amazon EC2 user guide, "Instance metadata".
    ['fd00:ec2::', 32],
  ],
  private: [
    ['10.0.0.0', 8],
    ['172.16.0.0', 12],
    ['192.168.0.0', 16],
    ['100.64.0.0', 10],
    ['fc00::', 7],
  ],
  reserved: [
    ['0.0.0.0', 8],
    ['192.0.0.0', 24],
    ['198.18.0.0', 15],
    ['224.0.0.0', 4],
    ['240.0.0.0', 4],
    ['::', 128],
    ['ff00::', 8],
    // Carry an IPv4 address inside: 6to4, NAT64, Teredo.
    ['2002::', 16],
    ['64:ff9b::', 96],
    ['2001::', 32],
  ],
};

const LISTS: readonly (readonly [AddressKind, BlockList])[] = (
  ['loopback', 'link-local', 'private', 'reserved'] as const
).map((kind) => {
  const list = new BlockList();
  for (const [net, prefix] of RANGES[kind]) list.addSubnet(net, prefix, familyOf(net));
  return [kind, list];
});

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}

/** `::ffff:10.0.0.1` is 10.0.0.1 to the system that connects. */
const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** An address that is not connected to. */
export class AddressRefused extends Error {}

/** Why an address may not be connected to; null when it may. */
export function addressProblem(address: string, allow: readonly PollPermission[]): string | null {
  const plain = MAPPED.exec(address)?.[1] ?? address;
  const kind = LISTS.find(([, list]) => list.check(plain, familyOf(plain)))?.[0];
  if (kind === undefined || (kind !== 'reserved' && allow.includes(kind))) return null;
  const next = kind === 'reserved' ? '' : `; allow: [${kind}] lets requests go there`;
  return `the host has a ${kind} address, expected a public one${next}`;
}

type LookupCallback = (
  error: NodeJS.ErrnoException | null,
  address: string | LookupAddress[],
  family?: number,
) => void;

/**
 * Name resolution that gives no address which may not be connected to. It is what the connection itself uses, so that a
 * name whose answer changes between a check and the connection gets nowhere.
 */
export function guardedLookup(allow: readonly PollPermission[]) {
  return (host: string, options: LookupOptions, callback: LookupCallback): void => {
    lookup(host, { ...options, all: true }, (error, addresses) => {
      if (error !== null) {
        callback(error, []);
        return;
      }
      const problem = addresses.map(({ address }) => addressProblem(address, allow)).find(Boolean);
      const [first] = addresses;
      if (problem != null || first === undefined) {
        callback(new AddressRefused(problem ?? 'the host has no address'), []);
      } else if (options.all === true) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}
