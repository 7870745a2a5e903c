import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** State of a socket that listens, in /proc/net/tcp. Source: Linux include/net/tcp_states.h. */
const LISTEN = '0A';

/**
 * Addresses and ports beyond the loopback on which the processes of a group listen, as `address:port` in the
 * hexadecimal of /proc/net/tcp. Null where there is no /proc (macOS): nobody can say then.
 */
export function listensBeyondLoopback(group: number): readonly string[] | null {
  const sockets = openSockets(group);
  if (sockets === null) return null;
  return ['tcp', 'tcp6'].flatMap((name) =>
    linesOf(`/proc/net/${name}`)
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter(([, local, , state, , , , , , inode]) => {
        const isOpen = state === LISTEN && inode !== undefined && sockets.has(inode);
        return isOpen && local !== undefined && !isLoopback(local);
      })
      .map(([, local]) => local ?? ''),
  );
}

/** 127.0.0.0/8, ::1, or 127.0.0.0/8 as IPv6; every 32-bit word is in the byte order of the machine. */
function isLoopback(local: string): boolean {
  return /^([0-9A-F]{6}7F|0{24}01000000|0{16}FFFF0000[0-9A-F]{6}7F):/.test(local);
}

/** Inodes of the sockets that the processes of a group hold. */
function openSockets(group: number): ReadonlySet<string> | null {
  const processes = listed('/proc');
  if (processes.length === 0) return null;
  const members = processes.filter((pid) => /^\d+$/.test(pid) && groupOf(pid) === group);
  const targets = members.flatMap((pid) =>
    listed(`/proc/${pid}/fd`).map((fd) => linkOf(`/proc/${pid}/fd/${fd}`)),
  );
  return new Set(targets.flatMap((target) => /^socket:\[(\d+)\]$/.exec(target)?.[1] ?? []));
}

/** Fifth field of /proc/<pid>/stat; the second, in parentheses, may hold anything. */
function groupOf(pid: string): number {
  const stat = linesOf(`/proc/${pid}/stat`)[0] ?? '';
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2]);
}

function listed(folder: string): readonly string[] {
  return orElse(() => readdirSync(folder), []);
}

function linesOf(file: string): readonly string[] {
  return orElse(() => readFileSync(file, 'utf8').trimEnd().split('\n'), []);
}

function linkOf(file: string): string {
  return orElse(() => readlinkSync(file), '');
}

/** Processes end while they are looked at. */
function orElse<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}
