import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { replaceFile } from '#embedded/replace-file.ts';
import { type ExecutionRecord, interrupted } from './execution-record.ts';

/** Executions that are remembered; older ones are forgotten, their results stay in S3. */
const MAX_EXECUTIONS = 1000;

/** Executions, one JSON file each, newest last. */
export interface ExecutionStore {
  get(id: string): ExecutionRecord | null;
  /** The execution that was started with a client token. */
  byToken(token: string): ExecutionRecord | null;
  /** Oldest first. */
  list(): readonly ExecutionRecord[];
  /** Stores a new state: after SIGKILL the old or the new one is found. */
  put(record: ExecutionRecord): void;
}

/** Opens the store; executions that were under way when the process ended are marked as failed. */
export function openExecutionStore(stateDir: string): ExecutionStore {
  mkdirSync(stateDir, { recursive: true });
  const records = new Map<string, ExecutionRecord>();
  const tokens = new Map<string, string>();
  const remember = (record: ExecutionRecord): void => {
    records.set(record.id, record);
    tokens.set(record.clientToken, record.id);
  };
  const fileOf = (id: string): string => path.join(stateDir, `${id}.json`);
  const store: ExecutionStore = {
    get: (id) => records.get(id) ?? null,
    byToken: (token) => records.get(tokens.get(token) ?? '') ?? null,
    list: () => [...records.values()],
    put(record) {
      replaceFile(fileOf(record.id), JSON.stringify(record));
      remember(record);
      for (const [id, oldest] of records) {
        if (records.size <= MAX_EXECUTIONS) break;
        if (oldest.completedMs === null) continue;
        records.delete(id);
        tokens.delete(oldest.clientToken);
        rmSync(fileOf(id), { force: true });
      }
    },
  };
  for (const record of loadRecords(stateDir)) {
    remember(record);
    if (record.state === 'QUEUED' || record.state === 'RUNNING') store.put(interrupted(record));
  }
  return store;
}

function loadRecords(stateDir: string): readonly ExecutionRecord[] {
  return readdirSync(stateDir)
    .filter((name) => name.endsWith('.json'))
    .map((name) => readRecord(path.join(stateDir, name)))
    .sort((a, b) => a.submittedMs - b.submittedMs);
}

/** Records of earlier versions say less: what they leave out is filled in. */
function readRecord(file: string): ExecutionRecord {
  const stored = JSON.parse(readFileSync(file, 'utf8')) as ExecutionRecord;
  return {
    ...stored,
    requested: stored.requested ?? { catalog: null, database: null, outputLocation: null },
    clientToken: stored.clientToken ?? stored.id,
    plannedMs: stored.plannedMs ?? stored.startedMs,
    engineEndedMs: stored.engineEndedMs ?? stored.completedMs,
    rows: stored.rows ?? null,
  };
}
