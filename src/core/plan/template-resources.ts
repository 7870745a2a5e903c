import { z } from 'zod';

/** The part of a CloudFormation template that a plan reads. */
const templateModel = z.object({
  Resources: z
    .record(
      z.string(),
      z.object({ Type: z.string(), Properties: z.record(z.string(), z.unknown()).optional() }),
    )
    .optional(),
});

export interface StackTemplate {
  readonly stack: string;
  readonly resources: readonly TemplateResource[];
}

export interface TemplateResource {
  /** Logical id. */
  readonly id: string;
  /** For instance `AWS::Lambda::Function`. */
  readonly type: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** The resources of a parsed template. Throws ZodError for what is no template. */
export function readTemplate(stack: string, template: unknown): StackTemplate {
  const { Resources = {} } = templateModel.parse(template);
  const resources = Object.entries(Resources).map(([id, { Type, Properties = {} }]) => ({
    id,
    type: Type,
    properties: Properties,
  }));
  return { stack, resources };
}

/** Resources of a stack by type, sorted by type. */
export function countTypes({ resources }: StackTemplate): Readonly<Record<string, number>> {
  const counts = Map.groupBy(resources, ({ type }) => type);
  return Object.fromEntries(
    [...counts]
      .map(([type, all]) => [type, all.length] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

/** A function, schedule or queue as a person would name it. */
export interface Worker {
  readonly kind: 'function' | 'schedule' | 'rule' | 'queue';
  readonly name: string;
  /** Sizes of a function, times of a schedule, batches of a queue; empty when there is nothing to say. */
  readonly detail: string;
}

const WORKERS: Readonly<
  Record<string, (properties: Readonly<Record<string, unknown>>) => Worker | null>
> = {
  'AWS::Lambda::Function': ({ FunctionName, MemorySize, Timeout }) =>
    worker('function', FunctionName, `${MemorySize} MB, at most ${Timeout} s`),
  'AWS::Scheduler::Schedule': ({ Name, ScheduleExpression, State }) =>
    worker('schedule', Name, `${ScheduleExpression}${State === 'DISABLED' ? ', off' : ''}`),
  'AWS::Events::Rule': ({ Name, ScheduleExpression, State }) =>
    worker(
      'rule',
      Name,
      `${ScheduleExpression ?? 'on events'}${State === 'DISABLED' ? ', off' : ''}`,
    ),
  'AWS::SQS::Queue': ({ QueueName }) => worker('queue', QueueName, ''),
};

function worker(kind: Worker['kind'], name: unknown, detail: string): Worker | null {
  return typeof name === 'string' ? { kind, name, detail } : null;
}

/** What runs in a stack: its named functions, schedules, rules and queues. */
export function workersOf({ resources }: StackTemplate): readonly Worker[] {
  const batches = new Map(resources.flatMap(batchesOf));
  return resources.flatMap(({ id, type, properties }) => {
    const found = WORKERS[type]?.(properties) ?? null;
    return found === null ? [] : [{ ...found, detail: batches.get(id) ?? found.detail }];
  });
}

/** How a function gets the messages of a queue of the same stack, by the queue's id. */
function batchesOf({ type, properties }: TemplateResource): readonly (readonly [string, string])[] {
  const source = queueSource.safeParse(properties);
  if (type !== 'AWS::Lambda::EventSourceMapping' || !source.success) return [];
  const { EventSourceArn, BatchSize, MaximumBatchingWindowInSeconds, ScalingConfig } = source.data;
  const words = [
    `at most ${BatchSize.toLocaleString('en-US')} per batch`,
    ...(MaximumBatchingWindowInSeconds === 0
      ? []
      : [`gathered ${MaximumBatchingWindowInSeconds} s`]),
    ...(ScalingConfig === undefined ? [] : [`${ScalingConfig.MaximumConcurrency} at a time`]),
  ];
  return [[EventSourceArn['Fn::GetAtt'][0], words.join(', ')]];
}

/** Defaults: Lambda API, CreateEventSourceMapping, of a standard queue. */
const queueSource = z.object({
  EventSourceArn: z.object({ 'Fn::GetAtt': z.tuple([z.string(), z.literal('Arn')]) }),
  BatchSize: z.number().default(10),
  MaximumBatchingWindowInSeconds: z.number().default(0),
  ScalingConfig: z.object({ MaximumConcurrency: z.number() }).optional(),
});
