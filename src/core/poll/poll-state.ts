import { z } from 'zod';
import type { PollCursor } from '#core/config/connector.ts';
import { SluiceError } from '#core/errors.ts';
import { compareCursors, withOverlap } from './cursor-value.ts';

/** What a connector remembers between pages and runs. */
export interface PollState {
  /** Value that the next walk asks from: no record behind it is missing in the buffer. Null without cursor. */
  readonly cursor: string | null;
  /** A walk through pages that is not finished; null between walks. */
  readonly walk: PollWalk | null;
  /** Records near the cursor that the buffer has: they are served again and not sent again. Latest last. */
  readonly recent: readonly RecentRecord[];
  /** The source asked not to be called before; milliseconds since the epoch. */
  readonly notBeforeMs: number | null;
  /** End of the last walk that came to its end; milliseconds since the epoch. */
  readonly finishedMs: number | null;
}

export interface PollWalk {
  /** The page that comes next. */
  readonly position: PagePosition;
  /** Cursor once the walk is over. */
  readonly high: string | null;
}

export type PagePosition =
  | { readonly kind: 'first' }
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'page'; readonly page: number }
  | { readonly kind: 'token'; readonly token: string };

export interface RecentRecord {
  /** Hash of the event's identity, or of a record that has none. */
  readonly id: string;
  /** Its cursor value; null when it has none. */
  readonly at: string | null;
}

export const FIRST_PAGE: PagePosition = { kind: 'first' };

/** About 60 KiB of state; a DynamoDB item has room for 400. */
export const MAX_RECENT = 800;

export function initialState(cursor: PollCursor | null): PollState {
  return {
    cursor: cursor?.initial ?? null,
    walk: null,
    recent: [],
    notBeforeMs: null,
    finishedMs: null,
  };
}

/** A page that the buffer has acknowledged. */
export interface DeliveredPage {
  readonly records: readonly RecentRecord[];
  /** Null at the end of the walk. */
  readonly next: PagePosition | null;
}

/** The state once a page is in the buffer. The cursor moves at the end of a walk only: pages come in any order. */
export function advanceState(
  state: PollState,
  page: DeliveredPage,
  options: { readonly cursor: PollCursor | null; readonly nowMs: number },
): PollState {
  const { cursor, nowMs } = options;
  const high = highest(cursor, state.walk?.high ?? state.cursor, page.records);
  // What is below the highest value so far is below the next cursor as well; the old one counts until the walk is over.
  const recent = remember(state.recent, page.records).filter(
    (record) =>
      isNear(cursor, high, record) || (page.next !== null && isNear(cursor, state.cursor, record)),
  );
  if (page.next !== null) {
    const walk = { position: page.next, high };
    return { ...state, walk, recent: recent.slice(-MAX_RECENT), notBeforeMs: null };
  }
  return {
    cursor: high,
    walk: null,
    recent: recent.slice(-MAX_RECENT),
    notBeforeMs: null,
    finishedMs: nowMs,
  };
}

/**
 * The state behind a page that is not over: the place stays, and what the buffer has of it is not sent again, however
 * long it takes until the page is read once more.
 */
export function rememberRecords(state: PollState, records: readonly RecentRecord[]): PollState {
  return { ...state, recent: remember(state.recent, records).slice(-MAX_RECENT) };
}

function highest(
  cursor: PollCursor | null,
  before: string | null,
  records: readonly RecentRecord[],
): string | null {
  if (cursor === null) return null;
  const values = records.flatMap(({ at }) => (at === null ? [] : [at]));
  if (cursor.order === 'last') return values.at(-1) ?? before;
  return values.reduce<string | null>(
    (high, value) =>
      high === null || compareCursors(cursor.compare, value, high) > 0 ? value : high,
    before,
  );
}

/** The latest records, each once. */
function remember(
  recent: readonly RecentRecord[],
  records: readonly RecentRecord[],
): readonly RecentRecord[] {
  const byId = new Map(recent.map((record) => [record.id, record]));
  for (const record of records) {
    byId.delete(record.id);
    byId.set(record.id, record);
  }
  return [...byId.values()];
}

/** True when the record may be served again by a request from this cursor. */
function isNear(cursor: PollCursor | null, value: string | null, { at }: RecentRecord): boolean {
  if (cursor === null || value === null || at === null) return true;
  if (cursor.order === 'last') return at === value;
  return compareCursors(cursor.compare, at, withOverlap(cursor, value)) >= 0;
}

const position: z.ZodType<PagePosition> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('first') }),
  z.strictObject({ kind: z.literal('url'), url: z.string() }),
  z.strictObject({ kind: z.literal('page'), page: z.int() }),
  z.strictObject({ kind: z.literal('token'), token: z.string() }),
]);

const model: z.ZodType<PollState> = z.strictObject({
  cursor: z.string().nullable(),
  walk: z.strictObject({ position, high: z.string().nullable() }).nullable(),
  recent: z.array(z.strictObject({ id: z.string(), at: z.string().nullable() })),
  notBeforeMs: z.number().nullable(),
  finishedMs: z.number().nullable(),
});

export function serializePollState(state: PollState): string {
  return JSON.stringify(state);
}

/** Inverse of serializePollState. Throws FORMAT_CORRUPT: a connector that forgot where it was would lose or repeat records. */
export function parsePollState(text: string): PollState {
  try {
    return model.parse(JSON.parse(text));
  } catch (cause) {
    throw new SluiceError(
      'FORMAT_CORRUPT',
      'state of the connector: expected JSON of a known form; correct or delete its item in the connectors table',
      { cause },
    );
  }
}
