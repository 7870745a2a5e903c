import { z } from 'zod';
import { SluiceError } from '../errors.ts';
import { comparePositions, type Position } from './position.ts';
import type { SourceChain } from './source-chain.ts';

const position = z.tuple([z.string().regex(/^\d{56}$/), z.int().min(0)]);
const micros = z.string().regex(/^-?\d+$/);
const document = z.strictObject({
  format: z.literal(1),
  source: z.string().min(1),
  version: z.int().min(1),
  position: position.nullable(),
  tables: z.record(
    z.string(),
    z.strictObject({
      position,
      maxEventTime: micros.nullable(),
      maxArrival: micros.optional(),
    }),
  ),
  links: z.array(
    z.strictObject({
      prev: position.nullable(),
      last: position,
      tables: z.record(z.string(), position.nullable()),
      uri: z.string().min(1),
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
      stagedAt: z.int().min(0),
    }),
  ),
});
type ChainDocument = z.infer<typeof document>;

/** JSON text; tables in order, so equal chains give equal bytes. */
export function encodeSourceChain(chain: SourceChain): string {
  const content: ChainDocument = {
    format: 1,
    source: chain.source,
    version: chain.version,
    position: fromPosition(chain.position),
    tables: Object.fromEntries(
      inOrder(chain.tables).map(([table, state]) => [
        table,
        {
          position: [state.position.sequence, state.position.subSequence],
          maxEventTime: state.maxEventTimeMicros?.toString() ?? null,
          ...(state.maxArrivalMicros === undefined
            ? {}
            : { maxArrival: state.maxArrivalMicros.toString() }),
        },
      ]),
    ),
    links: chain.links.map(({ prev, last, tables, descriptor, stagedAtMs }) => ({
      prev: fromPosition(prev),
      last: [last.sequence, last.subSequence],
      tables: Object.fromEntries(inOrder(tables).map(([table, at]) => [table, fromPosition(at)])),
      uri: descriptor.uri,
      sha256: descriptor.sha256,
      stagedAt: stagedAtMs,
    })),
  };
  return JSON.stringify(content);
}

/**
 * Inverse of encodeSourceChain. Throws FORMAT_CORRUPT, naming the place: a chain that cannot be read must not be
 * written to, since what it has decided would be decided again.
 */
export function decodeSourceChain(text: string, place: string): SourceChain {
  const corrupt = (problem: string, cause?: unknown) => corruption(place, problem, cause);
  const checked = document.safeParse(parseJson(text, corrupt));
  if (!checked.success) throw corrupt(z.prettifyError(checked.error));
  const { source, version, tables, links } = checked.data;
  const chain: SourceChain = {
    source,
    version,
    position: toPosition(checked.data.position),
    tables: new Map(
      Object.entries(tables).map(([table, state]) => [
        table,
        {
          position: requirePosition(state.position),
          maxEventTimeMicros: state.maxEventTime === null ? null : BigInt(state.maxEventTime),
          ...(state.maxArrival === undefined ? {} : { maxArrivalMicros: BigInt(state.maxArrival) }),
        },
      ]),
    ),
    links: links.map((link) => ({
      prev: toPosition(link.prev),
      last: requirePosition(link.last),
      tables: new Map(
        Object.entries(link.tables).map(([table, at]) => [table, toPosition(at ?? null)]),
      ),
      descriptor: { uri: link.uri, sha256: link.sha256 },
      stagedAtMs: link.stagedAt,
    })),
  };
  const problem = orderProblem(chain);
  if (problem !== null) throw corrupt(problem);
  return chain;
}

/** Each link ends after its predecessors, and the chain not before its links; null when it is so. */
function orderProblem({ position: end, links }: SourceChain): string | null {
  let before: Position | null = null;
  for (const [index, { prev, last }] of links.entries()) {
    if (isAtOrAfter(prev, last)) return `links[${index}]: expected last after prev`;
    if (before !== null && !isAtOrAfter(prev, before)) {
      return `links[${index}]: expected prev at or after the end of the link before`;
    }
    before = last;
  }
  const isShort = before !== null && !isAtOrAfter(end, before);
  return isShort ? 'position: expected it at or after the last link' : null;
}

function isAtOrAfter(a: Position | null, b: Position): boolean {
  return a !== null && comparePositions(a, b) >= 0;
}

function inOrder<T>(map: ReadonlyMap<string, T>): readonly (readonly [string, T])[] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}

function fromPosition(at: Position | null): [string, number] | null {
  return at === null ? null : [at.sequence, at.subSequence];
}

function requirePosition([sequence, subSequence]: readonly [string, number]): Position {
  return { sequence, subSequence };
}

function toPosition(at: readonly [string, number] | null): Position | null {
  return at === null ? null : requirePosition(at);
}

function parseJson(
  text: string,
  corrupt: (problem: string, cause: unknown) => SluiceError,
): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw corrupt(`expected JSON, got ${text.length} characters that are not`, cause);
  }
}

function corruption(place: string, problem: string, cause: unknown): SluiceError {
  return new SluiceError(
    'FORMAT_CORRUPT',
    `chain of staged batches ${place}: ${problem}`,
    cause === undefined ? {} : { cause },
  );
}
