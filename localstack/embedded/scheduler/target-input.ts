import { LOCAL_ACCOUNT, LOCAL_REGION, type ScheduleConfig } from '#embedded/services.ts';

/** One delivery of one run. */
export interface Delivery {
  readonly executionId: string;
  readonly scheduledMs: number;
  /** 1 for the first. */
  readonly attempt: number;
}

/**
 * Payload of an invocation: the input with its context attributes filled in, or the default notification.
 * Source: EventBridge Scheduler User Guide, "Adding context attributes" and "Managing targets".
 */
export function targetInput(schedule: ScheduleConfig, delivery: Delivery): string {
  const time = new Date(delivery.scheduledMs).toISOString().replace('.000Z', 'Z');
  if (schedule.input === null) return defaultNotification(schedule.arn, delivery, time);
  const attributes: Readonly<Record<string, string>> = {
    'aws.scheduler.schedule-arn': schedule.arn,
    'aws.scheduler.scheduled-time': time,
    'aws.scheduler.execution-id': delivery.executionId,
    'aws.scheduler.attempt-number': String(delivery.attempt),
  };
  return schedule.input.replaceAll(
    /<(aws\.scheduler\.[a-z-]+)>/g,
    (whole, name: string) => attributes[name] ?? whole,
  );
}

function defaultNotification(arn: string, { executionId }: Delivery, time: string): string {
  return JSON.stringify({
    version: '0',
    id: executionId,
    'detail-type': 'Scheduled Event',
    source: 'aws.scheduler',
    account: LOCAL_ACCOUNT,
    time,
    region: LOCAL_REGION,
    resources: [arn],
    detail: '{}',
  });
}
