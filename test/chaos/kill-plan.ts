import { createRandomAccess } from '#core/generate/random-access.ts';

/** What a kill hits: one function's process, the local cloud alone, the producer, or everything at once. */
export const KILL_TARGETS = ['function', 'cloud', 'producer', 'tree'] as const;
export type KillTarget = (typeof KILL_TARGETS)[number];

/**
 * Folders whose next change is a moment between two steps from event to row: a shard or its checkpoint, a staged file, the
 * link in its chain (dynamodb), the doorbell (sqs), the commit (glue).
 */
const WATCHED = ['s3', 'glue', 'kinesis', 'mappings', 'dynamodb', 'sqs'] as const;

/** When it hits: some time after the producer began, or at the nth change of a service's files. */
export type KillMoment =
  | { readonly kind: 'delay'; readonly ms: number }
  | {
      readonly kind: 'change';
      readonly service: (typeof WATCHED)[number];
      readonly nth: number;
    };

export interface PlannedKill {
  readonly round: number;
  readonly target: KillTarget;
  readonly moment: KillMoment;
  /** Generated events of the run that is hit. */
  readonly events: number;
}

const LONGEST_DELAY_MS = 2_500;
const MOST_CHANGES = 12;

/** The same seed gives the same kills; targets take turns, so that few rounds reach them all. */
export function planKill(seed: string, round: number): PlannedKill {
  const random = createRandomAccess(`kills/${seed}`);
  const pick = (label: string, below: number): number =>
    Math.floor(random.derive(label).uniformAt(round) * below);
  return {
    round,
    target: KILL_TARGETS[round % KILL_TARGETS.length] ?? 'tree',
    moment:
      pick('kind', 2) === 0
        ? { kind: 'delay', ms: pick('delay', LONGEST_DELAY_MS) }
        : {
            kind: 'change',
            service: WATCHED[pick('service', WATCHED.length)] ?? 's3',
            nth: 1 + pick('nth', MOST_CHANGES),
          },
    events: 2_000 + pick('events', 10_000),
  };
}
