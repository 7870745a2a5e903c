import {
  closeSync,
  createWriteStream,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  statSync,
  type WriteStream,
} from 'node:fs';
import path from 'node:path';
import type { LambdaService } from '../services.ts';

/** A log file beyond this becomes `<name>.log.1`; the one before it goes. */
const MAX_LOG_BYTES = 20 * 1024 * 1024;

interface OpenLog {
  readonly stream: WriteStream;
  bytes: number;
}

export interface FunctionLogs {
  /** Appends a line to `<folder>/<name>.log`, behind the time. */
  write(name: string, text: string): void;
  close(): void;
}

/**
 * Appends every function's output to `<folder>/<function>.log`, each line behind the time it came at:
 * `2026-01-31T10:20:30.456Z text`. `sluice logs` reads these files.
 */
export function openFunctionLogs(
  lambda: Pick<LambdaService, 'onLog'>,
  folder: string,
  options: { readonly nowMs?: () => number } = {},
): FunctionLogs {
  const nowMs = options.nowMs ?? Date.now;
  mkdirSync(folder, { recursive: true });
  const logs = new Map<string, OpenLog>();
  const write = (name: string, text: string): void => {
    const log = logFor(logs, path.join(folder, `${name}.log`));
    const line = `${new Date(nowMs()).toISOString()} ${text}\n`;
    log.bytes += Buffer.byteLength(line);
    log.stream.write(line);
  };
  const stop = lambda.onLog(({ functionName, text }) => write(functionName, text));
  return {
    write,
    close: () => {
      stop();
      for (const { stream } of logs.values()) stream.end();
    },
  };
}

function logFor(logs: Map<string, OpenLog>, file: string): OpenLog {
  const open = logs.get(file);
  if (open !== undefined && open.bytes < MAX_LOG_BYTES) return open;
  open?.stream.end();
  const bytes = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  const full = bytes >= MAX_LOG_BYTES;
  if (full) renameSync(file, `${file}.1`);
  const isTorn = !full && bytes > 0 && !endsWithLine(file, bytes);
  const log = { stream: createWriteStream(file, { flags: 'a' }), bytes: full ? 0 : bytes };
  if (isTorn) log.stream.write('\n');
  logs.set(file, log);
  return log;
}

/** False when a killed process left half a line. */
function endsWithLine(file: string, sizeBytes: number): boolean {
  const descriptor = openSync(file, 'r');
  try {
    const last = Buffer.alloc(1);
    readSync(descriptor, last, 0, 1, sizeBytes - 1);
    return last.toString() === '\n';
  } finally {
    closeSync(descriptor);
  }
}
