import { createWriteStream, mkdirSync, renameSync, statSync, type WriteStream } from 'node:fs';
import path from 'node:path';
import type { LambdaService } from '../services.ts';

/** A log file beyond this becomes `<name>.log.1`; the one before it goes. */
const MAX_LOG_BYTES = 20 * 1024 * 1024;

interface OpenLog {
  readonly stream: WriteStream;
  bytes: number;
}

export interface FunctionLogs {
  /** Appends a line to `<folder>/<name>.log`. */
  write(name: string, text: string): void;
  close(): void;
}

/** Appends every function's output to `<folder>/<function>.log`. */
export function openFunctionLogs(
  lambda: Pick<LambdaService, 'onLog'>,
  folder: string,
): FunctionLogs {
  mkdirSync(folder, { recursive: true });
  const logs = new Map<string, OpenLog>();
  const write = (name: string, text: string): void => {
    const log = logFor(logs, path.join(folder, `${name}.log`));
    log.bytes += Buffer.byteLength(text) + 1;
    log.stream.write(`${text}\n`);
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
  const log = { stream: createWriteStream(file, { flags: 'a' }), bytes: full ? 0 : bytes };
  logs.set(file, log);
  return log;
}
