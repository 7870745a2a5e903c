import type { EventSourceMappingConfig } from '#embedded/services.ts';

interface Limit {
  readonly property: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  /** Means "no limit" and is allowed beside the range. */
  readonly unlimited?: -1;
}

/** Throws an Error that names the property outside its range. Source: CloudFormation, AWS::Lambda::EventSourceMapping. */
export function checkMapping(config: EventSourceMappingConfig): void {
  for (const limit of limitsOf(config)) {
    const isInside = limit.value >= limit.min && limit.value <= limit.max;
    if (Number.isInteger(limit.value) && (isInside || limit.value === limit.unlimited)) continue;
    const alternative = limit.unlimited === undefined ? '' : ` or ${limit.unlimited}`;
    throw new Error(
      `event source mapping ${config.id}: ${limit.property} is ${limit.value}, ` +
        `expected ${limit.min} to ${limit.max}${alternative}`,
    );
  }
}

function limitsOf(config: EventSourceMappingConfig): readonly Limit[] {
  return [
    { property: 'BatchSize', value: config.batchSize, min: 1, max: 10_000 },
    {
      property: 'MaximumBatchingWindowInSeconds (in ms)',
      value: config.batchingWindowMs,
      min: 0,
      max: 300_000,
    },
    { property: 'ParallelizationFactor', value: config.parallelizationFactor, min: 1, max: 10 },
    {
      property: 'MaximumRetryAttempts',
      value: config.maxRetryAttempts,
      min: 0,
      max: 10_000,
      unlimited: -1,
    },
    {
      property: 'MaximumRecordAgeInSeconds',
      value: config.maxRecordAgeSeconds,
      min: 60,
      max: 604_800,
      unlimited: -1,
    },
  ];
}
