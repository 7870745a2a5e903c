import type { WireSchemaId } from '#core/schema/wire-schema-id.ts';
import type { Clock } from '#ports/clock.ts';
import type { RegisteredSchemaVersion, SchemaRegistry } from '#ports/schema-registry.ts';

/** What a reader makes of schema versions that only the registry knows: a decoder, or a stream's name. */
export interface SchemaLookup<T> {
  /** False for an id that has to be looked up before its events are judged. */
  isKnown(id: WireSchemaId): boolean;
  /** Null for an id that nobody registered for this domain, or that was not looked up. */
  valueOf(id: WireSchemaId): T | null;
  /**
   * Looks up what is not known yet, as far as the budget goes. Throws SOURCE_UNAVAILABLE when the registry
   * does not answer: the batch has to come again, since its events may be good.
   */
  lookUp(ids: Iterable<WireSchemaId>, budget: LookupBudget): Promise<void>;
}

/** Look-ups left to one batch: whoever may write to the stream can name a new id in every event. */
export interface LookupBudget {
  left: number;
}

export interface LookupLimits {
  readonly perBatch: number;
  /** How long `nobody registered it` is believed: a producer may register its schema later. */
  readonly absentMs: number;
  /** What is remembered at most; the oldest goes first. */
  readonly maxRemembered: number;
}

export const DEFAULT_LOOKUP_LIMITS: LookupLimits = {
  perBatch: 64,
  absentMs: 60_000,
  maxRemembered: 10_000,
};

/** Ids beyond the budget are asked for by the next batch. */
const SKIPPED_MS = 1_000;
const CONCURRENT_LOOKUPS = 8;

type Remembered<T> = { readonly value: T } | { readonly absentUntilMs: number };

/** `interpret` gives null for a schema that is nothing to this domain. */
export function createSchemaLookup<T>(
  deps: { readonly registry: SchemaRegistry; readonly clock: Pick<Clock, 'nowMs'> },
  interpret: (registered: RegisteredSchemaVersion) => T | null,
  limits: LookupLimits = DEFAULT_LOOKUP_LIMITS,
): SchemaLookup<T> {
  const { registry, clock } = deps;
  const known = new Map<WireSchemaId, Remembered<T>>();

  const remember = (id: WireSchemaId, entry: Remembered<T>): void => {
    known.delete(id);
    known.set(id, entry);
    const [oldest] = known.keys();
    if (known.size > limits.maxRemembered && oldest !== undefined) known.delete(oldest);
  };

  const isKnown = (id: WireSchemaId): boolean => {
    const entry = known.get(id);
    if (entry === undefined) return false;
    return 'value' in entry || entry.absentUntilMs > clock.nowMs();
  };

  const ask = async (id: WireSchemaId): Promise<void> => {
    const registered = await registry.get(id);
    const value = registered === null ? null : interpret(registered);
    remember(id, value === null ? { absentUntilMs: clock.nowMs() + limits.absentMs } : { value });
  };

  return {
    isKnown,
    valueOf(id) {
      const entry = known.get(id);
      return entry !== undefined && 'value' in entry ? entry.value : null;
    },
    async lookUp(ids, budget) {
      const wanted = [...new Set(ids)].filter((id) => !isKnown(id));
      const asked = wanted.slice(0, budget.left);
      budget.left -= asked.length;
      for (let at = 0; at < asked.length; at += CONCURRENT_LOOKUPS) {
        await Promise.all(asked.slice(at, at + CONCURRENT_LOOKUPS).map(ask));
      }
      const absentUntilMs = clock.nowMs() + SKIPPED_MS;
      for (const id of wanted.slice(asked.length)) remember(id, { absentUntilMs });
    },
  };
}
