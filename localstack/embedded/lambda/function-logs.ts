import { createWriteStream, mkdirSync, renameSync, statSync, type WriteStream } from 'node:fs';
import path from 'node:path';
import type { LambdaService } from '../services.ts';

/** A log file beyond this becomes `<name>.log.1`; the one before it goes. */
const MAX_LOG_BYTES = 20 * 1024 * 1024;

interface OpenLog {
  readonly file: string;
  readonly stream: WriteStream;
  bytes: number;
}

/** Appends every function's output to `<folder>/<function>.log`; returns the function that stops it. */
export function writeFunctionLogs(
  lambda: Pick<LambdaService, 'onLog'>,
  folder: string,
): () => void {
  mkdirSync(folder, { recursive: true });
  const logs = new Map<string, OpenLog>();
  const stop = lambda.onLog(({ functionName, text }) => {
    const log = logFor(logs, path.join(folder, `${functionName}.log`));
    log.bytes += Buffer.byteLength(text) + 1;
    log.stream.write(`${text}\n`);
  });
  return () => {
    stop();
    for (const { stream } of logs.values()) stream.end();
  };
}

function logFor(logs: Map<string, OpenLog>, file: string): OpenLog {
  const open = logs.get(file);
  if (open !== undefined && open.bytes < MAX_LOG_BYTES) return open;
  open?.stream.end();
  const bytes = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  const full = bytes >= MAX_LOG_BYTES;
  if (full) renameSync(file, `${file}.1`);
  const log = { file, stream: createWriteStream(file, { flags: 'a' }), bytes: full ? 0 : bytes };
  logs.set(file, log);
  return log;
}
