import { SluiceError } from '../errors.ts';
import { canStartAgain, comparePositions, type Position } from './position.ts';
import type { StagedState } from './source-chain.ts';

/** What tells an event of today's source from one of an earlier source of the same name. */
export interface ArrivedEvent {
  readonly position: Position;
  readonly arrivalMicros: bigint;
}

/**
 * The state with the latest arrival of what it stands for, where the source's positions may start again.
 * @param events all that the new position stands for and the state before it does not
 */
export function withArrival<S extends Pick<StagedState, 'maxArrivalMicros'>>(
  state: S,
  events: readonly Pick<ArrivedEvent, 'arrivalMicros'>[],
  options: {
    readonly source: string;
    readonly before: Pick<StagedState, 'maxArrivalMicros'> | null;
  },
): S {
  if (!canStartAgain(options.source)) return state;
  let maxArrivalMicros = options.before?.maxArrivalMicros ?? 0n;
  for (const { arrivalMicros } of events) {
    if (arrivalMicros > maxArrivalMicros) maxArrivalMicros = arrivalMicros;
  }
  return { ...state, maxArrivalMicros };
}

/**
 * Throws SOURCE_REPLACED when an event stands at or below the staged position but arrived after everything up to
 * it: a redelivery cannot, so the topic was deleted and created again, and its events would be taken for ones that are
 * in. The broker's clock gives the arrivals (LogAppendTime).
 * @param toleranceMicros how much later it may have arrived all the same, 0 or more
 */
export function requireSameSource(
  state: Pick<StagedState, 'position' | 'maxArrivalMicros'> | null,
  events: readonly ArrivedEvent[],
  options: { readonly source: string; readonly toleranceMicros: bigint },
): void {
  const { source, toleranceMicros } = options;
  const maxArrivalMicros = state?.maxArrivalMicros;
  if (state === null || maxArrivalMicros === undefined || !canStartAgain(source)) return;
  const stranger = events.find(
    ({ position, arrivalMicros }) =>
      arrivalMicros > maxArrivalMicros + toleranceMicros &&
      comparePositions(position, state.position) <= 0,
  );
  if (stranger === undefined) return;
  throw new SluiceError(
    'SOURCE_REPLACED',
    `${source} was deleted and created again: offset ${BigInt(stranger.position.sequence)} arrived at ${isoTime(stranger.arrivalMicros)}, ` +
      `but everything up to offset ${BigInt(state.position.sequence)} had arrived by ${isoTime(maxArrivalMicros)}; nothing of it is written, ` +
      'raise kafka.generation of the domain and deploy it (docs/kafka.md, "a topic that was created again")',
    { context: { source } },
  );
}

function isoTime(micros: bigint): string {
  return new Date(Number(micros / 1000n)).toISOString();
}
